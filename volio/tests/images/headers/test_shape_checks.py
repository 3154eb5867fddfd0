"""Shapes that a format can hold are refused by name, and the first axes of any."""

from __future__ import annotations

import re

import pytest

from volio.errors import HeaderDataError
from volio.images.headers.shape_checks import check_shape, first_axes


@pytest.mark.parametrize("shape", [(1,), (0, 100), [2, 3, 4]])
def test_shapes_that_fit_are_returned_as_a_tuple(shape):
    assert check_shape(shape, axes=3, largest=100, holder="X", fewest=1) == tuple(shape)


def test_no_axes_fit_where_none_are_needed():
    assert check_shape((), axes=3, largest=100, holder="X") == ()


@pytest.mark.parametrize(
    ("shape", "fewest", "message"),
    [
        ((1, 2, 3, 4), 0, "shape: at most 3 axes fit X, got 4: (1, 2, 3, 4)"),
        ((1, 2, 3, 4), 1, "shape: 1 to 3 axes fit X, got 4: (1, 2, 3, 4)"),
        ((), 1, "shape: 1 to 3 axes fit X, got 0: ()"),
        ((5, -1), 0, "shape: lengths from 0 to 100 fit X, got (5, -1)"),
        ((-1, 5), 0, "shape: lengths from 0 to 100 fit X, got (-1, 5)"),
        ((101, 5), 0, "shape: lengths from 0 to 100 fit X, got (101, 5); take Y"),
        ((5, 101), 0, "shape: lengths from 0 to 100 fit X, got (5, 101); take Y"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape, fewest, message):
    with pytest.raises(HeaderDataError, match=f"^{re.escape(message)}$"):
        check_shape(shape, axes=3, largest=100, holder="X", fewest=fewest, hint="take Y")


@pytest.mark.parametrize(
    ("shape", "three", "four"),
    [
        ((), (1, 1, 1), (1, 1, 1, 1)),
        ((7, 8), (7, 8, 1), (7, 8, 1, 1)),
        ((7, 8, 9, 10, 11), (7, 8, 9), (7, 8, 9, 10)),
    ],
)
def test_missing_axes_have_one_voxel(shape, three, four):
    assert first_axes(shape) == three
    assert first_axes(shape, 4) == four
