"""Regions: from any space to the pixels of a level."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError
from volio.formats.catmaid.roi import PixelBox, pixel_box, roi_to_scaled
from volio.formats.catmaid.spaces import CoordinateTransformer

PLAIN = CoordinateTransformer()
ORDERS = ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"]


def test_integers_are_divided_before_they_are_rounded():
    """catpy divided integers as integers: 101 pixels became 50, without the last."""
    found = roi_to_scaled([[0, 0, 0], [1, 101, 101]], "stack", 1, PLAIN)
    assert found.tolist() == [[0, 0, 0], [1, 51, 51]]
    assert found.dtype == np.int64


def test_bounds_are_rounded_outwards_also_below_zero():
    found = roi_to_scaled([[-0.5, -3, 1.9], [0.5, 3, 2.1]], "stack", 1, PLAIN)
    assert found.tolist() == [[-1, -2, 0], [1, 2, 2]]


def test_scaled_regions_are_only_rounded():
    found = roi_to_scaled([[0, 1.5, 2], [4, 5.5, 6]], "scaled", 3, PLAIN)
    assert found.tolist() == [[0, 1, 2], [4, 6, 6]]


def test_project_regions_by_hand():
    spaces = CoordinateTransformer({"x": 4, "y": 4, "z": 40}, {"x": 0, "y": 8, "z": 80})
    # z: (120 - 80) / 40 = 1, y: (40 - 8) / 4 / 2 = 4, x: 44 / 4 / 2 = 5.5
    found = roi_to_scaled([[80, 8, 0], [120, 40, 44]], "project", 1, spaces)
    assert found.tolist() == [[0, 0, 0], [1, 4, 6]]


def test_project_regions_of_other_orientations_end_in_stack_axes():
    spaces = CoordinateTransformer({"x": 1, "y": 2, "z": 4}, orientation="xz")
    found = roi_to_scaled([[0, 0, 0], [8, 8, 8]], "project", 0, spaces, "xyz")
    assert found.tolist() == [[0, 0, 0], [8, 2, 4]]  # stack y is project z


@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(0, 300)), min_size=3, max_size=3),
    st.integers(-3, 5),
    st.sampled_from(ORDERS),
)
def test_whole_pixels_against_fractions(sides, zoom, dims):
    lower = [start for start, _ in sides]
    upper = [start + length for start, length in sides]
    found = roi_to_scaled([lower, upper], "stack", zoom, PLAIN, dims)
    factors = [1 if dim == "z" else Fraction(2) ** zoom for dim in dims]
    assert found[0].tolist() == [floor(n / f) for n, f in zip(lower, factors, strict=True)]
    assert found[1].tolist() == [ceil(n / f) for n, f in zip(upper, factors, strict=True)]


@pytest.mark.parametrize(
    ("roi", "match"),
    [
        ([[0, 0, 0], [1, 1]], r"must be numbers of shape \(2, 3\)"),
        ([[0, 0, 0]], r"must have shape \(2, 3\), got \(1, 3\)"),
        ([[0, 0, "a"], [1, 1, 1]], r"must be numbers of shape \(2, 3\)"),
        ([[0, 0, 0], [1, 1, np.nan]], "bounds must be finite"),
        ([[0, 0, 0], [1, 1, np.inf]], "bounds must be finite"),
        ([[0, 0, 1], [1, 1, 0]], "upper bounds must not be below lower ones"),
        ([[0, 0, 0], [1, 1, 1e20]], r"must be within 2\*\*53 pixels"),
    ],
)
def test_regions_that_make_no_sense(roi, match):
    with pytest.raises(UsageError, match=match):
        roi_to_scaled(roi, "stack", 0, PLAIN)


def test_modes_orders_and_levels_that_make_no_sense():
    roi = [[0, 0, 0], [1, 1, 1]]
    with pytest.raises(UsageError, match="must be one of stack, scaled, project, got 'world'"):
        roi_to_scaled(roi, "world", 0, PLAIN)
    with pytest.raises(UsageError, match="dims: must be a permutation of xyz"):
        roi_to_scaled(roi, "stack", 0, PLAIN, "zyy")
    for mode in ("stack", "scaled", "project"):
        with pytest.raises(UsageError, match="zoom level: must be a whole number"):
            roi_to_scaled(roi, mode, 0.5, PLAIN)


def test_boxes_name_their_sides():
    box = pixel_box(np.array([[1, 2, 3], [10, 20, 30]]), "yzx")
    assert box == PixelBox(x=(3, 30), y=(1, 10), z=(2, 20))
    assert box.shape == (18, 9, 27)
