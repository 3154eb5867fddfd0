"""Letters for axes: SC(Z)YX and back."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from volio.errors import UsageError
from volio.stacks import AxesTransform, reshape_array, restore_array, restore_tile

LENGTHS = {"S": 2, "T": 3, "C": 4, "Z": 5, "Y": 6, "X": 7}


def numbered(axes: str) -> np.ndarray:
    """An array in which every value is the sum of a digit per axis: which voxel it is."""
    array = np.zeros([LENGTHS[axis] for axis in axes], np.int64)
    for place, axis in enumerate(axes):
        shape = [1] * len(axes)
        shape[place] = -1
        array = array + 10 ** "XYZCTS".index(axis) * np.arange(LENGTHS[axis]).reshape(shape)
    return array


def value(s: int = 0, t: int = 0, c: int = 0, z: int = 0, y: int = 0, x: int = 0) -> int:
    """What `numbered` has at a voxel."""
    return int("".join(map(str, (s, t, c, z, y, x))))


@pytest.mark.parametrize("axes", ["STCZYX", "XYZCTS", "ZXTCYS", "YXSCTZ", "CTYZSX"])
def test_six_axes_in_any_order(axes):
    samples = reshape_array(numbered(axes), axes)
    assert samples.shape == (6, 4, 5, 6, 7)
    # s is slow and t is fast, whatever their order in the array.
    assert samples[4, 3, 2, 5, 6] == value(s=1, t=1, c=3, z=2, y=5, x=6)
    assert samples[2, 0, 4, 0, 1] == value(s=0, t=2, c=0, z=4, y=0, x=1)


def test_the_example_of_the_definition():
    transform = AxesTransform("XCSYT", (7, 1, 2, 9, 3))
    assert transform.transformed_axes == "SCYX"
    assert transform.transformed_shape == (6, 1, 9, 7)
    assert transform.sample_dims == ["S", "T"]
    assert transform.order_permutation == [2, 4, 1, 3, 0]
    assert transform.original_dim_sizes == {"X": 7, "C": 1, "S": 2, "Y": 9, "T": 3}


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YX", (1, 1, 6, 7)),
        ("XY", (1, 1, 6, 7)),
        ("ZYX", (1, 1, 5, 6, 7)),
        ("YXC", (1, 4, 6, 7)),
        ("TYX", (3, 1, 6, 7)),
        ("SYX", (2, 1, 6, 7)),
    ],
)
def test_axes_that_are_not_there_have_length_1(axes, shape):
    samples = reshape_array(numbered(axes), axes)
    assert samples.shape == shape == AxesTransform(axes, numbered(axes).shape).transformed_shape
    last = {axis.lower(): LENGTHS[axis] - 1 for axis in axes}
    assert samples[(-1,) * len(shape)] == value(**last)


def test_arrays_are_not_copied_where_numpy_need_not():
    array = numbered("STCZYX")
    assert np.shares_memory(reshape_array(array, "STCZYX"), array)
    assert np.shares_memory(restore_tile(array[0, 0], "YXZC"), array)


@pytest.mark.parametrize(
    ("axes", "ndim", "words"),
    [
        ("YXQ", 3, "letters must be of STCZYX, got 'Q'"),
        ("yx", 2, "got 'xy'"),
        ("YXY", 3, "each letter"),
        ("ZX", 2, "Y and X"),
        ("ZY", 2, "Y and X"),
        ("YX", 3, "names 2 axes, the array has 3"),
        ("ZYX", 2, "names 3 axes, the array has 2"),
    ],
)
def test_axes_that_are_refused(axes, ndim, words):
    with pytest.raises(UsageError, match=words):
        AxesTransform(axes, (2,) * ndim)
    with pytest.raises(UsageError, match=words):
        reshape_array(np.zeros((2,) * ndim), axes)


@pytest.mark.parametrize("axes", ["".join(order) for order in permutations("TCYX")] + ["ZXTCYS"])
def test_restored_arrays_are_the_original(axes):
    array = numbered(axes)
    restored = restore_array(reshape_array(array, axes), axes, array.shape)
    np.testing.assert_array_equal(restored, array)


def test_restored_arrays_may_have_other_lengths_and_channels():
    restored = restore_array(np.zeros((6, 2, 12, 14)), "XSTY", (7, 2, 3, 6), "XCSTY")
    assert restored.shape == (14, 2, 2, 3, 12)
    one_channel = restore_array(np.zeros((6, 1, 12, 14)), "XSTY", (7, 2, 3, 6))
    assert one_channel.shape == (14, 2, 3, 12)
    without = restore_array(np.zeros((1, 1, 6, 7)), "CYX", (4, 6, 7), "XY")
    assert without.shape == (7, 6)


def test_time_is_the_depth_of_five_axes_without_z():
    array = numbered("SCTYX")
    depth_first = array  # S, C, depth, Y, X as a stack with T as its depth gives them
    restored = restore_array(depth_first, "SCTYX", array.shape)
    np.testing.assert_array_equal(restored, array)
    turned = restore_array(depth_first, "SCTYX", array.shape, "TSCYX")
    np.testing.assert_array_equal(turned, array.transpose(2, 0, 1, 3, 4))


def test_four_axes_of_time_samples_stay_samples():
    array = numbered("SCTYX")
    restored = restore_array(reshape_array(array, "SCTYX"), "SCTYX", array.shape)
    np.testing.assert_array_equal(restored, array)


@pytest.mark.parametrize(
    ("shape", "axes", "original", "target", "words"),
    [
        ((1, 2, 6, 7), "YX", (6, 7), None, "has no C, and the array has 2 channels"),
        ((1, 2, 6, 7), "CYX", (2, 6, 7), "YX", "has no C"),
        ((1, 1, 6, 7), "ZYX", (5, 6, 7), None, "cannot be those of SCYX"),
        ((1, 1, 5, 6, 7), "YX", (6, 7), None, "cannot be those of SCZYX"),
        ((5, 1, 6, 7), "STYX", (2, 3, 6, 7), None, "must have 6 samples"),
        ((6, 1, 6, 7), "STYX", (2, 3, 6, 7), "SYX", "letters of 'STYX'"),
        ((1, 6, 7), "YX", (6, 7), None, r"axes SC\(Z\)YX"),
        ((1, 1, 1, 1, 6, 7), "YX", (6, 7), None, r"axes SC\(Z\)YX"),
        ((1, 1, 6, 7), "YX", (1, 6, 7), None, "names 2 axes"),
    ],
)
def test_arrays_that_cannot_be_restored(shape, axes, original, target, words):
    with pytest.raises(UsageError, match=words):
        restore_array(np.zeros(shape), axes, original, target)


def test_restored_tiles():
    tile = numbered("CZYX")
    turned = restore_tile(tile, "XSTYZC")
    np.testing.assert_array_equal(turned, tile.transpose(3, 2, 1, 0))
    np.testing.assert_array_equal(restore_tile(tile, "XSTYZC", (7, 2, 3, 6, 5, 4)), turned)
    np.testing.assert_array_equal(restore_tile(tile, "ZYXC", "XYCZ"), tile.transpose(3, 2, 0, 1))
    again = restore_tile(tile, "ZYXC", (5, 6, 7, 4), "XYCZ")
    np.testing.assert_array_equal(again, tile.transpose(3, 2, 0, 1))
    assert restore_tile(np.zeros((1, 6, 7)), "SYX").shape == (6, 7)
    assert restore_tile(np.zeros((3, 6, 7)), "SYX", target_axes="SYXC").shape == (6, 7, 3)
    assert restore_tile(np.zeros((3, 9, 6, 7)), "SCTYX").shape == (3, 9, 6, 7)


@pytest.mark.parametrize(
    ("shape", "axes", "words"),
    [
        ((2, 6, 7), "YX", "has no C, and the array has 2 channels"),
        ((1, 6, 7), "ZYX", "cannot be those of CYX"),
        ((1, 5, 6, 7), "YX", "cannot be those of CZYX"),
        ((6, 7), "YX", r"axes C\(Z\)YX"),
        ((1, 6, 7), "YXX", "each letter"),
    ],
)
def test_tiles_that_cannot_be_restored(shape, axes, words):
    with pytest.raises(UsageError, match=words):
        restore_tile(np.zeros(shape), axes)
