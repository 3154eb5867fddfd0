"""Groups of lines: numbers of lines under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError
from volio.images.arguments import given_array
from volio.pieces import row_numbers

__all__ = ["checked_groups", "copied_groups", "selected_groups"]

Array = NDArray[Any]
Groups = dict[str, Array]
GroupValues = dict[str, dict[str, Array]]


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
