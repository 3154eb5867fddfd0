"""Voxels put into a file piece by piece: at any place of it, or in the order of storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.indexing.request import Box, Range
from volio.arrays.indexing.runs import BLOCK, Span, byte_strides, is_one_run, spans
from volio.errors import UsageError

__all__ = ["Block", "InOrder", "Placed", "Voxels"]


class PlacedFile(Protocol):
    """A file that is written and read at offsets; what was not written reads as zeros."""

    def write_at(self, offset: int, data: Any, /) -> None:
        """Write bytes at an offset."""

    def read_at(self, offset: int, view: memoryview, /) -> int:
        """Fill a view from an offset on; return how many bytes there were."""


class Stream(Protocol):
    """Where bytes go, one after the other."""

    def write(self, data: Any, /) -> Any:
        """Take all of the bytes."""


class Block(NamedTuple):
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


class Voxels(Protocol):
    """A block of voxels on its way to a file."""

    block: Block

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values at ranges of indices, one per axis, their steps positive."""

    def finish(self) -> None:
        """Store what has been held back."""


class Placed:
    """Voxels that are stored where they belong, in any order; those never put are zeros.

    Parameters
    ----------
    file : object with ``write_at(offset, data)`` and ``read_at(offset, view)``
    block : Block
    offset : int, optional
        Of the first voxel in the file.
    """

    def __init__(self, file: PlacedFile, block: Block, offset: int = 0) -> None:
        self.file, self.block, self.offset = file, block, offset
        if block.nbytes:  # the file has its whole length from the start
            file.write_at(offset + block.nbytes - 1, b"\0")

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values; around those that lie apart, what is there is read and written again.

        Parameters
        ----------
        ranges : sequence of Range
            One per axis; steps are positive.
        values : ndarray
            Shape: the lengths of the ranges; of the stored dtype.
        """
        if self.block.order == "F":
            ranges, values = ranges[::-1], values.T
        shape, size = _c_shape(self.block), self.block.dtype.itemsize
        strides = byte_strides(shape, size)
        for span in spans(shape, _box(ranges), size):
            part, picks = _part(values, span, ranges)
            offset = self.offset + span.offset
            if part.nbytes == span.nbytes:
                self.file.write_at(offset, _bytes(part))
            elif part.size:
                block = np.zeros(span.nbytes, np.uint8)
                self.file.read_at(offset, block.data)
                lengths = [along.stop - along.start for along in span.where]
                found: Array = np.ndarray(lengths, part.dtype, block.data, 0, strides)
                found[picks] = part
                self.file.write_at(offset, block.data)

    def finish(self) -> None:
        """Do nothing: all is stored."""


class InOrder:
    """Voxels for a stream that only goes forward: a compressed one, or a pipe.

    What comes in the order of storage is written at once; what comes too early waits in a scratch
    file, uncompressed. Voxels never put are zeros.

    Parameters
    ----------
    stream : object with ``write(data)``
    block : Block
    scratch : callable
        Makes the scratch file when it is needed.
    """

    def __init__(self, stream: Stream, block: Block, scratch: Callable[[], PlacedFile]) -> None:
        self.stream, self.block = stream, block
        self._scratch = scratch
        self._waiting: Placed | None = None
        self._done = 0  # voxels in the stream

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values, or let them wait.

        Parameters
        ----------
        ranges, values
            As for `Placed`.

        Raises
        ------
        UsageError
            If some of these voxels have gone through the compressor already.
        """
        c_ranges = ranges[::-1] if self.block.order == "F" else ranges
        first = _first(_c_shape(self.block), c_ranges)
        if first < self._done:
            raise UsageError(
                f"index: the voxel {[wanted.start for wanted in ranges]} has been compressed "
                "already and cannot be changed; assign every voxel once, or create an "
                "uncompressed file"
            )
        if first == self._done and _is_run(_c_shape(self.block), c_ranges):
            self.stream.write(_bytes(values.T if self.block.order == "F" else values))
            self._done += values.size
            return
        if self._waiting is None:
            self._waiting = Placed(self._scratch(), self.block)
        self._waiting.put(ranges, values)

    def finish(self) -> None:
        """Write the voxels that wait, and zeros for those that never came."""
        start = self._done * self.block.dtype.itemsize
        for offset in range(start, self.block.nbytes, BLOCK):
            piece = np.zeros(min(BLOCK, self.block.nbytes - offset), np.uint8)
            if self._waiting is not None:
                self._waiting.file.read_at(offset, piece.data)
            self.stream.write(piece.data)
        self._done = prod(self.block.shape)


def _c_shape(block: Block) -> tuple[int, ...]:
    return block.shape if block.order == "C" else block.shape[::-1]


def _box(ranges: Sequence[Range]) -> Box:
    return tuple(
        (start, start + step * (length - 1) + 1 if length else start)
        for start, step, length in ranges
    )


def _first(shape: Sequence[int], ranges: Sequence[Range]) -> int:
    """Return the number, in the order of storage, of the first voxel."""
    strides = byte_strides(shape, 1)
    return sum(wanted.start * stride for wanted, stride in zip(ranges, strides, strict=True))


def _is_run(shape: Sequence[int], ranges: Sequence[Range]) -> bool:
    """Tell whether voxels lie one behind the other."""
    box = _box(ranges)
    without_gaps = [stop - start for start, stop in box] == [wanted.length for wanted in ranges]
    return without_gaps and is_one_run(shape, box)


def _part(values: Array, span: Span, ranges: Sequence[Range]) -> tuple[Array, tuple[slice, ...]]:
    """Return the values in a span, and their places in the part of the box it holds."""
    chosen, picks = [], []
    for along, wanted in zip(span.where, ranges, strict=True):
        first, last = -(-along.start // wanted.step), -(-along.stop // wanted.step)
        chosen.append(slice(first, last))
        picks.append(slice(first * wanted.step - along.start, None, wanted.step))
    part: Array = values[tuple(chosen)]
    return part, tuple(picks)


def _bytes(values: Array) -> memoryview:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
