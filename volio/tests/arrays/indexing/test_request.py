"""What an index asks for, against numpy and against what the index says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from volio.arrays.indexing.request import Points, Range, Request, parse_index
from volio.errors import IndexingError
from volio.tests.arrays.arrays import numbered, shapes_and_indices

SHAPE = (4, 5, 6, 7, 8)
FULL = [Range(0, 1, length) for length in SHAPE]


def taken(array: np.ndarray, request: Request) -> np.ndarray:
    """The values that a request asks for, one dimension per axis, points apart."""
    for axis, (start, step, length) in enumerate(request.ranges):
        array = np.take(array, [start + step * n for n in range(length)], axis)
    return array


@given(shapes_and_indices())
def test_ranges_and_shape_are_those_of_the_index(case):
    shape, index = case
    array = numbered(shape)
    try:
        expected = array[index]
    except IndexError:
        with pytest.raises(IndexingError, match=r"index: |is outside axis"):
            parse_index(index, shape)
        return
    request = parse_index(index, shape)
    assert request.shape == expected.shape
    assert request.scalar == (not isinstance(expected, np.ndarray))
    if request.points is None:
        np.testing.assert_array_equal(taken(array, request).reshape(request.shape), expected)


@pytest.mark.parametrize(
    ("index", "axis", "expected"),
    [
        (np.s_[..., 3], 4, Range(3, 1, 1)),
        (np.s_[..., -8], 4, Range(0, 1, 1)),
        (np.s_[..., 6:1:-2], 4, Range(6, -2, 3)),
        (np.s_[:, :, :, -1], 3, Range(6, 1, 1)),
        (np.s_[:, :, :, 2::3, 0], 3, Range(2, 3, 2)),
        (np.s_[0, 0, 0, np.int16(5)], 3, Range(5, 1, 1)),
        (np.s_[..., 9:], 4, Range(8, 1, 0)),
    ],
)
def test_kinds_of_index_past_the_third_axis(index, axis, expected):
    request = parse_index(index, SHAPE)
    assert request.ranges[axis] == expected
    assert request.points is None


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (np.s_[..., 8], "index 8 is outside axis 4, which has length 8"),
        (np.s_[..., -9], "index -9 is outside axis 4, which has length 8"),
        (np.s_[:, :, :, 7], "index 7 is outside axis 3, which has length 7"),
        (np.s_[0, 0, 0, 0, 0, 0], "names 6 axes, the array has 5"),
        (np.s_[..., [0, 8]], "index 8 is outside axis 4"),
        (np.s_[..., [-9, 0], :], "index -9 is outside axis 3"),
        (np.s_[..., np.ones((7, 9), bool)], r"a mask of shape \(7, 9\) does not fit axes"),
        (np.s_[..., np.ones(1, bool)], r"a mask of shape \(1,\) does not fit axes of shape \(8,\)"),
        (np.s_[..., 1.5], "1.5 is not an index"),
    ],
)
def test_what_is_outside_the_last_axes_is_refused(index, message):
    with pytest.raises(IndexingError, match=message):
        parse_index(index, SHAPE)


def test_a_mask_of_no_length_selects_nothing_of_any_axis():
    request = parse_index(np.s_[:, np.zeros((0, 6), bool)], SHAPE)
    assert request.shape == (4, 0, 7, 8) == np.empty(SHAPE)[:, np.zeros((0, 6), bool)].shape


def test_result_axes_name_slices_and_new_axes_in_their_order():
    request = parse_index(np.s_[None, 2, 1:, ..., None, 3], SHAPE)
    assert request.result_axes == (None, 1, 2, 3, None)
    assert request.shape == (1, 4, 6, 7, 1)
    assert not request.scalar


def test_points_are_counted_from_the_start_and_broadcast():
    request = parse_index(np.s_[:, [[-1], [0]], 2, :, [1, 3, -8]], SHAPE)
    assert isinstance(request.points, Points)
    assert {axis: found.tolist() for axis, found in request.points.indices.items()} == {
        1: [4, 4, 4, 0, 0, 0],
        4: [1, 3, 0, 1, 3, 0],
    }
    assert request.points.shape == (2, 3)
    assert request.points.position == 0  # a slice stands between the arrays
    assert request.ranges == (FULL[0], Range(0, 1, 1), Range(2, 1, 1), FULL[3], Range(0, 1, 1))
    assert request.shape == (2, 3, 4, 7)


@pytest.mark.parametrize(
    ("index", "position"),
    [
        (np.s_[:, [0, 1], [2, 3]], 1),
        (np.s_[:, None, [0, 1], 2], 2),
        (np.s_[..., [0, 1]], 4),
        (np.s_[:, [0, 1], ..., 2], 0),
        (np.s_[:, [0, 1], None, 2], 0),
        (np.s_[0, :, 0, [0, 1]], 0),
    ],
)
def test_points_stand_where_the_arrays_do_if_nothing_separates_them(index, position):
    request = parse_index(index, SHAPE)
    assert request.points is not None
    assert request.points.position == position
    assert request.shape == np.empty(SHAPE, bool)[index].shape


@pytest.mark.parametrize(
    ("index", "box"),
    [
        (np.s_[1:3, 2, ..., 4:], ((1, 3), (2, 3), (0, 6), (0, 7), (4, 8))),
        (np.s_[:, 3:4:2], ((0, 4), (3, 4), (0, 6), (0, 7), (0, 8))),
        (np.s_[3:2:-1], ((3, 4), (0, 5), (0, 6), (0, 7), (0, 8))),
        (np.s_[..., ::2], None),
        (np.s_[..., 1::-1, :], None),
    ],
)
def test_a_request_without_steps_is_one_box(index, box):
    assert parse_index(index, SHAPE).box == box


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Range(2, 3, 4), Range(2, 3, 4)),
        (Range(9, -2, 4), Range(3, 2, 4)),
        (Range(5, -1, 1), Range(5, 1, 1)),
    ],
)
def test_ascending_ranges_have_the_same_indices(wanted, expected):
    assert wanted.ascending() == expected


def test_a_part_of_a_range_is_counted_in_it():
    outer = Range(20, -3, 6)  # 20 17 14 11 8 5
    assert outer.part(Range(1, 2, 2)) == Range(17, -6, 2)  # 17 11
    assert outer.part(Range(5, -1, 3)) == Range(5, 3, 3)  # 5 8 11


def test_values_with_an_index_of_their_own_are_integers():
    class Place:
        def __index__(self) -> int:
            return 3

    found: Any = parse_index((Place(), np.array(2)), SHAPE)
    assert found.ranges[:2] == (Range(3, 1, 1), Range(2, 1, 1))
