"""Pages of images, read by a real browser."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread

import volio
from volio.display import Contours, ImageLayer, Overlay
from volio.display.page.contour_lines import contour_facts
from volio.display.page.html import write_page
from volio.display.page.packing import pack
from volio.display.page.voxel_grid import voxel_grids
from volio.errors import ImageDataError, UsageError
from volio.tests.display.browser import RIGHT
from volio.tests.display.pyramids import Pyramid, counted, pyramid, ramp_at

READY = "document.body?.dataset.ready === 'yes'"
TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])
SHAPE = (12, 14, 10)


def unpacked(found, shape):
    """The numbers of a packed array, by the words of `pack`."""
    size = found["size"]
    planes = np.frombuffer(zlib.decompress(b64decode(found["data"])), np.uint8)
    raw = np.ascontiguousarray(planes.reshape(size, -1).T).reshape(-1)
    if "table" not in found:
        return raw.view(f"<f{size}").reshape(shape, order="F")
    zigzag = raw.view(f"<u{size}").astype(np.int64)
    ranks = np.cumsum((zigzag >> 1) ^ -(zigzag & 1)) % 256**size
    return np.frombuffer(b64decode(found["table"]), "<f8")[ranks].reshape(shape, order="F")


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "<i2", ">u2", "i4", "i8", "f2", "f4", ">f8"])
def test_packed_numbers_are_the_same_numbers(dtype):
    rng = np.random.default_rng(1)
    values = rng.integers(-120 if np.dtype(dtype).kind in "if" else 0, 120, (5, 6, 7)).astype(dtype)
    np.testing.assert_array_equal(unpacked(pack(values), (5, 6, 7)), values)


def test_extremes_and_nan_are_packed():
    for values in (
        np.array([[[-32768, 32767, 0]]], np.int16),
        np.array([[[np.nan, -np.inf, np.inf, -0.0, 1e-320, np.nan]]]),
        np.arange(70000, dtype=np.float32).reshape(70, 100, 10) / 3,
        np.arange(70000, dtype=np.int64).reshape(70, 100, 10) * 2**35,
        np.arange(66000, dtype=np.uint16).reshape(66, 100, 10),
    ):
        np.testing.assert_array_equal(unpacked(pack(values), values.shape), values)


def test_numbers_that_a_browser_does_not_have_are_refused():
    with pytest.raises(UsageError, match="9007199254740993 has no equal"):
        pack(np.array([[[2**53 + 1]]]))


@pytest.mark.parametrize("affine", [np.eye(4), TURNED])
def test_coarser_lattices_hold_voxels_where_they_say(affine):
    voxels = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    found = list(voxel_grids([SHAPE], affine, [np.eye(4)]))
    assert found[0].steps == (1, 1, 1)
    assert found[-1].shape == (1, 1, 1)
    for lattice in found[:8]:
        values = lattice.values(voxels)
        places = np.indices(lattice.shape).reshape(3, -1)
        i, j, k = (lattice.to_voxel[:3, :3] @ places + lattice.to_voxel[:3, 3:]).astype(int)
        np.testing.assert_array_equal(values.reshape(-1), voxels[i, j, k])
        assert values.shape == lattice.shape
        np.testing.assert_array_equal(lattice.nearest(voxels, affine, 0), values)
        assert (np.diag(affine @ lattice.to_voxel)[:3] > 0).all()


@pytest.fixture
def show(browser, tmp_path):
    """Write the page of an image and open it; it must load without complaints or requests."""

    def _show(img, overlays=(), **options):
        path = tmp_path / "page.html"
        img.to_html(path, overlays, **options)
        browser.open(path, READY)
        assert browser.complaints == []
        assert [url for url in browser.requests if not url.startswith("data:")] == [path.as_uri()]
        return browser

    yield _show
    assert browser.complaints == []


def box(browser, plane):
    return browser.run(
        f"(({{left, top, width, height}}) => [left, top, width, height])"
        f"(document.getElementById('{plane}').getBoundingClientRect())"
    )


def click(browser, plane, across, up):
    """Click at a share of the width and of the height, from the lower left."""
    left, top, width, height = box(browser, plane)
    browser.click(left + across * width, top + (1 - up) * height)


def resize(browser, width, height):
    """Set the size of the window, points."""
    size = {"width": width, "height": height}
    browser.call("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **size)


def pixels(browser, plane):
    """The picture of a plane, (rows, columns, 4)."""
    script = """(() => {
      const shown = document.getElementById('PLANE'), copy = shown.cloneNode();
      const context = copy.getContext('2d', {willReadFrequently: true});
      context.drawImage(shown, 0, 0);
      return [shown.height, Array.from(context.getImageData(0, 0, copy.width, copy.height).data)];
    })()"""
    height, data = browser.run(script.replace("PLANE", plane))
    return np.array(data, np.uint8).reshape(height, -1, 4)


def colour_at(picture, across, up, count):
    """The colour in a voxel of a plane of so many along each side, counted from the lower left."""
    row = int((1 - (up + 0.4) / count) * picture.shape[0])
    return picture[row, int((across + 0.4) / count * picture.shape[1])].astype(int)


def numbers(text):
    return [float(part) for part in text.split(", ")]


def told(browser, img, number=0):
    """The voxel the page tells; its place and value must be those of the image."""
    voxel = [int(part) for part in numbers(browser.text("voxel"))]
    world = volio.affines.apply_affine(img.affine, voxel[:3])
    np.testing.assert_allclose(numbers(browser.text("mm")), world, atol=0.006)
    value = np.asarray(img.dataobj[tuple(voxel)])
    shown = numbers(browser.text(f"value-{number}"))
    if value.dtype.names:
        assert shown == [float(value[name]) for name in value.dtype.names]
    else:  # exactly, in the precision of the voxels
        np.testing.assert_array_equal(np.array(shown, value.dtype)[0], value)
    return tuple(voxel)


def test_a_click_moves_the_crosshair_and_shows_the_voxel(show):
    voxels = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    img = volio.Nifti1Image(voxels, TURNED)
    browser = show(img)
    assert told(browser, img) == (6, 7, 5)  # axes run to P, S, L
    click(browser, "axial", 0.95, 0.05)  # right and back
    assert told(browser, img) == (11, 7, 0)
    click(browser, "coronal", 0.01, 0.99)  # left and up
    assert told(browser, img) == (11, 13, 9)
    click(browser, "sagittal", 0.999, 0.001)  # front and down
    assert told(browser, img) == (0, 0, 9)


def test_keys_wheel_and_switch(show):
    img = volio.Nifti1Image(np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE), np.eye(4))
    browser = show(img)
    start = told(browser, img)
    moves = {"ArrowRight": (1, 0, 0), "ArrowDown": (0, -1, 0), "PageUp": (0, 0, 1)}
    for key, step in moves.items():
        browser.press(key)
        start = tuple(np.add(start, step))
        assert told(browser, img) == start
    left, top, width, height = box(browser, "sagittal")
    browser.mouse("mouseWheel", left + width / 2, top + height / 2, deltaX=0, deltaY=120)
    browser.settle()
    assert told(browser, img) == (start[0] - 1, *start[1:])
    browser.press("r")
    assert browser.run("document.getElementById('radiological').checked") is True
    click(browser, "axial", 0.01, 0.5)  # the subject's right is on the left now
    assert told(browser, img)[0] == SHAPE[0] - 1
    browser.press("Home")
    assert told(browser, img) == tuple(n // 2 for n in SHAPE)


def pixel(browser, plane, across, up):
    """A pixel of a plane, from a copy that browsers like to be read."""
    return browser.run(
        f"(() => {{ const c = document.getElementById('{plane}');"
        " const copy = Object.assign(document.createElement('canvas'), {width: 1, height: 1});"
        " const pen = copy.getContext('2d', {willReadFrequently: true});"
        f" pen.drawImage(c, -Math.floor({across} * c.width), -Math.floor((1 - {up}) * c.height));"
        " return Array.from(pen.getImageData(0, 0, 1, 1).data); })()"
    )


def test_pixels_have_the_colours_of_layers_and_overlays(show):
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[:6] = 51
    img = volio.Nifti1Image(voxels, np.eye(4))
    spots = np.zeros((6, 7, 5), np.float32)  # twice as coarse, on the right half
    spots[3:] = 2.5
    affine = np.diag([2, 2, 2, 1.0])
    affine[:3, 3] = 0.5
    layer = ImageLayer.from_image(
        volio.Nifti1Image(spots, affine), colormap="red", contrast_limits=(0, 2.5), opacity=0.5
    )
    browser = show(img, [layer], contrast_limits=(0, 255))
    assert pixel(browser, "axial", 0.2, 0.8) == [51, 51, 51, 255]
    red = pixel(browser, "axial", 0.8, 0.8)
    assert red == pytest.approx([127, 0, 0, 255], abs=1)
    click(browser, "axial", 0.8, 0.8)
    assert browser.text("value-1") == "2.5"
    browser.run(
        "(() => { const s = document.getElementById('opacity-1'); s.value = 1;"
        " s.dispatchEvent(new Event('input')); })()"
    )
    browser.settle()
    assert pixel(browser, "axial", 0.8, 0.6) == [255, 0, 0, 255]


def test_dragging_with_the_right_button_sets_window_and_level(show):
    img = volio.Nifti1Image(np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE), np.eye(4))
    browser = show(img, contrast_limits=(0, 1000))
    left, top, width, height = box(browser, "axial")
    x, y = left + width / 2, top + height / 2
    before = browser.text("voxel")
    browser.drag((x, y), (x + 60, y), RIGHT)
    low, high = (float(part) for part in browser.text("limits-0").split(" to "))
    assert high - low > 1200
    assert low + high == pytest.approx(1000, abs=1)
    browser.drag((x, y), (x, y - 60), RIGHT)
    lower = [float(part) for part in browser.text("limits-0").split(" to ")]
    assert sum(lower) < 900
    assert browser.text("voxel") == before


RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RNG = np.random.default_rng(3)


@pytest.mark.parametrize(
    "voxels",
    [
        RNG.normal(size=(48, 44, 40)).astype(np.float32),
        RNG.normal(size=(48, 44, 40)),
        np.where(RNG.random(SHAPE) < 0.5, np.nan, 0.1).astype(np.float32),
        RNG.integers(0, 256, (*SHAPE, 3)).astype(np.uint8).view(RGB)[..., 0],
        RNG.integers(-30000, 30000, (*SHAPE, 3, 2)).astype(np.int16),
    ],
    ids=["float32", "float64", "nan", "rgb", "series"],
)
def test_every_kind_of_voxel_is_shown_exactly(show, voxels):
    img = volio.Nifti1Image(voxels, TURNED)
    browser = show(img, volume=4 if voxels.ndim == 5 else 0)
    for across, up in ((0.1, 0.2), (0.5, 0.9), (0.77, 0.33)):
        click(browser, "coronal", across, up)
        assert told(browser, img)[3:] == ((2, 0) if voxels.ndim == 5 else ())


def test_scaled_voxels_are_shown_as_numpy_counts_them(show, tmp_path):
    header = volio.Nifti1Header()
    header.set_slope_inter(0.1, -7)
    header.set_data_dtype(np.int16)
    img = volio.Nifti1Image(RNG.normal(size=SHAPE), TURNED, header)
    img.to_filename(tmp_path / "scaled.nii.gz")
    found = volio.load(tmp_path / "scaled.nii.gz")
    browser = show(found)
    click(browser, "axial", 0.3, 0.6)
    assert told(browser, found) != (6, 7, 5)


def test_names_are_no_markup(show, tmp_path):
    name = "<img src=x onerror=alert(1)>&\"'@SCENE@</script>"
    img = volio.Nifti1Image(np.zeros(SHAPE, np.uint8), np.eye(4))
    layer = ImageLayer.from_image(img, name=name)
    browser = show(img, [layer], title=name)
    assert browser.run("document.title") == name
    assert browser.run("document.querySelector('h1').textContent") == name
    assert browser.run("document.images.length + document.scripts.length") == 2
    assert name in browser.run("document.getElementById('readout').textContent")


def test_pages_keep_to_their_limit_and_say_what_they_leave_out(show, tmp_path):
    img = volio.Nifti1Image(RNG.integers(0, 4096, (96, 80, 64)).astype(np.int16), TURNED)
    browser = show(img, limit=200_000)
    size = (tmp_path / "page.html").stat().st_size
    assert 100_000 < size <= 200_000
    assert "nothing is averaged" in browser.run("document.body.textContent")
    for place in (0.02, 0.4, 0.98):
        click(browser, "axial", place, place)
        told(browser, img)
    show(img, limit=None)
    assert (tmp_path / "page.html").stat().st_size > 700_000


def scene_of(path):
    """What the script of a page shows."""
    text = path.read_text()
    start = text.index('id="scene">') + len('id="scene">')
    return json.loads(text[start : text.index("</script>", start)])


@pytest.mark.parametrize(("level", "shape"), [(0, (64, 48, 32)), (1, (32, 24, 32))])
def test_a_page_holds_the_finest_level_that_fits(show, tmp_path, level, shape):
    steps = [(1, 0), ((2, 2, 1), 0), (4, 1)]
    img = pyramid([(64, 48, 32), (32, 24, 32), (16, 12, 8)], steps, TURNED)
    look = {"contrast_limits": (0, 5000)}
    img.levels[level].to_html(tmp_path / "alone.html", limit=None, **look)
    size = (tmp_path / "alone.html").stat().st_size
    browser = show(img, limit=size + 500, **look)
    scene = scene_of(tmp_path / "page.html")
    axes = [2, 0, 1]  # of the voxels along x, y, z of the world
    assert scene["shape"] == [shape[axis] for axis in axes]
    values = unpacked(scene["images"][0]["channels"][0], scene["shape"])
    to_world = np.vstack([scene["to_world"], [0, 0, 0, 1]])
    places = np.moveaxis(np.indices(scene["shape"]), 0, -1)
    expected = ramp_at(volio.affines.apply_affine(to_world, places))
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    for across in (0.02, 0.4, 0.98):
        click(browser, "axial", across, across)
        position = numbers(browser.text("mm"))
        assert numbers(browser.text("value-0"))[0] == pytest.approx(ramp_at(position), abs=0.6)
        voxel = numbers(browser.text("voxel"))
        back = volio.affines.apply_affine(np.linalg.inv(TURNED), position)
        assert np.abs(np.array(voxel) - back).max() <= 0.51
    note = browser.run("document.body.textContent")
    assert ("Level 1 of the image is on this page, 32 × 24 × 32 voxels" in note) == (level == 1)


def test_of_the_coarsest_level_some_voxels_are_left_out_where_it_does_not_fit(tmp_path):
    noise = RNG.integers(0, 4096, (64, 64, 64)).astype(np.int16)
    img = Pyramid(noise, np.eye(4))
    img.coarser = [Pyramid(noise[::2, ::2, ::2], np.diag([2.0, 2, 2, 1]))]
    img.to_html(tmp_path / "page.html", limit=40_000)
    text = (tmp_path / "page.html").read_text()
    assert len(text) <= 40_000
    assert "Level 1 of the image is on this page, 32 × 32 × 32 voxels" in text
    assert "nothing is averaged" in text
    scene = scene_of(tmp_path / "page.html")
    values = unpacked(scene["images"][0]["channels"][0], scene["shape"])
    to_voxel = np.vstack([scene["to_voxel"], [0, 0, 0, 1]])
    places = volio.affines.apply_affine(to_voxel, np.moveaxis(np.indices(scene["shape"]), 0, -1))
    np.testing.assert_array_equal(values, noise[tuple(np.moveaxis(places.astype(int), -1, 0))])


def test_overlays_of_several_levels_are_read_at_the_level_that_fits_a_page(tmp_path):
    base = volio.Nifti1Image(np.zeros((16, 16, 16), np.int16), np.diag([4.0, 4, 4, 1]))
    sides = [(64, 64, 64), (32, 32, 32), (16, 16, 16)]
    over = pyramid(sides, [(1, 0), (2, 0), (4, 0)])
    arrays = counted(over)
    base.to_html(tmp_path / "page.html", overlays=Overlay(over, "hot", None, vmin=0, vmax=4000))
    # Limits are looked for in the second level: the third has too few values.
    assert (arrays[0].count, arrays[2].count) == (0, 2 * 16**3)
    scene = scene_of(tmp_path / "page.html")
    values = unpacked(scene["images"][1]["channels"][0], scene["shape"])
    np.testing.assert_array_equal(values, arrays[2].array)


def test_a_head_of_256_voxels_a_side_fits_into_two_megabytes(show, tmp_path, shared_data):
    head = volio.load(shared_data / "volumes" / "chris_t1.nii.gz")
    grown = [(0, 256 - n) for n in head.shape]
    img = volio.Nifti1Image(np.pad(np.asarray(head.dataobj), grown), head.affine)
    browser = show(img)
    assert (tmp_path / "page.html").stat().st_size <= 2_000_000
    click(browser, "sagittal", 0.4, 0.6)
    assert float(browser.text("value-0")) > 0
    told(browser, img)


def segments(browser, contours, values):
    """The pieces of lines that the page finds in a slice: number of the colour, and two points."""
    rows, columns = values.shape
    slice_ = json.dumps(values.ravel().tolist())
    return browser.run(
        f"(() => {{ const found = []; outline({json.dumps(contours)}, {slice_}, {columns}, {rows},"
        f" (...line) => found.push(line)); return found; }})()"
    )


def pieces(lines):
    """The same of lines, columns first, each piece with its ends in order."""
    return sorted(
        tuple(sorted((tuple(a[::-1].round(6)), tuple(b[::-1].round(6)))))
        for line in lines
        for a, b in pairwise(line)
    )


def test_the_lines_of_a_page_are_those_of_pictures(show):
    browser = show(volio.Nifti1Image(np.zeros(SHAPE, np.uint8), np.eye(4)))
    rng = np.random.default_rng(4)
    holes = rng.uniform(-1, 1, (9, 13))  # rough, with many saddles
    holes[3, 4] = holes[8, 12] = np.nan
    for levels in ([0.3], [-0.25, 0.5], [0.0]):
        found = segments(browser, {"levels": levels}, holes)
        for number, outline in enumerate(Contours(np.zeros(SHAPE), levels).outlines(holes)):
            own = [np.reshape(piece[1:], (2, 2))[:, ::-1] for piece in found if piece[0] == number]
            assert len(own) > 10
            np.testing.assert_allclose(pieces(own), pieces(outline.lines), atol=1e-5)
    regions = rng.integers(0, 4, (9, 13))
    found = segments(browser, {"levels": None}, regions)
    shown = Contours(np.zeros(SHAPE, int), colors=["red", "lime", "blue"])
    for number, outline in enumerate(shown.outlines(regions)):
        own = [np.reshape(piece[1:], (2, 2))[:, ::-1] for piece in found if piece[0] == number]
        assert pieces(own) == pieces(outline.lines)
    assert segments(browser, {"levels": [-1]}, np.zeros((9, 13))) == []


@pytest.mark.parametrize("colors", [["red"], ["red", "lime"], ["red", "lime", "blue"]])
def test_regions_that_a_browser_takes_for_one_have_numbers_of_their_own(colors):
    numbers = np.zeros(SHAPE, np.int64)
    numbers[2:5] = 2**60 + 1
    numbers[5:7] = 2**60 + 2
    numbers[8:] = -(2**60) - 1
    contours = Contours(volio.Nifti1Image(numbers, np.eye(4), dtype=np.int64), colors=colors)
    grid = next(voxel_grids([SHAPE], np.eye(4), [np.eye(4)]))
    found = unpacked(contour_facts(contours, 0, grid)["channel"], SHAPE)
    places = [found[numbers == number] for number in (0, 2**60 + 1, 2**60 + 2, -(2**60) - 1)]
    drawn = [float(np.unique(place).item()) for place in places]  # one number in each
    assert drawn[0] == 0
    assert len(set(drawn)) == 4
    count = len(colors)
    turns = [(number - 1) % count for number in (2**60 + 1, 2**60 + 2, -(2**60) - 1)]
    assert [(number - 1) % count for number in drawn[1:]] == turns


def test_contours_lie_where_they_are_and_follow_their_slider(show, tmp_path):
    mask = np.zeros((20, 24, 22), np.uint8)
    mask[3:9, 4:10, 5:15] = 1
    base = volio.Nifti1Image(np.zeros((40, 48, 44), np.uint8), np.diag([1, 1, 1, 1.0]))
    affine = np.diag([2, 2, 2, 1.0])
    affine[:3, 3] = 0.5
    smooth = volio.Nifti1Image(np.broadcast_to(np.arange(20.0)[:, None, None], mask.shape), affine)
    browser = show(
        base,
        [Contours(volio.Nifti1Image(mask, affine), colors="red"), Contours(smooth, 15.0, "blue")],
    )
    click(browser, "axial", 12.5 / 40, 14.5 / 48)
    click(browser, "coronal", 12.5 / 40, 20.5 / 44)

    def seen(channel):
        browser.screenshot(tmp_path / "page.png")
        picture = np.rint(imread(tmp_path / "page.png")[..., :3] * 255).astype(int)
        left, top, width, height = box(browser, "axial")
        found = picture[round(top) : round(top + height), round(left) : round(left + width)]
        other = np.delete(found, channel, axis=-1).max(axis=-1)
        rows, columns = np.nonzero(found[..., channel] - other > 90)
        return (columns + 0.5) / width * 40 - 0.5, (height - rows - 0.5) / height * 48 - 0.5

    across, up = seen(0)
    # Voxel 3 of the mask covers 6 and 7 of the image; lines run between voxels.
    np.testing.assert_allclose([across.min(), across.max()], [5.5, 17.5], atol=0.3)
    np.testing.assert_allclose([up.min(), up.max()], [7.5, 19.5], atol=0.3)
    across, up = seen(2)
    line = across[(up > 2) & (up < 45)]
    np.testing.assert_allclose(line[line < 38], 30.5, atol=0.3)
    browser.run("find('contours-0').value = 0")
    browser.run("find('contours-0').dispatchEvent(new Event('input'))")
    browser.settle()
    assert len(seen(0)[0]) == 0
    assert len(seen(2)[0]) > 0


def test_what_cannot_be_a_page_is_refused(tmp_path):
    path = tmp_path / "page.html"
    good = volio.Nifti1Image(np.zeros(SHAPE, np.uint8), np.eye(4))
    with pytest.raises(UsageError, match="volume: must be from 0 to 0, got 1"):
        good.to_html(path, volume=1)
    with pytest.raises(UsageError, match="more than 1000 bytes"):
        good.to_html(path, limit=1000)
    with pytest.raises(UsageError, match="contrast_limits: are vmin and vmax"):
        good.to_html(path, contrast_limits=(0, 1), vmin=0)
    with pytest.raises(UsageError, match="colormap: is cmap"):
        good.to_html(path, colormap="hot", cmap="hot")
    with pytest.raises(UsageError, match="planes: a page has cmap, vmin"):
        good.to_html(path, planes="x")
    with pytest.raises(ImageDataError, match="voxels"):
        volio.Nifti1Image(np.zeros((3, 0, 4), np.uint8), np.eye(4)).to_html(path)
    assert list(tmp_path.iterdir()) == []


def test_sides_of_an_image_without_a_place_are_those_of_its_axes(tmp_path):
    path = tmp_path / "page.html"
    write_page(volio.Nifti1Image(np.zeros(SHAPE, np.uint8), None), path)
    assert re.search(r'"ends": \[\["-i", "\+i"\]', path.read_text())


# What is shown.

IN_VIEW = ("sagittal", "coronal", "axial", "readout")
EVEN = np.diag([2.0, 2, 2, 1])


@pytest.mark.parametrize(
    ("shape", "windows"),
    [
        ((20, 24, 18), [(1200, 760), (1600, 900), (600, 900), (400, 700)]),
        ((91, 109, 91), [(1200, 760), (1600, 900)]),
        ((10, 100, 10), [(1200, 760), (500, 800)]),
        ((10, 10, 100), [(1200, 760)]),
        ((64, 1, 64), [(1200, 760), (500, 800)]),
    ],
)
def test_planes_and_values_are_in_the_window(show, shape, windows):
    voxels = np.zeros(shape, np.uint8)
    browser = show(
        volio.Nifti1Image(voxels, EVEN), [volio.Nifti1Image(voxels, EVEN)], display_mode="ortho"
    )
    try:
        for width, height in windows:
            resize(browser, width, height)
            browser.settle()
            boxes = np.array([box(browser, name) for name in IN_VIEW])
            assert (boxes[:, :2] >= 0).all()
            assert (boxes[:, 0] + boxes[:, 2] <= width).all()
            assert (boxes[:, 1] + boxes[:, 3] <= height).all()
            scales = boxes[:3, 2:] / np.array(shape)[[[1, 2], [0, 2], [0, 1]]]
            assert scales.max() - scales.min() < 1.1  # pixels: a voxel is as large everywhere
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.mark.parametrize("kind", [np.int16, np.uint8, bool, np.float32, "rgb"])
def test_beside_an_overlay_what_is_below_is_seen_and_no_value_is_shown(show, kind):
    below = volio.Nifti1Image(np.full((6, 6, 6), 200, np.uint8), EVEN)
    shift = EVEN.copy()
    shift[:3, 3] = 6  # voxel (3, 3, 3)
    if kind == "rgb":
        values = np.zeros((3, 3, 3), [(name, np.uint8) for name in "RGB"])
        values["R"] = 250
    else:
        values = np.zeros((3, 3, 3), kind)  # 0 is a value like any other
    overlay = Overlay(volio.Nifti1Image(values, shift), "hot", None)
    browser = show(below, [overlay], contrast_limits=(0, 255))
    assert told(browser, below) == (3, 3, 3)
    assert browser.text("value-1")
    picture = pixels(browser, "axial")
    assert colour_at(picture, 4, 4, 6)[1] < 10
    assert colour_at(picture, 1, 4, 6)[:3].tolist() == pytest.approx([200] * 3, abs=2)
    click(browser, "axial", 1.5 / 6, 4.5 / 6)
    assert browser.text("value-1") == ""
    assert browser.text("value-0") == "200"


@pytest.mark.parametrize("hidden", [(-np.inf, 3), (3, np.inf), (-np.inf, np.inf)])
def test_thresholds_of_one_side(show, hidden):
    voxels = np.arange(216, dtype=np.int16).reshape(6, 6, 6) % 6
    overlay = Overlay(volio.Nifti1Image(voxels, EVEN), "red", hidden, vmin=-9, vmax=0)
    browser = show(volio.Nifti1Image(np.zeros((6, 6, 6), np.int16), EVEN), [overlay])
    picture = pixels(browser, "sagittal")
    for up in range(6):  # the last axis is up
        is_seen = up <= hidden[0] or up >= hidden[1]
        assert (colour_at(picture, 3, up, 6)[0] > 128) == is_seen


@pytest.mark.parametrize(
    ("factor", "limits", "text"),
    [
        (1.23457e-10, (0, 1.23457e-10), "0 to 1.23457e-10"),
        (10**7, (0, 1234567890), "0 to 1234567890"),
        (1.0, (0.1, 12.625), "0.1 to 12.625"),
        (1.0, (0, 1 / 3), "0 to 0.333333333"),
        (1e-300, (-1e-300, 1e-300), "-1e-300 to 1e-300"),
    ],
)
def test_limits_are_written_in_full(show, factor, limits, text):
    voxels = np.arange(27).reshape(3, 3, 3) * factor
    browser = show(volio.Nifti1Image(voxels, EVEN, dtype=voxels.dtype), contrast_limits=limits)
    assert browser.text("limits-0") == text


def test_labels_are_not_smoothed_and_alpha_may_be_an_image(show):
    labels = np.zeros((8, 8, 8), np.int16)
    labels[2:6, 2:6, 2:6] = 5
    alpha = np.zeros((8, 8, 8), np.float32)
    alpha[4:] = 0.5
    below = volio.Nifti1Image(np.zeros((8, 8, 8), np.int16), EVEN)
    over = Overlay(volio.Nifti1Image(labels, EVEN), "red", alpha=volio.Nifti1Image(alpha, EVEN))
    browser = show(below, [over])
    browser.press("x")
    picture = pixels(browser, "axial")
    reds = picture[int(0.4 * len(picture)), 20:-20, 0]  # without the letters at the sides
    assert set(reds.tolist()) <= {0, 127, 128}
    assert 0.2 < (reds > 0).mean() < 0.3


def test_millimetres_of_small_voxels_have_their_digits(show):
    browser = show(volio.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.diag([4e-6, 4e-6, 4e-5, 1])))
    assert numbers(browser.text("mm")) == pytest.approx([8e-6, 8e-6, 8e-5], rel=1e-6)


def test_a_page_shows_a_volume_of_an_overlay_that_is_a_series(show):
    series = np.zeros((4, 4, 4, 3), np.int16)
    series[..., 2] = 7
    browser = show(
        volio.Nifti1Image(np.zeros((4, 4, 4), np.int16), EVEN),
        [volio.Nifti1Image(series, EVEN)],
        volume=2,
    )
    assert browser.text("value-1") == "7"
    assert "Volume 2 of 3 is shown." in browser.run("document.body.textContent")


FAR = [
    np.arange(2**60, 2**60 + 48, dtype=np.int64).reshape(4, 4, 3),
    np.arange(2**64 - 48, 2**64, dtype=np.uint64).reshape(4, 4, 3),
    np.linspace(-(2**62), 2**62, 48).astype(np.int64).reshape(4, 4, 3) + 1,
    np.array([-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1, 0, 7] * 8).reshape(4, 4, 3),
]


@pytest.mark.parametrize("voxels", FAR, ids=["near", "unsigned", "spread", "ends"])
def test_integers_that_float64_rounds_are_written_exactly(show, voxels):
    img = volio.Nifti1Image(voxels, np.eye(4), dtype=voxels.dtype)
    browser = show(img, overlays=[Overlay(img, "hot")])
    for x, y in ((0.1, 0.1), (0.9, 0.1), (0.4, 0.6), (0.9, 0.9)):
        click(browser, "axial", x, y)
        voxel = tuple(int(part) for part in numbers(browser.text("voxel"))[:3])
        assert browser.text("value-0") == browser.text("value-1") == str(voxels[voxel])
    low, high = browser.text("limits-0").split(" to ")
    assert (int(low), int(high)) == (voxels.min(), voxels.max())


def test_integers_near_each_other_have_their_colours_however_far(show):
    near = np.arange(48).reshape(4, 4, 3).astype(np.int64)
    expected = pixels(show(volio.Nifti1Image(near, np.eye(4), dtype="int64")), "axial")
    far = volio.Nifti1Image(near + 2**60, np.eye(4), dtype="int64")
    np.testing.assert_array_equal(pixels(show(far), "axial"), expected)
    lighter = show(far, contrast_limits=(2**60, 2**60 + 20))
    assert pixels(lighter, "axial").mean() > expected.mean() + 20


@pytest.mark.parametrize(
    ("shape", "mode", "seen"),
    [
        ((6, 7, 5), None, ["sagittal", "coronal", "axial"]),
        ((6, 7, 1), None, ["axial"]),
        ((6, 7), None, ["axial"]),
        ((1, 7, 5), None, ["sagittal"]),
        ((6, 7, 1), "ortho", ["sagittal", "coronal", "axial"]),
        ((6, 7, 5), "yz", ["coronal", "axial"]),
        ((6, 7, 5), "yx", ["coronal", "sagittal"]),
    ],
)
def test_pages_show_the_planes_that_pictures_show(show, shape, mode, seen):
    voxels = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    img = volio.Nifti1Image(voxels, np.eye(4))
    browser = show(img, display_mode=mode)
    script = "Array.from(document.querySelectorAll('canvas')).map((shown) => shown.id)"
    assert browser.run(script) == seen
    click(browser, seen[-1], 0.01, 0.99)
    assert browser.text("value-0") == str(
        np.atleast_3d(voxels)[tuple(int(part) for part in numbers(browser.text("voxel"))[:3])]
    )
    assert box(browser, seen[-1])[2] > 100
