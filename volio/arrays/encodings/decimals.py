"""Numbers of 32 bits as people typed them: 0.9, which float64 shows as 0.8999999761581421."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["decimal", "decimals", "field_decimal", "shown_number", "shown_sizes", "typed_numbers"]

FLOAT32 = struct.Struct("<f")
#: Digits that a float32 always keeps, and those by which any two of them differ.
FEWEST = 6
MOST = 9
#: Ends of what has all its digits in a float32.
SMALLEST = 2.0**-126
LARGEST = 3.4028235e38


def decimal(value: float) -> float:
    """Return the number of fewest decimal digits that is the same float32.

    Parameters
    ----------
    value : float
        Of a field of 32 bits, or computed from one.

    Returns
    -------
    float
        Narrowed to 32 bits it is what `value` is, narrowed.
    """
    value = float(value)
    if value.is_integer() and abs(value) < 2**24:
        return value
    return _shortest(value) if SMALLEST <= abs(value) <= LARGEST else value


@lru_cache(maxsize=4096)
def _shortest(value: float) -> float:
    (narrow,) = FLOAT32.unpack(FLOAT32.pack(value))
    for digits in range(FEWEST, MOST + 1):
        found = float(f"{narrow:.{digits}g}")
        if abs(found) <= LARGEST and FLOAT32.unpack(FLOAT32.pack(found)) == (narrow,):
            return found
    return float(narrow)


def decimals(values: Iterable[float]) -> tuple[float, ...]:
    """Return each number with the fewest decimal digits; see `decimal`."""
    return tuple(decimal(value) for value in values)


def shown_sizes(sizes: Iterable[float]) -> list[float]:
    """Return voxel sizes and time steps as people typed them, for tables and JSON.

    Formats that hold 64 bits have 0.8999999761581421 where an image came from one of 32 bits: that
    is 0.9, as its own format shows it. Numbers that no float32 is are returned as they are.

    Parameters
    ----------
    sizes : iterable of float
    """
    numbers = [float(size) for size in sizes]
    return [decimal(number) if _is_narrow(number) else number for number in numbers]


def shown_number(value: Any) -> Any:
    """Return a value of an image as it was typed, where it is a float that 32 bits hold."""
    return decimal(value) if isinstance(value, float) and _is_narrow(value) else value


def _is_narrow(number: float) -> bool:
    """Return whether 32 bits hold a number without loss."""
    return abs(number) <= LARGEST and FLOAT32.unpack(FLOAT32.pack(number)) == (number,)


def field_decimal(value: Any) -> float:
    """Return the number in a field, an array of one value, with the fewest decimal digits.

    Fields of 64 bits hold what was typed, and are returned as they are.
    """
    number = float(value)
    return decimal(number) if value.dtype.itemsize == FLOAT32.size else number


def typed_numbers(values: Any) -> Any:
    """Return an array as nested lists, as its ``tolist`` does; float32 as they were typed."""
    dtype = getattr(values, "dtype", None)
    if dtype is None or dtype.kind != "f" or dtype.itemsize != FLOAT32.size:
        return values.tolist()
    return values.astype(np.str_).astype(np.float64).tolist()  # numpy's texts are the shortest
