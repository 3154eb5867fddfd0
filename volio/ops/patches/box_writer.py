"""Writing boxes into arrays, into those in chunks so that each chunk is written once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.dtypes import Array, cast_into, holds_exactly
from volio.errors import ImageDataError, UsageError
from volio.settings import options

__all__ = ["BoxWriter", "ChunkedBoxWriter", "WritableArray", "box_writer", "check_out", "converted"]

Slices = tuple[slice, ...]


class WritableArray(Protocol):
    """What stitched voxels are written into: arrays of numpy, Zarr and HDF5, image writers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def dtype(self) -> Any:
        """Of the voxels."""

    def __getitem__(self, index: Any, /) -> Any:
        """Return a part."""

    def __setitem__(self, index: Any, values: Any, /) -> None:
        """Store a part."""


class BoxWriter:
    """Write boxes into an array, each as it comes.

    Parameters
    ----------
    out : array
    """

    def __init__(self, out: WritableArray) -> None:
        self.out = out
        self.dtype: np.dtype[Any] = np.dtype(out.dtype)

    def write(self, where: Slices, values: Array) -> None:
        """Store the values of a box."""
        self.out[where] = converted(values, self.dtype)

    def finish(self) -> None:
        """Store what waits."""


class _Waiting(NamedTuple):
    """A chunk of which some values have come."""

    values: Array
    missing: NDArray[np.bool_]


class ChunkedBoxWriter(BoxWriter):
    """Write boxes into an array in chunks; a chunk waits until all of its values have come.

    A chunk that is written in parts is decoded and encoded again for each of them.

    Parameters
    ----------
    out : array
        With ``chunks``, and ``shards`` where these are what is written.
    chunk_shape : sequence of int
        What is written as one.
    memory : int, optional
        Bytes that may wait, besides one chunk (default: ``volio.options.chunk_memory``). Beyond
        them the chunk that has had no values for longest is written as it is.
    """

    def __init__(
        self, out: WritableArray, chunk_shape: Sequence[int], memory: int | None = None
    ) -> None:
        super().__init__(out)
        self.chunk_shape = tuple(chunk_shape)
        self.memory = options.chunk_memory if memory is None else memory
        self._waiting: OrderedDict[tuple[int, ...], _Waiting] = OrderedDict()
        self._waiting_bytes = 0

    def write(self, where: Slices, values: Array) -> None:
        """Take the values of a box; store the chunks that are complete with it."""
        voxels = converted(values, self.dtype)
        for index in self._chunks_of(where):
            chunk = self._chunk(index)
            in_box, in_chunk = _common(where, self._slices(index))
            chunk.values[in_chunk] = voxels[in_box]
            chunk.missing[in_chunk] = False
            if not chunk.missing.any():
                self._store(index)
        while self._waiting_bytes > self.memory and len(self._waiting) > 1:
            self._store(next(iter(self._waiting)))

    def finish(self) -> None:
        """Store the chunks that are not complete; their other values stay as they are."""
        for index in list(self._waiting):
            self._store(index)

    def _chunks_of(self, where: Slices) -> Iterator[tuple[int, ...]]:
        """Return the indices of all chunks that a box touches."""
        ranges = [
            range(part.start // length, -(-part.stop // length))
            for part, length in zip(where, self.chunk_shape, strict=True)
        ]
        return product(*ranges)

    def _slices(self, index: tuple[int, ...]) -> Slices:
        """Return where a chunk is; those at the end of an axis are cut there."""
        sides = zip(index, self.chunk_shape, self.out.shape, strict=True)
        return tuple([slice(i * step, min((i + 1) * step, n)) for i, step, n in sides])

    def _chunk(self, index: tuple[int, ...]) -> _Waiting:
        if index not in self._waiting:
            shape = [part.stop - part.start for part in self._slices(index)]
            new = _Waiting(np.zeros(shape, self.dtype), np.ones(shape, bool))
            self._waiting[index] = new
            self._waiting_bytes += new.values.nbytes + new.missing.nbytes
        self._waiting.move_to_end(index)
        return self._waiting[index]

    def _store(self, index: tuple[int, ...]) -> None:
        chunk = self._waiting.pop(index)
        self._waiting_bytes -= chunk.values.nbytes + chunk.missing.nbytes
        where = self._slices(index)
        if chunk.missing.any():
            np.copyto(chunk.values, np.asarray(self.out[where]), where=chunk.missing)
        self.out[where] = chunk.values


def box_writer(out: WritableArray) -> BoxWriter:
    """Return what writes boxes into an array, chunk by chunk where it has chunks."""
    chunk_shape = _chunk_shape(out)
    # What is in a chunk already must be read where only a part of it comes.
    if chunk_shape is None or not hasattr(out, "__getitem__"):
        return BoxWriter(out)
    return ChunkedBoxWriter(out, chunk_shape)


def _chunk_shape(out: WritableArray) -> tuple[int, ...] | None:
    """Return the shape of what an array stores as one: of shards, or of chunks."""
    stored = getattr(out, "shards", None) or getattr(out, "chunks", None)
    is_grid = isinstance(stored, tuple) and all(isinstance(length, int) for length in stored)
    return stored if is_grid else None


def check_out(
    arrays: Sequence[WritableArray],
    shapes: Sequence[tuple[int, ...]],
    dtype: DTypeLike | None,
) -> None:
    """Refuse arrays of other shapes, or of another dtype than was asked for.

    Raises
    ------
    UsageError
    """
    found = [tuple(array.shape) for array in arrays]
    if found != list(shapes):
        raise UsageError(f"out: must have the shapes {list(shapes)}, got {found}")
    for array in arrays:
        if dtype is not None and np.dtype(array.dtype) != np.dtype(dtype):
            raise UsageError(f"out: must be of the dtype {np.dtype(dtype)}, got {array.dtype}")


def _common(box: Slices, chunk: Slices) -> tuple[Slices, Slices]:
    """Return what a box and a chunk share, counted from the corner of each."""
    in_box = []
    in_chunk = []
    for one, other in zip(box, chunk, strict=True):
        start = max(one.start, other.start)
        stop = min(one.stop, other.stop)
        in_box.append(slice(start - one.start, stop - one.start))
        in_chunk.append(slice(start - other.start, stop - other.start))
    return tuple(in_box), tuple(in_chunk)


def converted(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return voxels in a dtype that holds them; floats may be rounded to shorter floats.

    Raises
    ------
    ImageDataError
        If values would change: fractions in integers, or what is outside the range.
    """
    if values.dtype == dtype:
        return values
    are_floats = values.dtype.kind in "fc" and dtype.kind == values.dtype.kind
    if not are_floats and not holds_exactly(values, dtype):
        raise ImageDataError(
            f"dtype: voxels of {values.dtype} change when they are stored as {dtype}: convert "
            "the tiles first, or choose another dtype"
        )
    found = np.empty(values.shape, dtype)
    cast_into(found, values)
    return found
