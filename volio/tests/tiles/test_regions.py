"""Which part of which tile goes where: against the volume that the tiles are of."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import ArrayTooLargeError, ImageDataError, UsageError, UsageTypeError
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.roi import PixelBox
from volio.tiles.regions import Region
from volio.tiles.result import RegionArray

LEVEL = (23, 17, 4)  # x, y, z
MIRROR = StackMirror(
    "https://host/em", tile_height=5, tile_width=7, tile_source_type=4, file_extension="png"
)
VOLUME = (1 + np.arange(23 * 17 * 4) % 250).reshape(4, 17, 23).astype(np.uint8)
ORDERS = ["".join(order) for order in permutations("xyz")]

sides = st.tuples(st.integers(-12, 30), st.integers(0, 25)).map(lambda s: (s[0], s[0] + s[1]))
boxes = st.builds(PixelBox, sides, sides, sides)


def expected(box: PixelBox, dims: str, cval: int) -> np.ndarray:
    """The region by plain indexing: every pixel looked up alone."""
    z, y, x = np.meshgrid(*[np.arange(*box[axis]) for axis in (2, 1, 0)], indexing="ij")
    inside = (x >= 0) & (x < 23) & (y >= 0) & (y < 17) & (z >= 0) & (z < 4)
    values = np.full(x.shape, cval, np.uint8)
    values[inside] = VOLUME[z[inside], y[inside], x[inside]]
    return values.transpose(["zyx".index(dim) for dim in dims])


def padded_tile(tile) -> np.ndarray:
    """A tile as a server sends it: 255 beyond the image."""
    pixels = np.full((tile.height, tile.width), 255, np.uint8)
    row, col = tile.coords["y"], tile.coords["x"]
    found = VOLUME[tile.depth, row : row + tile.height, col : col + tile.width]
    pixels[: found.shape[0], : found.shape[1]] = found
    return pixels


def assembled(region: Region, result: RegionArray) -> np.ndarray:
    for place in region.outside():
        result.fill(place)
    for part in region.parts(MIRROR, 0):
        result.put(part.target, padded_tile(part.tile)[part.rows, part.cols])
    return result.finish()


@given(boxes, st.sampled_from(ORDERS), st.sampled_from([0, 7]))
def test_any_region_is_the_volume_there(box: PixelBox, dims: str, cval: int):
    region = Region(box, LEVEL, dims)
    found = assembled(region, RegionArray(region, cval))
    np.testing.assert_array_equal(found, expected(box, dims, cval))
    assert found.dtype == np.uint8


@given(boxes, st.sampled_from(ORDERS))
def test_what_the_caller_gives_is_written_once_everywhere(box: PixelBox, dims: str):
    class Target:
        """Takes slices, and counts how often each value was written."""

        def __init__(self, shape: tuple[int, ...]) -> None:
            self.shape = shape
            self.values = np.zeros(shape, np.uint8)
            self.counts = np.zeros(shape, int)

        def __setitem__(self, key, values) -> None:
            assert self.values[key].shape == values.shape
            self.values[key] = values
            self.counts[key] += 1

    region = Region(box, LEVEL, dims)
    target = Target(region.shape)
    assert assembled(region, RegionArray(region, 9, target)) is target
    np.testing.assert_array_equal(target.values, expected(box, dims, 9))
    assert set(target.counts.ravel().tolist()) <= {1}


@given(boxes)
def test_tiles_are_those_that_pixels_are_in(box: PixelBox):
    region = Region(box, LEVEL, "zyx")
    z, y, x = np.nonzero(expected(box, "zyx", 0))
    places = np.stack([z + box.z[0], (y + box.y[0]) // 5, (x + box.x[0]) // 7], axis=-1)
    tiles = [(part.tile.depth, part.tile.row, part.tile.col) for part in region.parts(MIRROR, 0)]
    assert tiles == sorted({tuple(place) for place in places.tolist()})
    assert region.tile_count(MIRROR) == len(tiles)


def test_a_region_knows_its_level():
    region = Region(PixelBox((0, 1), (0, 1), (0, 1)), LEVEL, "zyx")
    assert [part.tile.zoom_level for part in region.parts(MIRROR, 3)] == [3]


def whole() -> Region:
    return Region(PixelBox((0, 23), (0, 17), (0, 4)), LEVEL, "zyx")


def test_arrays_of_the_caller_of_another_dtype():
    out = np.zeros(whole().shape, np.float32)
    found = assembled(whole(), RegionArray(whole(), 0, out))
    assert found is out
    np.testing.assert_array_equal(out, VOLUME)


def test_values_that_do_not_fit_are_refused():
    out = np.zeros(whole().shape, np.int8)
    with pytest.raises(ImageDataError, match="int8"):
        assembled(whole(), RegionArray(whole(), 0, out))


def test_tiles_of_several_dtypes_are_refused():
    for out in (None, np.zeros(whole().shape, np.uint16)):
        result = RegionArray(whole(), 0, out)
        place = (slice(0, 1), slice(0, 2), slice(0, 3))
        result.put(place, np.ones((2, 3), np.uint8))
        with pytest.raises(ImageDataError, match="must have one dtype, got uint8 and uint16"):
            result.put(place, np.ones((2, 3), np.uint16))


@pytest.mark.parametrize("cval", [256, -1, 0.5, "a", np.nan])
def test_fill_values_fit_the_tiles(cval):
    with pytest.raises(UsageError, match=r"cval: .* does not fit the dtype uint8"):
        RegionArray(whole(), cval).finish()


def test_fill_values_of_other_dtypes():
    for out, cval in (
        (np.zeros(whole().shape, np.float32), np.nan),
        (np.zeros(whole().shape, np.int16), -5),
    ):
        result = RegionArray(whole(), cval, out)
        result.fill((slice(0, 1), slice(0, 2), slice(0, 3)))
        np.testing.assert_array_equal(out[:1, :2, :3], np.full((1, 2, 3), cval))
        assert not out[1:].any()
    colours = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    result = RegionArray(whole(), 7)
    result.put((slice(0, 1), slice(0, 1), slice(0, 1)), np.array([[(1, 2, 3)]], colours))
    found = result.finish()
    assert found[0, 0, 0].tolist() == (1, 2, 3)
    assert found[1, 2, 3].tolist() == (7, 7, 7)


def test_targets_that_cannot_take_a_region():
    with pytest.raises(
        UsageTypeError, match=r"out: must have a shape and take slices .*, got list"
    ):
        RegionArray(whole(), 0, [[1]])
    with pytest.raises(UsageError, match=r"shape of the region, \(4, 17, 23\), got \(4, 17\)"):
        RegionArray(whole(), 0, np.zeros((4, 17)))
    locked = np.zeros(whole().shape)
    locked.setflags(write=False)
    with pytest.raises(UsageError, match="out: is read-only"):
        RegionArray(whole(), 0, locked)


def test_a_region_that_memory_does_not_hold():
    region = Region(PixelBox((0, 1 << 40), (0, 1 << 40), (0, 1)), LEVEL, "zyx")
    with pytest.raises(ArrayTooLargeError, match="read it in parts, or give out="):
        RegionArray(region, 0).finish()
    with pytest.raises(ArrayTooLargeError, match="read it in parts, or give out="):
        RegionArray(region, 1).finish()
