"""Numbers that a header can have: finite ones, those of a range, and those that are all alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.errors import HeaderDataError

__all__ = ["LARGEST", "check_alike", "check_finite", "in_range"]

#: Largest integer that is read from text: one of 18 digits.
LARGEST = 10**18 - 1

#: Most numbers that a message has.
MOST_SHOWN = 16


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
    if not all(np.isfinite(value).all() for value in values):
        found = ", ".join(_shown(value) for value in values)
        raise error(f"{field}: must be finite, got {found}")


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
