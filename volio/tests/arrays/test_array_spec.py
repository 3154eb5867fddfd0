"""What arrays there can be, and how their specs are given."""

from __future__ import annotations

import numpy as np
import pytest

from volio.arrays.array_spec import ArraySpec, read_spec
from volio.errors import ImageDataError, LimitError, UsageError


@pytest.mark.parametrize(
    "dtype", ["?", "i1", ">u8", "f2", "<f8", ">c8", [("R", "u1"), ("G", "u1")]]
)
def test_numbers_and_records_can_be_voxels(dtype):
    ArraySpec((2, 3), np.dtype(dtype)).check("a.img")


@pytest.mark.parametrize(
    "dtype", ["O", "V", "U3", "S2", "M8[s]", "m8[s]", [("a", "O")], [("a", "V0")]]
)
def test_other_dtypes_cannot(dtype):
    with pytest.raises(ImageDataError, match=r"a\.img: dtype: cannot read voxels of dtype"):
        ArraySpec((2, 3), np.dtype(dtype)).check("a.img")


@pytest.mark.parametrize(
    "spec",
    [
        ArraySpec((1,) * 32, "u1"),
        ArraySpec((2**59 - 1, 1), "u1"),
        ArraySpec((2**59 - 1, 0, 1), "c16"),
        ArraySpec((), "u1", 2**70),
    ],
)
def test_the_largest_arrays(spec):
    spec.check("a.img")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ArraySpec((1,) * 33, "u1"), "axes at most 32"),
        (ArraySpec((2, -1), "u1"), "0 or more"),
        (ArraySpec((-1, 2), "u1"), "0 or more"),
        (ArraySpec((2,), "u1", -1), "at byte -1: lengths and offset must be 0 or more"),
        (ArraySpec((2**59,), "u1"), "too large for any memory"),
        (ArraySpec((2**59, 0), "u1"), "too large for any memory"),
        (ArraySpec((2**58, 1), [("a", "f8", 4)]), "too large for any memory"),
    ],
)
def test_what_no_memory_holds_is_refused(spec, message):
    with pytest.raises(LimitError, match=rf"a\.img: shape .*{message}"):
        spec.check("a.img")


def test_specs_have_integers_and_a_dtype():
    found = read_spec(([np.int16(2), 3.0], ">i2", np.uint8(4)))
    assert found == ((2, 3), np.dtype(">i2"), 4, 1.0, 0.0)
    assert [type(length) for length in found.shape] == [int, int]
    assert type(found.offset) is int
    assert read_spec(ArraySpec((2,), "u1", 0, None, None))[3:] == (None, None)


@pytest.mark.parametrize("spec", [((2,),), ((2,), "u1", 0, 1, 0, 7), [(2,), "u1"], None])
def test_other_specs_are_refused(spec):
    with pytest.raises(UsageError, match="spec: must be"):
        read_spec(spec)
