"""Shapes, sizes and numbers that a format cannot hold are refused by name; first axes of any."""

from __future__ import annotations

import re

import numpy as np
import pytest

from volio.errors import HeaderDataError
from volio.images.headers.shape_checks import (
    check_alike,
    check_finite,
    check_shape,
    first_axes,
    in_range,
)


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


class OwnError(HeaderDataError):
    """An error of one format."""


def test_integers_have_a_range():
    assert [in_range("skip", number, -1, 3) for number in (-1, 0, 3)] == [-1, 0, 3]
    assert in_range("skip", 10**17, 0) == 10**17
    for number in (-2, 4):
        with pytest.raises(HeaderDataError, match=f"skip: must be -1 to 3, got {number}"):
            in_range("skip", number, -1, 3)
    with pytest.raises(HeaderDataError, match="skip: must be 0 or more, got -1"):
        in_range("skip", -1, 0)


def test_numbers_are_finite_in_every_value():
    check_finite("delta, centre", [1.0, -2.5], np.float32(3), 4)
    with pytest.raises(HeaderDataError, match=r"^delta, centre: .* finite, got 1.5, \[2.0, nan"):
        check_finite("delta, centre", 1.5, [2.0, np.nan])
    with pytest.raises(HeaderDataError, match=r"^slope: must be finite, got -inf$"):
        check_finite("slope", -np.inf)
    with pytest.raises(OwnError, match=r"^slopes: must be finite, got \[inf, 1.0(, 1.0){14}\]$"):
        check_finite("slopes", [np.inf, *[1.0] * 99], error=OwnError)


def test_values_are_alike_in_every_record():
    check_alike("bits", np.array([16, 16, 16]), "images")
    check_alike("spacing", np.array([[1.5, 2.5], [1.5, 2.5]]), "images")
    check_alike("bits", np.array([], int), "images")
    with pytest.raises(HeaderDataError, match=r"^bits: .* same for all images, got \[8, 16"):
        check_alike("bits", np.array([16, 8, 16]), "images")
    with pytest.raises(OwnError, match=r"^spacing: .* all slices, got \[\[1.5, 2.0\], \[1.5, 2.5"):
        check_alike("spacing", np.array([[1.5, 2.5], [1.5, 2.0]]), "slices", OwnError)
