"""Checks of shapes, voxel sizes and other numbers that a header is given or states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from volio.errors import HeaderDataError, UsageTypeError

__all__ = [
    "LARGEST",
    "as_lengths",
    "as_single",
    "check_alike",
    "check_finite",
    "check_shape",
    "check_stored_sizes",
    "check_zooms",
    "first_axes",
    "in_range",
]

#: Largest integer that is read from text: one of 18 digits.
LARGEST = 10**18 - 1

#: Sizes that float32 holds with all of its digits.
SMALLEST_SINGLE = float(np.finfo(np.float32).smallest_normal)
LARGEST_SINGLE = float(np.finfo(np.float32).max)

#: Most numbers that a message has.
MOST_SHOWN = 16

#: Lengths of the axes of an array, (i, j, k, ...).
Shape = tuple[int, ...]

#: Size of a voxel along each axis.
Sizes = tuple[float, ...]

Number = TypeVar("Number", int, float)


def as_lengths(value: Iterable[int]) -> Shape:
    """Return the lengths of the axes of an array as integers.

    Parameters
    ----------
    value : iterable of int

    Raises
    ------
    UsageTypeError
        If they are not numbers.
    """
    try:
        return tuple([int(length) for length in value])
    except (TypeError, ValueError) as error:
        raise UsageTypeError(f"shape: must be integers, got {value!r:.80}") from error


def check_shape(
    value: Iterable[int], *, axes: int, largest: int, holder: str, fewest: int = 0, hint: str = ""
) -> Shape:
    """Return the lengths of the axes of an array, if a format can hold it.

    Parameters
    ----------
    value : iterable of int
        Shape of the array, (i, j, k, ...).
    axes, fewest : int
        Most and fewest axes that the format has.
    largest : int
        Length of the longest axis that the format has.
    holder : str
        Name of the format, for the message.
    hint : str
        What to do where an axis is too long, for the message.

    Raises
    ------
    HeaderDataError
        If there are more or fewer axes, or a length is negative or too large.
    """
    lengths = as_lengths(value)
    if not fewest <= len(lengths) <= axes:
        count = f"{fewest} to {axes}" if fewest else f"at most {axes}"
        raise HeaderDataError(f"shape: {count} axes fit {holder}, got {len(lengths)}: {lengths}")
    if lengths and not 0 <= min(lengths) <= max(lengths) <= largest:
        problem = f"shape: lengths from 0 to {largest} fit {holder}, got {lengths}"
        too_long = hint and max(lengths) > largest
        raise HeaderDataError(f"{problem}; {hint}" if too_long else problem)
    return lengths


def first_axes(sizes: Sequence[Number], count: int = 3) -> tuple[Number, ...]:
    """Return the lengths or voxel sizes of the first `count` axes, 1 for those that are missing."""
    ones: list[Any] = [1] * (count - len(sizes))
    return (*sizes[:count], *ones)


def check_zooms(
    zooms: Iterable[float], axes: int, *, fewest: int | None = None, zero: bool = True
) -> list[float]:
    """Return voxel sizes, if a header of so many axes can have them.

    Parameters
    ----------
    zooms : iterable of float
        Size of a voxel along each axis.
    axes : int
        How many there must be.
    fewest : int, optional
        Another number that is enough, for headers that keep sizes of later axes.
    zero : bool
        Whether sizes along the first three axes may be 0.

    Raises
    ------
    HeaderDataError
        If they are negative, not finite, or of the wrong number.
    """
    try:
        sizes = [float(size) for size in zooms]
    except (TypeError, ValueError) as error:
        raise UsageTypeError(f"zooms: must be numbers, got {zooms!r:.80}") from error
    if len(sizes) not in (axes, fewest):
        raise HeaderDataError(f"zooms: {axes} are needed, one for each axis, got {len(sizes)}")
    if any(not isfinite(size) or size < 0 for size in sizes):
        raise HeaderDataError(f"zooms: must be finite and not negative, got {tuple(sizes)}")
    if not zero and 0 in sizes[:3]:
        raise HeaderDataError(f"zooms: the sizes of a voxel must not be 0, got {sizes[:3]}")
    return sizes


def check_stored_sizes(field: str, sizes: Sequence[float], dtype: np.dtype[Any]) -> None:
    """Check that a field can hold voxel sizes: in float32 the smallest ones would become 0.

    Parameters
    ----------
    field : str
        Name of the field, for the message.
    sizes : sequence of float
        In the unit of the field.
    dtype : dtype
        Of the field.

    Raises
    ------
    HeaderDataError
        If the field is float32 and a size other than 0 is too small or too large for that.
    """
    if dtype.itemsize > 4:
        return
    if not all(size == 0 or SMALLEST_SINGLE <= size <= LARGEST_SINGLE for size in sizes):
        raise HeaderDataError(
            f"{field}: sizes of a voxel from {SMALLEST_SINGLE:.2g} to {LARGEST_SINGLE:.2g} fit "
            f"float32, got {[float(size) for size in sizes]}; state lengths in another unit"
        )


def as_single(field: str, value: Any) -> ArrayLike:
    """Return numbers for a field of float32, if it can hold them; NaN and infinity it does.

    Raises
    ------
    HeaderDataError
        If a finite number is too large.
    """
    if isinstance(value, float) and -LARGEST_SINGLE <= value <= LARGEST_SINGLE:
        return value  # most fields, without the time that numpy takes for one number
    try:
        with np.errstate(over="raise"):
            return np.asarray(value, np.float32)
    except FloatingPointError:
        raise HeaderDataError(
            f"{field}: numbers up to {LARGEST_SINGLE:.2g} fit float32, got {_shown(value)}"
        ) from None


def check_finite(
    field: str, *values: ArrayLike, error: type[HeaderDataError] = HeaderDataError
) -> None:
    """Check that all numbers of a field, or of several, are finite.

    Parameters
    ----------
    field : str
        Name of the field, or of several, for the message.
    *values : array-like
    error : type of HeaderDataError
        The error of the format.

    Raises
    ------
    HeaderDataError
        If a number is NaN or infinite.
    """
    if not all(map(_is_finite, values)):
        found = ", ".join(_shown(value) for value in values)
        raise error(f"{field}: must be finite, got {found}")


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):  # most are; numpy takes many times as long
        return isfinite(value)
    return bool(np.isfinite(value).all())


def _shown(value: ArrayLike) -> str:
    """Return the first numbers of a value for a message."""
    found = np.asarray(value)
    return str(found.ravel()[:MOST_SHOWN].tolist() if found.ndim else found.item())


def in_range(field: str, number: int, low: int, high: int = LARGEST) -> int:
    """Return an integer of a field, if it is from `low` to `high`.

    Raises
    ------
    HeaderDataError
        If it is not.
    """
    if not low <= number <= high:
        wanted = f"{low} or more" if high == LARGEST else f"{low} to {high}"
        raise HeaderDataError(f"{field}: must be {wanted}, got {number}")
    return number


def check_alike(
    field: str, values: Any, of: str, error: type[HeaderDataError] = HeaderDataError
) -> None:
    """Check that a field has the same value in all records.

    Parameters
    ----------
    field : str
        Name of the field, for the message.
    values : ndarray, shape (records, ...)
        Its value in each record.
    of : str
        What has the records, for the message: 'images', 'frames'.
    error : type of HeaderDataError
        The error of the format.

    Raises
    ------
    HeaderDataError
        If values differ.
    """
    if np.any(values != values[:1]):
        found = np.unique(values, axis=0)[:6].tolist()
        raise error(f"{field}: must be the same for all {of}, got {found}")
