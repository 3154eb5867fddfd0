"""Tiles: every index of an axis is kept once, and from inside the image."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError
from volio.ops.patches import tile_axis
from volio.ops.patches.starts import random_starts, starts_along
from volio.ops.patches.tiling import TileGrid


@st.composite
def axes(draw: st.DrawFn) -> tuple[int, int, int]:
    """Length of an axis, of a tile, and of what tiles share."""
    size = draw(st.integers(1, 20))
    return draw(st.integers(1, 90)), size, draw(st.integers(0, size - 1))


@pytest.mark.parametrize(
    ("axis", "coords", "stitched", "crop", "kept"),
    [
        ((16, 8, 3), [0, 5, 8], [0, 6, 11], [0, 1, 3], [7, 5, 5]),
        ((16, 8, 2), [0, 6, 8], [0, 7, 13], [0, 1, 5], [7, 6, 3]),
        ((16, 8, 0), [0, 8], [0, 8], [0, 0], [8, 8]),  # fits exactly
        ((14, 8, 2), [0, 6], [0, 7], [0, 1], [7, 7]),  # fits exactly
        ((9, 8, 4), [0, 1], [0, 6], [0, 5], [6, 3]),
        ((8, 8, 3), [0], [0], [0], [8]),
        ((5, 8, 3), [0], [0], [0], [5]),
        ((1, 1, 0), [0], [0], [0], [1]),
        ((3, 1, 0), [0, 1, 2], [0, 1, 2], [0, 0, 0], [1, 1, 1]),
    ],
)
def test_tiles_of_an_axis(axis, coords, stitched, crop, kept):
    assert tile_axis(*axis) == (coords, stitched, crop, kept)


@given(axes())
def test_every_index_is_kept_once_from_inside(axis: tuple[int, int, int]):
    length, size, overlap = axis
    tiles = tile_axis(length, size, overlap)
    kept: Counter[int] = Counter()
    for start, stitched, crop, count in zip(*tiles, strict=True):
        assert start + crop == stitched
        assert 0 <= crop < crop + count <= size
        assert start >= 0
        assert start + size <= max(length, size)
        kept.update(range(stitched, stitched + count))
    assert sorted(kept) == list(range(length))
    twice = [index for index, times in kept.items() if times > 1]
    assert max(kept.values()) <= 2
    # An odd overlap has an index in the middle, between the first tile and an inner one.
    assert twice == ([size - overlap // 2 - 1] if overlap % 2 and len(tiles.coords) > 2 else [])


@given(axes())
def test_starts_go_on_by_one_step_to_the_end(axis: tuple[int, int, int]):
    length, size, overlap = axis
    starts = starts_along(length, size, overlap)
    assert starts == sorted(set(starts))
    steps = np.diff(starts).tolist()
    assert steps[:-1] == [size - overlap] * len(steps[:-1])
    assert all(0 < step <= size - overlap for step in steps)
    assert starts[-1] == max(0, length - size)


@pytest.mark.parametrize(
    ("axis", "match"),
    [
        ((0, 4, 1), "axis_size: lengths must be at least 1, got"),
        ((8, 0, 0), "patch_size: lengths must be at least 1, got"),
        ((8, 4, 4), "overlaps: must be one per axis, from 0 to less than the patch"),
        ((8, 4, -1), "overlaps: must be one per axis, from 0 to less than the patch"),
        ((8, 4.5, 1), "patch_size: must be integers"),
        ((8, 4, 0.5), "overlaps: must be integers"),
    ],
)
def test_lengths_that_make_no_tiles_are_refused(axis, match):
    with pytest.raises(UsageError, match=match):
        tile_axis(*axis)


def test_tiles_are_numbered_with_the_last_axis_fastest():
    grid = TileGrid((16, 5, 9), (8, 8, 8), (3, 0, 4))
    assert grid.shape == (3, 1, 2)
    assert len(grid) == 6
    tile = grid.tile(3)  # the second along the first axis, the second along the last one
    assert tile == ((5, 0, 1), (8, 8, 8), (1, 0, 5), (5, 5, 3), (6, 0, 6), 6)
    assert [grid.tile(number).coords for number in range(3)] == [(0, 0, 0), (0, 0, 1), (5, 0, 0)]


def test_random_starts_reach_both_ends():
    rng = np.random.default_rng(0)
    starts = random_starts((5, 3, 4), (3, 8, 4), 60, rng)
    assert set(map(tuple, starts.tolist())) == {(0, 0, 0), (1, 0, 0), (2, 0, 0)}
