"""Slices of arrays in files: against numpy, and the plans against nibabel."""

from __future__ import annotations

import io
from threading import Lock
from typing import Any

import nibabel.fileslice as theirs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices

from volio import compat
from volio.errors import TruncatedFileError, UsageError
from volio.tests.compat.oracle import assert_alike

ours: Any = compat.module("fileslice")

SHAPES = array_shapes(max_dims=3, max_side=7)


def file_of(array: np.ndarray, order: str) -> io.BytesIO:
    """The array in a file, after five other bytes."""
    return io.BytesIO(b"12345" + array.tobytes(order))  # type: ignore[arg-type]


@given(st.data(), st.sampled_from("CF"))
def test_a_slice_is_what_numpy_gives(data: st.DataObject, order: str):
    shape = data.draw(SHAPES)
    index = data.draw(basic_indices(shape, allow_newaxis=True))
    array = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    found = ours.fileslice(file_of(array, order), index, shape, np.int16, 5, order, lock=Lock())
    np.testing.assert_array_equal(found, array[index])
    assert found.shape == array[index].shape
    assert ours.predict_shape(index, shape) == array[index].shape


def everything(*_: object) -> str:
    """Advise to read all of an axis."""
    return "full"


@given(st.data(), st.sampled_from([everything, lambda *_: None]))
def test_the_advice_changes_nothing_but_the_plan(data: st.DataObject, advice: Any):
    shape = data.draw(SHAPES)
    index = data.draw(basic_indices(shape))
    array = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    found = ours.fileslice(file_of(array, "F"), index, shape, np.int16, 5, "F", advice)
    np.testing.assert_array_equal(found, array[index])


INDICES = [
    (slice(None), 1),
    (slice(None, None, 2), 1, None),
    (1, slice(None, None, -1)),
    (slice(300, 20, -7), slice(1, 4)),
    (slice(0, 400, 2), slice(4, 0, -2)),
    (Ellipsis, -1),
    (-3, -1),
    (),
]


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("order", ["F", "C"])
def test_plans(index: Any, order: str):
    shape = (400, 5)
    assert_alike(theirs.canonical_slicers, ours.canonical_slicers, index, shape)
    assert_alike(theirs.slice2outax, ours.slice2outax, len(shape), index)
    assert_alike(theirs.calc_slicedefs, ours.calc_slicedefs, index, shape, 2, 8, order)
    full = theirs.canonical_slicers(index, shape)
    advice = theirs.threshold_heuristic
    args = (full, shape, 2, advice)
    assert_alike(theirs.optimize_read_slicers, ours.optimize_read_slicers, *args)
    args = (theirs.optimize_read_slicers(*args)[0], shape, 8, 2)
    assert_alike(theirs.slicers2segments, ours.slicers2segments, *args)


SLICES = [
    slice(0, 10, 2),
    slice(9, 3, -2),
    slice(9, None, -3),
    slice(2, 5, 1),
    slice(5, 2, -1),
    slice(4, 4, 1),
    slice(0, 10, 1),
    slice(9, None, -1),
    slice(1, None, None),
    3,
    -3,
]


@pytest.mark.parametrize("part", SLICES)
@pytest.mark.parametrize("advice", ["full", "contiguous", None])
def test_one_axis(part: Any, advice: str | None):
    for all_full in (True, False):
        for slowest in (True, False):
            args = (part, 10, all_full, slowest, 4, lambda *_: advice)
            assert_alike(theirs.optimize_slicer, ours.optimize_slicer, *args)
    if isinstance(part, slice):
        assert_alike(theirs.slice2len, ours.slice2len, part, 10)
        assert_alike(theirs.fill_slicer, ours.fill_slicer, part, 10)


@pytest.mark.parametrize("stride", [1, 2, 100, 300])
@pytest.mark.parametrize("part", [1, slice(0, 3, 2), slice(0, 100, 2), slice(40, 90, 1)])
def test_the_heuristic(part: Any, stride: int):
    for length in (100, 257, 258, 1000):
        args = (part, length, stride)
        assert_alike(theirs.threshold_heuristic, ours.threshold_heuristic, *args)
    assert ours.SKIP_THRESH == theirs.SKIP_THRESH


@pytest.mark.parametrize(
    "index", [1, slice(None), ([1, 2],), np.array([1]), (np.array(1),), None, [1], Ellipsis]
)
def test_is_fancy(index: Any):
    assert_alike(theirs.is_fancy, ours.is_fancy, index)


def test_bad_indices_are_refused():
    for index in (([1],), (Ellipsis, Ellipsis), (1, 2, 3), (5,), (-4,)):
        with pytest.raises(UsageError, match="index"):
            ours.canonical_slicers(index, (3, 4))
    assert ours.canonical_slicers(5, (3, 4), check_inds=False) == (5, slice(None))
    with pytest.raises(UsageError, match="heuristic"):
        ours.optimize_slicer(3, 10, True, False, 4, lambda *_: "contiguous")
    with pytest.raises(UsageError, match="heuristic"):
        ours.optimize_slicer(3, 10, True, False, 4, lambda *_: "nonsense")
    with pytest.raises(UsageError, match="order"):
        ours.calc_slicedefs((1,), (4,), 2, 8, "A")
    with pytest.raises(UsageError, match="arrays or lists"):
        ours.fileslice(io.BytesIO(), ([1],), (4,), np.uint8)


def test_segments():
    data = io.BytesIO(bytes(range(30)))
    assert bytes(ours.read_segments(data, [(0, 3), (10, 2)], 5)) == bytes([0, 1, 2, 10, 11])
    assert ours.read_segments(data, [], 0) == b""
    with pytest.raises(UsageError, match="n_bytes"):
        ours.read_segments(data, [(0, 3)], 4)
    with pytest.raises(TruncatedFileError, match="from byte 28"):
        ours.read_segments(data, [(28, 3)], 3)


def test_strided_scalar():
    array = ours.strided_scalar((2, 3), 7)
    np.testing.assert_array_equal(array, np.full((2, 3), 7))
    assert array.strides == (0, 0)
    assert not array.flags.writeable
    assert ours.strided_scalar((2,)).dtype == np.float64
