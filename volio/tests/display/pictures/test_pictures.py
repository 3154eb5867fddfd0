"""Pictures of sections: what is where, in which colour, and what is read for it."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import volio
from volio.display import Contours, Overlay, plot_mosaic, plot_ortho, plot_rendering
from volio.errors import UsageError
from volio.files.opener import open_source
from volio.space.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff
from volio.testing.faults import CountingSource

SHAPE = (12, 14, 10)
AFFINE = np.array([[2, 0, 0, -11], [0, 2, 0, -13], [0, 0, 3, -15], [0, 0, 0, 1.0]])
PLAIN = {"annotate": False, "draw_cross": False, "interpolation": "nearest"}
BARE = {"annotate": False, "interpolation": "nearest"}
ALL_CODES = [
    tuple(codes) for order in permutations(("LR", "PA", "IS")) for codes in product(*order)
]


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, SHAPE).astype(np.float32)


def image(voxels=None, affine=AFFINE) -> volio.Nifti1Image:
    return volio.Nifti1Image(noise() if voxels is None else voxels, affine)


def turned(img, codes):
    """The same image with its voxel axes in another order and direction."""
    ornt = axcodes2ornt(codes)
    from_ras = np.column_stack(
        [np.argsort(ornt[:, 0]), ornt[np.argsort(ornt[:, 0].astype(int)), 1]]
    )
    voxels = apply_orientation(np.asarray(img.dataobj), from_ras)
    affine = img.affine @ inv_ornt_aff(from_ras, img.shape)
    other = volio.Nifti1Image(voxels, affine)
    assert volio.aff2axcodes(other.affine) == tuple(codes)
    return other


def gray(values, low=0.0, high=100.0):
    return np.rint(255 * np.clip((values - low) / (high - low), 0, 1))


def test_a_section_shows_voxels_where_they_are():
    img, voxels = image(), noise()
    picture = plot_ortho(img, (1, 1, 0), display_mode="z", size=28, vmin=0, vmax=100, **PLAIN)
    assert picture.shape == (28, 24, 4)
    assert (picture[..., 3] == 255).all()
    # From the feet: the front is up, the left on the left.
    expected = gray(voxels[:, :, 5].T[::-1]).repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(picture[..., 0], expected)
    mirrored = plot_ortho(
        img, (1, 1, 0), display_mode="z", size=28, vmin=0, vmax=100, radiological=True, **PLAIN
    )
    np.testing.assert_array_equal(mirrored, picture[:, ::-1])


def test_voxels_have_their_size_in_mm():
    coronal = plot_ortho(image(), display_mode="y", size=30, **PLAIN)
    assert coronal.shape == (30, 24, 4)
    three = plot_ortho(image(), size=30, **PLAIN)
    assert three.shape == (30, 28 + 2 + 24 + 2 + 24, 4)


@pytest.mark.parametrize("codes", ALL_CODES[::3], ids="".join)
def test_all_orientations_show_the_same_picture(codes):
    img = image()
    shown = {"overlays": [Overlay(img, "hot", 60, 0.6)], "vmin": 0, "vmax": 100, "size": 24}
    expected = plot_ortho(img, (1, 1, 0), **shown)
    other = turned(img, codes)
    shown["overlays"] = [Overlay(other, "hot", 60, 0.6)]
    found = plot_ortho(other, (1, 1, 0), **shown)
    assert np.abs(found.astype(int) - expected).max() <= 1
    shown["overlays"] = [Overlay(img, "hot", 60, 0.6)]  # on a grid of another orientation
    found = plot_ortho(other, (1, 1, 0), **shown)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_overlays_hide_what_their_threshold_lets_them():
    low, over = np.full(SHAPE, 50, np.float32), np.zeros(SHAPE, np.float32)
    over[3, 4, 5], over[4, 4, 5], over[5, 4, 5], over[6, 4, 5] = 5, -5, 2, np.nan
    layer = Overlay(over, "red", 3, 0.5, vmin=0, vmax=5, affine=AFFINE)
    picture = plot_ortho(
        image(low),
        (0, 0, 0),
        display_mode="z",
        size=14,
        vmin=0,
        vmax=100,
        overlays=[layer],
        **PLAIN,
    )
    row = 14 - 1 - 4
    gray_level = 127.5
    np.testing.assert_allclose(picture[row, 3, :3], [gray_level / 2 + 127.5, 64, 64], atol=1)
    np.testing.assert_allclose(picture[row, 4, :3], gray_level / 2, atol=1)  # black, half
    for column in (2, 5, 6):
        np.testing.assert_allclose(picture[row, column, :3], gray_level, atol=1)


def test_alpha_may_be_an_image_of_another_grid():
    low, over = np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)
    finer = np.diag([1, 1, 1.5, 1.0])
    finer[:3, 3] = AFFINE[:3, 3] - [0.5, 0.5, 0.75]
    alpha = np.zeros((24, 28, 20), np.float32)
    alpha[6:12] = 0.25
    alpha[12:] = 7  # as much as there is
    layer = Overlay(image(over), "gray", alpha=volio.Nifti1Image(alpha, finer), vmin=0, vmax=1)
    picture = plot_ortho(
        image(low), (0, 0, 0), display_mode="z", size=14, vmin=0, vmax=1, overlays=[layer], **PLAIN
    )
    expected = np.repeat([0, 64, 255], [3, 3, 6])
    assert np.abs(picture[5, :, 0].astype(int) - expected).max() <= 1


def test_overlays_on_other_grids_lie_where_they_belong():
    low = image(np.zeros(SHAPE, np.float32))
    block = np.zeros((6, 7, 5), np.float32)
    block[2, 3, 2] = 1
    coarse = AFFINE @ np.diag([2, 2, 2, 1.0])
    coarse[:3, 3] = AFFINE[:3, :3] @ [0.5, 0.5, 0.5] + AFFINE[:3, 3]
    layer = Overlay(volio.Nifti1Image(block, coarse), "gray", vmin=0, vmax=1)
    picture = plot_ortho(low, (0, 0, 0), display_mode="z", size=14, overlays=[layer], **PLAIN)
    rows, columns = np.nonzero(picture[..., 0])
    assert set(columns) == {4, 5}
    assert set(13 - rows) == {6, 7}


def test_colours_booleans_lengths_and_holes_are_shown():
    colours = np.zeros(SHAPE, [(name, "u1") for name in "RGB"])
    colours["G"] = 200
    green = plot_ortho(image(colours), display_mode="x", size=20, **PLAIN)
    np.testing.assert_array_equal(green[5, 5], [0, 200, 0, 255])
    truth = np.zeros(SHAPE, bool)
    truth[6:] = True
    both = plot_ortho(truth, display_mode="z", size=14, **PLAIN)
    np.testing.assert_array_equal(both[5, :, 0], np.repeat([0, 255], 6))
    wave = np.full(SHAPE, 3 + 4j)
    length = plot_ortho(wave, display_mode="z", size=14, vmin=0, vmax=10, **PLAIN)
    assert (length[..., 0] == 128).all()
    holes = noise()
    holes[3, 4, 5] = np.nan
    seen = plot_ortho(
        image(holes), (0, 0, 0), display_mode="z", size=14, vmin=-50, vmax=100, **PLAIN
    )
    assert np.argwhere(seen[..., 0] == 0).tolist() == [[9, 3]]


def test_contours_run_around_masks_and_regions():
    mask = np.zeros(SHAPE, np.uint8)
    mask[3:9, 4:10] = 1
    mask[4:8, 5:9] = 2
    low = image(np.zeros(SHAPE, np.float32))
    lines = [Contours(image(mask), colors=["red", "lime"], linewidths=1)]
    picture = plot_ortho(low, (0, 0, 0), display_mode="z", size=140, overlays=lines, **PLAIN)
    red, green = picture[..., 0] > 100, picture[..., 1] > 100
    for line, first, last in ((red, (40, 30), (100, 90)), (green, (50, 40), (90, 80))):
        rows, columns = np.nonzero(line)
        np.testing.assert_allclose([rows.min(), columns.min()], first, atol=1.5)
        np.testing.assert_allclose([rows.max(), columns.max()], last, atol=1.5)
    assert not red[60:80, 55:65].any()


def test_lines_are_as_opaque_and_visible_as_their_layer():
    mask = np.zeros(SHAPE, np.uint8)
    mask[3:9, 4:10] = 1
    low = image(np.zeros(SHAPE, np.float32))
    lines = Contours(image(mask), colors="red", linewidths=3)

    def drawn():
        return plot_ortho(low, (0, 0, 0), display_mode="z", size=140, overlays=[lines], **PLAIN)

    assert drawn()[..., 0].max() == 255
    lines.layer.opacity = 0.4
    assert drawn()[..., 0].max() == 102
    lines.layer.visible = False
    assert drawn()[..., 0].max() == 0


def test_levels_lie_between_voxels():
    ramp = np.broadcast_to(np.arange(SHAPE[0], dtype=np.float32)[:, None, None], SHAPE).copy()
    [outline] = Contours(ramp, 4.25).outlines(ramp[:, :, 0].T)
    inside = np.concatenate(outline.lines)
    inside = inside[(inside[:, 0] > 0) & (inside[:, 0] < 13) & (inside[:, 1] < 11)]
    np.testing.assert_allclose(inside[:, 1], 4.25, atol=1e-6)
    assert not list(Contours(ramp, 40.0).outlines(ramp[:, :, 0].T))


def test_a_mosaic_shows_the_slices_asked_for():
    voxels = np.broadcast_to(np.arange(10, dtype=np.float32), SHAPE).copy()
    picture = plot_mosaic(
        image(voxels), "z", [-15, -2, 11.9], columns=3, size=14, vmin=0, vmax=9, **BARE
    )
    assert picture.shape == (14, 12 * 3 + 4, 4)
    np.testing.assert_array_equal(picture[7, [5, 19, 33], 0], gray(np.array([0, 4, 9]), 0, 9))
    every = plot_mosaic(image(voxels), "z", 10, columns=10, size=14, vmin=0, vmax=9, **BARE)
    levels = every[7, 5::14, 0]
    np.testing.assert_array_equal(levels, gray(np.arange(10), 0, 9))
    rows = plot_mosaic(image(), "xyz", 4, size=30, **BARE)
    same = plot_ortho(image(), 4, display_mode="mosaic", size=30, **BARE)
    np.testing.assert_array_equal(same, rows)
    assert rows.shape == (30 + 2 + 30 + 2 + 28, 4 * 28 + 3 * 2, 4)


def test_slices_count_from_low_to_high_whatever_the_order_of_the_voxels():
    voxels = np.broadcast_to(np.arange(10, dtype=np.float32), SHAPE).copy()
    flipped = turned(image(voxels), "LPI")
    one = plot_mosaic(image(voxels), "z", 4, columns=4, size=14, vmin=0, vmax=9, **BARE)
    other = plot_mosaic(flipped, "z", 4, columns=4, size=14, vmin=0, vmax=9, **BARE)
    assert (np.diff(one[7, 5::14, 0].astype(int)) > 0).all()
    assert (np.diff(other[7, 5::14, 0].astype(int)) > 0).all()


def test_oblique_images_are_shown_along_their_voxels_or_along_the_world():
    angle = np.deg2rad(30)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    bar = np.zeros((40, 40, 8), np.float32)
    bar[4:36, 18:22] = 1
    affine = turn @ np.array([[1, 0, 0, -19.5], [0, 1, 0, -19.5], [0, 0, 1, -4], [0, 0, 0, 1.0]])
    img = volio.Nifti1Image(bar, affine)
    straight = plot_ortho(img, (0, 0, 0), display_mode="z", size=40, **PLAIN)
    assert np.unique(np.nonzero(straight[..., 0])[0]).tolist() == [18, 19, 20, 21]
    world = plot_ortho(img, (0, 0, 0), display_mode="z", size=120, space="world", **PLAIN)
    rows, columns = np.nonzero(world[..., 0] > 127)
    slope = np.polyfit(columns, -rows, 1)[0]
    np.testing.assert_allclose(np.rad2deg(np.arctan(slope)), 30, atol=1.5)


def test_a_lazy_image_is_read_slice_by_slice(tmp_path: Path):
    voxels = np.random.default_rng(1).integers(0, 900, (20, 22, 40)).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / "a.nii")
    source = CountingSource(open_source(str(tmp_path / "a.nii")))
    img = volio.Nifti1Image.from_file_map({"image": volio.FileHolder(fileobj=source)})
    source.count = 0
    plot_mosaic(img, "z", [3, 30], vmin=0, vmax=900, **BARE)
    assert source.count == 2 * 20 * 22 * 2
    source.count = 0
    lazy = plot_mosaic(img, "z", [3, 30], vmin=0, vmax=900, **BARE)
    whole = plot_mosaic(voxels, "z", [3, 30], vmin=0, vmax=900, **BARE)
    np.testing.assert_array_equal(lazy, whole)


def test_the_bar_shows_colours_and_values():
    layer = Overlay(image(), "red", 20, vmin=-100, vmax=100)
    without = plot_ortho(image(), size=100, overlays=[layer])
    picture = plot_ortho(image(), size=100, overlays=[layer], colorbar=True, title="a title")
    bar = picture[:, without.shape[1] :]
    assert picture.shape[0] > without.shape[0]
    reds = np.nonzero((bar[..., 0] > 120) & (bar[..., 1] == 0))[0]
    assert len(reds) > 100
    assert bar[-1].max(axis=0).tolist() == [0, 0, 0, 255]
    black = picture[picture.shape[0] - 50, without.shape[1] + 12]
    np.testing.assert_array_equal(black, [0, 0, 0, 255])  # hidden by the threshold


def test_letters_and_lines_can_be_left_out():
    bare = plot_ortho(image(), size=90, **PLAIN)
    marked = plot_ortho(image(), size=90, annotate=True, draw_cross=False, interpolation="nearest")
    crossed = plot_ortho(image(), size=90, annotate=False, interpolation="nearest")
    assert 50 < (bare != marked).any(axis=-1).sum() < 3000
    changed = (bare != crossed).any(axis=-1)
    assert changed.sum() < 2 * sum(bare.shape[:2])
    assert crossed[changed][:, 1].mean() > crossed[changed][:, 0].mean() + 50  # green


def test_pictures_are_saved_as_they_are(tmp_path: Path):
    picture = plot_ortho(image(), size=60, output_file=tmp_path / "a.png")
    np.testing.assert_array_equal(np.rint(imread(tmp_path / "a.png") * 255), picture)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cut_coords": (0, 0, 500)}, "outside of the image"),
        ({"cut_coords": (0, 0)}, "three numbers"),
        ({"display_mode": "w"}, "display_mode: must be one of mosaic, ortho"),
        ({"volume": 1}, "volume: must be from 0 to 0"),
        ({"space": "here"}, "space"),
        ({"size": 0}, "size"),
        ({"threshold": (3, 1)}, "threshold"),
        ({"vmin": 5, "vmax": 1}, "vmin and vmax"),
        ({"alpha": 2.0}, "alpha"),
    ],
)
def test_settings_that_make_no_sense_are_told(settings, message):
    with pytest.raises(UsageError, match=message):
        plot_ortho(image(), **settings)


@pytest.mark.parametrize("scale", [1e-300, 1e200])
def test_values_that_float32_does_not_hold_are_refused(scale):
    with pytest.raises(UsageError, match="out of the reach of pictures"):
        plot_ortho(image(noise().astype(float) * scale))
    with pytest.raises(UsageError, match="out of the reach of pictures"):
        plot_rendering(image(noise().astype(float) * scale))


def test_one_value_that_float32_does_not_hold_is_as_bright_as_can_be():
    voxels = noise().astype(float)
    voxels[3, 4, 5] = 1e300
    options = {"display_mode": "z", "size": 14, "vmin": 0, "vmax": 100, **PLAIN}
    picture = plot_ortho(image(voxels), (0, 0, 0), **options)
    assert picture[14 - 1 - 4, 3].tolist() == [255, 255, 255, 255]
    voxels[3, 4, 5] = 100
    np.testing.assert_array_equal(picture, plot_ortho(image(voxels), (0, 0, 0), **options))


def test_cuts_that_make_no_sense_are_told():
    with pytest.raises(UsageError, match="between -15 and 12 mm"):
        plot_mosaic(image(), "z", [40])
    with pytest.raises(UsageError, match="cuts: must be 1 to 10"):
        plot_mosaic(image(), "z", 11)
    with pytest.raises(UsageError, match="made of x, y and z"):
        plot_mosaic(image(), "a")
    with pytest.raises(UsageError, match="with axes is needed, got a number"):
        plot_ortho(np.zeros(()))
    with pytest.raises(UsageError, match="give levels"):
        list(Contours(np.zeros(SHAPE, int)).outlines(np.arange(30 * 30).reshape(30, 30)))
    with pytest.raises(UsageError, match="give numbers"):
        Contours(np.zeros(SHAPE, [(name, "u1") for name in "RGB"]))
