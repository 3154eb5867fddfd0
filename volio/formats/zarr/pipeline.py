"""Pipelines: how one chunk becomes bytes, and bytes a chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError
from volio.formats.containers.chunk_codecs import BYTES_CODECS, Settings, decode_bytes

__all__ = ["ABSENT", "Pipeline", "Sharding", "index_size", "parse_index"]

#: Offset and length of a chunk that a shard does not have.
ABSENT = 2**64 - 1

#: The name of a codec, and how it is set up.
Stage = tuple[str, Settings]


@dataclass(frozen=True, eq=False)
class Sharding:
    """A chunk that is made up of smaller ones, with an index of where they are.

    Parameters
    ----------
    chunks : tuple of int
        Shape of the smaller ones.
    inner : Pipeline
        Of each of them.
    index : Pipeline
        Of the index: offset and length of each, uint64.
    at_end : bool
        Whether the index is at the end, or at the beginning.
    """

    chunks: tuple[int, ...]
    inner: Pipeline
    index: Pipeline
    at_end: bool = True


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The codecs of a chunk, from the array to the bytes.

    Parameters
    ----------
    dtype : numpy.dtype
        As stored, with its byte order.
    order : tuple of int or None
        Axes of the chunk in the order in which they are stored; None for that of the array.
    stages : tuple of (str, settings)
        What is done with the bytes, in the order of writing.
    sharding : Sharding or None
        Where the chunk is made up of smaller ones.
    fill : ndarray
        Value of absent chunks of a shard, with no axes.
    """

    dtype: DType
    order: tuple[int, ...] | None = None
    stages: tuple[Stage, ...] = ()
    sharding: Sharding | None = None
    fill: Array = field(default_factory=lambda: np.zeros(()))

    def stored_limit(self, shape: tuple[int, ...]) -> int:
        """Return the most bytes that a chunk of this shape can be stored in."""
        return self._limits(shape)[-1]

    def _limits(self, shape: tuple[int, ...]) -> list[int]:
        """Return the most bytes before each stage and after the last, in the order of writing."""
        nbytes = prod(shape) * self.dtype.itemsize
        if self.sharding is not None:
            grid = _grid(shape, self.sharding.chunks)
            most = self.sharding.inner.stored_limit(self.sharding.chunks)
            nbytes = prod(grid) * most + index_size(self.sharding, prod(grid))
        limits = [nbytes]
        for name, _ in self.stages:
            limits.append(BYTES_CODECS[name].limit(limits[-1]))
        return limits

    def decode(self, data: bytes, shape: tuple[int, ...]) -> Array:
        """Return the chunk of some bytes.

        Parameters
        ----------
        data : bytes
        shape : tuple of int

        Raises
        ------
        CorruptFileError
            If they are not what a chunk of this shape is stored as.
        """
        limits = self._limits(shape)
        # Backwards: the last codec of writing is the first of reading.
        for (name, settings), limit in zip(self.stages[::-1], limits[-2::-1], strict=True):
            data = decode_bytes(name, data, limit, settings)
        if self.sharding is not None:
            return _from_shard(self.sharding, data, shape, self.fill)
        if len(data) != limits[0]:
            raise CorruptFileError(f"must decode to {limits[0]} bytes, got {len(data)}")
        values = np.frombuffer(data, self.dtype)
        if self.order is None:
            return values.reshape(shape)
        stored = values.reshape([shape[axis] for axis in self.order])
        return stored.transpose(np.argsort(self.order))

    def encode(self, chunk: Array) -> bytes:
        """Return the bytes of a chunk."""
        if self.sharding is not None:
            data = _to_shard(self.sharding, chunk, self.fill)
        else:
            ordered = chunk if self.order is None else chunk.transpose(self.order)
            data = ordered.astype(self.dtype, copy=False).tobytes()
        for name, settings in self.stages:
            data = BYTES_CODECS[name].encode(data, settings)
        return data


# Shards.


def _grid(shape: tuple[int, ...], chunks: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([n // step for n, step in zip(shape, chunks, strict=True)])


def index_size(sharding: Sharding, count: int) -> int:
    """Return the bytes of the index of a shard of `count` chunks.

    Its codecs are of fixed size: others are refused when the metadata are read.
    """
    return sharding.index.stored_limit((count, 2))


def parse_index(sharding: Sharding, data: bytes, grid: tuple[int, ...]) -> Array:
    """Return the index of a shard from its bytes.

    Returns
    -------
    ndarray of uint64, shape (*grid, 2)
        Offset and length of each chunk; `ABSENT` where there is none.
    """
    return sharding.index.decode(data, (*grid, 2)).astype(np.uint64, copy=False)


def _from_shard(sharding: Sharding, data: bytes, shape: tuple[int, ...], fill: Array) -> Array:
    grid = _grid(shape, sharding.chunks)
    size = index_size(sharding, prod(grid))
    if len(data) < size:
        raise CorruptFileError(f"has {len(data)} bytes, its index takes {size}")
    index = parse_index(sharding, data[-size:] if sharding.at_end else data[:size], grid)
    chunk = np.full(shape, fill, sharding.inner.dtype)
    for position, where in _parts(grid, sharding.chunks):
        offset, length = index[position].tolist()
        if offset == length == ABSENT:
            continue
        if offset + length > len(data):
            raise CorruptFileError(f"chunk {position} ends at byte {offset + length}, beyond it")
        part = sharding.inner.decode(data[offset : offset + length], sharding.chunks)
        chunk[where] = part
    return chunk


def _to_shard(sharding: Sharding, chunk: Array, fill: Array) -> bytes:
    grid = _grid(chunk.shape, sharding.chunks)
    index = np.full((*grid, 2), ABSENT, "<u8")
    size = index_size(sharding, prod(grid))
    pieces = []
    offset = 0 if sharding.at_end else size
    for position, where in _parts(grid, sharding.chunks):
        part = chunk[where]
        if (part == fill).all():
            continue
        pieces.append(sharding.inner.encode(part))
        index[position] = offset, len(pieces[-1])
        offset += len(pieces[-1])
    packed = sharding.index.encode(index)
    body = b"".join(pieces)
    return body + packed if sharding.at_end else packed + body


def _parts(
    grid: tuple[int, ...], chunks: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Go through the chunks of a shard: where in the grid, and which voxels."""
    for position in product(*map(range, grid)):
        sides = zip(position, chunks, strict=True)
        yield position, tuple([slice(at * step, at * step + step) for at, step in sides])
