"""Floats and integers, against nibabel."""

from __future__ import annotations

import math

import nibabel.casting as theirs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio.compat.nibabel.casting as ours
from volio.errors import CastingError, UsageError
from volio.tests.compat.oracle import assert_alike

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
INTS = [np.dtype(f"{kind}{size}").type for size in (1, 2, 4, 8) for kind in "iu"]
NUMBERS = [
    0,
    1,
    -1,
    2049,
    2**24 + 1,
    -(2**24) - 1,
    2**53 + 1,
    2**62 + 1,
    2**63,
    2**64 - 1,
    -(2**63),
]


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize(
    "number", [*NUMBERS, 2**100 + 1, 2**130, -(2**130), 65505, 70000, 2**2000], ids=int.bit_length
)
def test_nearest_floats_of_integers(kind: type, number: int):
    assert_alike(theirs.floor_exact, ours.floor_exact, number, kind)
    assert_alike(theirs.ceil_exact, ours.ceil_exact, number, kind)


@given(st.integers(), st.sampled_from(FLOATS))
def test_floor_and_ceil_enclose_the_integer(number: int, kind: type):
    low, high = ours.floor_exact(number, kind), ours.ceil_exact(number, kind)
    if np.isfinite(low) and np.isfinite(high):
        assert int(low) <= number <= int(high)
        assert low == high or np.nextafter(low, kind(np.inf)) == high


@pytest.mark.parametrize("number", NUMBERS)
def test_integers_as_floats(number: int):
    for kind in (np.float32, np.float64, np.longdouble):
        assert ours.int_to_float(number, kind) == kind(number)
    assert ours.int_to_float(2**2000, np.float32) == math.inf
    assert ours.int_to_float(7, np.int64) == 7


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("target", INTS)
def test_shared_range_and_rounding(kind: type, target: type):
    assert_alike(theirs.shared_range, ours.shared_range, kind, target)
    values = np.array([np.nan, np.inf, -np.inf, 1e4, -1e4, 0.5, 1.5, 2.5, -1.5], kind)
    for infmax in (False, True):
        assert_alike(theirs.float_to_int, ours.float_to_int, values, target, infmax=infmax)


def test_rounding_refuses_what_it_cannot_do():
    with pytest.raises(CastingError, match="NaN"):
        ours.float_to_int([np.nan], np.int8, nan2zero=False)
    with pytest.raises(UsageError, match="dtype"):
        ours.float_to_int(np.array([2], np.uint8), np.int8)
    assert ours.float_to_int(np.array([1.6 + 2j]), np.int8) == 2


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "F", "D", "G", "i1", "u8"])
def test_type_info(kind: str):
    assert_alike(theirs.type_info, ours.type_info, kind)


@pytest.mark.parametrize("value", [0.9, 1, 513, -5, 0, 0.1, 1e300, 2**2000, np.float16(0.2)])
def test_floor_log2(value: float):
    assert_alike(theirs.floor_log2, ours.floor_log2, value)


@pytest.mark.parametrize(
    "values",
    [np.array([-128, 127], np.int8), np.int8(-128), np.array([1.0, -2]), np.array([-(2**63)])],
)
def test_absolute_values(values: np.ndarray):
    assert_alike(theirs.int_abs, ours.int_abs, values)


@pytest.mark.parametrize(
    "values",
    [[0, 1], [-1, 1], [255], [256], [-1, 128], [2**63], [-1, 2**63], [1.5], [0, 1.0], [2**64]],
)
def test_able_int_type(values: list[float]):
    assert_alike(theirs.able_int_type, ours.able_int_type, values)
    assert ours.able_int_type([0, math.nan]) is None


@pytest.mark.parametrize("value", [np.float32(1), np.float16(1), 1e10, 0.0, np.int16(4), -3.0, 5])
def test_ulp(value: float):
    assert_alike(theirs.ulp, ours.ulp, value)


def test_as_int():
    assert ours.as_int(2.0) == ours.as_int(np.int8(2)) == ours.as_int(np.float32(2.0)) == 2
    assert ours.as_int(2.1, check=False) == 2
    with pytest.raises(ours.FloatingError, match=r"2\.1"):
        ours.as_int(2.1)


def test_what_the_platform_has():
    assert ours.sctypes == theirs.sctypes
    assert ours.sctypes_aliases == theirs.sctypes_aliases
    for name in ("best_float", "ok_floats", "have_binary128", "on_powerpc"):
        assert_alike(getattr(theirs, name), getattr(ours, name))
    assert ours.longdouble_lte_float64() == theirs.longdouble_lte_float64()
    assert not ours.longdouble_precision_improved()
    assert ours.OK_FLOATS == theirs.OK_FLOATS
    assert ours.TRUNC_UINT64 == theirs.TRUNC_UINT64
