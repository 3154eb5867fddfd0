"""Lazy slices, flips, axis orders and concatenations of lazy arrays.

The functions take lazy arrays and numpy arrays. Of a numpy array they return what numpy does, a
view where it gives one. Of a lazy array they return a lazy array that reads from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import Job, Layout
from volio.arrays.indexing.request import Range, parse_index, whole
from volio.arrays.indexing.runs import Box
from volio.arrays.joined import Concatenated, Held
from volio.arrays.lazy import LazyArray
from volio.errors import UsageError
from volio.files.sources.source import ByteSource

__all__ = [
    "Subarray",
    "lazy_concatenate",
    "lazy_flip",
    "lazy_slice",
    "lazy_squeeze",
    "lazy_stack",
    "lazy_transpose",
]

AnyArray = LazyArray | Array


class Subarray(LazyArray):
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
        self.shape = self._from_base([wanted.length for wanted in ranges])
        self.dtype = base.dtype
        self.order = base.order

    def check(self) -> None:
        """Check the array that is seen."""
        self.base.check()

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """Where the array that is seen reads from."""
        return self.base.sources

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the blocks of the base, as they are seen here."""
        lengths = [
            max(1, min(wanted.length, chunk // abs(wanted.step)))
            for chunk, wanted in zip(self.base.chunks, self.ranges, strict=True)
        ]
        return self._from_base(lengths)

    @property
    def layout(self) -> Layout:
        """The order of the base's axes; new axes count as the slowest."""
        layout = self.base.layout
        gaps = [gap // abs(r.step) for gap, r in zip(layout.gaps, self.ranges, strict=True)]
        new = tuple(place for place, axis in enumerate(self.axes) if axis is None)
        old = tuple(self.axes.index(axis) for axis in layout.order if axis in self.axes)
        return Layout((*new, *old), self._from_base(gaps), layout.forward)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from the base."""
        self.fill_ranges(out, [Range(start, 1, stop - start) for start, stop in box])

    def fill_ranges(self, out: Array, ranges: Iterable[Range]) -> None:
        """Fill `out` with ranges of this view, which are ranges of the base."""
        inner = list(self.ranges)
        for axis, wanted in zip(self.axes, ranges, strict=True):
            if axis is not None:
                inner[axis] = _composed(self.ranges[axis], wanted)
        self.base.fill_ranges(self._as_base(out), inner)

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes; where no index is left out the base does so at once."""
        if any(abs(wanted.step) != 1 for wanted in self.ranges):
            yield from super().filled(jobs)
            return
        for job in self.base.filled(map(self._job_of_base, jobs)):
            yield job.tag

    def _job_of_base(self, job: Job) -> Job:
        box = [(wanted.start, wanted.start + 1) for wanted in self.ranges]
        flips = [slice(None)] * len(self.ranges)
        for axis, (start, stop) in zip(self.axes, job.box, strict=True):
            if axis is None:
                continue
            first, step, _ = self.ranges[axis]
            box[axis] = (first + start, first + stop)
            if step < 0:
                box[axis] = (first - stop + 1, first - start + 1)
                flips[axis] = slice(None, None, -1)
        where: tuple[Any, ...] = (..., *flips)
        return Job(self._as_base(job.out)[where], tuple(box), job)

    def _from_base(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Bring numbers per axis of the base into the order of this view's axes; 1 for new."""
        return tuple(1 if axis is None else numbers[axis] for axis in self.axes)

    def _as_base(self, out: Array) -> Array:
        """Return a view of an array with the axes of the base, those not named of length 1."""
        new = [place for place, axis in enumerate(self.axes) if axis is None]
        old = [place for place, axis in enumerate(self.axes) if axis is not None]
        old.sort(key=lambda place: self.axes[place] or 0)
        out = out.transpose([*new, *old])
        dropped = [slice(None) if axis in self.axes else None for axis in range(len(self.ranges))]
        where: tuple[Any, ...] = (..., *[0] * len(new), *dropped)
        view: Array = out[where]
        return view


def lazy_slice(array: AnyArray, index: Any) -> AnyArray:
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
        return np.asarray(array[index])
    request = parse_index(index, array.shape)
    if request.points is not None:
        return array.read(index)
    return _seen(array, request.ranges, request.kept)


def lazy_transpose(array: AnyArray, axes: Sequence[int] | None = None) -> AnyArray:
    """Return an array with its axes in another order, reversed by default.

    Raises
    ------
    UsageError
        If `axes` is not an order of all axes.
    """
    order = [_axis(array, axis) for axis in (range(array.ndim)[::-1] if axes is None else axes)]
    if sorted(order) != list(range(array.ndim)):
        raise UsageError(f"axes: must name each of {array.ndim} axes once, got {axes}")
    if not isinstance(array, LazyArray):
        return array.transpose(order)
    return _seen(array, whole(array.shape), order)


def lazy_flip(array: AnyArray, axis: int | Sequence[int]) -> AnyArray:
    """Return an array turned round along one or more axes."""
    axes = {_axis(array, each) for each in np.atleast_1d(np.asarray(axis, dtype=int)).tolist()}
    steps = (-1 if each in axes else 1 for each in range(array.ndim))
    return lazy_slice(array, (..., *(slice(None, None, step) for step in steps)))


def lazy_squeeze(array: AnyArray, axis: int | Sequence[int] | None = None) -> AnyArray:
    """Return an array without the named axes of length 1; all such axes by default.

    Raises
    ------
    UsageError
        If a named axis has another length.
    """
    if axis is None:
        axes = {each for each, length in enumerate(array.shape) if length == 1}
    else:
        axes = {_axis(array, each) for each in np.atleast_1d(np.asarray(axis)).tolist()}
    if any(array.shape[each] != 1 for each in axes):
        raise UsageError(f"axis: {axis} is longer than 1 in shape {array.shape}")
    return lazy_slice(array, (..., *(0 if e in axes else slice(None) for e in range(array.ndim))))


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
    return np.asarray(joined) if all(isinstance(part, Held) for part in parts) else joined


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


def _seen(array: LazyArray, ranges: Sequence[Range], axes: Sequence[int | None]) -> LazyArray:
    """Return a view: of a view one of what that sees, and the array where all of it is seen."""
    if not isinstance(array, Subarray) or any(
        axis is None and wanted.length != 1 for axis, wanted in zip(array.axes, ranges, strict=True)
    ):
        plain = list(axes) == list(range(array.ndim)) and tuple(ranges) == whole(array.shape)
        return array if plain else Subarray(array, ranges, axes)
    inner = list(array.ranges)
    for axis, wanted in zip(array.axes, ranges, strict=True):
        if axis is not None:
            inner[axis] = _composed(array.ranges[axis], wanted)
    return _seen(array.base, inner, [None if a is None else array.axes[a] for a in axes])


def _composed(outer: Range, inner: Range) -> Range:
    """Return a range of a range."""
    return Range(outer.start + inner.start * outer.step, outer.step * inner.step, inner.length)


def _axis(array: AnyArray, axis: int) -> int:
    if not -array.ndim <= axis < array.ndim:
        raise UsageError(f"axis: {axis} is outside {array.ndim} axes")
    return axis % array.ndim
