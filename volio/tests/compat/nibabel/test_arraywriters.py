"""Scaling of arrays to fit a dtype, against nibabel."""

from __future__ import annotations

import io
from typing import Any

import nibabel.arraywriters as theirs
import numpy as np
import pytest

import volio.compat.nibabel.arraywriters as ours
from volio.errors import UsageError, WriterError
from volio.tests.compat.oracle import FAILED, outcome

ARRAYS = [
    [1.5, 2],
    [1.5, 2, np.nan, np.inf],
    [0.0, 0],
    [-1.5, 2],
    [5, 5.5, np.nan],
    [1e-30, 3e-30],
    [1.5, 1.5],
    [],
    [np.nan],
    [np.inf, np.nan],
    np.array([0, 200], np.int16),
    np.array([100, 300], np.int16),
    np.array([-3, -200], np.int16),
    np.array([2**40, -(2**33)], np.int64),
    np.array([3, 200], np.uint8),
    np.array([1, 2.5], np.float32),
    np.array([1j], np.complex64),
]


def facts(module: Any, name: str, array: Any, dtype: str) -> Any:
    """What a writer finds out and writes."""
    writer = getattr(module, name)(np.asarray(array), np.dtype(dtype))
    file = io.BytesIO()
    writer.to_fileobj(file)
    scaling = [float(part) for part in module.get_slope_inter(writer)]
    return (
        [bool(writer.scaling_needed()), writer.has_nan, writer.out_dtype],
        [*scaling, *writer.finite_range()] if np.size(array) else scaling,
        np.frombuffer(file.getvalue(), dtype),
    )


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "f4", "F"])
@pytest.mark.parametrize("name", ["ArrayWriter", "SlopeArrayWriter", "SlopeInterArrayWriter"])
def test_writers(name: str, dtype: str):
    for array in ARRAYS:
        expected = outcome(facts, theirs, name, array, dtype)
        found = outcome(facts, ours, name, array, dtype)
        if FAILED in (expected, found):
            assert expected == found == FAILED, f"{array!r}"
            continue
        assert expected[0] == found[0], f"{array!r}"
        np.testing.assert_allclose(np.array(found[1]), np.array(expected[1]), rtol=1e-6)
        # The last digit of a float32 slope can turn a half into the next integer.
        np.testing.assert_allclose(found[2], expected[2], atol=1)


@pytest.mark.parametrize("array", [[-300, 300], [-7, 250], [3.7e5, -2.2], [-1.5, -2.0]])
@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4"])
def test_values_come_back(array: list[float], dtype: str):
    writer = ours.SlopeInterArrayWriter(np.array(array), np.dtype(dtype))
    file = io.BytesIO()
    writer.to_fileobj(file)
    back = np.frombuffer(file.getvalue(), dtype) * float(writer.slope) + float(writer.inter)
    np.testing.assert_allclose(back, array, atol=abs(writer.slope) * 0.51, rtol=1e-6)


def test_slopes_are_set_and_forgotten():
    writer = ours.SlopeInterArrayWriter(np.array([1.5, 9.5]), np.int8, scaler_dtype=np.float64)
    first = ours.get_slope_inter(writer)
    writer.slope, writer.inter = 2, 3
    assert (writer.slope, writer.inter) == (2, 3)
    assert isinstance(writer.slope, np.float64)
    writer.calc_scale()
    assert writer.slope == 2
    writer.calc_scale(force=True)
    assert ours.get_slope_inter(writer) == first
    writer.reset()
    assert ours.get_slope_inter(writer) == (1, 0)


def test_refusals():
    with pytest.raises(WriterError, match="without scaling"):
        ours.ArrayWriter(np.array([1.5]), np.int16)
    assert ours.ArrayWriter([1.5], np.int16, check_scaling=False).out_dtype == np.int16
    with pytest.raises(WriterError, match="intercept"):
        ours.SlopeArrayWriter(np.array([-1.5, 2]), np.uint8)
    with pytest.raises(WriterError, match="cannot be converted"):
        ours.ArrayWriter(np.zeros(2, [("a", "i4")]), np.uint8)


def test_the_writer_for_a_format():
    array = np.array([1, 2], np.int8)
    assert type(ours.make_array_writer(array, np.int16)) is ours.SlopeInterArrayWriter
    assert type(ours.make_array_writer(array, np.int16, True, False)) is ours.SlopeArrayWriter
    assert type(ours.make_array_writer(array, np.int16, False, False)) is ours.ArrayWriter
    with pytest.raises(UsageError, match="has_slope"):
        ours.make_array_writer(array, np.int16, False, True)
    assert ours.get_slope_inter(ours.ArrayWriter(array)) == (1.0, 0.0)
    assert ours.ArrayWriter(array).array is array
