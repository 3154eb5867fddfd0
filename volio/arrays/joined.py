"""Lazy arrays joined along an axis, and arrays in memory as parts of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.box_reads import Job, Layout
from volio.arrays.indexing.runs import Box
from volio.arrays.lazy import LazyArray
from volio.errors import UsageError
from volio.files.sources.source import ByteSource

__all__ = ["Concatenated", "Held"]


class Held(LazyArray):
    """An array in memory, as a lazy one.

    Parameters
    ----------
    array : ndarray
    """

    def __init__(self, array: Array) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def fill(self, out: Array, box: Box) -> None:
        """Copy a box."""
        where: tuple[Any, ...] = (..., *(slice(*side) for side in box))
        cast_into(out, self.array[where])


class Concatenated(LazyArray):
    """Lazy arrays one after the other along an axis.

    Parameters
    ----------
    parts : sequence of LazyArray
        At least one; shapes are equal along the other axes. The dtype is the one that numpy
        would give the joined array.
    axis : int
        Not negative.

    Raises
    ------
    UsageError
        If the shapes do not fit.
    """

    def __init__(self, parts: Sequence[LazyArray], axis: int) -> None:
        shapes = [(*part.shape[:axis], 0, *part.shape[axis + 1 :]) for part in parts]
        for place, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise UsageError(
                    f"arrays: shape {parts[place].shape} of array {place} does not fit shape "
                    f"{parts[0].shape} of array 0 along axis {axis}"
                )
        self.parts, self.axis = tuple(parts), axis
        self.starts = tuple(int(n) for n in np.cumsum([0, *(part.shape[axis] for part in parts)]))
        self.shape = (*shapes[0][:axis], self.starts[-1], *shapes[0][axis + 1 :])
        self.dtype = np.result_type(*(part.dtype for part in parts))
        self.order = parts[0].order

    def check(self) -> None:
        """Check each part."""
        for part in self.parts:
            part.check()

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """Where all parts read from."""
        return tuple(source for part in self.parts for source in part.sources)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the first part."""
        return self.parts[0].chunks

    @property
    def layout(self) -> Layout:
        """The order of axes in the first part, with the joined axis as the slowest."""
        order, gaps, forward = self.parts[0].layout
        return Layout((self.axis, *(axis for axis in order if axis != self.axis)), gaps, forward)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from each part that the box meets."""
        low, high = box[self.axis]
        for part, start, stop in zip(self.parts, self.starts, self.starts[1:], strict=False):
            first, last = max(low, start), min(high, stop)
            if first < last:
                where = [slice(None)] * self.ndim
                where[self.axis] = slice(first - low, last - low)
                part.fill(out[tuple(where)], self._box_in(start, box, first, last))

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes; a row of them within one part opens that part once."""
        for place, run in groupby(jobs, key=self._only_part):
            if place is None:
                yield from super().filled(run)
                continue
            start = self.starts[place]
            inner = (
                Job(job.out, self._box_in(start, job.box, *job.box[self.axis]), job) for job in run
            )
            for job in self.parts[place].filled(inner):
                yield job.tag

    def _only_part(self, job: Job) -> int | None:
        """Which part a box lies in; None if it meets several."""
        low, high = job.box[self.axis]
        place = int(np.searchsorted(self.starts, low, side="right")) - 1
        return place if low < high <= self.starts[place + 1] else None

    def _box_in(self, start: int, box: Box, low: int, high: int) -> Box:
        return (*box[: self.axis], (low - start, high - start), *box[self.axis + 1 :])
