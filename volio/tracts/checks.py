"""Checks of points, lengths and values that tracts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, UsageError, UsageTypeError
from volio.images.arguments import given_array
from volio.tracts.lines import Lines
from volio.tracts.values import Which, checked_values

__all__ = ["checked_lines", "checked_points", "joined_lines", "joined_values"]

Array = NDArray[Any]


def checked_lines(
    points: ArrayLike | None,
    lengths: ArrayLike | None,
    per_point: Mapping[str, ArrayLike] | None,
    per_line: Mapping[str, ArrayLike] | None,
) -> Lines:
    """Return lines made of arrays; parameters and errors are those of `Tractogram`."""
    if isinstance(points, list | tuple) and points and _is_line(points[0]):
        raise UsageError(
            "points: must be those of all lines in one array, got one for each line; "
            "Tractogram.from_lines takes them so"
        )
    array = checked_points(np.zeros((0, 3), np.float32) if points is None else points)
    counts = _checked_lengths(lengths, len(array), points is None)
    return Lines.compact(
        array,
        counts,
        _all_checked(per_point, len(array), "per_point"),
        _all_checked(per_line, len(counts), "per_line"),
    )


def _is_line(points: Any) -> bool:
    """Return whether something is an array of points, or a list of them, not one point."""
    if isinstance(points, list | tuple):
        return len(points) > 0 and np.ndim(points[0]) > 0
    return np.ndim(points) > 1


def checked_points(points: ArrayLike) -> Array:
    """Return points as float32 or float64, shape (n, 3), C-contiguous.

    Raises
    ------
    ImageDataError
        If they are not numbers of that shape.
    UsageError
        If they are not an array.
    """
    array = np.asarray(given_array("points", points))
    if array.shape == (0,):
        array = array.reshape(0, 3)
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iuf":
        raise ImageDataError(
            f"points: must be numbers of shape (N, 3), got {array.dtype} {array.shape}"
        )
    dtype = np.float64 if array.dtype.newbyteorder("=") == np.float64 else np.float32
    return np.ascontiguousarray(array, dtype)


def _checked_lengths(lengths: ArrayLike | None, n_points: int, is_empty: bool) -> Array:
    """Return the number of points of each line.

    Raises
    ------
    ImageDataError
        If they are not integers, negative, or not of all points.
    """
    if lengths is None:
        return np.zeros(0, np.int64) if is_empty else np.array([n_points])
    array = np.asarray(given_array("lengths", lengths))
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ImageDataError(
            f"lengths: must be integers of shape (n,), got {array.dtype} {array.shape}"
        )
    counts = array.astype(np.int64)
    if (counts < 0).any() or int(counts.sum()) != n_points:
        raise ImageDataError(
            f"lengths: must not be negative, and together {n_points} points, got {counts.sum()}"
        )
    return counts


def _all_checked(
    values: Mapping[str, ArrayLike] | None, count: int, which: Which
) -> dict[str, Array]:
    """Return values by name, each with one row for each point or line."""
    return {name: checked_values(name, each, count, which) for name, each in (values or {}).items()}


def joined_lines(lines: Iterable[ArrayLike]) -> tuple[Array | None, Array]:
    """Return the points of lines in one array, None without any, and the length of each.

    Raises
    ------
    UsageTypeError
        If there is nothing to go through.
    """
    given: Any = lines
    if not isinstance(given, Iterable):
        found = type(given).__name__
        raise UsageTypeError(f"lines: must be arrays of points, one for each line, got {found}")
    arrays = [checked_points(line) for line in lines]
    lengths = np.array([len(array) for array in arrays], np.int64)
    return np.concatenate(arrays) if arrays else None, lengths


def joined_values(values: Mapping[str, Any], lengths: Array) -> dict[str, Array]:
    """Return values per point that are given as one array, or as one for each line.

    Raises
    ------
    ImageDataError
        If there are not as many values as points.
    """
    return {name: _joined(name, each, lengths) for name, each in values.items()}


def _joined(name: str, values: Any, lengths: Array) -> Array:
    is_array = isinstance(values, np.ndarray) and values.dtype != object
    if is_array or not isinstance(values, Iterable) or not len(lengths):
        return np.asarray(given_array(name, values))
    arrays = [np.asarray(given_array(name, each)) for each in values]
    if all(array.ndim == 0 for array in arrays):
        return np.asarray(given_array(name, values))
    counts = [len(array) if array.ndim else 1 for array in arrays]
    if counts != lengths.tolist():
        raise ImageDataError(
            f"{name}: must have a value for each point of each line, {_shown(lengths)}, "
            f"got {_shown(counts)}"
        )
    widths = {array.shape[1:] for array in arrays}
    if len(widths) > 1:
        found = " and ".join(map(str, sorted(widths)))
        raise ImageDataError(f"{name}: must have values of one shape, got those of shapes {found}")
    return np.concatenate([np.atleast_1d(array) for array in arrays])


def _shown(counts: Any) -> str:
    """Return the first of some numbers as text."""
    first = ", ".join(str(count) for count in counts[:5])
    return f"{first}, ..." if len(counts) > 5 else first
