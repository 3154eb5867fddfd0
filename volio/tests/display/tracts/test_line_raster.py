"""Lines in a picture: where they are, how wide, and what covers what."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.projection.depth_buffer import DepthBuffer
from volio.display.tracts import line_raster
from volio.display.tracts.line_raster import draw_segments

RED = [1, 0, 0, 1]
BLUE = [0, 0, 1, 1]


def drawn(segments, colours=(RED,), shape=(20, 30), width=1.0) -> np.ndarray:
    """A picture of segments ((row, column, nearness), (row, column, nearness))."""
    ends = np.array(segments, float)
    return draw_segments(ends[:, 0], ends[:, 1], np.array(colours, np.float32), shape, width)


def test_a_line_along_a_row_covers_its_pixels():
    picture = drawn([((7, 4, 0), (7, 20, 0))])
    assert picture.shape == (20, 30, 4)
    alpha = picture[..., 3]
    assert (alpha[7, 5:20] == 1).all()
    assert not np.delete(alpha, 7, axis=0).any()
    assert alpha[7, [4, 20]].min() >= 0.5
    assert not alpha[7, [2, 22]].any()
    np.testing.assert_array_equal(picture[7, 5:20, :3], np.tile([1, 0, 0], (15, 1)))


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_lines_are_as_wide_as_they_are_said_to_be(width):
    alpha = drawn([((10, 3, 0), (10, 26, 0))], width=width)[..., 3]
    assert alpha[:, 10:20].sum(axis=0) == pytest.approx(width)
    middle = (alpha[:, 15] * np.arange(20)).sum() / alpha[:, 15].sum()
    assert middle == pytest.approx(10)
    slope = drawn([((2, 2, 0), (17, 27, 0))], width=width)[..., 3]
    length = np.hypot(15, 25)
    assert slope.sum() == pytest.approx(width * length, rel=0.35)


def test_a_sloping_line_has_no_gaps_and_smooth_edges():
    alpha = drawn([((1, 1, 0), (18, 27, 0))])[..., 3]
    assert (alpha[:, 2:27].sum(axis=0) >= 0.7).all()
    assert len(np.unique(alpha)) > 2
    rows = np.arange(20)[:, np.newaxis]
    centre = (alpha * rows).sum(axis=0)[2:27] / alpha.sum(axis=0)[2:27]
    np.testing.assert_allclose(centre, 1 + (np.arange(2, 27) - 1) * 17 / 26, atol=0.5)


def test_the_nearer_line_covers_the_other_whatever_their_order():
    across, down = ((10, 2, 0.0), (10, 27, 0.0)), ((2, 15, 5.0), (17, 15, 5.0))
    first = drawn([across, down], [RED, BLUE])
    second = drawn([down, across], [BLUE, RED])
    np.testing.assert_array_equal(first, second)
    assert first[10, 15].tolist() == BLUE
    assert first[10, 5].tolist() == RED


def test_lines_that_pass_each_other_are_seen_each_where_it_is_nearer():
    picture = drawn([((10, 2, 0), (10, 27, 10)), ((10, 2, 10), (10, 27, 0))], [RED, BLUE])
    assert picture[10, 5].tolist() == BLUE
    assert picture[10, 24].tolist() == RED


def test_colours_are_not_mixed_with_what_is_not_there():
    picture = drawn([((1.4, 1, 0), (18.2, 27, 0))], [[0.2, 0.4, 0.6, 0.5]])
    seen = picture[picture[..., 3] > 0]
    np.testing.assert_allclose(seen[:, :3], np.tile([0.2, 0.4, 0.6], (len(seen), 1)), atol=1e-6)
    assert seen[:, 3].max() == 0.5


def test_what_is_outside_is_cut_and_a_point_is_a_dot():
    assert not drawn([((-5, -5, 0), (-1, 40, 0))]).any()
    through = drawn([((10, -50, 0), (10, 80, 0))])[..., 3]
    assert (through[10] == 1).all()
    dot = drawn([((10, 10, 0), (10, 10, 0))])[..., 3]
    assert dot.sum() == pytest.approx(1)


def test_groups_of_lines_make_no_difference(monkeypatch):
    random = np.random.default_rng(0)
    ends = random.uniform(-5, 30, (60, 2, 3))
    colours = random.uniform(0, 1, (60, 4))
    whole = drawn(ends, colours)
    monkeypatch.setattr(line_raster, "GROUP", 50)
    np.testing.assert_array_equal(drawn(ends, colours), whole)
    assert whole[..., 3].any()


def test_a_buffer_keeps_the_nearest():
    buffer = DepthBuffer(4, -1.0, 1.0)
    buffer.add(np.array([0, 1, 1]), np.array([-1.0, 0.5, 0.4]), np.array([7, 8, 9]))
    buffer.add(np.array([1, 3]), np.array([0.45, 1.0]), np.array([10, 2**32 - 1]))
    pixels, owners = buffer.seen()
    assert pixels.tolist() == [0, 1, 3]
    assert owners.tolist() == [7, 8, 2**32 - 1]
    flat = DepthBuffer(1, 3.0, 3.0)
    flat.add(np.array([0, 0]), np.array([3.0, 3.0]), np.array([1, 2]))
    assert flat.seen()[1].tolist() == [2]
