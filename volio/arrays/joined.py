"""Lazy arrays joined along an axis, and arrays in memory as parts of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate

import numpy as np

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, part_along, part_of, slices_of, with_side
from volio.arrays.lazy import LazyArray
from volio.errors import UsageError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store

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
        cast_into(out, part_of(self.array, slices_of(box)))


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
        _check_shapes(parts, axis)
        self.parts = tuple(parts)
        self.axis = axis
        self.starts = tuple(accumulate([part.shape[axis] for part in parts], initial=0))
        first = parts[0]
        self.shape = (*first.shape[:axis], self.starts[-1], *first.shape[axis + 1 :])
        self.dtype = np.result_type(*[part.dtype for part in parts])
        self.order = "C"  # as of an array in memory, which it would be in numpy

    def check(self) -> None:
        """Check each part."""
        for part in self.parts:
            part.check()

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """Where all parts read from."""
        return tuple(source for part in self.parts for source in part.sources)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the first part."""
        return self.parts[0].chunks

    @property
    def layout(self) -> StorageLayout:
        """The order of axes in the first part, with the joined axis as the slowest."""
        order, gaps, forward = self.parts[0].layout
        others = [axis for axis in order if axis != self.axis]
        return StorageLayout((self.axis, *others), gaps, forward)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from each part that the box meets."""
        with self.open() as fill:
            fill(out, box)

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the parts, each when a box meets it, one at a time; see `LazyArray.open`."""
        with ExitStack() as stack:
            yield _OpenParts(self, stack).fill


class _OpenParts:
    """Joined arrays, of which the one that was read last is open."""

    def __init__(self, joined: Concatenated, stack: ExitStack) -> None:
        self.joined = joined
        self.stack = stack
        self.number = -1  # of the part that is open
        self.fill_part: FillBox

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from each part that the box meets."""
        axis = self.joined.axis
        starts = self.joined.starts
        low, high = box[axis]
        number = bisect_right(starts, low) - 1  # the part that holds index `low`
        while low < high:
            last = min(high, starts[number + 1])
            if low < last:  # else the part is empty
                self._open(number)
                part = part_along(out, axis, low - box[axis][0], last - box[axis][0])
                start = starts[number]
                self.fill_part(part, with_side(box, axis, low - start, last - start))
                low = last
            number += 1

    def _open(self, number: int) -> None:
        if number != self.number:
            self.number = -1
            self.stack.close()
            self.fill_part = self.stack.enter_context(self.joined.parts[number].open())
            self.number = number


def _check_shapes(parts: Sequence[LazyArray], axis: int) -> None:
    """Raise an error unless all shapes are equal but for the length along one axis."""
    shapes = [part.shape for part in parts]
    for number, shape in enumerate(shapes):
        if (shape[:axis], shape[axis + 1 :]) != (shapes[0][:axis], shapes[0][axis + 1 :]):
            raise UsageError(
                f"arrays: shape {shape} of array {number} does not fit shape {shapes[0]} of array "
                f"0 along axis {axis}"
            )
