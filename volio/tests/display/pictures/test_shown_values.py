"""What is shown is what the voxels and the arguments say: in sections, renderings and windows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import volio
from volio.display import (
    RENDERINGS,
    Contours,
    ImageLayer,
    ImageVolume,
    Overlay,
    View,
    find_limits,
    plot_mosaic,
    plot_ortho,
    plot_rendering,
    project,
    render_volumes,
    save_gif,
    save_png,
    through_slices,
    through_time,
)
from volio.display.colour.drawing import number_text, printable_lines, wrapped
from volio.display.colour.value_colours import ValueColours
from volio.display.pictures import tiles
from volio.display.sampling.sections import PicturePlane
from volio.errors import UsageError, VolioError

AFFINE = np.array([[2, 0, 0, -20], [0, 2, 0, -20], [0, 0, 2, -20], [0, 0, 0, 1.0]])
BARE = {"annotate": False, "draw_cross": False}
TURNED = np.array([[2, 0.5, 0, 0], [-0.5, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1.0]])
SHAPE = (20, 24, 18)


def image(voxels, affine=AFFINE, dtype=None):
    voxels = np.asarray(voxels)
    return volio.Nifti1Image(voxels, affine, dtype=dtype or voxels.dtype)


def base(shape=SHAPE):
    return np.random.default_rng(0).integers(0, 200, shape).astype(np.int16)


def farthest(one, other):
    return int(np.abs(one.astype(int) - other).max())


# Infinite voxels.


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        *[(mode, np.inf) for mode in ("mip", "average", "attenuated_mip", "translucent")],
        *[("minip", value) for value in (np.inf, -np.inf, -1e39)],
        *[("mip", value) for value in (-np.inf, 1e39)],
    ],
)
def test_an_infinite_voxel_is_seen_where_it_is(mode, value):
    voxels = np.arange(720, dtype=np.float64).reshape(8, 9, 10)
    draw = partial(plot_rendering, mode=mode, angle=(30, 20), size=60)
    expected = draw(image(voxels))
    voxels[0, 0, 3] = value
    different = np.abs(draw(image(voxels)).astype(int) - expected).max(axis=-1) > 8
    assert different.mean() < 0.1


# Numbers far from 0.

DRAWN = {
    "ortho": partial(plot_ortho, size=60, **BARE),
    "mosaic": partial(plot_mosaic, cuts=4, size=40, annotate=False),
    "overlay": lambda img: plot_ortho(image(base()), overlays=Overlay(img, "hot", None), size=40),
    "oblique": lambda img: plot_ortho(image(img.dataobj, TURNED), size=40, space="world", **BARE),
    "scene": lambda img: render_volumes([ImageVolume.from_image(img)], size=40),
    **{mode: partial(plot_rendering, mode=mode, angle=(30, 20), size=40) for mode in RENDERINGS},
}


STARTS = [("f8", 1e12), ("i4", -(2**28)), ("u4", 2**31), ("i8", 2**40), ("u8", 2**50)]
STARTS += [("i8", -(2**62)), ("i8", 2**53 + 1), ("u8", 2**64 - 200)]  # which float64 would round


@pytest.mark.parametrize(
    ("name", "dtype", "start"),
    [
        *[(name, "f8", 1e9) for name in DRAWN],
        *[(name, "i8", 2**60) for name in DRAWN if name != "iso"],
        *[("ortho", *start) for start in STARTS],
        *[("mip", *start) for start in STARTS],
    ],
)
def test_numbers_far_from_0_look_like_those_near_it(name, dtype, start):
    voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10))
    expected = DRAWN[name](image(voxels.astype(np.float64)))
    assert expected[..., :3].std() > 10
    found = DRAWN[name](image(voxels.astype(dtype) + np.array(start, dtype)))
    assert farthest(found, expected) <= 4


def test_limits_and_surfaces_of_integers_that_float64_rounds():
    """The number of a surface, of a contour, of the limits and of the cursor are exact."""
    start = 2**60
    voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10))
    far, near = (image(each) for each in (voxels + start, voxels.astype(np.float64)))
    layer = ImageLayer.from_image(far)
    assert layer.contrast_limits == [start + voxels.min(), start + voxels.max()]
    assert layer.iso_threshold == start + 100
    outlier = voxels + start
    outlier[0, 0, 0] = start + 10**6
    low, high = find_limits(outlier)
    assert (low - start, high - start) == tuple(
        np.rint(np.percentile(outlier - start, (0.5, 99.5)))
    )
    drawn = [
        plot_rendering(img, "iso", (30, 20), size=40, iso_threshold=origin + 100)
        for img, origin in ((far, start), (near, 0))
    ]
    np.testing.assert_array_equal(*drawn)
    over = [Contours(img, origin + 100) for img, origin in ((far, start), (near, 0))]
    outlined = [plot_ortho(near, overlays=each, size=60, **BARE) for each in over]
    np.testing.assert_array_equal(*outlined)
    ends = [
        plot_ortho(near, overlays=Overlay(img, "hot", None, vmin=origin + 20, vmax=origin + 90))
        for img, origin in ((far, start), (near, 0))
    ]
    np.testing.assert_array_equal(*ends)
    viewer = volio.OrthoSlicer3D(far)
    other = volio.OrthoSlicer3D(near)
    np.testing.assert_array_equal(viewer.state.picture(0), other.state.picture(0))
    other.close()
    assert viewer.clim == (start + voxels.min(), start + voxels.max())
    viewer.close()


def test_colour_bars_of_integers_that_float64_rounds_have_their_digits():
    assert number_text(2**60 + 199, 0.2) == "1152921504606847175"
    voxels = np.arange(60).reshape(3, 4, 5)
    overlays = [Overlay(image(each), "hot", None) for each in (voxels + 2**60, voxels)]
    far, near = (tiles.colour_bar(each.colours, 100, 10, (1, 1, 1), (0, 0, 0)) for each in overlays)
    np.testing.assert_array_equal(far[:, 12:16], near[:, 12:16])
    assert len(np.unique(far[:, 12])) > 50


def test_values_of_a_projection_far_from_0_are_those_of_the_voxels():
    voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)) + 10**9
    found = project(image(voxels.astype(np.float64)), "front", "mip").values
    near = project(image(voxels - 10.0**9), "front", "mip").values
    assert np.nanmax(near) > 100
    np.testing.assert_allclose(found - 1e9, near, atol=0.01)


def test_a_surface_of_a_thresholded_overlay_is_one_that_is_seen():
    voxels = np.zeros((12, 12, 12), np.float32)
    voxels[3:9, 3:9, 3:9] = 100
    for threshold, is_refused in ((60, False), (None, False), (90, True)):
        shown = Overlay(image(voxels), "gray", threshold, vmin=0, vmax=100)
        assert plot_rendering(shown, "iso", size=30)[15, 15, 0] > 50
        if is_refused:
            with pytest.raises(UsageError, match="50 is hidden by the threshold -90 to 90"):
                plot_rendering(shown, "iso", size=30, iso_threshold=50)


def test_contours_far_from_0_and_of_large_numbers():
    voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.float64)
    below = image(np.zeros(voxels.shape, np.int16))
    draw = partial(plot_ortho, below, display_mode="z", size=180, **BARE)
    expected = draw(overlays=Contours(image(voxels), 100))
    assert expected[..., 0].mean() > 5
    found = draw(overlays=Contours(image(voxels + 1e9), 1e9 + 100))
    assert farthest(found, expected) <= 4
    numbers = np.zeros(voxels.shape, np.int32)
    numbers[2:5], numbers[5:7] = 312782546, 312782550  # equal in float32
    two = draw(overlays=Contours(image(numbers), colors=["red", "lime"]))
    one = draw(overlays=Contours(image((numbers > 0).astype(np.uint8)), colors=["red", "lime"]))
    assert farthest(two, one) > 100


@pytest.mark.parametrize("dtype", ["<i8", ">i8", "<u8"])
def test_regions_that_float64_takes_for_one_have_outlines_of_their_own(tmp_path, dtype):
    numbers = np.zeros((12, 12, 12), dtype)
    numbers[2:5] = 2**60 + 1
    numbers[5:7] = 2**60 + 2
    volio.save(image(numbers, np.eye(4)), tmp_path / "regions.nii")
    near = image(numbers % 16, np.eye(4))  # 1 and 2
    corner = np.array([-1, 0, 5.0])
    for tilt in (0, 0.2):
        u = np.array([0, 1, tilt])
        plane = PicturePlane(corner, u, np.array([1, tilt / 2, 0]), (14, 14))
        expected = Contours(near)
        for shown in (image(numbers, np.eye(4)), tmp_path / "regions.nii"):
            contours = Contours(shown)
            found = list(contours.outlines(contours.sample(plane, 0)))
            right = list(expected.outlines(expected.sample(plane, 0)))
            assert len(found) == len(right) == 2
            for one, other in zip(found, right, strict=True):
                assert one.color.tolist() == other.color.tolist()
                assert len(one.lines) == len(other.lines)
                np.testing.assert_array_equal(np.vstack(one.lines), np.vstack(other.lines))


# Overlays.


def test_a_value_has_one_colour_in_sections_renderings_and_windows():
    block = np.zeros(SHAPE, np.float32)
    block[5:15, 5:19, 4:14] = 3
    overlay = Overlay(image(block), "coolwarm", 2, vmin=-7, vmax=7)
    below = image(np.full(SHAPE, 50, np.int16))
    section = plot_ortho(below, overlays=overlay, size=100, **BARE)[50, 50]
    rendered = plot_rendering(below, overlays=overlay, size=100)[50, 50]
    assert farthest(section, rendered) <= 2
    assert section[0] > section[2]  # light red
    viewer = volio.OrthoSlicer3D(below, start="centre")
    viewer.add_overlay(overlay)
    assert farthest(viewer.state.picture(2)[12, 10], section) <= 2
    viewer.close()


@pytest.mark.parametrize(("sign", "channel"), [(1, 0), (-1, 2)])
def test_values_below_0_are_drawn_in_renderings(sign, channel):
    values = np.zeros(SHAPE, np.float32)
    values[4:8, 8:16, 5:12], values[12:16, 8:16, 5:12] = sign * 6, -sign * 6
    overlay = Overlay(image(values), "coolwarm", 2)
    assert overlay.layer.contrast_limits == [-6, 6]
    picture = plot_rendering(image(np.zeros(SHAPE, np.int16)), overlays=overlay, size=60)
    low, high = (picture[30, column].astype(int) for column in (40, 20))  # seen from the front
    assert low[channel] > low[2 - channel] + 50
    assert high[2 - channel] > high[channel] + 50


def test_what_a_threshold_hides_is_not_there_along_the_ray():
    """Behind values that are hidden those that are not are seen, whichever are larger."""
    values = np.full((10, 10, 10), 1.0, np.float32)
    values[:, 2:5] = 8
    below = image(np.zeros((10, 10, 10), np.int16))
    overlay = Overlay(image(values), "gray", (5, np.inf), vmin=0, vmax=2)
    picture = plot_rendering(below, overlays=overlay, size=20)
    assert abs(int(picture[10, 10, 0]) - 128) <= 2


def test_labels_are_not_mixed():
    numbers = np.random.default_rng(1).integers(0, 2, (8, 9, 10)).astype(np.int16) * 7
    named = image(numbers * 300 + np.random.default_rng(2).integers(0, 100, (8, 9, 10)))
    named.header.set_intent("label")
    for img, count in ((image(numbers), 2), (named, len(np.unique(named.dataobj)))):
        levels = np.unique(plot_ortho(img, size=120, **BARE)[..., 0])
        assert len(levels) <= count
        rendered = plot_rendering(img, "mip", (30, 20), size=60)
        assert set(np.unique(rendered[..., 0])) <= {0, *levels.tolist()}
    assert len(np.unique(plot_ortho(image(numbers), size=120, interpolation="linear"))) > 100
    assert len(np.unique(plot_ortho(image(base()), size=120))) > 100


def test_a_series_over_a_volume_and_the_other_way_round(tmp_path: Path):
    series = np.zeros((*SHAPE, 4), np.float32)
    series[5:9, 5:9, 5:9, 3] = 5
    over = Overlay(image(series), "winter")
    point = partial(plot_ortho, cut_coords=(-6, -6, -6))
    plots = (point, partial(plot_mosaic, cuts=[-6.0]), plot_rendering)
    for plot in plots:
        first, last = (plot(image(base()), overlays=over, volume=n, size=40) for n in (0, 3))
        assert farthest(first, last) > 100
        with pytest.raises(UsageError, match="volume: must be from 0 to 3, got 4"):
            plot(image(base()), overlays=over, volume=4)
    assert len(list(through_time(image(base()), overlays=over, size=20))) == 4
    contours = Contours(image(series), 1)
    assert len(list(through_time(image(base()), overlays=contours, size=20))) == 4
    viewer = volio.OrthoSlicer3D(image(base()))
    assert viewer.n_volumes == 1
    viewer.add_overlay(over)
    viewer.set_volume_idx(3)
    assert (viewer.n_volumes, viewer.state.volume) == (4, 3)
    viewer.remove(over)
    assert (viewer.n_volumes, viewer.state.volume) == (1, 0)
    viewer.close()


# What is given.


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_are_images(tmp_path: Path, kind):
    volio.save(image(base()), tmp_path / "scan.nii.gz")
    path = kind(tmp_path / "scan.nii.gz")
    expected = plot_ortho(image(base()), size=40, overlays=[Overlay(image(base()))])
    for overlays in (path, [path], Overlay(path), image(base()), [Overlay(image(base()))]):
        np.testing.assert_array_equal(plot_ortho(path, size=40, overlays=overlays), expected)
    assert plot_rendering(path, size=20).shape == (20, 20, 4)
    assert len(list(through_slices(path, frames=2, size=20))) == 2
    assert len(list(through_time(path, size=20))) == 1
    assert Contours(path, 100).layer.shape == SHAPE
    viewer = volio.OrthoSlicer3D(path)
    viewer.add_overlay(path)
    viewer.add_contours(path, 100)
    viewer.close()
    image(base()).to_html(tmp_path / "page.html", path)
    for missing in ("missing.nii", Path("missing.nii")):
        with pytest.raises(VolioError, match=r"missing\.nii"):
            plot_ortho(missing)


@pytest.mark.parametrize("given", [None, 5, 1.5, object(), "missing.nii", b"x", {}, [None]])
def test_what_is_not_an_image_is_refused_with_words(given):
    for draw in (plot_ortho, plot_rendering, Overlay, Contours, ImageLayer.from_image):
        with pytest.raises(VolioError, match=r"needed|no such file|axes|voxels"):
            draw(given)
    if given not in (None, {}):
        with pytest.raises(VolioError, match=r"needed|no such file"):
            plot_ortho(image(base()), overlays=given)


@pytest.mark.parametrize(
    "draw",
    [
        lambda img: plot_rendering(img, angle="front"),
        lambda img: plot_rendering(img, angle=(1, 2, 3)),
        lambda img: plot_rendering(img, angle=(np.nan, 0)),
        lambda img: plot_ortho(img, "front"),
        lambda img: plot_ortho(img, size="large"),
        lambda img: plot_ortho(img, size=10**9),
        lambda img: plot_ortho(img, volume=1.5),
        lambda img: plot_ortho(img, threshold="high"),
        lambda img: plot_ortho(img, threshold=(1, 2, 3)),
        lambda img: plot_ortho(img, display_mode=[1]),
        lambda img: plot_mosaic(img, cuts="many"),
        lambda img: plot_mosaic(img, columns=0),
        lambda img: plot_mosaic(img, axis=2),
        lambda img: list(through_slices(img, frames=0)),
        lambda img: list(through_time(img, volume=1)),
        lambda img: Contours(img, "high"),
        lambda img: Contours(img, 1, colors=5),
        lambda img: Contours(img, 1, linewidths=np.inf),
        lambda img: save_gif([1, 2], "x.gif"),
        lambda img: save_gif(5, "x.gif"),
        lambda img: save_gif([plot_ortho(img, size=9), plot_ortho(img, size=10)], "x.gif"),
        lambda img: plot_ortho(Overlay(img), cmap="hot"),
        lambda img: plot_ortho(img, affine=np.eye(4)),
        lambda img: Overlay(img, affine=np.eye(4)),
        lambda img: plot_ortho(ImageLayer.from_image(img), cmap="hot"),
        lambda img: plot_rendering(Overlay(img, alpha=np.ones(SHAPE))),
        lambda img: plot_rendering(img, overlays=Contours(img, 50)),
        lambda img: plot_rendering(Overlay(img, threshold=150), "iso", iso_threshold=100),
        lambda img: img.to_html("x.html", Overlay(img, blending="additive")),
        lambda img: img.to_html("x.html", limit="small"),
        lambda img: img.to_html("x.png"),
        lambda img: save_gif([plot_ortho(img)], "x.mp4"),
        lambda img: save_png(plot_ortho(img), "x.mp4"),
        lambda img: plot_ortho(img, output_file="x.html"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_words(draw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^\S+( and \S+)?: "):  # what was given, and then why not
        draw(image(base()))
    assert list(tmp_path.iterdir()) == []


# Colour bars and titles.


def test_marks_of_a_colour_bar_are_no_minus_signs():
    """A dash alone in front of 1.2 would be read as -1.2: marks are parts of a line."""
    colours = ValueColours((0.0, 2.0), hidden=(-1.2, 1.2))
    bar = tiles.colour_bar(colours, 200, 12, (1, 1, 1), (0, 0, 0))[..., :3].min(axis=-1)
    line = 12 + tiles.WIDTH
    assert (bar[12:-12, line] == 255).all()
    marked = np.flatnonzero(bar[:, line + tiles.MARK - 1])
    assert len(marked) == 3
    between = bar[:, line + tiles.MARK : line + tiles.NUMBER - 1]
    assert between.shape[1] > tiles.MARK
    assert not between.any()


def test_a_colour_bar_has_marks_of_thresholds_that_are_set_and_of_0():
    noise = np.random.default_rng(0).normal(0, 2, SHAPE).astype(np.float32)
    low, high, zero = tiles._marks(Overlay(image(noise), "coolwarm").colours)
    assert (low, zero) == (-high, 0)
    overlay = Overlay(image(noise), "hot", 3, vmin=-9, vmax=9)
    assert tiles._marks(overlay.colours) == [-9, 9, -3, 3, 0]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (199.0, 0.2, "199"),
        (-5.2599, 0.01, "-5.26"),
        (1e9 + 199, 0.2, "1000000199"),
        (1e-10, 1e-13, "1e-10"),
        (1e-18, 0.1, "0"),
        (12345.6, 0.2, "12345.6"),
    ],
)
def test_numbers_have_the_digits_that_tell_them_apart(value, step, text):
    assert number_text(value, step) == text


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("first\nsecond", 2),
        ("first\r\nsecond", 2),
        ("a\tb \x07 \x1b[0m", 1),
        ("", 0),
        ("\n", 0),
        (None, 0),
        ("half \udce9", 1),
        (7, 1),
    ],
)
def test_titles_of_any_letters_are_written(title, lines):
    size = 60
    height = plot_ortho(image(base()), size=size).shape[0]
    picture = plot_ortho(image(base()), title=title, size=size)
    extra = picture.shape[0] - height
    assert (extra > 0) == (lines > 0)
    assert lines == 0 or extra % lines == 0
    viewer = volio.OrthoSlicer3D(image(base()), title=title)
    viewer.draw()
    viewer.close()


def test_long_titles_are_broken_and_nothing_is_lost():
    words = " ".join(f"word{n}" for n in range(60))
    assert " ".join(wrapped(words, 12, 200)) == words
    assert "".join(wrapped("x" * 300, 12, 200)) == "x" * 300
    assert wrapped("y" * 9999, 12, 100)[-1].endswith("…")
    assert printable_lines("a\x00b\nc") == ["a b", "c"]
    viewer = volio.OrthoSlicer3D(image(base()), title="$\\foo$ " + "x" * 400)
    viewer.draw()
    viewer.close()


# Files.


def test_a_movie_keeps_rare_colours(tmp_path: Path):
    ramp = np.mgrid[:40, :40, :40].sum(axis=0).astype(np.float32)
    frame = plot_ortho(image(ramp), size=80, colorbar=True)  # grays, and a green cross
    save_gif([frame], tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as stored:
        assert farthest(np.asarray(stored.convert("RGB")), frame[..., :3]) <= 8


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 1e3])
def test_pictures_do_not_depend_on_the_size_of_voxels(factor):
    small, plain = (np.diag([4 * k, 4 * k, 40 * k, 1]) for k in (factor, 1.0))
    shift = np.eye(4)
    shift[0, 3] = 2  # voxels
    over = base()[:, :, ::-1].copy()
    for draw in (
        lambda affine: plot_mosaic(image(base(), affine), size=40, annotate=False),
        lambda affine: plot_ortho(
            image(base(), affine), overlays=Overlay(image(over, affine @ shift), "hot"), size=40
        ),
        lambda affine: plot_rendering(image(base(), affine), "iso", (30, 20), size=40),
    ):
        different = np.abs(draw(small).astype(int) - draw(plain)).max(axis=-1) > 8
        assert different.mean() < 0.01
    state = volio.OrthoSlicer3D(image(base(), small)).state
    state.add(Overlay(image(over, small @ shift)))
    assert not state.layers[1].on_grid(state.sections)
    assert Overlay(image(over, small)).on_grid(state.sections)


# Surfaces.


def evenness(picture, inner: slice) -> float:
    return float(picture[inner, inner, 0].std())


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, 1])
def test_surfaces_that_the_border_cuts_are_even(axis, end):
    shape = np.array([20, 20, 20])
    block = np.zeros(shape, np.uint8)
    inner = [slice(4, 16)] * 3
    inner[axis] = slice(8, None) if end else slice(0, 12)
    block[tuple(inner)] = 1
    outside = np.zeros(3)
    outside[axis] = 1 if end else -1
    up = (0, 0, 1) if axis != 2 else (0, 1, 0)
    direction = -outside + (0.3, 0.2, 0.1)
    layer = ImageLayer(block, rendering="iso")
    layer.dims_displayed = (0, 1, 2)
    for quality in ("fast", "exact"):
        view = View(shape / 2, direction, up, 26, 64)
        found = project(layer, view, quality=quality)
        on_face = found.voxel[..., axis] == (19 if end else 0)
        for side in {0, 1, 2} - {axis}:
            on_face &= (found.voxel[..., side] > 5) & (found.voxel[..., side] < 14)
        assert on_face.sum() > 200
        assert found.rgba[on_face][:, 0].std() < 0.02
        assert found.rgba[on_face][:, 0].min() > 0.3


def test_surfaces_that_planes_cut_or_missing_voxels_end():
    block = np.zeros((20, 20, 20), np.float32)
    block[4:16, 4:16, 4:16] = 1
    layer = ImageLayer(block, rendering="iso")
    layer.dims_displayed = (0, 1, 2)
    layer.experimental_clipping_planes = [{"position": (10, 0, 0), "normal": (1, 0, 0)}]
    view = View((10, 10, 10), (1, 0.2, 0.1), (0, 0, 1), 16, 64)
    cut = project(layer, view).rgba[20:44, 20:44, 0]
    assert cut.std() < 0.01
    assert cut.mean() > 0.5
    known = np.where(block > 0, block, np.nan)
    masked = ImageLayer(known, rendering="iso", contrast_limits=(0, 1), iso_threshold=0.5)
    masked.dims_displayed = (0, 1, 2)
    assert project(masked, view).rgba[20:44, 20:44, 0].std() < 0.05


def test_a_surface_of_colours_is_that_of_their_brightness():
    colours = np.zeros((10, 10, 10), [(name, np.uint8) for name in "RGB"])
    for name, value in zip("RGB", (250, 200, 20), strict=True):
        colours[name][2:8, 2:8, 2:8] = value
    picture = plot_rendering(image(colours), "iso", size=40)
    assert picture[20, 20, 0] > 100
    assert picture[20, 20, 2] < picture[20, 20, 0]
    assert not plot_rendering(image(colours), "iso", size=40, iso_threshold=0.99)[..., :3].any()
    with pytest.raises(UsageError, match="from 0 to 1, got 128"):
        plot_rendering(image(colours), "iso", size=40, iso_threshold=128)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_values_of_coarse_levels_are_those_of_the_voxel_that_covers_the_point(factor):
    count = 6 * factor
    fine = np.arange(count * count, dtype=np.float64).reshape(count, count)
    coarse = fine.reshape(6, factor, 6, factor).mean(axis=(1, 3))
    layer = ImageLayer([fine, coarse], locked_data_level=1)
    for row in range(count):
        expected = coarse[row // factor, (count - 1 - row) // factor]
        assert layer.get_value((row, count - 1 - row)) == (1, expected)
        assert layer.pick((row, count - 1 - row)).value == expected
    assert layer.get_value((count, 0)) is None
    assert layer.get_status((count - 1, count - 1))["value"].startswith("1, ")
    hidden = ImageLayer(
        [np.stack([fine] * count), np.stack([coarse + n for n in range(6)])], locked_data_level=1
    )
    hidden.dims_displayed = (1, 2)
    for place in range(count):
        hidden.dims_point = (place, 0, 0)
        assert hidden.slice_values()[0, 0] == coarse[0, 0] + place // factor


@pytest.mark.parametrize("mode", ["mip", "translucent"])
def test_the_threshold_of_a_surface_is_of_the_mode_that_has_one(mode: str):
    with pytest.raises(UsageError, match=f"iso_threshold: only the mode 'iso'.*not '{mode}'"):
        plot_rendering(image(np.zeros((4, 5, 6), np.int16)), mode, iso_threshold=1)


# Planes and rows.


SLICE = np.random.default_rng(2).integers(0, 200, (16, 12)).astype(np.int16)


def test_a_plane_looks_the_same_as_an_image_an_array_and_a_single_slice(tmp_path: Path):
    """Of a single slice its own plane is shown, unless others are asked for."""
    flat, single = image(SLICE), image(SLICE[:, :, np.newaxis])
    expected = plot_ortho(single, display_mode="z", size=60, **BARE)
    assert expected.shape[:2] == (45, 60)
    over = Overlay(flat, "hot", None, alpha=0.5)
    for shown in (flat, single, SLICE):
        affine = AFFINE if shown is SLICE else None
        drawn = plot_ortho(shown, size=60, affine=affine, **BARE)
        np.testing.assert_array_equal(drawn, expected)
    three = plot_ortho(flat, size=60, display_mode="ortho", **BARE)
    assert three.shape[1] > expected.shape[1]
    blended = plot_ortho(single, size=60, overlays=over, **BARE)
    assert farthest(blended, expected) > 10
    volio.save(flat, tmp_path / "flat.nii")
    np.testing.assert_array_equal(plot_ortho(tmp_path / "flat.nii", size=60, **BARE), expected)
    assert plot_ortho(image(SLICE[:, 0]), size=60, **BARE).shape[0] > 0


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_single_slices_are_cut_across_the_axis_that_has_one(axis: str):
    """Sagittal slices, too, and those of images whose axes are turned."""
    number = "xyz".index(axis)
    voxels = np.expand_dims(SLICE, number)
    for shown in (image(voxels), image(voxels).as_reoriented([[1, -1], [2, 1], [0, -1]])):
        own = plot_mosaic(shown, size=40, annotate=False)
        np.testing.assert_array_equal(own, plot_mosaic(shown, axis, 1, size=40, annotate=False))
        planes = plot_ortho(shown, size=40, **BARE)
        np.testing.assert_array_equal(planes, own)
        assert len(list(through_slices(shown, size=40))) == 1


def test_planes_have_pages_and_windows(tmp_path: Path):
    img = image(SLICE)
    img.to_html(tmp_path / "plane.html", cmap="hot", vmin=0, vmax=150)
    page = (tmp_path / "plane.html").read_text()
    assert '"limits": [0, 150]' in page or '"limits": [0.0, 150.0]' in page
    viewer = img.orthoview()
    assert viewer.state.picture(2).shape[:2] == (12, 16)
    viewer.close()


# Neighbours of the above.


@pytest.mark.parametrize("mode", RENDERINGS)
def test_both_infinities_next_to_each_other_are_drawn(mode: str):
    """Between them, samples are not numbers."""
    voxels = np.zeros((8, 9, 10), np.float32)
    voxels[::2], voxels[1::2] = np.inf, -np.inf
    voxels[4:] = 5
    drawn = plot_rendering(image(voxels), mode, (20, 10), size=24)
    assert drawn.shape == (24, 24, 4)
    assert drawn.dtype == np.uint8


@pytest.mark.parametrize(
    ("plot", "option"),
    [
        (plot_ortho, "treshold"),
        (plot_mosaic, "draw_cross"),
        (partial(plot_rendering, mode="mip"), "threshold"),
        (plot_rendering, "colorbar"),
        (lambda img, **options: list(through_slices(img, **options)), "foo"),
    ],
)
def test_options_that_there_are_not_are_named(plot, option: str):
    with pytest.raises(UsageError, match=f"{option}: there is no such option; there are .*cmap, "):
        plot(image(base()), **{option: 1})
