"""Voxels put into a file piece by piece: by random access, or in the order of storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.indexing.request import Box, Range
from volio.arrays.indexing.runs import (
    BLOCK,
    Span,
    byte_strides,
    is_one_run,
    lengths_of,
    part_of,
    spans,
)
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.writing import Stream
from volio.arrays.slabs import iterate_slabs
from volio.errors import UsageError

__all__ = ["ChunkWriter", "RandomAccessVoxels", "SequentialVoxels", "VoxelBlock", "VoxelWriter"]

T = TypeVar("T")


class RandomAccessFile(Protocol):
    """A file that is written and read at offsets; what was not written reads as zeros."""

    def write_at(self, offset: int, data: Any, /) -> None:
        """Write bytes at an offset."""

    def read_at(self, offset: int, view: memoryview, /) -> int:
        """Fill a view from an offset on; return how many bytes there were."""


class VoxelBlock(NamedTuple):
    """A block of voxels, as it is stored.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        With its byte order.
    order : {"F", "C"}
        Whether the first or the last axis varies fastest.
    """

    shape: tuple[int, ...]
    dtype: DType
    order: str

    @property
    def nbytes(self) -> int:
        """Bytes of all voxels."""
        return prod(self.shape) * self.dtype.itemsize

    def file_order(self, sequence: Sequence[T]) -> Sequence[T]:
        """Return what there is per axis with the slowest axis of the file first."""
        return sequence if self.order == "C" else sequence[::-1]

    def in_file_order(self, values: Array) -> Array:
        """Return an array with the slowest axis of the file first; a view."""
        return values if self.order == "C" else values.T


class VoxelWriter(Protocol):
    """A block of voxels on its way to a file."""

    block: VoxelBlock
    #: Whether pieces may come from several threads at once.
    is_concurrent: bool

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values at ranges of indices, one per axis, their steps positive."""

    def slabs(
        self, data: LazyArray | Array, ranges: Sequence[Range]
    ) -> Iterator[tuple[tuple[slice, ...], Array]]:
        """Cut values for ranges of indices into parts to put, each with its place in them."""

    def finish(self) -> None:
        """Store what has been held back."""


@runtime_checkable
class ChunkWriter(Protocol):
    """A `VoxelWriter` that stores chunks."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """What is stored at once, along each axis of the image."""


class RandomAccessVoxels:
    """Voxels that are written to their offsets, in any order; those never put are zeros.

    Parameters
    ----------
    file : object with ``write_at(offset, data)`` and ``read_at(offset, view)``
    block : VoxelBlock
    offset : int, optional
        Of the first voxel in the file.
    """

    is_concurrent = False

    def __init__(self, file: RandomAccessFile, block: VoxelBlock, offset: int = 0) -> None:
        self.file = file
        self.block = block
        self.offset = offset
        if block.nbytes:  # the file has its whole length from the start
            file.write_at(offset + block.nbytes - 1, b"\0")

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values; around those that are apart, what is there is read and written again.

        Parameters
        ----------
        ranges : sequence of Range
            One per axis; steps are positive.
        values : ndarray
            Shape: the lengths of the ranges; of the stored dtype.
        """
        shape = self.block.file_order(self.block.shape)
        in_file = self.block.file_order(ranges)
        stored = self.block.in_file_order(values)
        for span in spans(shape, _box_of(in_file), self.block.dtype.itemsize):
            taken, places = _within(span, in_file)
            part = part_of(stored, taken)
            if part.nbytes == span.nbytes:
                self.file.write_at(self.offset + span.offset, _bytes_of(part))
            elif part.size:
                self._put_between(span, places, part)

    def _put_between(self, span: Span, places: Sequence[slice], part: Array) -> None:
        """Store values at some places of a span, and leave what is between them."""
        start = self.offset + span.offset
        memory = np.zeros(span.nbytes, np.uint8)
        self.file.read_at(start, memory.data)
        lengths = [along.stop - along.start for along in span.where]
        strides = byte_strides(self.block.file_order(self.block.shape), part.dtype.itemsize)
        found: Array = np.ndarray(lengths, part.dtype, memory.data, 0, strides)
        part_of(found, places)[...] = part
        self.file.write_at(start, memory.data)

    def slabs(
        self, data: LazyArray | Array, ranges: Sequence[Range]
    ) -> Iterator[tuple[tuple[slice, ...], Array]]:
        """Cut values into parts to put, in the order of storage."""
        return iterate_slabs(data, order=self.block.order)

    def finish(self) -> None:
        """Do nothing: all is stored."""


class SequentialVoxels:
    """Voxels for a stream that only goes forward: a compressed one, or a pipe.

    What comes in the order of storage is written at once; what comes too early waits in a scratch
    file, uncompressed. Voxels never put are zeros.

    Parameters
    ----------
    stream : object with ``write(data)``
    block : VoxelBlock
    scratch : callable
        Makes the scratch file when it is needed.
    """

    is_concurrent = False

    def __init__(
        self, stream: Stream, block: VoxelBlock, scratch: Callable[[], RandomAccessFile]
    ) -> None:
        self.stream = stream
        self.block = block
        self._scratch = scratch
        self._waiting: RandomAccessVoxels | None = None
        self._written = 0  # voxels in the stream

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values, or let them wait.

        Parameters
        ----------
        ranges, values
            As for `RandomAccessVoxels`.

        Raises
        ------
        UsageError
            If some of these voxels have gone through the compressor already.
        """
        shape = self.block.file_order(self.block.shape)
        in_file = self.block.file_order(ranges)
        first = _first_voxel(shape, in_file)
        if first < self._written:
            raise UsageError(
                f"index: the voxel {[wanted.start for wanted in ranges]} has been compressed "
                "already and cannot be changed; assign every voxel once, or create an "
                "uncompressed file"
            )
        if first == self._written and _is_run(shape, in_file):
            self.stream.write(_bytes_of(self.block.in_file_order(values)))
            self._written += values.size
            return
        if self._waiting is None:
            self._waiting = RandomAccessVoxels(self._scratch(), self.block)
        self._waiting.put(ranges, values)

    def slabs(
        self, data: LazyArray | Array, ranges: Sequence[Range]
    ) -> Iterator[tuple[tuple[slice, ...], Array]]:
        """Cut values into parts to put, in the order of storage."""
        return iterate_slabs(data, order=self.block.order)

    def finish(self) -> None:
        """Write the voxels that wait, and zeros for those that never came."""
        start = self._written * self.block.dtype.itemsize
        for offset in range(start, self.block.nbytes, BLOCK):
            piece = np.zeros(min(BLOCK, self.block.nbytes - offset), np.uint8)
            if self._waiting is not None:
                self._waiting.file.read_at(offset, piece.data)
            self.stream.write(piece.data)
        self._written = prod(self.block.shape)


def _box_of(ranges: Sequence[Range]) -> Box:
    """Return the box from the first to the last index of each range."""
    sides = []
    for start, step, length in ranges:
        stop = start + step * (length - 1) + 1 if length else start
        sides.append((start, stop))
    return tuple(sides)


def _first_voxel(shape: Sequence[int], ranges: Sequence[Range]) -> int:
    """Return the number of the first voxel, counted in the order of storage."""
    strides = byte_strides(shape, 1)
    return sum(wanted.start * stride for wanted, stride in zip(ranges, strides, strict=True))


def _is_run(shape: Sequence[int], ranges: Sequence[Range]) -> bool:
    """Return whether voxels follow each other in storage."""
    box = _box_of(ranges)
    without_gaps = lengths_of(box) == tuple([wanted.length for wanted in ranges])
    return without_gaps and is_one_run(shape, box)


def _within(span: Span, ranges: Sequence[Range]) -> tuple[list[slice], list[slice]]:
    """Return which indices of the ranges are in a span, and their places in it."""
    taken = []
    places = []
    for along, wanted in zip(span.where, ranges, strict=True):
        # Index n of the range is at n * step of the box. The first one in the span is the first
        # that is not before along.start: a division rounded up, as -(-a // b).
        first = -(-along.start // wanted.step)
        last = -(-along.stop // wanted.step)
        taken.append(slice(first, last))
        places.append(slice(first * wanted.step - along.start, None, wanted.step))
    return taken, places


def _bytes_of(values: Array) -> memoryview:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
