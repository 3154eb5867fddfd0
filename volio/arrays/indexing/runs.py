"""Runs: how voxels follow each other in storage, and which bytes hold a box of them.

Shapes and boxes are in C order here: the last axis varies fastest in the file. `StorageLayout`,
`empty` and `slab_shape` alone are given the order of an array's axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod
from operator import mul
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.indexing.request import Box
from volio.errors import ArrayTooLargeError
from volio.files.sources.reader import GAP, Reader

__all__ = [
    "BLOCK",
    "Array",
    "Bytes",
    "Span",
    "StorageLayout",
    "StoredBox",
    "allocate",
    "byte_strides",
    "empty",
    "full_box",
    "is_one_run",
    "lengths_of",
    "part_along",
    "part_of",
    "slab_shape",
    "slices_of",
    "spans",
    "with_side",
]

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
Where = tuple[slice, ...]

BLOCK = 1 << 20  # bytes handled at once: they stay in the processor's cache


class StorageLayout(NamedTuple):
    """How an array is stored.

    Attributes
    ----------
    order : tuple of int
        Axes from the slowest to the fastest varying.
    gaps : tuple of int
        Per axis, how many indices cost less to read than to skip.
    forward : bool
        Whether going back is costly, as in compressed files.
    """

    order: tuple[int, ...]
    gaps: tuple[int, ...]
    forward: bool = False


def allocate(shape: Sequence[int], dtype: npt.DTypeLike, *, zeros: bool = False) -> Array:
    """Return a new array, its last axis varying fastest in memory.

    Parameters
    ----------
    shape : sequence of int
        0 or more, of any size.
    dtype : dtype-like
    zeros : bool
        Otherwise it is not filled.

    Raises
    ------
    ArrayTooLargeError
        If there is not so much memory.
    """
    try:
        return np.zeros(shape, dtype) if zeros else np.empty(shape, dtype)
    except (MemoryError, ValueError):  # numpy's ValueError: more bytes than can be counted
        nbytes = prod(shape) * np.dtype(dtype).itemsize
        raise ArrayTooLargeError(
            f"an array of shape {tuple(shape)} takes {nbytes} bytes, there is not so much memory; "
            "read it in parts"
        ) from None


def empty(shape: Sequence[int], dtype: npt.DTypeLike, order: Sequence[int]) -> Array:
    """Return a new array whose memory has the axes in `order`, the slowest first.

    Raises
    ------
    ArrayTooLargeError
        If there is not so much memory.
    """
    memory = allocate([shape[axis] for axis in order], dtype)
    axis_of_memory = [0] * len(order)
    for place, axis in enumerate(order):
        axis_of_memory[axis] = place
    return memory.transpose(axis_of_memory)


def slab_shape(shape: Sequence[int], order: Sequence[int], max_size: int) -> tuple[int, ...]:
    """Return the shape of whole slabs along the fastest axes, of at most `max_size` values.

    Parameters
    ----------
    shape : sequence of int
        Of the array.
    order : sequence of int
        Its axes from the slowest to the fastest varying.
    max_size : int
        Less than 1 counts as 1.
    """
    lengths = [1] * len(shape)
    left = max(1, max_size)
    for axis in reversed(order):
        lengths[axis] = max(1, min(shape[axis], left))
        left //= lengths[axis]
    return tuple(lengths)


def slices_of(box: Box) -> Where:
    """Return a box as an index."""
    return tuple([slice(start, stop) for start, stop in box])


def part_of(array: Array, where: Iterable[slice | int | None]) -> Array:
    """Return the view of an array that an index without arrays gives; never a scalar."""
    index: tuple[Any, ...] = (..., *where)
    view: Array = array[index]
    return view


def part_along(array: Array, axis: int, start: int, stop: int) -> Array:
    """Return the view of an array between two indices of one axis."""
    return part_of(array, [slice(start, stop), *[slice(None)] * (array.ndim - axis - 1)])


def lengths_of(box: Box) -> tuple[int, ...]:
    """Return the shape of a box."""
    return tuple([stop - start for start, stop in box])


def with_side(box: Box, axis: int, start: int, stop: int) -> Box:
    """Return a box with another start and stop along one axis."""
    return (*box[:axis], (start, stop), *box[axis + 1 :])


def full_box(shape: Sequence[int]) -> Box:
    """Return the box that covers an array of this shape."""
    return tuple([(0, length) for length in shape])


def byte_strides(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Return the strides of a C-ordered array, in bytes."""
    strides = []
    stride = itemsize
    for length in reversed(shape):
        strides.append(stride)
        stride *= length
    return tuple(reversed(strides))


class StoredBox(NamedTuple):
    """A box of voxels, not empty, as it is stored in a file.

    Attributes
    ----------
    start : int
        Byte of the file at which the first voxel of the box is.
    lengths : tuple of int
        Of the box.
    strides : tuple of int
        Of the array, in bytes.
    reaches : tuple of int
        One more than there are axes. ``reaches[axis]`` are the bytes from the first to the last
        voxel of the axes from `axis` on, both included, at one index along the axes before; the
        last entry is the size of a voxel.
    """

    start: int
    lengths: tuple[int, ...]
    strides: tuple[int, ...]
    reaches: tuple[int, ...]

    @classmethod
    def of(cls, box: Box, strides: tuple[int, ...], itemsize: int, offset: int = 0) -> StoredBox:
        """Return where a box is stored in an array with these strides from a byte on."""
        start = offset
        lengths = []
        for (low, high), stride in zip(box, strides, strict=True):
            start += low * stride
            lengths.append(high - low)
        return cls(start, tuple(lengths), strides, _reaches(lengths, strides, itemsize))

    def part(self, where: Where) -> StoredBox:
        """Return a part of the box, given as slices with start and stop, counted from the box."""
        start = self.start
        lengths = []
        for along, stride in zip(where, self.strides, strict=True):
            start += along.start * stride
            lengths.append(along.stop - along.start)
        reaches = _reaches(lengths, self.strides, self.reaches[-1])
        return StoredBox(start, tuple(lengths), self.strides, reaches)

    # In what follows `axis` is a joined axis: from it on one read brings everything.

    def joined_axis(self, gap: int) -> int:
        """Return the first axis from which on one read brings everything.

        Parameters
        ----------
        gap : int
            Bytes between wanted ones that are read along.
        """
        axis = len(self.lengths)
        # From the end of the wanted part of one index to the next index there are stride minus
        # reach bytes. An axis of which one index is wanted costs nothing.
        while axis and (
            self.lengths[axis - 1] == 1 or self.strides[axis - 1] - self.reaches[axis] <= gap
        ):
            axis -= 1
        return axis

    def byte_ranges(self, axis: int) -> Iterator[tuple[int, int]]:
        """Yield start and stop of each read, ascending."""
        nbytes = self.reaches[axis]
        for position in product(*map(range, self.lengths[:axis])):
            start = self.start + sum(map(mul, position, self.strides))
            yield start, start + nbytes

    def read(self, reader: Reader, axis: int, memory: Bytes) -> None:
        """Read the box into memory, its reads one after the other; see `held`."""
        view = memory.data
        nbytes = self.reaches[axis]
        at = 0
        for start, _ in self.byte_ranges(axis):
            reader.read_into(start, view[at : at + nbytes])
            at += nbytes

    def held(self, axis: int) -> int:
        """Return the bytes of all reads together: what holds them one after the other."""
        return prod(self.lengths[:axis]) * self.reaches[axis]

    def view(self, memory: Bytes, axis: int, dtype: np.dtype[Any]) -> Array:
        """Return the voxels in memory that holds the reads one after the other.

        Parameters
        ----------
        memory : ndarray of uint8, shape (n,)
            At least as long as `held`.
        axis : int
        dtype : numpy.dtype
            As stored.

        Returns
        -------
        ndarray, shape `lengths`
            A view.
        """
        # Within a read voxels have the strides of the file; reads follow each other closely.
        packed = byte_strides(self.lengths[:axis], self.reaches[axis])
        return np.ndarray(self.lengths, dtype, memory.data, 0, (*packed, *self.strides[axis:]))

    def cut(self, axis: int, max_nbytes: int) -> Iterator[Where]:
        """Cut the box into parts whose reads together take at most `max_nbytes`, or are one row.

        Yields
        ------
        tuple of slice
            The part, counted from the box; in the order of storage.
        """
        # Bytes that one index of each axis takes in memory, and from there to the next index. The
        # reads before `axis` follow each other closely; from it on there are the gaps of the file.
        apart = [prod(self.lengths[each + 1 : axis]) * self.reaches[axis] for each in range(axis)]
        row_nbytes = [*apart, *self.reaches[axis + 1 :]]
        steps = [*apart, *self.strides[axis:]]
        along = next((n for n, nbytes in enumerate(row_nbytes) if nbytes <= max_nbytes), -1)
        yield from self._rows(along, row_nbytes, steps, max_nbytes)

    def cut_reads(self, axis: int, max_nbytes: int) -> Iterator[Where]:
        """Cut the box into parts of one read each, of at most `max_nbytes` or one row of voxels."""
        row_nbytes = self.reaches[1:]
        places = range(axis, len(row_nbytes))
        along = next((n for n in places if row_nbytes[n] <= max_nbytes), -1)
        # Where each voxel is a read of its own no more than one fits.
        limit = max_nbytes if places else 0
        yield from self._rows(along, row_nbytes, self.strides, limit)

    def _rows(
        self, along: int, row_nbytes: Sequence[int], steps: Sequence[int], max_nbytes: int
    ) -> Iterator[Where]:
        """Cut the box into single indices of the axes before `along`, and as many of it as fit.

        Parameters
        ----------
        along : int
            -1 for the last axis.
        row_nbytes, steps : sequence of int
            Bytes that an index of each axis takes, and bytes from one to the next.
        max_nbytes : int
        """
        if not self.lengths:
            yield ()
            return
        axis = along % len(self.lengths)
        rows = max(1, (max_nbytes - row_nbytes[axis]) // steps[axis] + 1)
        inside = slices_of(full_box(self.lengths[axis + 1 :]))
        for position in product(*map(range, self.lengths[:axis])):
            outside = [slice(index, index + 1) for index in position]
            for row in range(0, self.lengths[axis], rows):
                stop = min(row + rows, self.lengths[axis])
                yield (*outside, slice(row, stop), *inside)


def _reaches(lengths: Sequence[int], strides: Sequence[int], itemsize: int) -> tuple[int, ...]:
    reach = itemsize
    reaches = [reach]
    for length, stride in zip(reversed(lengths), reversed(strides), strict=True):
        reach += (length - 1) * stride
        reaches.append(reach)
    reaches.reverse()
    return tuple(reaches)


class Span(NamedTuple):
    """Bytes to read at once.

    Attributes
    ----------
    offset : int
        Bytes from the first voxel of the array.
    nbytes : int
    where : tuple of slice
        The part of the box they hold, counted from the box's first voxel. Within the bytes voxels
        have the strides of the whole array.
    """

    offset: int
    nbytes: int
    where: Where


def spans(
    shape: Sequence[int], box: Box, itemsize: int, *, gap: int = GAP, block: int = BLOCK
) -> Iterator[Span]:
    """Work out the reads that bring a box, in ascending order.

    Parameters
    ----------
    shape : sequence of int
        Shape of the whole array, last axis fastest.
    box : tuple of (start, stop)
        The part wanted, per axis.
    itemsize : int
        Bytes per voxel.
    gap : int, optional
        Bytes between wanted voxels that are read along rather than skipped.
    block : int, optional
        Largest read, where one row of voxels is not larger already.

    Yields
    ------
    Span
    """
    stored = StoredBox.of(box, byte_strides(shape, itemsize), itemsize)
    if 0 in stored.lengths:
        return
    for where in stored.cut_reads(stored.joined_axis(gap), block):
        part = stored.part(where)
        yield Span(part.start, part.reaches[0], where)


def is_one_run(shape: Sequence[int], box: Box) -> bool:
    """Return whether the voxels of a box, which is not empty, follow each other in storage."""
    stored = StoredBox.of(box, byte_strides(shape, 1), 1)
    return stored.reaches[0] == prod(stored.lengths)
