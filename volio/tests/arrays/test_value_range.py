"""Ranges of values: the slope and intercept that they stand for, and back."""

from __future__ import annotations

import numpy as np
import pytest

from volio.arrays.value_range import range_of_scaling, scaling_of_range


def test_the_ends_stand_for_slope_and_intercept():
    least, greatest = np.array([-1.0, 10.0]), np.array([3.0, 10.0])
    slope, inter = scaling_of_range(least, greatest, -128, 127)
    np.testing.assert_array_equal(slope, [4 / 255, 0])
    np.testing.assert_allclose(slope * -128 + inter, least)
    np.testing.assert_allclose(slope * 127 + inter, greatest)


@pytest.mark.parametrize(
    ("slope", "inter", "low"),
    [(40 / 7, -29.0, -128), (89 / 7, 0.0, -32768), (36 / 7, 0.0, -32768), (2.0, 3.0, -128)],
)
def test_slope_and_intercept_come_back_bit_for_bit(slope, inter, low):
    """The ends as they are rounded would give others for all but the last pair."""
    high = -low - 1.0
    ends = range_of_scaling(slope, inter, low, high)
    assert scaling_of_range(*ends, low, high) == (slope, inter)
    as_rounded = low * slope + inter, high * slope + inter
    assert (scaling_of_range(*as_rounded, low, high) == (slope, inter)) == (slope == 2)


def test_ends_beyond_float64_are_not_finite():
    slope, _ = scaling_of_range(np.array(-1e308), np.array(1e308), 0, 1)
    assert not np.isfinite(slope)
