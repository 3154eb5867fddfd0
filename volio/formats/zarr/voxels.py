"""ZarrChunks: the chunks of a Zarr array in a store, and the array of them."""

from __future__ import annotations

from collections.abc import Hashable
from math import prod
from typing import Any, cast

import numpy as np

from volio.arrays.chunked import ChunkedArray, ChunkIndex
from volio.arrays.converted import ConvertedArray
from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError, DamagedFileError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store
from volio.formats.containers.documents import below
from volio.formats.containers.store_chunks import ArrayKey, Span, StoreChunks
from volio.formats.zarr.metadata import ArrayMetadata, Node
from volio.formats.zarr.pipeline import ABSENT, Sharding, index_size, parse_index

__all__ = ["ScaledChunks", "ZarrChunks", "zarr_array"]

KEPT_INDICES = 1 << 24  # bytes of indices of shards that an array keeps


def zarr_array(store: Store, node: Node) -> ChunkedArray:
    """Return the lazy array of an array's node.

    Raises
    ------
    HeaderDataError
        If no array has its shape or its chunks.
    """
    array = node.array
    if array is None:
        raise ValueError(node.path)
    source = ZarrChunks(store, node, array)
    return ChunkedArray(array.shape, array.dtype, array.chunks, source, fill=array.fill)


class ScaledChunks(ConvertedArray):
    """The values of an array whose chunks hold other numbers: value = stored * slope + inter.

    Parameters
    ----------
    stored : ChunkedArray
    slope, inter : float
    """

    def __init__(self, stored: ChunkedArray, slope: float, inter: float) -> None:
        super().__init__(cast(ByteSource, stored.source), stored, slope, inter)

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The file or the store that the chunks are in."""
        return self.stored.sources


class ZarrChunks(StoreChunks):
    """The chunks of an array: whole keys, or the chunks of shards.

    Parameters
    ----------
    store : Store
    node : Node
        The array.
    array : ArrayMetadata
        Of the node.
    """

    def __init__(self, store: Store, node: Node, array: ArrayMetadata) -> None:
        super().__init__(store, ArrayKey(node.path, node.key))
        self.is_sharded = array.sharding is not None
        self.array = array
        self._folder = below(node.path, "")
        self._grid = _ratios(array.grid_chunks, array.chunks)
        self._indices: dict[ChunkIndex, tuple[Hashable, Array | None]] = {}

    def store_key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk: its own, or that of a shard."""
        outer = self._places(index)[0] if self.is_sharded else index
        return self._key(outer)

    def key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk, and which chunk of a shard it is."""
        outer, inner = self._places(index)
        key = self._key(outer)
        return f"{key}, chunk {inner} of the shard" if self.is_sharded else key

    def decoded(self, index: ChunkIndex, data: bytes) -> Array:
        """Return the chunk of some bytes; see `StoreChunks.decoded`."""
        array = self.array
        pipeline = array.pipeline if array.sharding is None else array.sharding.inner
        return pipeline.decode(data, array.chunks)

    def span(self, index: ChunkIndex) -> Span | None:
        """Return the bytes of a shard that hold a chunk; None where it is absent."""
        sharding = self.array.sharding
        assert sharding is not None
        outer, inner = self._places(index)
        shard_index = self._shard_index(sharding, outer)
        if shard_index is None:
            return None
        offset, length = shard_index[inner].tolist()
        if offset == length == ABSENT:
            return None
        most = sharding.inner.stored_limit(sharding.chunks)
        if length > most or offset > np.iinfo(np.int64).max:
            raise CorruptFileError(
                f"{self.name}: {self._key(outer)}: chunk {inner}: {length} bytes from byte "
                f"{offset} on, at most {most} can be needed"
            )
        return offset, offset + length

    def _places(self, index: ChunkIndex) -> tuple[ChunkIndex, ChunkIndex]:
        """Return the place of the key in the grid, and of the chunk in what the key holds."""
        outer = tuple([at // n for at, n in zip(index, self._grid, strict=True)])
        inner = tuple([at % n for at, n in zip(index, self._grid, strict=True)])
        return outer, inner

    def _key(self, outer: ChunkIndex) -> str:
        return self._folder + self.array.key(outer)

    def _shard_index(self, sharding: Sharding, outer: ChunkIndex) -> Array | None:
        """Return the index of a shard, which is kept; None where there is no such shard."""
        key = self._key(outer)
        signature = self.store.signature(key)
        known = self._indices.get(outer)
        if known is not None and known[0] == signature:
            return known[1]
        found = self._read_index(sharding, key)
        size = index_size(sharding, prod(self._grid))
        if (len(self._indices) + 1) * size > KEPT_INDICES:
            self._indices = {}
        self._indices[outer] = signature, found
        return found

    def _read_index(self, sharding: Sharding, key: str) -> Array | None:
        size = index_size(sharding, prod(self._grid))
        span = (-size, None) if sharding.at_end else (0, size)
        data = self.store.get(key, *span)
        if data is None:
            return None
        try:
            if len(data) != size:
                raise CorruptFileError(f"its index must have {size} bytes, got {len(data)}")
            return parse_index(sharding, data, self._grid)
        except DamagedFileError as error:
            raise CorruptFileError(
                f"{self.name}: {key}: the index of the shard: {error}"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_indices": {}}


def _ratios(grid_chunks: tuple[int, ...], chunks: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many chunks one key holds along each axis."""
    return tuple([n // step for n, step in zip(grid_chunks, chunks, strict=True)])
