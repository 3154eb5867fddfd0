"""Picked: parts of a lazy array along its last axis, in any order and number, as more axes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import Job, Layout
from volio.arrays.indexing.runs import Box
from volio.arrays.lazy import LazyArray
from volio.errors import UsageError
from volio.files.sources.source import ByteSource

__all__ = ["Picked"]


class Picked(LazyArray):
    """Slices of another array in another order.

    Parameters
    ----------
    base : LazyArray
    places : sequence of int
        Which indices of the base's last axis to take, in order.
    shape : tuple of int
        Lengths of the axes that take the place of the last one; the first varies fastest.

    Raises
    ------
    UsageError
        If `shape` has another number of slices, or a place is outside the base.
    """

    def __init__(self, base: LazyArray, places: Sequence[int], shape: tuple[int, ...]) -> None:
        order = np.asarray(places, np.int64)
        if order.size != np.prod(shape, dtype=np.int64):
            raise UsageError(f"places: {order.size} of them do not fill shape {shape}")
        if order.size and not 0 <= order.min() <= order.max() < base.shape[-1]:
            raise UsageError(f"places: must lie within 0 to {base.shape[-1] - 1}")
        self.base = base
        self.places = order.reshape(shape, order="F")
        self.shape = (*base.shape[:-1], *shape)
        self.dtype = base.dtype

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """Where the base reads from."""
        return self.base.sources

    def check(self) -> None:
        """Check the base."""
        self.base.check()

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the base, of one slice at most."""
        return (*self.base.chunks[:-1], *[1] * self.places.ndim)

    @property
    def layout(self) -> Layout:
        """The order of axes as of the base, the picked ones slowest."""
        inner = self.base.layout
        last = self.base.ndim - 1
        axes = [axis for axis in inner.order if axis != last]
        gaps = (*inner.gaps[:-1], *[0] * self.places.ndim)
        return Layout((*reversed(range(last, self.ndim)), *axes), gaps, inner.forward)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of slices."""
        for _ in self.filled([Job(out, box)]):
            pass

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes with the file opened once; within a box slices in the file's order."""
        for part in self.base.filled(self._parts(jobs)):
            if part.tag is not None:
                yield part.tag

    def _parts(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Boxes of the base; the last of a job has the job as its tag."""
        kept = self.base.ndim - 1
        for job in jobs:
            within = [range(stop - start) for start, stop in job.box[kept:]]
            firsts = [start for start, _ in job.box[kept:]]
            where = sorted(product(*within), key=lambda index: self._place(firsts, index))
            for number, index in enumerate(where, 1):
                place = self._place(firsts, index)
                key: tuple[Any, ...] = (*[slice(None)] * kept, *(slice(n, n + 1) for n in index))
                part = job.out[key].reshape(
                    *job.out.shape[:kept], 1
                )  # a view: all picked axes have length 1 here
                tag = job if number == len(where) else None
                yield Job(part, (*job.box[:kept], (place, place + 1)), tag)

    def _place(self, firsts: Sequence[int], index: Sequence[int]) -> int:
        return int(self.places[tuple(f + i for f, i in zip(firsts, index, strict=True))])
