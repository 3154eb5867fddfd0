"""Scattered columns: beside numpy for any index, and what they read."""

from __future__ import annotations

import pickle
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.filled import scattered
from volio.arrays.filled.scattered import ScatteredArray
from volio.errors import ImageDataError, LimitError
from volio.tests.arrays.arrays import Counting, indices_of_axis, numbered


def dense(base, columns, places, grid, value, grid_first):
    """The whole array, column by column."""
    array = np.full((*base.shape[:-1], *grid), value, np.result_type(base.dtype, np.float32))
    for column, place in zip(columns, places, strict=True):
        array[(..., *place)] = base[..., column]
    return (
        np.moveaxis(array, range(base.ndim - 1), range(-base.ndim + 1, 0)) if grid_first else array
    )


@st.composite
def cases(draw):
    others = draw(st.sampled_from([(3,), (1,), (2, 3), ()]))
    grid = draw(st.sampled_from([(7,), (3, 2, 4), (2, 5), (1,)]))
    count = draw(st.integers(0, prod(grid)))
    order = np.random.default_rng(draw(st.integers(0, 99)))
    places = np.array(np.unravel_index(order.permutation(prod(grid))[:count], grid)).T
    columns = order.integers(0, 9, count) if draw(st.booleans()) else order.permutation(count + 2)
    return others, grid, columns[:count], places, draw(st.booleans())


@given(cases(), st.data())
def test_any_index_gives_what_numpy_does(case, data):
    others, grid, columns, places, grid_first = case
    base = numbered((*others, 40), np.int16) + 1
    expected = dense(base, columns, places, grid, np.nan, grid_first)
    order = tuple(range(base.ndim))[:: data.draw(st.sampled_from([1, -1]))]
    gaps = data.draw(st.sampled_from([(0,) * base.ndim, (2,) * base.ndim]))
    array = ScatteredArray(
        Counting(base, order, gaps), columns, places, grid, np.nan, grid_first=grid_first
    )
    assert (array.shape, array.dtype) == (expected.shape, np.float32)
    np.testing.assert_array_equal(np.asarray(array), expected)
    index = data.draw(st.tuples(*map(indices_of_axis, array.shape)))
    try:
        wanted = expected[index]
    except IndexError:
        with pytest.raises(IndexError, match="index"):
            array[index]
    else:
        np.testing.assert_array_equal(array[index], wanted)


PLACES = np.array([[6], [2], [3], [0]])


def four_of_seven(base, value=np.nan, columns=(4, 5, 6, 7)):
    return ScatteredArray(base, np.array(columns), PLACES, (7,), value)


@pytest.mark.parametrize(
    ("index", "boxes"),
    [
        ((), [((0, 5), (4, 8))]),
        ((2,), [((2, 3), (4, 8))]),
        ((slice(None, None, 2), 3), [((0, 1), (6, 7)), ((2, 3), (6, 7)), ((4, 5), (6, 7))]),
        ((slice(1, 3), slice(2, 4)), [((1, 3), (5, 7))]),
        ((slice(None), slice(1, 6, 2)), [((0, 5), (6, 7))]),
        ((slice(None), slice(None, None, -3)), [((0, 5), (4, 5)), ((0, 5), (6, 8))]),
        ((slice(None), slice(4, 6)), []),
    ],
    ids=str,
)
def test_only_what_is_asked_for_is_read(index, boxes):
    base = Counting(numbered((5, 9)))
    found = four_of_seven(base)[index]
    assert base.boxes == boxes
    expected = dense(base.array, range(4, 8), PLACES, (7,), np.nan, False)
    np.testing.assert_array_equal(found, expected[index])


def test_pieces_are_put_together(monkeypatch):
    base = Counting(numbered((5, 9)), order=(1, 0))
    monkeypatch.setattr(scattered, "PIECE", 5 * 8 * 3)  # three columns of float64
    found = np.asarray(four_of_seven(base))
    assert base.boxes == [((0, 5), (4, 7)), ((0, 5), (7, 8))]
    np.testing.assert_array_equal(
        found, dense(base.array, range(4, 8), PLACES, (7,), np.nan, False)
    )


def test_columns_are_read_in_their_order_whatever_that_of_the_places(monkeypatch):
    base = Counting(numbered((5, 9)), order=(1, 0))
    monkeypatch.setattr(scattered, "PIECE", 5 * 8 * 2)  # two columns of float64
    found = np.asarray(four_of_seven(base, columns=(7, 4, 6, 5)))
    assert base.boxes == [((0, 5), (4, 6)), ((0, 5), (6, 8))]
    assert found[0, [6, 2, 3, 0]].tolist() == [7, 4, 6, 5]


def test_a_column_at_several_places_is_read_once():
    base = Counting(numbered((5, 9)))
    array = four_of_seven(base, columns=(8, 1, 8, 1))
    assert array[2].tolist()[2:4] == [19, 26]
    assert sorted(base.boxes) == [((2, 3), (1, 2)), ((2, 3), (8, 9))]
    assert array[2, [0, 6]].tolist() == [19, 26]


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (np.int16, np.nan, np.float32),
        (np.int32, np.nan, np.float64),
        (np.int32, 0, np.int32),
        (np.float32, np.nan, np.float32),
        (np.float64, 0, np.float64),
    ],
)
def test_dtypes_hold_the_matrix_and_the_value(dtype, value, expected):
    array = four_of_seven(Counting(numbered((5, 9), dtype)), value)
    assert array.dtype == expected
    assert array[0].dtype == expected
    np.testing.assert_array_equal(array[0, [1, 4, 5]], [value] * 3)
    np.testing.assert_array_equal(array.read(2, np.float32)[[6, 0]], [22, 25])


def test_nan_is_not_an_integer():
    array = four_of_seven(Counting(numbered((5, 9))))
    with pytest.raises(ImageDataError, match="values from nan to nan do not fit int32"):
        array.read((), np.int32)
    assert array.read((slice(None), slice(2, 4)), np.int32).tolist()[1] == [14, 15]  # none there


def test_what_the_matrix_has_is_handed_on():
    base = Counting(numbered((5, 9)), order=(1, 0), gaps=(3, 2), forward=True)
    array = four_of_seven(base)
    assert array.layout == ((1, 0), (3, 0), True)
    assert array.chunks == (5, 7)
    volume = ScatteredArray(
        base, np.array([1]), np.array([[0, 1, 2]]), (2, 3, 4), 0, grid_first=True
    )
    assert volume.shape == volume.chunks == (2, 3, 4, 5)
    assert volume.layout == ((2, 1, 0, 3), (0, 0, 0, 3), True)
    again = pickle.loads(pickle.dumps(volume))
    assert again[0, 1, 2].tolist() == volume[0, 1, 2].tolist() == base.array[:, 1].tolist()


def test_places_that_make_no_sense():
    base = Counting(numbered((5, 9)))
    with pytest.raises(ImageDataError, match=r"place \[2\] of a grid of \(7,\) has two columns"):
        ScatteredArray(base, np.arange(3), np.array([[2], [1], [2]]), (7,), 0)
    with pytest.raises(ImageDataError, match=r"place \[7\] is outside a grid of \(7,\)"):
        ScatteredArray(base, np.arange(2), np.array([[6], [7]]), (7,), 0)
    with pytest.raises(ImageDataError, match=r"place \[0, -1\] is outside a grid of \(7, 2\)"):
        ScatteredArray(base, np.arange(1), np.array([[0, -1]]), (7, 2), 0)
    with pytest.raises(LimitError, match="has 1000000000000 places"):
        ScatteredArray(base, np.arange(1), np.array([[0, 0]]), (10**6, 10**6), 0)


def test_points_of_the_grid_are_read_by_their_columns():
    base = Counting(numbered((5, 9)))
    array = four_of_seven(base)  # vertices 6, 2, 3, 0 have columns 4, 5, 6, 7
    found = array[1:3, [0, 5, 6, 0, 3]]
    np.testing.assert_array_equal(found, [[16, np.nan, 13, 16, 15], [25, np.nan, 22, 25, 24]])
    assert sorted(base.boxes) == [((1, 3), (4, 5)), ((1, 3), (6, 8))]
    base.boxes.clear()
    assert array[3, [2, 6]].tolist() == [32, 31]
    assert array[[0, 4], [2, 0]].tolist() == [5, 43]  # points along the other axis, too
    assert np.isnan(array[:, [1, 4]]).all()
    assert array[:, np.array([], int)].shape == (5, 0)


def test_points_of_a_volume():
    base = Counting(numbered((5, 9)))
    places = np.array([[0, 1, 2], [1, 2, 3], [1, 0, 0]])
    volume = ScatteredArray(base, np.array([8, 2, 5]), places, (2, 3, 4), 0, grid_first=True)
    found = volume[[1, 0, 1], [0, 1, 1], [0, 2, 1], ::2]
    assert found.tolist() == [[5, 23, 41], [8, 26, 44], [0, 0, 0]]
    assert volume[[1, 0], [2, 1], [3, 2], 4].tolist() == [38, 44]
    assert volume[[1, 0], [2, 1], 2:].tolist()[1] == [[8, 17, 26, 35, 44], [0] * 5]
    empty = ScatteredArray(base, np.array([], int), np.empty((0, 1), int), (7,), 3)
    assert empty[0, [1, 2]].tolist() == [3, 3]
