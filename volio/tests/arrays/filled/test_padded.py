"""A border of one value around an array, as numpy makes it, read no more than needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.filled.padded import lazy_pad
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.slabs import iterate_slabs
from volio.errors import ImageDataError, UsageError
from volio.tests.arrays.arrays import Counting, numbered, shapes_and_indices

WIDTHS = [(1, 2), (0, 3), (2, 0)]


@given(shapes_and_indices(), st.data())
def test_any_part_is_that_of_numpy(shape_and_index, data):
    shape, index = shape_and_index
    inner = tuple(data.draw(st.integers(0, length)) for length in shape)
    before = [data.draw(st.integers(0, n - m)) for n, m in zip(shape, inner, strict=True)]
    widths = [(b, n - m - b) for b, n, m in zip(before, shape, inner, strict=True)]
    array = numbered(inner) + 1
    expected = np.pad(array, widths, constant_values=-7) if shape else array
    found = lazy_pad(Counting(array), widths, -7)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    try:
        wanted = expected[index]
    except IndexError:
        return
    np.testing.assert_array_equal(found[index], wanted)


def test_of_a_file_it_stays_lazy_and_goes_slab_by_slab():
    array = numbered((3, 4, 2), "i2")
    padded = lazy_pad(ArrayProxy(array.tobytes("F"), (array.shape, "i2")), WIDTHS, 9)
    assert isinstance(padded, LazyArray)
    expected = np.pad(array, WIDTHS, constant_values=9)
    found = np.zeros_like(expected)
    for slab in iterate_slabs(padded, nbytes=20):
        found[slab.where] = slab.values
    np.testing.assert_array_equal(found, expected)


def test_the_border_reads_nothing_and_the_inside_reads_itself():
    base = Counting(numbered((3, 4, 2)))
    padded = lazy_pad(base, WIDTHS)
    assert not padded[0].any()
    assert base.asked == 0
    np.testing.assert_array_equal(padded[1:3, :4, 2:], base.array[:2])
    assert base.asked == base.array[:2].size


def test_nothing_to_add_gives_the_array_itself():
    array = numbered((2, 3))
    assert lazy_pad(array, [(0, 0), (0, 0)]) is array


@pytest.mark.parametrize("widths", [[(1, 1)], [(1, 1), (0, -1)], [(1, 1)] * 3])
def test_widths_that_fit_no_axis_are_refused(widths):
    with pytest.raises(UsageError, match="for each of 2 axes"):
        lazy_pad(numbered((2, 3)), widths)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("u1", 256), ("u1", -1), ("i2", 0.5), ("i2", np.nan), ("f4", 1e39), ("f4", 1j), ("u1", "a")],
)
def test_values_that_the_dtype_lacks_are_refused(dtype, value):
    with pytest.raises(ImageDataError, match=r"value: .* (cannot be stored as|is complex)"):
        lazy_pad(np.zeros((2, 2), dtype), [(1, 1), (1, 1)], value)


@pytest.mark.parametrize(
    ("dtype", "value"), [("u1", 255), ("i2", -7.0), ("f4", np.nan), ("f4", np.inf), ("c8", 1j)]
)
def test_values_that_it_has_are_the_border(dtype, value):
    padded = lazy_pad(np.zeros((1,), dtype), [(1, 0)], value)
    np.testing.assert_array_equal(padded, np.array([value, 0], dtype))


def test_colours_have_a_black_border():
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    padded = lazy_pad(np.ones((1,), rgb), [(1, 1)])
    assert padded.tolist() == [(0, 0, 0), (1, 1, 1), (0, 0, 0)]
    with pytest.raises(ImageDataError, match="value: 1 cannot be stored"):
        lazy_pad(np.ones((1,), rgb), [(1, 1)], 1)
