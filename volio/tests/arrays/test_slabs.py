"""Going through an array slab by slab."""

from __future__ import annotations

import numpy as np
import pytest

from volio.arrays.slabs import as_array, iterate_slabs, natural_order
from volio.errors import UsageError
from volio.tests.arrays.arrays import Counting, numbered

ARRAY = numbered((4, 5, 6), "<i2")


@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize(
    ("order", "nbytes", "shapes"),
    [
        ("F", 1 << 20, [(4, 5, 6)]),
        ("F", 100, [(4, 5, 2)] * 3),
        ("F", 79, [(4, 5, 1)] * 6),
        ("F", 16, [(4, 2, 1), (4, 2, 1), (4, 1, 1)] * 6),
        ("C", 119, [(1, 5, 6)] * 4),
        ("C", 24, [(1, 2, 6), (1, 2, 6), (1, 1, 6)] * 4),
    ],
)
def test_slabs_follow_each_other_in_the_order_asked_for(lazy, order, nbytes, shapes):
    data = Counting(ARRAY) if lazy else ARRAY
    slabs = list(iterate_slabs(data, order=order, nbytes=nbytes))
    assert [slab.values.shape for slab in slabs] == shapes
    flat = np.concatenate([slab.values.ravel(order) for slab in slabs])
    np.testing.assert_array_equal(flat, ARRAY.ravel(order))
    for where, values in slabs:
        np.testing.assert_array_equal(values, ARRAY[where])
        flags = values.flags
        assert not lazy or (flags.c_contiguous if order == "C" else flags.f_contiguous)
        assert lazy or np.shares_memory(values, ARRAY)


@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0)])
def test_arrays_without_axes_and_without_values(shape):
    values = [slab.values for slab in iterate_slabs(Counting(numbered(shape)))]
    assert [found.shape for found in values] == ([()] if shape == () else [])


def test_other_orders_are_refused():
    with pytest.raises(UsageError, match="order: must be 'F' or 'C', got 'A'"):
        next(iterate_slabs(ARRAY, order="A"))


def test_natural_order_is_that_of_storage():
    assert natural_order(Counting(ARRAY)) == "C"
    assert natural_order(Counting(ARRAY, order=(2, 1, 0))) == "F"
    assert natural_order(Counting(ARRAY, order=(1, 0, 2))) == "F"
    assert natural_order(ARRAY) == "C"
    assert natural_order(ARRAY.T) == "F"


def test_what_is_no_array_becomes_one():
    lazy = Counting(ARRAY)
    assert as_array(lazy) is lazy
    assert as_array(ARRAY) is ARRAY
    assert as_array([[1, 2]]).shape == (1, 2)
