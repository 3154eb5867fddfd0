"""Shapes that a format can hold: how many axes, how long, and the first few of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from volio.errors import HeaderDataError

__all__ = ["check_shape", "first_axes"]

Number = TypeVar("Number", int, float)


def check_shape(
    value: Iterable[int], *, axes: int, largest: int, holder: str, fewest: int = 0, hint: str = ""
) -> tuple[int, ...]:
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
    lengths = tuple(int(length) for length in value)
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
