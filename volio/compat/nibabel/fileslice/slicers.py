"""Indices of arrays, worked out without the arrays: a part of nibabel's ``fileslice``.

volio's own arrays parse indices in `volio.arrays.indexing.request` and plan their reading in
`volio.arrays.indexing.runs`; these are for programs that read arrays of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as whole
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError

__all__ = [
    "ALL",
    "Slicer",
    "canonical_slicers",
    "fill_slicer",
    "is_fancy",
    "predict_shape",
    "slice2len",
    "slice2outax",
    "strided_scalar",
    "whole",
]

ALL = slice(None)
Slicer = Any  # an int, a slice or None


def is_fancy(sliceobj: Any) -> bool:
    """Return whether an index holds arrays or lists, that is more than ints, slices and axes."""
    parts = sliceobj if isinstance(sliceobj, tuple) else (sliceobj,)
    return any(np.ndim(part) > 0 for part in parts if not isinstance(part, slice))


def canonical_slicers(
    sliceobj: Any, shape: Sequence[int], check_inds: bool = True
) -> tuple[Slicer, ...]:
    """Return an index as one entry per axis (and None for new ones), without Ellipsis.

    Slices that take a whole axis become ``slice(None)``, negative integers positive.

    Raises
    ------
    UsageError
        For index arrays, a second Ellipsis, too many entries, and with `check_inds` integers
        past the end.
    """
    if is_fancy(sliceobj):
        raise UsageError(f"index: must have no arrays or lists, got {sliceobj!r}")
    parts = _without_ellipsis(sliceobj, len(shape))
    lengths = iter(shape)
    return tuple(p if p is None else _canonical(p, next(lengths), check_inds) for p in parts)


def _without_ellipsis(sliceobj: Any, ndim: int) -> list[Any]:
    """Return the parts of an index, whole axes for an ellipsis and for those after the last."""
    parts = list(sliceobj) if isinstance(sliceobj, tuple) else [sliceobj]
    if parts.count(Ellipsis) > 1:
        raise UsageError("index: must have at most one Ellipsis")
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    absent = ndim - sum(part is not None and part is not Ellipsis for part in parts)
    if absent < 0:
        raise UsageError(f"index: has more entries than the {ndim} axes")
    at = parts.index(Ellipsis)
    return [*parts[:at], *[ALL] * absent, *parts[at + 1 :]]


def _canonical(part: Any, length: int, check: bool) -> Slicer:
    if isinstance(part, slice):
        return ALL if part.indices(length) == (0, length, 1) else part
    number = whole(part)
    if check and not -length <= number < length:
        raise UsageError(f"index: {number} is outside an axis of length {length}")
    return number + length if number < 0 else number


def slice2outax(ndim: int, sliceobj: Any) -> tuple[int | None, ...]:
    """Return, for each axis of the array, its number in the result; None where it is dropped."""
    axes: list[int | None] = []
    count = 0
    for part in canonical_slicers(sliceobj, (1,) * ndim, check_inds=False):
        kept = part is None or isinstance(part, slice)
        if part is not None:
            axes.append(count if kept else None)
        count += kept
    return tuple(axes)


def slice2len(slicer: slice, in_len: int) -> int:
    """Return how many elements a slice takes from an axis."""
    return len(range(*slicer.indices(in_len)))


def fill_slicer(slicer: slice, in_len: int) -> slice:
    """Return a slice with all three numbers, none negative; a stop before element 0 is None."""
    start, stop, step = slicer.indices(in_len)
    if start < 0:
        return slice(0, 0, step)
    return slice(start, None if stop < 0 else stop, step)


def predict_shape(sliceobj: Any, in_shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that an array has after indexing."""
    lengths = iter(in_shape)
    shape = []
    for part in canonical_slicers(sliceobj, in_shape):
        if part is None:
            shape.append(1)
            continue
        length = next(lengths)
        if isinstance(part, slice):
            shape.append(slice2len(part, length))
    return tuple(shape)


def strided_scalar(shape: Sequence[int], scalar: Any = 0.0) -> NDArray[Any]:
    """Return an array of one repeated value that takes the memory of that value only."""
    view: NDArray[Any] = np.broadcast_to(np.ravel(scalar)[0], tuple(shape))
    return view
