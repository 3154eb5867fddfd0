"""Patches and regions of images: what is outside, and which voxels touch a box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.errors import ArrayTooLargeError, UsageError
from volio.stacks import InMemoryImageStack
from volio.tests.arrays.arrays import Counting, numbered

AFFINE = np.array([[0, -2, 0, 5], [3, 0, 0, -4], [0, 0, 4, 1], [0, 0, 0, 1]], float)


@given(data=st.data())
def test_a_patch_is_a_part_of_the_padded_image(data):
    shape = tuple(data.draw(st.integers(1, 6)) for _ in range(data.draw(st.integers(3, 5))))
    corner = [data.draw(st.integers(-8, 8)) for _ in range(3)]
    size = [data.draw(st.integers(0, 7)) for _ in range(3)]
    array = numbered(shape, np.int32)
    lazy = Counting(array)
    found = volio.SpatialImage(lazy, np.eye(4)).patch(corner, size, pad=-1)
    padded = np.pad(array, [(20, 20)] * 3 + [(0, 0)] * (len(shape) - 3), constant_values=-1)
    where = tuple(slice(c + 20, c + 20 + n) for c, n in zip(corner, size, strict=True))
    np.testing.assert_array_equal(found, padded[where])
    assert found.dtype == array.dtype
    assert lazy.asked == (found != -1).sum()  # nothing outside the patch is read


@pytest.mark.parametrize(
    ("corner", "size"),
    [((0, 0), (1, 1, 1)), ((0, 0, 0), (1, 1)), ((0, 0, 0), (1, -1, 1)), ((0,) * 4, (1,) * 4)],
)
def test_patches_that_make_no_sense(corner, size):
    img = volio.SpatialImage(numbered((3, 3, 3)), np.eye(4))
    with pytest.raises(UsageError, match="must be 3 integers each"):
        img.patch(corner, size)


@pytest.mark.parametrize("name", ["corner", "size"])
def test_corners_and_sizes_are_integers(name: str):
    img = volio.SpatialImage(numbered((3, 3, 3)), np.eye(4))
    with pytest.raises(UsageError, match=f"{name}: must be integers"):
        img.patch(**{"corner": (0, 0, 0), "size": (1, 1, 1)} | {name: (0, 1.0, 1)})
    found = img.patch(np.array([1, 0, -1]), (np.int8(1), 2, 2), pad=9)
    np.testing.assert_array_equal(found, [[[9, img.dataobj[1, 0, 0]], [9, img.dataobj[1, 1, 0]]]])


@pytest.mark.parametrize("length", [2**40, 2**70])
def test_patches_that_no_memory_holds(length: int):
    img = volio.SpatialImage(numbered((3, 3, 3)), np.eye(4))
    with pytest.raises(ArrayTooLargeError, match="there is not so much memory"):
        img.patch((0, 0, 0), (length, length, 1))
    stack = InMemoryImageStack("a", np.zeros((1, 1, 3, 3)))
    with pytest.raises(ArrayTooLargeError, match="there is not so much memory"):
        stack.extract_patch(0, None, (0, 0), (length, length))


def test_regions_in_voxels():
    img = volio.SpatialImage(numbered((4, 5, 6)), AFFINE)
    part = img.roi([[1, 0, -3], [3, 2.5, 2]])
    np.testing.assert_array_equal(part.dataobj, img.dataobj[1:3, :3, :2])
    np.testing.assert_allclose(part.affine[:3, 3], AFFINE[:3] @ [1, 0, 0, 1])


def test_regions_in_mm_hold_every_voxel_that_touches_them():
    img = volio.SpatialImage(numbered((6, 7, 8)), AFFINE)
    # The box of the edges of voxels 1, 2 and 3 of the first axis, 2 of the second, 4 and 5 of the
    # third: world y = 3 i - 4, x = 5 - 2 j, z = 4 k + 1.
    exact = [[0, -2.5, 15], [2, 6.5, 23]]
    np.testing.assert_array_equal(img.roi(exact, "world").dataobj, img.dataobj[1:4, 2:3, 4:6])
    wider = [[-0.1, -2.6, 14.9], [2.1, 6.6, 23.1]]
    np.testing.assert_array_equal(img.roi(wider, "world").dataobj, img.dataobj[:5, 1:4, 3:7])
    narrower = [[0.1, -2.4, 15.1], [1.9, 6.4, 22.9]]
    np.testing.assert_array_equal(img.roi(narrower, "world").dataobj, img.dataobj[1:4, 2:3, 4:6])


def test_regions_in_the_unit_of_the_file():
    from volio.formats.zarr import OmeZarrHeader
    from volio.images.microscopy import MicroscopyFacts
    from volio.images.named_axes import FileAxis

    axes = tuple(FileAxis(name, "space", "micrometer") for name in "zyx")
    header = OmeZarrHeader(MicroscopyFacts(file_axes=axes))
    header.set_data_dtype(np.int64)
    img = volio.OmeZarrImage(numbered((4, 4, 4), np.int64), np.diag([2e-3, 2e-3, 2e-3, 1]), header)
    part = img.roi([[1, 1, 1], [5, 5, 5]], "project")
    np.testing.assert_array_equal(part.dataobj, img.dataobj[1:3, 1:3, 1:3])


@pytest.mark.parametrize(
    ("bounds", "space", "words"),
    [
        ([[0, 0, 0], [1, 1, 1]], "mm", "space: must be"),
        ([[0, 0], [1, 1]], "voxel", "2 x 3 finite numbers"),
        ([[0, 0, np.nan], [1, 1, 1]], "voxel", "2 x 3 finite numbers"),
        ([[0, 0, 0], [1, 0, 1]], "voxel", "nothing of the image"),
        ([[9, 0, 0], [12, 1, 1]], "voxel", "nothing of the image"),
        ([[900, 900, 900], [950, 950, 950]], "world", "nothing of the image"),
    ],
)
def test_regions_that_make_no_sense(bounds, space, words: str):
    img = volio.SpatialImage(numbered((4, 5, 6)), AFFINE)
    with pytest.raises(UsageError, match=words):
        img.roi(bounds, space)


def test_images_without_an_affine_have_regions_in_voxels_only():
    img = volio.SpatialImage(numbered((4, 5, 6)), None)
    assert img.roi([[1, 1, 1], [2, 2, 2]]).shape == (1, 1, 1)
    with pytest.raises(UsageError, match="has no affine"):
        img.roi([[1, 1, 1], [2, 2, 2]], "world")


def test_images_in_one_resolution_are_their_own_only_level():
    img = volio.SpatialImage(numbered((4, 5, 6)), AFFINE)
    assert img.levels == (img,)
    for level in (1, -1, 0.5, "0"):
        with pytest.raises(UsageError, match=f"level: must be 0 to 0, got {level!r}"):
            img.roi([[0, 0, 0], [1, 1, 1]], level=level)
