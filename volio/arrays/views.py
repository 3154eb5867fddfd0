"""Lazy slices, flips, axis orders and concatenations of lazy arrays.

The functions take lazy arrays and numpy arrays. Of a numpy array they return what numpy does, a
view where it gives one. Of a lazy array they return a lazy array that reads from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox, fill_boxes, range_reads
from volio.arrays.indexing.request import Box, Index, Range, parse_index, whole
from volio.arrays.indexing.runs import StorageLayout
from volio.arrays.joined import Concatenated, Held
from volio.arrays.lazy import DerivedArray, LazyArray
from volio.errors import UsageError

__all__ = [
    "ArrayView",
    "lazy_concatenate",
    "lazy_flip",
    "lazy_slice",
    "lazy_squeeze",
    "lazy_stack",
    "lazy_transpose",
]

AnyArray = LazyArray | Array


class ArrayView(DerivedArray):
    """Ranges along the axes of a lazy array, with axes in any order, dropped or added.

    Parameters
    ----------
    base : LazyArray
    ranges : sequence of Range
        One per axis of `base`.
    axes : sequence of int or None
        Per axis of the view the axis of `base`, or None for a new one of length 1. Axes of
        `base` that are not named must have ranges of length 1.
    """

    def __init__(
        self, base: LazyArray, ranges: Sequence[Range], axes: Sequence[int | None]
    ) -> None:
        self.base = base
        self.ranges = tuple(ranges)
        self.axes = tuple(axes)
        self.shape = self._per_axis([wanted.length for wanted in ranges])
        self.dtype = base.dtype
        self.order = "C"  # as of an array in memory, which it would be in numpy

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the blocks of the base, as they are seen here."""
        lengths = []
        for chunk, wanted in zip(self.base.chunks, self.ranges, strict=True):
            seen = chunk // abs(wanted.step)
            lengths.append(max(1, min(wanted.length, seen)))
        return self._per_axis(lengths)

    @property
    def first_chunk(self) -> tuple[int, ...]:
        """Shape of the block at the origin: what is seen of the block in which the view begins."""
        base = self.base
        lengths = [
            _seen_of_first(wanted, chunk, first)
            for wanted, chunk, first in zip(self.ranges, base.chunks, base.first_chunk, strict=True)
        ]
        return self._per_axis(lengths)

    @property
    def layout(self) -> StorageLayout:
        """The order of the base's axes; new axes count as the slowest."""
        of_base = self.base.layout
        # Where the view takes every n-th index, n of the base's are one of the view's.
        gaps = []
        for gap, wanted in zip(of_base.gaps, self.ranges, strict=True):
            gaps.append(gap // abs(wanted.step))
        new = [number for number, axis in enumerate(self.axes) if axis is None]
        seen = [axis for axis in of_base.order if axis in self.axes]
        order = (*new, *[self.axes.index(axis) for axis in seen])
        return StorageLayout(order, self._per_axis(gaps), of_base.forward)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from the base."""
        self.read_ranges(out, _ranges_of(box))

    def read_ranges(self, out: Array, ranges: Sequence[Range]) -> None:
        """Fill `out` with ranges of this view, which are ranges of the base."""
        self.base.read_ranges(self._with_base_axes(out), self.ranges_in_base(ranges))

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` from the open base: one box of it, or several where the view has steps."""
        ranges = self.ranges_in_base(_ranges_of(box))
        fill_boxes(fill_base, range_reads(self.base.layout, self._with_base_axes(out), ranges))

    def ranges_in_base(self, ranges: Sequence[Range]) -> list[Range]:
        """Return ranges along the axes of this view as ranges along those of the base."""
        found = list(self.ranges)
        for axis, wanted in zip(self.axes, ranges, strict=True):
            if axis is not None:
                found[axis] = self.ranges[axis].part(wanted)
        return found

    def _per_axis(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Return numbers per axis of the base as numbers per axis of this view; 1 for new axes."""
        return tuple([1 if axis is None else numbers[axis] for axis in self.axes])

    def _with_base_axes(self, out: Array) -> Array:
        """Return a view of an array with the axes of the base.

        New axes, of length 1, go; axes of the base that are not seen come, of length 1.
        """
        new = [number for number, axis in enumerate(self.axes) if axis is None]
        seen = sorted([axis for axis in self.axes if axis is not None])
        places = [self.axes.index(axis) for axis in seen]
        ordered = out.transpose([*new, *places])
        first: tuple[Any, ...] = (*[0] * len(new), ...)  # with ... a view, also without axes
        without_new = ordered[first]
        unseen = [axis for axis in range(len(self.ranges)) if axis not in seen]
        return np.expand_dims(without_new, tuple(unseen))


def _seen_of_first(wanted: Range, chunk: int, first: int) -> int:
    """Return how many indices of a range are in the block of its first one.

    Parameters
    ----------
    wanted : Range
    chunk : int
        Length of a block along the axis.
    first : int
        Length of the block at the origin.
    """
    offset = (wanted.start + chunk - first) % chunk  # of the first index in its block
    to_end = chunk - offset if wanted.step > 0 else offset + 1
    seen = -(-to_end // abs(wanted.step))
    return max(1, min(seen, wanted.length))


def _ranges_of(box: Box) -> list[Range]:
    return [Range(start, 1, stop - start) for start, stop in box]


def lazy_slice(array: AnyArray, index: Index) -> AnyArray:
    """Return the part of an array that integers, slices, Ellipsis and newaxis name.

    Parameters
    ----------
    array : LazyArray or ndarray
    index : as for numpy
        With masks or index arrays the part is read at once.

    Returns
    -------
    LazyArray or ndarray
        Lazy for a lazy array, even where numpy would give a scalar.
    """
    if not isinstance(array, LazyArray):
        wanted: Any = index
        return np.asarray(array[wanted])
    request = parse_index(index, array.shape)
    if request.points is not None:
        return array.read(index)
    return _view_of(array, request.ranges, request.result_axes)


def lazy_transpose(array: AnyArray, axes: Sequence[int] | None = None) -> AnyArray:
    """Return an array with its axes in another order, reversed by default.

    Raises
    ------
    UsageError
        If `axes` is not an order of all axes.
    """
    given = range(array.ndim)[::-1] if axes is None else axes
    order = [_axis(array, axis) for axis in given]
    if sorted(order) != list(range(array.ndim)):
        raise UsageError(f"axes: must name each of {array.ndim} axes once, got {axes}")
    if not isinstance(array, LazyArray):
        return array.transpose(order)
    return _view_of(array, whole(array.shape), order)


def lazy_flip(array: AnyArray, axis: int | Sequence[int]) -> AnyArray:
    """Return an array flipped along one or more axes."""
    flipped = _axes(array, axis)
    steps = [-1 if each in flipped else 1 for each in range(array.ndim)]
    return lazy_slice(array, (..., *[slice(None, None, step) for step in steps]))


def lazy_squeeze(array: AnyArray, axis: int | Sequence[int] | None = None) -> AnyArray:
    """Return an array without the named axes of length 1; all such axes by default.

    Raises
    ------
    UsageError
        If a named axis has another length.
    """
    if axis is None:
        dropped = {each for each, length in enumerate(array.shape) if length == 1}
    else:
        dropped = _axes(array, axis)
    if any(array.shape[each] != 1 for each in dropped):
        raise UsageError(f"axis: {axis} is longer than 1 in shape {array.shape}")
    index = [0 if each in dropped else slice(None) for each in range(array.ndim)]
    return lazy_slice(array, (..., *index))


def lazy_concatenate(arrays: Sequence[AnyArray], axis: int = 0) -> AnyArray:
    """Join arrays along an axis they have.

    Raises
    ------
    UsageError
        If there are no arrays or their shapes do not fit.
    """
    if not arrays:
        raise UsageError("arrays: at least one is needed")
    axis = _axis(arrays[0], axis)
    parts = [each if isinstance(each, LazyArray) else Held(np.asarray(each)) for each in arrays]
    joined = Concatenated(parts, axis)
    in_memory = all(isinstance(part, Held) for part in parts)
    return np.asarray(joined) if in_memory else joined


def lazy_stack(arrays: Sequence[AnyArray], axis: int = -1) -> AnyArray:
    """Join arrays of equal shape along a new axis, the last by default.

    Raises
    ------
    UsageError
        If there are no arrays or their shapes differ.
    """
    if len({array.shape for array in arrays}) != 1:
        raise UsageError(f"arrays: shapes must be equal, got {[array.shape for array in arrays]}")
    ndim = arrays[0].ndim + 1
    if not -ndim <= axis < ndim:
        raise UsageError(f"axis: {axis} is outside {ndim} axes")
    index = (*[slice(None)] * (axis % ndim), None, ...)
    return lazy_concatenate([lazy_slice(array, index) for array in arrays], axis % ndim)


def _view_of(array: LazyArray, ranges: Sequence[Range], axes: Sequence[int | None]) -> LazyArray:
    """Return a view of an array, or the array itself where all of it is seen.

    A view of a view is one of what the first one sees, but where a new axis of that is cut to
    length 0: no range of the base stands for it.
    """
    if isinstance(array, ArrayView) and all(
        axis is not None or wanted.length == 1
        for axis, wanted in zip(array.axes, ranges, strict=True)
    ):
        seen = [None if axis is None else array.axes[axis] for axis in axes]
        return _view_of(array.base, array.ranges_in_base(ranges), seen)
    every_axis = list(axes) == list(range(array.ndim))
    if every_axis and tuple(ranges) == whole(array.shape):
        return array
    return ArrayView(array, ranges, axes)


def _axes(array: AnyArray, axes: int | Sequence[int]) -> set[int]:
    """Return one or more axes, counted from the first one."""
    return {_axis(array, axis) for axis in np.atleast_1d(np.asarray(axes, int)).tolist()}


def _axis(array: AnyArray, axis: int) -> int:
    if not -array.ndim <= axis < array.ndim:
        raise UsageError(f"axis: {axis} is outside {array.ndim} axes")
    return axis % array.ndim
