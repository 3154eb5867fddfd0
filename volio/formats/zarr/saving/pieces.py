"""KeyedVoxels: the voxels of a new array, which come in pieces, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from threading import Lock
from typing import NamedTuple

import numpy as np

from volio.arrays.chunked import ChunkIndex
from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Range
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.piecewise import RandomAccessVoxels, VoxelBlock
from volio.errors import CorruptFileError, UsageError, VolioError
from volio.files.saving.temporary import ScratchFile
from volio.formats.zarr.saving.array_writer import ArrayWriter
from volio.formats.zarr.saving.targets import FolderTarget
from volio.images.saving.axis_order import in_file_order, stored_axes
from volio.threads import in_parallel

__all__ = ["KeyedVoxels"]


class _Part(NamedTuple):
    """What a piece has of a chunk, along one axis.

    Attributes
    ----------
    taken : slice
        Of the piece.
    places : Range
        In the chunk.
    is_all : bool
        Whether the piece has all of the chunk.
    """

    taken: slice
    places: Range
    is_all: bool


Parts = dict[int, _Part]  # by the number of the chunk along an axis


class KeyedVoxels:
    """The voxels of a new array in a folder, put there piece by piece, from any number of threads.

    Chunks (shards, where there are such) that a piece fills are written at once. Others wait in a
    scratch file. Chunks that never come are zeros.

    Parameters
    ----------
    target : FolderTarget
    writer : ArrayWriter
        Of the array, into the same target.
    shape : tuple of int
        Of the image: x, y, z, t, c.
    scratch : callable
        Makes the scratch file when it is needed.
    """

    is_concurrent = True

    def __init__(
        self,
        target: FolderTarget,
        writer: ArrayWriter,
        shape: tuple[int, ...],
        scratch: Callable[[], ScratchFile] | None,
    ) -> None:
        self.block = VoxelBlock(shape, writer.plan.dtype.newbyteorder("="), "F")
        self._target = target
        self._writer = writer
        self._axes = stored_axes(shape)
        self._lengths = (*writer.plan.outer, *writer.shape)
        self._keyed = (*[1] * len(writer.plan.outer), *writer.plan.keyed)
        self._scratch = scratch
        self._file: ScratchFile | None = None
        self._waiting: dict[ChunkIndex, RandomAccessVoxels] = {}  # in the scratch file
        self._rooms = 0  # of chunks in the scratch file
        self._lock = Lock()

    @property
    def chunks(self) -> tuple[int, ...]:
        """What is written under one key, along each axis of the image."""
        lengths = [1] * max(3, len(self.block.shape))
        for axis, length in zip(self._axes, self._keyed, strict=True):
            lengths[axis] = length
        return tuple(lengths[: len(self.block.shape)])

    def __reduce__(self) -> tuple[object, ...]:
        # In another process there is no scratch file: whole chunks can be written there.
        return type(self), (self._target, self._writer, self.block.shape, None)

    def slabs(
        self, data: LazyArray | Array, ranges: Sequence[Range]
    ) -> Iterator[tuple[tuple[slice, ...], Array]]:
        """Cut values into parts to put: along z (and t, c) as chunks are cut."""
        plane = [slice(0, length) for length in data.shape[:2]]
        cut = zip(ranges[2:], self.chunks[2:], strict=True)
        lengths = self.block.shape[2:]
        parts = [_parts_along(*side, n).values() for side, n in zip(cut, lengths, strict=True)]
        for later in product(*parts):
            where = (*plane, *[part.taken for part in later])
            yield where, np.asarray(data[where])

    def put(self, ranges: Sequence[Range], values: Array) -> None:
        """Store values at ranges of indices.

        Parameters
        ----------
        ranges, values
            As for `RandomAccessVoxels`.

        Raises
        ------
        UsageError
            In another process, if they do not fill whole chunks.
        """
        if 0 in values.shape:
            return
        stored = np.asarray(in_file_order(values, self.block.shape))
        widened = [*ranges, *[Range(0, 1, 1)] * 3]
        in_file = [widened[axis] for axis in self._axes]
        sides = zip(in_file, self._keyed, self._lengths, strict=True)
        parts = [_parts_along(*side) for side in sides]
        in_parallel(lambda index: self._put_into(index, parts, stored), product(*parts))

    def _put_into(self, index: ChunkIndex, parts: Sequence[Parts], stored: Array) -> None:
        """Store what a piece has of a chunk."""
        here = [along[number] for along, number in zip(parts, index, strict=True)]
        piece = stored[tuple([part.taken for part in here])]
        if all(part.is_all for part in here):
            with self._lock:
                self._waiting.pop(index, None)
            self._write(index, piece)
        else:
            with self._lock:
                self._keep(index, [part.places for part in here], piece)

    def _write(self, index: ChunkIndex, piece: Array) -> None:
        key = self._writer.key(index)
        data = self._writer.encode(piece.reshape(piece.shape[-3:]))
        if data is None:
            self._target.remove(key)
        else:
            self._target.put(key, data)

    def _keep(self, index: ChunkIndex, places: Sequence[Range], piece: Array) -> None:
        """Let a part of a chunk wait for the others."""
        if self._scratch is None:
            raise UsageError(
                f"index: pieces that other processes write must be whole chunks, {self.chunks} "
                "(ImageWriter.chunks); rechunk the array"
            )
        if self._file is None:
            self._file = self._scratch()
        if index not in self._waiting:
            self._waiting[index] = self._new_room(self._file, index)
        self._waiting[index].put(places, piece)

    def _new_room(self, file: ScratchFile, index: ChunkIndex) -> RandomAccessVoxels:
        """Make a place for a chunk in the scratch file, with what its key has by now."""
        block = VoxelBlock(self._keyed, self.block.dtype, "C")
        room = RandomAccessVoxels(file, block, self._rooms * block.nbytes)
        self._rooms += 1
        written = self._target.get(self._writer.key(index))
        if written is not None:
            room.put([Range(0, 1, length) for length in self._keyed], self._decode(index, written))
        return room

    def _decode(self, index: ChunkIndex, data: bytes) -> Array:
        try:
            return self._writer.decode(data).reshape(self._keyed)
        except VolioError as error:  # another program has been at it
            raise CorruptFileError(f"{self._target}: {self._writer.key(index)}: {error}") from error

    def finish(self) -> None:
        """Write the chunks that wait."""
        in_parallel(self._write_kept, list(self._waiting.items()))
        self._waiting.clear()

    def _write_kept(self, item: tuple[ChunkIndex, RandomAccessVoxels]) -> None:
        index, room = item
        values = np.zeros(self._keyed, self.block.dtype)
        with self._lock:
            room.file.read_at(room.offset, values.reshape(-1).view(np.uint8).data)
        self._write(index, values)


def _parts_along(wanted: Range, chunk: int, length: int) -> Parts:
    """Return what a range has of each chunk of an axis, by the number of the chunk."""
    start, step, count = wanted
    parts = {}
    for number in range(start // chunk, (start + step * (count - 1)) // chunk + 1):
        first = number * chunk
        stop = min(first + chunk, length)
        # Those n for which start + n * step is in the chunk: divisions rounded up, as -(-a // b).
        low = max(0, -((start - first) // step))
        high = min(count, -((start - stop) // step))
        if low < high:
            places = Range(start + low * step - first, step, high - low)
            is_all = high - low == stop - first
            parts[number] = _Part(slice(low, high), places, is_all)
    return parts
