import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from volio.arrays.dtypes import (
    LONG_COMPLEX,
    LONG_DOUBLE,
    always_exact,
    cast_into,
    digits,
    dtype_table,
    holds_exactly,
    integer_limits,
    native,
    smallest_integer_dtype,
)
from volio.errors import ImageDataError

NUMBERS = ["u1", "i1", "i2", ">u2", "i4", "u4", "i8", "u8", "f2", "f4", ">f8", "c8", "c16"]
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (0, 255, "u1"),
        (-1, 255, "i2"),
        (0, 40000, "i4"),
        (0, 2**31, "u4"),
        (-1, 2**31, "i8"),
        (0, 2**64 - 1, "u8"),
        (-1, 2**64 - 1, None),
    ],
)
def test_smallest_integer_dtype_is_a_widely_read_one(low, high, dtype):
    assert smallest_integer_dtype(low, high) == (None if dtype is None else np.dtype(dtype))


def test_smallest_integer_dtype_of_some():
    assert smallest_integer_dtype(0, 40000, ["f4", "u2", "i4"]) == np.uint16
    assert smallest_integer_dtype(0, 9, ["f4"]) is None


def test_limits_and_byte_order():
    assert integer_limits(">i2") == (-32768, 32767)
    assert native(">i2") == np.dtype("=i2")


@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))
def test_values_that_are_held_exactly_come_back(data, source, target):
    values = data.draw(hnp.arrays(source, 3))
    if holds_exactly(values, target):
        with np.errstate(all="ignore"):
            cast = (values if "c" in target else values.real).astype(target)
            back = cast if "c" in source else cast.real
            np.testing.assert_array_equal(back.astype(source), values)
            if values.dtype.kind in "iu":
                assert [int(x) for x in cast.real] == [int(x) for x in values]


@pytest.mark.parametrize(
    ("values", "dtype", "held"),
    [
        ([1.0, 2.0], "u1", True),
        ([1.5], "u1", False),
        ([256.0], "u1", False),
        ([np.nan], "i2", False),
        ([np.nan, 0.5], "f4", True),
        ([0.1], "f4", False),
        ([2**24 + 1], "f4", False),
        ([2**63 - 1], "f8", False),
        ([1 + 0j], "f8", True),
        ([1 + 1j], "f8", False),
        ([-1], "u8", False),
        ([True], "u1", True),
    ],
)
def test_holds_exactly(values, dtype, held):
    assert holds_exactly(np.array(values), dtype) is held


def test_records_hold_themselves_only():
    assert holds_exactly(np.zeros(2, RGB), RGB)
    assert not holds_exactly(np.zeros(2, RGB), "u1")


@given(st.data(), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))
def test_casts_are_those_of_astype_or_refused(data, source, target):
    values, out = data.draw(hnp.arrays(source, 3)), np.empty(3, target)
    try:
        cast_into(out, values)
    except ImageDataError:
        assert not np.can_cast(source, target, "safe")
        return
    np.testing.assert_array_equal(out, values.astype(target))


def test_table_answers_as_nibabels():
    ours = dtype_table("""
        0   | none      |
        2   | uint8     | u1  | NIFTI_TYPE_UINT8
        4   | int16     | i2  | NIFTI_TYPE_INT16
        32  | complex64 | c8  | NIFTI_TYPE_COMPLEX64
        128 | RGB       | RGB | NIFTI_TYPE_RGB24
    """)
    theirs = nibabel.nifti1.data_type_codes
    for key in set(ours.keys()) - {np.void, np.dtype("V"), ""}:
        for field in ours.fields:
            assert getattr(ours, field)[key] == getattr(theirs, field)[key], (key, field)
    for key in (np.int16, np.dtype(">i2"), np.dtype("<i2"), "NIFTI_TYPE_INT16", "int16"):
        assert ours[key] == 4
    assert ours.sw_dtype[4] == np.dtype("i2").newbyteorder("S")


def test_long_types_are_quadruples_where_there_are_any():
    if LONG_DOUBLE is None or LONG_COMPLEX is None:
        assert digits(np.longdouble) != 113
    else:
        assert (LONG_DOUBLE.itemsize, LONG_COMPLEX.itemsize) == (16, 32)


@pytest.mark.parametrize(
    ("source", "target", "exact"),
    [("i8", "f8", False), ("i4", "f8", True), ("i4", "f4", False), ("u2", "c8", True)],
)
def test_64_bit_integers_are_not_always_exact_in_floats(source, target, exact):
    assert always_exact(source, target) is exact
