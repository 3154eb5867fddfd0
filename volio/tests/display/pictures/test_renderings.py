"""Pictures of whole volumes, and movies: what is seen from where, and with which limits."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import volio
from volio.display import (
    Contours,
    ImageLayer,
    Overlay,
    plot_rendering,
    save_gif,
    through_slices,
    through_time,
    turn,
)
from volio.errors import UsageError

SHAPE = (20, 20, 20)


def spot(place, shape=SHAPE, value=100.0):
    voxels = np.zeros(shape, np.float32)
    voxels[tuple(slice(p - 1, p + 2) for p in place)] = value
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = -19
    return volio.Nifti1Image(voxels, affine)


def centre(picture):
    """Row and column of the middle of what is bright."""
    return np.argwhere(picture[..., 0] > 128).mean(axis=0)


@pytest.mark.parametrize(
    ("angle", "row", "column"),
    [((0, 0), 49, 7), ((180, 0), 49, 52), ((0, 90), 52, 7)],
)
def test_a_spot_is_where_it_is_seen_from_an_angle(angle, row, column):
    """On the subject's right, in front and below: from the front it is on the left, low.

    From above, the front is below: whoever stood in front has risen.
    """
    picture = plot_rendering(spot((17, 17, 3)), angle=angle, size=60)
    assert picture.shape == (60, 60, 4)
    np.testing.assert_allclose(centre(picture), (row, column), atol=1.5)


def test_limits_are_those_of_the_picture_unless_given():
    voxels = np.random.default_rng(0).gamma(2, 10, (30, 30, 30)).astype(np.float32)
    img = volio.Nifti1Image(voxels, np.eye(4))
    found = plot_rendering(img, "mip", size=60)[20:40, 20:40, 0]
    assert (found == 255).mean() < 0.2
    assert found.max() > 200
    given = plot_rendering(img, "mip", size=60, vmin=0, vmax=1e4)[20:40, 20:40, 0]
    assert given.max() < 10
    layer = ImageLayer.from_image(img, contrast_limits=(0, 1e4))
    np.testing.assert_array_equal(
        plot_rendering(Overlay(layer, threshold=None), size=60)[20:40, 20:40, 0], given
    )
    assert tuple(layer.contrast_limits) == (0, 1e4)
    assert layer.rendering == "mip"


def test_thin_colours_let_through_what_lies_behind():
    img = volio.Nifti1Image(np.full(SHAPE, 50, np.int16), np.eye(4))
    for mode in ("translucent", "additive"):
        picture = plot_rendering(img, mode, size=40, vmin=0, vmax=100)
        assert 20 < picture[20, 20, 0] < 250


def test_overlays_are_seen_through_the_image_and_hidden_by_their_threshold():
    base = volio.Nifti1Image(np.full(SHAPE, 50, np.float32), spot((9, 9, 9)).affine)
    over = Overlay(spot((10, 10, 10), value=5), "red", 2.0)
    options = {"vmin": 0, "vmax": 100, "size": 60}
    found = plot_rendering(base, overlays=[over], **options)
    red = (found[..., 0] > 200) & (found[..., 1] < 50)
    assert 20 < red.sum() < 300
    over.threshold = 7.0
    found = plot_rendering(base, overlays=[over], **options)
    assert not ((found[..., 0] > 200) & (found[..., 1] < 50)).any()
    with pytest.raises(UsageError, match="sections"):
        plot_rendering(base, overlays=[Contours(over.layer)])


def test_colours_and_volumes_of_series():
    rgb = np.zeros((*SHAPE, 3), np.uint8)
    rgb[8:12, 8:12, 8:12] = (0, 255, 0)
    img = volio.Nifti1Image(rgb.view([(n, "u1") for n in "RGB"])[..., 0], np.eye(4))
    assert plot_rendering(img, size=40)[20, 20].tolist() == [0, 255, 0, 255]
    series = volio.Nifti1Image(np.stack([np.zeros(SHAPE), np.ones(SHAPE)], -1), np.eye(4))
    for volume in (0, 1):
        picture = plot_rendering(series, size=40, volume=volume, vmin=0, vmax=1)
        assert picture[20, 20, 0] == 255 * volume
    assert plot_rendering(series, size=40, volume=1, black_bg=False)[0, 0, 0] == 255
    with pytest.raises(UsageError, match="volume: must be from 0 to 1, got 2"):
        plot_rendering(series, volume=2)


def test_a_turn_comes_back_to_where_it_began_at_one_scale():
    pictures = list(turn(spot((17, 9, 9)), frames=4, size=60))
    columns = [centre(picture)[1] for picture in pictures]
    assert columns[0] < 25  # from the front, on the right of the subject
    assert columns[2] > 35
    assert columns[1] == pytest.approx(columns[3], abs=3)
    with pytest.raises(UsageError, match="frames"):
        list(turn(spot((9, 9, 9)), frames=0))


def test_movies_are_saved_with_their_gray_levels(tmp_path):
    series = np.zeros((6, 5, 4, 3), np.float32)
    series[...] = (10, 20, 30)
    image = Overlay(volio.Nifti1Image(series, np.eye(4)), "gray", None, vmin=0, vmax=51)
    pictures = list(
        through_time(image, display_mode="z", size=30, draw_cross=False, annotate=False)
    )
    assert save_gif(pictures, tmp_path / "a.gif", 0.25) == 3
    with Image.open(tmp_path / "a.gif") as movie:
        assert (movie.n_frames, movie.info["duration"], movie.info["loop"]) == (3, 250, 0)
        for number, gray in enumerate((50, 100, 150)):
            movie.seek(number)
            assert np.unique(np.asarray(movie.convert("RGB"))).tolist() == [gray]
    with pytest.raises(UsageError, match="seconds"):
        save_gif(pictures, tmp_path / "b.gif", 0.001)
    with pytest.raises(UsageError, match="none"):
        save_gif([], tmp_path / "b.gif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_slices_go_upwards_whatever_the_order_of_the_voxels():
    voxels = np.zeros((4, 4, 6), np.float32)
    voxels[...] = np.arange(6)
    for affine in (np.eye(4), np.diag([1, 1, -1, 1.0])):
        image = Overlay(volio.Nifti1Image(voxels, affine), "gray", None, vmin=0, vmax=5)
        grays = [int(one[8, 8, 0]) for one in through_slices(image, "z", size=16, annotate=False)]
        assert grays == sorted(grays, reverse=bool(affine[2, 2] < 0))
        assert len(grays) == 6
    assert len(list(through_slices(image, "x", 2, size=16))) == 2
    with pytest.raises(UsageError, match="axis"):
        list(through_slices(image, "w"))
