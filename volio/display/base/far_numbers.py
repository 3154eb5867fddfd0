"""Numbers far from 0: integers that float64 does not hold, and what is left near some number.

Limits and values are float64, but integers beyond 2**53, which float64 would round, stay Python's
integers. They become floats once another number near them has been taken away.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT", "difference", "exact_number", "has_far_integers", "is_far", "middle", "moved"]

#: Integers up to this are exact in float64.
EXACT = 2**53


def exact_number(value: Any) -> float:
    """Return a number as float; an integer that float64 may not hold as int, if a dtype does."""
    if isinstance(value, int | np.integer) and EXACT < abs(int(value)) < 2**64:
        return int(value)
    return float(value)


def is_far(*numbers: float) -> bool:
    """Return whether a number is beyond the integers that float64 holds."""
    return any(abs(number) > EXACT for number in numbers)


def has_far_integers(values: NDArray[Any]) -> bool:
    """Return whether some of an array are integers that float64 may not hold."""
    is_long = values.dtype.kind in "iu" and values.dtype.itemsize == 8
    return is_long and values.size > 0 and is_far(int(values.min()), int(values.max()))


def middle(low: float, high: float) -> float:
    """Return the number between two; of integers far from 0 a whole one."""
    return moved(low, (high - low) / 2)


def moved(number: float, step: float) -> float:
    """Return a number plus a small one; of an integer far from 0 a whole one."""
    if isinstance(number, int) and is_far(number):
        return exact_number(number + round(step))
    return float(number) + step


def difference(values: NDArray[Any], origin: float) -> NDArray[Any]:
    """Return numbers less another one, not rounded before the result is.

    Parameters
    ----------
    values : ndarray
        Integers or floats.
    origin : float
        A whole number that their dtype holds where the values are integers.

    Returns
    -------
    ndarray
        float64 of integers, else of the dtype of the values.
    """
    if values.dtype.kind not in "iu":
        return np.asarray(values - values.dtype.type(origin))
    # Integers of 64 bits wrap around and back: the distance is exact in either direction.
    start = int(origin)
    distance = values.astype(np.uint64) - np.uint64(start % 2**64)
    is_above = values >= start
    return np.where(is_above, distance.astype(np.float64), -((~distance + 1).astype(np.float64)))
