"""Which lines a key in square brackets stands for, and groups: numbers of lines under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, IndexingError, UsageError
from volio.images.arguments import given_array
from volio.pieces import row_numbers

__all__ = ["checked_groups", "chosen_lines", "copied_groups", "random_lines", "selected_groups"]

Array = NDArray[Any]
Groups = dict[str, Array]
GroupValues = dict[str, dict[str, Array]]


def chosen_lines(key: Any, count: int) -> NDArray[np.int64]:
    """Return the numbers of lines that are chosen.

    Parameters
    ----------
    key : slice, array-like of bool, shape (n,), or array-like of int, shape (m,)
        Negative numbers count from the end.
    count : int
        Number of lines there are.

    Raises
    ------
    IndexingError
        If there are no such lines.
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(count), dtype=np.int64)
    try:
        array = np.asarray(key)
    except ValueError as error:  # rows of unequal lengths
        raise IndexingError(f"lines: must be a slice, a mask or integers ({error})") from error
    if array.dtype == bool and array.shape == (count,):
        return np.flatnonzero(array)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise IndexingError(
            f"lines: must be a slice, a mask of shape ({count},) or integers, got {array.dtype} "
            f"{array.shape}"
        )
    numbers = array.astype(np.int64)
    if array.size and (numbers.min() < -count or numbers.max() >= count):
        raise IndexingError(f"lines: there are {count}, got {numbers.min()} to {numbers.max()}")
    return np.where(numbers < 0, numbers + count, numbers)


def random_lines(count: int, total: int, seed: int) -> NDArray[np.int64]:
    """Return the numbers of so many lines of all, or of all, chosen at random; they ascend.

    Raises
    ------
    UsageError
        If `count` is negative.
    """
    if count < 0:
        raise UsageError(f"count: must not be negative, got {count}")
    chosen = np.random.default_rng(seed).permutation(total)[:count]
    return np.sort(chosen).astype(np.int64)


def checked_groups(
    groups: Mapping[str, ArrayLike] | None,
    per_group: Mapping[str, Mapping[str, ArrayLike]] | None,
    count: int,
) -> tuple[Groups, GroupValues]:
    """Return groups of lines, and their values.

    Parameters
    ----------
    groups : mapping of str to array-like of int, optional
        Numbers of lines.
    per_group : mapping of str to mapping of str to array-like, optional
    count : int
        Number of lines there are.

    Raises
    ------
    ImageDataError
        If a group has lines that are not there, or values are of a group that is not.
    """
    found = {name: _checked_group(name, lines, count) for name, lines in (groups or {}).items()}
    values: GroupValues = {}
    for name, named in (per_group or {}).items():
        if name not in found:
            raise ImageDataError(f"per_group: there is no group {name!r}")
        values[name] = {
            key: np.asarray(given_array(f"{name}: {key}", each)) for key, each in named.items()
        }
    return found, values


def copied_groups(
    groups: Mapping[str, Array] | None, per_group: Mapping[str, Mapping[str, Array]] | None
) -> tuple[Groups, GroupValues]:
    """Return groups and their values in mappings of their own, over the same arrays."""
    values = {name: dict(named) for name, named in (per_group or {}).items()}
    return dict(groups or {}), values


def _checked_group(name: str, lines: ArrayLike, count: int) -> Array:
    array = np.asarray(given_array(f"group {name!r}", lines))
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ImageDataError(
            f"group {name!r}: must be numbers of lines, of shape (m,), got {array.dtype} "
            f"{array.shape}"
        )
    if array.size and not (array.min() >= 0 and array.max() < count):
        raise ImageDataError(
            f"group {name!r}: must be lines 0 to {count - 1}, got {array.min()} to {array.max()}"
        )
    return array.astype(np.int64)


def selected_groups(groups: Mapping[str, Array], numbers: NDArray[np.int64]) -> Groups:
    """Return the groups of some of the lines, with the numbers that these have now.

    Parameters
    ----------
    groups : mapping of str to array of int
    numbers : array of int64, shape (m,)
        Numbers of the lines that were selected, perhaps several times.
    """
    if not groups:
        return {}
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    selected: Groups = {}
    for name, members in groups.items():
        first = np.searchsorted(ordered, members, "left")
        last = np.searchsorted(ordered, members, "right")
        selected[name] = order[row_numbers(first, last - first)]
    return selected
