"""Regions that fetchers give: against the volume that the server cuts its tiles from."""

from __future__ import annotations

from itertools import permutations
from math import ceil, floor

import h5py
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.errors import (
    GeometryWarning,
    ImageDataError,
    LossWarning,
    UsageError,
    UsageTypeError,
    VolioWarning,
)
from volio.testing.servers.tile_images import TileEncoding, coloured
from volio.testing.servers.tile_server import SHAPE, TileServer, pixels
from volio.testing.servers.web_server import serving
from volio.tiles import ImageFetcher, ROIMode, Stack, StackMirror, ThreadedImageFetcher

FETCHERS = [ImageFetcher, ThreadedImageFetcher]
ORDERS = ["".join(order) for order in permutations("xyz")]
RESOLUTION = {"x": 4.0, "y": 5.0, "z": 40.0}
TRANSLATION = {"x": 1000.0, "y": 2000.0, "z": 3000.0}
CVAL = 9

absent_is_known = pytest.mark.filterwarnings("ignore:.*missing on the server")


@pytest.fixture(scope="module")
def shared():
    """A server for many examples; tiles stay in memory between them."""
    with serving(TileServer(4)) as running:
        yield running


def level_of(server: TileServer, zoom: int, cval: int = CVAL) -> np.ndarray:
    """A level as it should be read, axes x, y, z."""
    volume = server.level(zoom).copy()
    volume[..., [*server.absent, *server.broken]] = cval
    return volume


def looked_up(volume: np.ndarray, lower, upper, dims: str) -> np.ndarray:
    """A region of a volume, every pixel looked up alone; bounds in the order `dims`."""
    axes = [np.arange(lower[dims.index(dim)], upper[dims.index(dim)]) for dim in "xyz"]
    grid = np.meshgrid(*axes, indexing="ij")
    inside = np.all([(n >= 0) & (n < m) for n, m in zip(grid, volume.shape, strict=True)], axis=0)
    values = np.full(inside.shape, CVAL, volume.dtype)
    values[inside] = volume[tuple(axis[inside] for axis in grid)]
    return values.transpose(["xyz".index(dim) for dim in dims])


def in_pixels(bounds, dims: str, mode: str, zoom: int):
    """Bounds in pixels of a level, by the formulas of the two steps."""
    found = []
    for value, dim in zip(bounds, dims, strict=True):
        if mode == "project":
            value = (value - TRANSLATION[dim]) / RESOLUTION[dim]
        if mode != "scaled" and dim != "z":
            value = value / 2**zoom
        found.append(value)
    return found


@st.composite
def regions(draw):
    """Bounds in one of the spaces, reaching over all sides of the stack."""
    mode = draw(st.sampled_from(["stack", "scaled", "project"]))
    zoom = draw(st.integers(0, 2))
    dims = draw(st.sampled_from(ORDERS))
    lower, upper = [], []
    for dim in dims:
        length = SHAPE["xyz".index(dim)] / (2**zoom if mode == "scaled" and dim != "z" else 1)
        start = draw(st.floats(-0.2, 1.1)) * length
        stop = start + draw(st.floats(0, 0.4)) * length
        sides = [start, stop] if draw(st.booleans()) else [floor(start), floor(stop)]
        if mode == "project":
            sides = [side * RESOLUTION[dim] + TRANSLATION[dim] for side in sides]
        lower.append(sides[0])
        upper.append(sides[1])
    return mode, zoom, dims, [lower, upper]


@absent_is_known
@settings(deadline=None, max_examples=60)
@given(regions(), st.sampled_from(FETCHERS))
def test_any_region_is_that_of_the_volume(shared, region, fetcher_class):
    mode, zoom, dims, roi = region
    fetcher = fetcher_class.from_stack_info(shared.info(), dims, 0, cval=CVAL)
    fetcher.show_progress = False
    lower = [floor(n) for n in in_pixels(roi[0], dims, mode, zoom)]
    upper = [ceil(n) for n in in_pixels(roi[1], dims, mode, zoom)]
    found = fetcher.get(roi, mode, zoom)
    expected = looked_up(level_of(shared, zoom), lower, upper, dims)
    np.testing.assert_array_equal(found, expected)
    assert fetcher.roi_to_scaled(roi, mode, zoom).tolist() == [lower, upper]


@absent_is_known
@pytest.mark.parametrize("dims", ORDERS)
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_every_order_of_axes(shared, fetcher_class, dims: str):
    """catpy failed for yxz and xzy, or gave other pixels."""
    fetcher = fetcher_class.from_stack_info(shared.info(), dims, "type 4", cval=CVAL)
    lower = [{"x": 250, "y": 120, "z": 2}[dim] for dim in dims]
    upper = [{"x": 262, "y": 135, "z": 6}[dim] for dim in dims]
    found = fetcher.get([lower, upper])
    np.testing.assert_array_equal(found, looked_up(level_of(shared, 0), lower, upper, dims))


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_the_last_pixel_of_a_level_is_there(shared, fetcher_class):
    """catpy cut 101 integer pixels to 50 of level 1."""
    fetcher = fetcher_class.from_stack_info(shared.info(), preferred_mirror=0)
    found = fetcher.get([[0, 0, 0], [1, 101, 101]], zoom_level=1)
    np.testing.assert_array_equal(found[0].T, shared.level(1)[:51, :51, 0])


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_region_may_begin_below_zero(shared, fetcher_class):
    """catpy put pixels of tile 0 there."""
    fetcher = fetcher_class.from_stack_info(shared.info(), "xyz", 0, cval=CVAL)
    found = fetcher.get([[-3, -2, -1], [4, 5, 1]])
    assert (found[:3] == CVAL).all()
    assert (found[:, :2] == CVAL).all()
    assert (found[..., 0] == CVAL).all()
    np.testing.assert_array_equal(found[3:, 2:, 1], pixels()[:4, :5, 0])


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_an_empty_region_needs_no_request(server, fetcher_class):
    """catpy failed."""
    fetcher = fetcher_class.from_stack_info(server.info(), preferred_mirror=0)
    found = fetcher.get([[0, 5, 0], [2, 5, 9]])
    assert (found.shape, found.dtype) == ((2, 0, 9), np.uint8)
    out = np.ones((2, 0, 9), np.int16)
    assert fetcher.get([[0, 5, 0], [2, 5, 9]], out=out) is out
    assert server.asked == []


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_region_beyond_the_stack_needs_no_request(server, fetcher_class):
    fetcher = fetcher_class.from_stack_info(server.info(), preferred_mirror=0, cval=7)
    found = fetcher.get([[6, 0, 0], [8, 4, 5]])
    assert (found == 7).all()
    assert (found.shape, found.dtype) == ((2, 4, 5), np.uint8)
    assert server.asked == []


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_16_bits_are_kept(server, fetcher_class):
    """catpy gave 255 everywhere."""
    server.encoding = TileEncoding(depth=16)
    fetcher = fetcher_class.from_stack_info(server.info(), "xyz", 0)
    found = fetcher.get([[200, 100, 0], [300, 150, 2]])
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, pixels(16)[200:300, 100:150, :2])


def test_tiles_of_several_depths_are_an_error(server):
    fetcher = ImageFetcher.from_stack_info(server.info(), preferred_mirror=0)
    fetcher.get([[0, 0, 0], [1, 10, 10]])
    server.encoding = TileEncoding(depth=16)
    with pytest.raises(ImageDataError, match="must have one dtype, got uint8 and uint16"):
        fetcher.get([[0, 0, 0], [1, 200, 10]])


def test_colours_become_luminance_and_that_is_said(server):
    """catpy said nothing."""
    server.encoding = TileEncoding(color="rgb")
    fetcher = ThreadedImageFetcher.from_stack_info(server.info(), "xyz", 0)
    with pytest.warns(LossWarning, match="has colours, of which luminance is read"):
        found = fetcher.get([[0, 0, 0], [300, 150, 1]])
    red, green, blue = coloured(pixels()[:300, :150, :1]).astype(int).transpose(3, 0, 1, 2)
    # The weights of ITU-R 601-2, in 16 bits.
    np.testing.assert_array_equal(found, (19595 * red + 38470 * green + 7471 * blue + 2**15) >> 16)


def test_colours_are_kept_if_asked_for(server):
    server.encoding = TileEncoding(color="rgb")
    fetcher = ThreadedImageFetcher.from_stack_info(server.info(), "xyz", 0, color="rgb", cval=3)
    found = fetcher.get([[690, 0, 0], [710, 150, 1]])
    expected = coloured(pixels()[690:, :150, :1])
    for channel, name in enumerate("RGB"):
        np.testing.assert_array_equal(found[name][:10], expected[..., channel])
        assert (found[name][10:] == 3).all()


@pytest.mark.parametrize(
    "content_type", ["", "image/png; charset=binary", "text/plain", "IMAGE/PNG"]
)
def test_what_a_server_calls_a_tile_does_not_matter(server, content_type: str):
    """catpy compared it as text, and failed without it."""
    server.encoding = TileEncoding(content_type=content_type)
    fetcher = ImageFetcher.from_stack_info(server.info(), "xyz", 0)
    found = fetcher.get([[0, 0, 0], [9, 8, 1]])
    np.testing.assert_array_equal(found, pixels()[:9, :8, :1])


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_clipped_tiles_at_the_edge(server, fetcher_class):
    server.encoding = TileEncoding(clipped=True)
    fetcher = fetcher_class.from_stack_info(server.info(), "xyz", 0)
    found = fetcher.get([[600, 500, 0], [700, 530, 2]])
    np.testing.assert_array_equal(found, pixels()[600:, 500:, :2])


def broken_slice(server: TileServer, handling: str) -> np.ndarray:
    """A part of slice 4, which is broken: 12 columns, 15 rows."""
    fetcher = ThreadedImageFetcher.from_stack_info(
        server.info(), "xyz", 0, broken_slice_handling=handling, cval=CVAL
    )
    return fetcher.get([[250, 120, 4], [262, 135, 5]])[..., 0]


@pytest.mark.parametrize(("handling", "number"), [("above", 3), ("below", 5), ("closest", 5)])
def test_another_slice_stands_in_for_a_broken_one(server, handling: str, number: int):
    server.absent = set()
    expected = pixels()[250:262, 120:135, number]
    np.testing.assert_array_equal(broken_slice(server, handling), expected)


def test_broken_slices_are_not_asked_for(server):
    assert (broken_slice(server, "fill") == CVAL).all()
    assert server.asked == []


def test_between_the_slices_around_a_broken_one(server):
    server.absent = set()
    both = pixels()[250:262, 120:135, [3, 5]].astype(float)
    np.testing.assert_array_equal(broken_slice(server, "interpolate"), np.rint(both.mean(axis=-1)))


def test_a_slice_that_stands_in_may_be_absent(server):
    """Slice 3 is: that is said, and the other one is taken where there is one."""
    with pytest.warns(VolioWarning, match="4 tiles are missing on the server"):
        assert (broken_slice(server, "above") == CVAL).all()
    with pytest.warns(VolioWarning, match="4 tiles are missing on the server"):
        found = broken_slice(server, "interpolate")
    np.testing.assert_array_equal(found, pixels()[250:262, 120:135, 5])


def test_a_slice_that_stands_in_from_afar_is_named(server):
    server.broken = {1: 1, 2: 1, 3: 1, 4: 1}
    with pytest.warns(VolioWarning, match="slice 4 is broken: slice 0 stands in for it, 4 slices"):
        found = broken_slice(server, "above")
    np.testing.assert_array_equal(found, pixels()[250:262, 120:135, 0])


def test_out_may_be_of_another_dtype(shared):
    fetcher = ImageFetcher.from_stack_info(shared.info(), "xyz", 0, cval=-1)
    out = np.zeros((12, 15, 1), np.float32)
    assert fetcher.get([[690, 120, 0], [702, 135, 1]], out=out) is out
    np.testing.assert_array_equal(out[:10], pixels()[690:, 120:135, :1])
    assert (out[10:] == -1).all()


@pytest.mark.parametrize("kind", ["memmap", "h5py", "zarr", "writer"])
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_out_is_anything_that_takes_slices(shared, tmp_path, fetcher_class, kind: str):
    fetcher = fetcher_class.from_stack_info(shared.info(), "xyz", 0)
    roi = [[100, 50, 0], [420, 300, 3]]
    expected = pixels()[100:420, 50:300, :3]
    shape = expected.shape
    if kind == "memmap":
        out = np.memmap(tmp_path / "a.dat", np.uint8, "w+", shape=shape)
        assert fetcher.get(roi, out=out) is out
        np.testing.assert_array_equal(out, expected)
    elif kind == "h5py":
        with h5py.File(tmp_path / "a.h5", "w") as file:
            out = file.create_dataset("a", shape, np.uint16, chunks=(50, 50, 2))
            assert fetcher.get(roi, out=out) is out
            np.testing.assert_array_equal(out[...], expected)
    elif kind == "zarr":
        out = zarr.create_array(tmp_path / "a.zarr", shape=shape, dtype="u1", chunks=(50, 50, 2))
        assert fetcher.get(roi, out=out) is out
        np.testing.assert_array_equal(out[...], expected)
    else:
        with volio.create(tmp_path / "a.nii.gz", shape, np.uint8) as out:
            assert fetcher.get(roi, out=out) is out
        np.testing.assert_array_equal(volio.load(tmp_path / "a.nii.gz").dataobj, expected)


def test_what_is_checked_before_the_first_request(server):
    fetcher = ImageFetcher.from_stack_info(server.info(), preferred_mirror=0)
    region = [[0, 0, 0], [1, 2, 3]]
    with pytest.raises(UsageError, match=r"shape of the region, \(1, 2, 3\), got \(3, 2, 1\)"):
        fetcher.get(region, out=np.zeros((3, 2, 1)))
    with pytest.raises(UsageTypeError, match="out: must have a shape and take slices"):
        fetcher.get(region, out=[0])
    with pytest.raises(UsageError, match="zoom level: must be 0 or more to fetch tiles, got -1"):
        fetcher.get(region, zoom_level=-1)
    with pytest.raises(UsageError, match="zoom level: must be a whole number"):
        fetcher.get(region, zoom_level=0.5)
    with pytest.raises(UsageError, match="roi mode: must be one of stack, scaled, project"):
        fetcher.get(region, "world")
    with pytest.raises(UsageError, match="upper bounds must not be below lower ones"):
        fetcher.get(region[::-1])
    assert server.asked == []


def test_spaces_by_their_methods(shared):
    fetcher = ImageFetcher.from_stack_info(shared.info(), "xyz", 0)
    scaled = fetcher.get_scaled_space([[10, 20, 0], [15, 22, 2]], 1)
    np.testing.assert_array_equal(scaled, shared.level(1)[10:15, 20:22, :2])
    stack = fetcher.get_stack_space([[20, 40, 0], [30, 44, 2]], 1)
    np.testing.assert_array_equal(stack, scaled)
    project = fetcher.get_project_space([[1080, 2200, 3000], [1120, 2220, 3080]], 1)
    np.testing.assert_array_equal(project, scaled)
    out = np.zeros((5, 2, 2), np.uint8)
    assert fetcher.get_scaled_space([[10, 20, 0], [15, 22, 2]], 1, out) is out
    np.testing.assert_array_equal(out, scaled)


def test_a_stack_without_a_project_has_no_project_space(shared):
    stack = Stack({"x": 700, "y": 530, "z": 6})
    stack.mirrors.append(StackMirror.from_dict(shared.mirror(4)))
    fetcher = ImageFetcher(stack, "xyz", 0)
    np.testing.assert_array_equal(fetcher.get([[0, 0, 0], [5, 4, 3]]), pixels()[:5, :4, :3])
    with pytest.raises(UsageError, match="roi mode: 'project' needs a stack of a project"):
        fetcher.get([[0, 0, 0], [5, 4, 3]], ROIMode.PROJECT)


@pytest.mark.parametrize(("orientation", "dims"), [("xz", "xzy"), ("zy", "zyx")])
def test_project_regions_of_other_orientations(orientation: str, dims: str):
    """Stack x, y, z are along these project axes; the result is in the stack's."""
    with serving(TileServer(8)) as server:
        server.orientation = orientation
        fetcher = ThreadedImageFetcher.from_stack_info(server.info(), "xyz", 0)
        stack_lower = dict(zip(dims, (10, 20, 0), strict=True))
        stack_upper = dict(zip(dims, (15, 22, 2), strict=True))
        lower = [stack_lower[dim] * RESOLUTION[dim] + TRANSLATION[dim] for dim in "xyz"]
        upper = [stack_upper[dim] * RESOLUTION[dim] + TRANSLATION[dim] for dim in "xyz"]
        with pytest.warns(GeometryWarning, match=f"the stack is of orientation {orientation}"):
            found = fetcher.get_project_space([lower, upper])
        np.testing.assert_array_equal(found, pixels()[10:15, 20:22, :2])


@pytest.mark.parametrize("kind", [1, 2, 4, 5, 6, 7, 8, 9, 10, 12])
def test_tiles_of_every_type(kind: int):
    with serving(TileServer(kind)) as server:
        fetcher = ThreadedImageFetcher.from_stack_info(server.info(), "xyz", 0)
        found = fetcher.get([[100, 50, 0], [420, 300, 2]])
        np.testing.assert_array_equal(found, pixels()[100:420, 50:300, :2])


def test_attributes_that_scripts_read(shared):
    fetcher = ThreadedImageFetcher.from_stack_info(shared.info(), "xyz", 0, 3, threads=5)
    assert (fetcher.target_orientation, fetcher.source_orientation) == ("xyz", "zyx")
    assert (fetcher.depth_dimension, fetcher.timeout, fetcher.cval) == ("z", 3, 0)
    assert fetcher.threads == 5
    assert fetcher.coord_trans == fetcher.stack.spaces
    assert fetcher.broken_slice_handling == "fill"


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"output_orientation": "xxy"}, "dims: must be a permutation of xyz"),
        ({"broken_slice_handling": "mean"}, "broken_slice_handling: must be one of fill, above"),
        ({"missing": "skip"}, "missing: must be 'fill' or 'error'"),
        ({"color": "cmyk"}, "color: must be 'gray' or 'rgb'"),
        ({"timeout": 0}, "timeout: must be seconds above 0"),
        ({"threads": 0}, "threads: must be an integer of 1 or more, got 0"),
        ({"threads": 2.5}, "threads: must be an integer of 1 or more, got 2.5"),
        ({"cache_items": -1}, "max_items: must be 0 or more"),
    ],
)
def test_choices_that_make_no_sense(choices: dict, match: str):
    with pytest.raises(UsageError, match=match):
        ThreadedImageFetcher(Stack({"x": 1, "y": 1, "z": 1}), **choices)


def test_fetchers_are_of_no_use_once_closed(server):
    with ImageFetcher.from_stack_info(server.info(), preferred_mirror=0) as fetcher:
        fetcher.get([[0, 0, 0], [1, 2, 3]])
    with pytest.raises(UsageError, match="the fetcher is closed"):
        fetcher.get([[0, 0, 0], [1, 2, 3]])
    with pytest.raises(UsageError, match="the fetcher is closed"):
        fetcher.set_fastest_mirror()
    with pytest.raises(UsageError, match="the fetcher is closed"), fetcher:
        pass
    fetcher.close()
