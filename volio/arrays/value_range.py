"""Ranges of values instead of slope and intercept: what the ends of the stored range stand for.

Some files state which values the lowest and the highest stored number mean.
"""

from __future__ import annotations

from itertools import product
from math import ulp
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array

__all__ = ["range_of_scaling", "scaling_of_range"]


def scaling_of_range(least: Array, greatest: Array, low: float, high: float) -> tuple[Array, Array]:
    """Return the slope and intercept that a range of values stands for.

    Parameters
    ----------
    least, greatest : ndarray
        The values of `low` and `high`, of the same shape; as many slopes are returned.
    low, high : float
        The ends of the stored range. They differ.

    Returns
    -------
    slope, inter : ndarray
        Not finite where a value is not, or their difference exceeds float64.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        slope = (greatest - least) / (high - low)
        return slope, least - low * slope


def range_of_scaling(slope: Any, inter: Any, low: float, high: float) -> tuple[Array, Array]:
    """Return the values of both ends of the stored range.

    Parameters
    ----------
    slope, inter : float or ndarray
        Broadcastable to each other.
    low, high : float
        The ends of the stored range.

    Returns
    -------
    least, greatest : ndarray
        Those from which `scaling_of_range` gives the same slope and intercept, bit for bit, where
        there are such numbers near the ends.
    """
    least, greatest = np.vectorize(_ends, otypes="dd")(slope, inter, low, high)
    return least, greatest


def _ends(slope: float, inter: float, low: float, high: float) -> tuple[float, float]:
    least = low * slope + inter
    greatest = high * slope + inter
    for first, last in product(_near(least), _near(greatest)):
        found = (last - first) / (high - low)
        if found == slope and first - low * found == inter:
            return first, last
    return least, greatest


def _near(value: float) -> list[float]:
    """Return a number and the floats around it, the nearest first."""
    return [value + step * ulp(value) for step in (0, 1, -1, 2, -2, 3, -3)]
