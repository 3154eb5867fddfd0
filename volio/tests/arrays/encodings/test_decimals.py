"""Numbers of 32 bits, shown as they were typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings.decimals import (
    decimal,
    decimals,
    field_decimal,
    shown_sizes,
    typed_numbers,
)


@given(st.floats(width=32, allow_nan=False))
def test_narrowed_it_is_the_same_float32(value: float):
    found = decimal(value)
    assert np.float32(found) == np.float32(value)
    if abs(value) >= 2.0**-126:  # numpy's own shortest text is the oracle
        assert found == float(str(np.float32(value)))


@pytest.mark.parametrize("typed", [0.9, 1.2, 2.1, -0.1, 1e-5, 2.35e-7, 1234.5, 16777216.0, 1e30])
def test_what_was_typed_comes_back(typed: float):
    assert decimal(float(np.float32(typed))) == typed


@pytest.mark.parametrize("value", [0.0, -0.0, np.inf, -np.inf, 1e300, 2.0**-149, 7.0])
def test_what_has_no_shorter_decimal_stays(value: float):
    assert decimal(value) == value
    assert np.signbit(decimal(value)) == np.signbit(value)
    assert np.isnan(decimal(np.nan))


def test_fields_of_64_bits_stay():
    single = np.array([0.9], "<f4")
    assert field_decimal(single[0]) == 0.9
    assert field_decimal(np.array(0.9, ">f4")) == 0.9
    exact = float(np.float32(0.9))
    assert field_decimal(np.array(exact, ">f8")) == exact
    assert decimals(np.array([0.9, 1.2], "f4").tolist()) == (0.9, 1.2)


def test_sizes_that_came_from_32_bits_are_shown_as_they_were_typed():
    exact = float(np.float32(0.9))
    assert shown_sizes((exact, 0.9, 3, 0.7000000000000001)) == [0.9, 0.9, 3.0, 0.7000000000000001]
    assert shown_sizes([1e300, np.inf, 0.0]) == [1e300, np.inf, 0.0]
    assert np.isnan(shown_sizes([np.nan])[0])


@pytest.mark.parametrize("order", "<>")
def test_arrays_as_lists(order: str):
    array = np.array([[0.9, np.nan], [1e-5, 2.0]], f"{order}f4")
    (first, _), second = typed_numbers(array)
    assert (first, second) == (0.9, [1e-5, 2.0])
    assert typed_numbers(np.float32(0.1)) == 0.1
    assert typed_numbers(array.astype("f8"))[0][0] == float(np.float32(0.9))
    assert typed_numbers(np.array([1, 2])) == [1, 2]
