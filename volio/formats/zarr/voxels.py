"""ZarrChunks: the chunks of a Zarr array in a store, and the array of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import Any, cast

import numpy as np

from volio.arrays.chunked import ChunkedArray, ChunkIndex, ChunkSource
from volio.arrays.converted import ConvertedArray
from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError, DamagedFileError, SourceChangedError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store
from volio.files.zip_store import ZipStore
from volio.formats.zarr.metadata import ArrayMetadata, Node, below
from volio.formats.zarr.pipeline import ABSENT, Sharding, index_size, parse_index

__all__ = ["ScaledChunks", "ZarrChunks", "zarr_array"]

KEPT_INDICES = 1 << 24  # bytes of indices of shards that an array keeps
GAP = 1 << 17  # bytes between chunks of a shard that cost a server less than another request
LARGEST_REQUEST = 1 << 24
AT_ONCE = 16  # chunks of a shard in a file that one thread reads

Span = tuple[int, int]


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
    def sources(self) -> tuple[ByteSource, ...]:
        """Files that the chunks are in, where these are not files of their own."""
        return self.stored.sources


class ZarrChunks(ChunkSource):
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
        self.name = f"{store.name}/{node.path}".rstrip("/")
        self.is_remote = store.is_remote
        self.store = store
        self.sources = (store.source,) if isinstance(store, ZipStore) else ()
        self.array = array
        self._path = node.path
        self._document = node.key
        # Metadata that change make another array of the same chunks.
        self._signature = store.signature(node.key)
        self._grid = _ratios(array.grid_chunks, array.chunks)
        self._indices: dict[ChunkIndex, tuple[Hashable, Array | None]] = {}

    @property
    def identity(self) -> Hashable:
        """The array in its store, with what changes with its metadata."""
        return self.store.identity(), self._path, self._signature

    def key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk, and which chunk of a shard it is."""
        outer, inner = self._places(index)
        key = self._key(outer)
        return key if self.array.sharding is None else f"{key}, chunk {inner} of the shard"

    def signature(self, index: ChunkIndex) -> Hashable:
        """Return what changes with the bytes of the key that holds a chunk."""
        outer = index if self.array.sharding is None else self._shard_of(index)
        return self.store.signature(self._key(outer))

    def check(self) -> None:
        """Raise an error if the store or the metadata are not those that were opened."""
        self.store.check()
        found = self.store.signature(self._document)
        if found != self._signature:
            state = "has changed" if found else "has vanished"
            raise SourceChangedError(
                f"{self.store.name}: {self._document} {state} since it was opened. Load it again."
            )

    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk; see `ChunkSource.read`."""
        outer, inner = self._places(index)
        sharding = self.array.sharding
        if sharding is None:
            data = self.store.get(self._key(outer))
            return None if data is None else self._decoded(index, data)
        span = self._span(sharding, outer, inner)
        if span is None:
            return None
        data = self.store.get(self._key(outer), *span)
        return self._decoded_part(index, data, span)

    def batches(self, indices: Sequence[ChunkIndex]) -> Iterator[Sequence[ChunkIndex]]:
        """Cut a list of chunks into those of one shard, which lie together in its bytes.

        A server is asked for all of them; of a file a few are read at once, for each thread.
        """
        if self.array.sharding is None:
            yield from ([index] for index in indices)
            return
        most = len(indices) if self.is_remote else AT_ONCE
        by_shard = sorted(indices, key=self._shard_of)
        for _, group in groupby(by_shard, key=self._shard_of):
            chunks = list(group)
            for first in range(0, len(chunks), most):
                yield chunks[first : first + most]

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array | None]]:
        """Decode chunks of one shard; those that are near each other come in one request."""
        sharding = self.array.sharding
        if sharding is None or len(indices) < 2:
            yield from super().read_many(indices)
            return
        outer = self._shard_of(indices[0])
        spans: dict[ChunkIndex, Span] = {}
        for index in indices:
            span = self._span(sharding, outer, self._places(index)[1])
            if span is None:
                yield index, None
            else:
                spans[index] = span
        for request in _requests(spans):
            yield from self._read_request(outer, request, spans)

    def _read_request(
        self, outer: ChunkIndex, request: list[ChunkIndex], spans: dict[ChunkIndex, Span]
    ) -> Iterator[tuple[ChunkIndex, Array | None]]:
        start = spans[request[0]][0]
        stop = max(spans[index][1] for index in request)
        data = self.store.get(self._key(outer), start, stop)
        for index in request:
            low, high = spans[index]
            part = None if data is None else data[low - start : high - start]
            yield index, self._decoded_part(index, part, spans[index])

    def _decoded_part(self, index: ChunkIndex, data: bytes | None, span: Span) -> Array:
        """Decode a chunk of a shard, which must be as long as the index of the shard says."""
        start, stop = span
        if data is None or len(data) != stop - start:
            got = 0 if data is None else len(data)
            raise CorruptFileError(
                f"{self.name}: {self.key(index)}: must have {stop - start} bytes from byte {start} "
                f"on, the shard has {got}"
            )
        return self._decoded(index, data)

    def _decoded(self, index: ChunkIndex, data: bytes) -> Array:
        array = self.array
        pipeline = array.pipeline if array.sharding is None else array.sharding.inner
        try:
            return pipeline.decode(data, array.chunks)
        except DamagedFileError as error:
            raise CorruptFileError(f"{self.name}: {self.key(index)}: {error}") from error

    def _places(self, index: ChunkIndex) -> tuple[ChunkIndex, ChunkIndex]:
        """Return the place of the key in the grid, and of the chunk in what the key holds."""
        outer = tuple([at // n for at, n in zip(index, self._grid, strict=True)])
        inner = tuple([at % n for at, n in zip(index, self._grid, strict=True)])
        return outer, inner

    def _shard_of(self, index: ChunkIndex) -> ChunkIndex:
        return self._places(index)[0]

    def _key(self, outer: ChunkIndex) -> str:
        return below(self._path, self.array.key(outer))

    def _span(self, sharding: Sharding, outer: ChunkIndex, inner: ChunkIndex) -> Span | None:
        """Return the bytes of a shard that hold a chunk; None where it is absent."""
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


def _requests(spans: dict[ChunkIndex, Span]) -> Iterator[list[ChunkIndex]]:
    """Join chunks whose bytes are near each other, up to 16 MiB."""
    request: list[ChunkIndex] = []
    for index in sorted(spans, key=lambda each: spans[each]):
        start, stop = spans[index]
        if request and (
            start - spans[request[-1]][1] > GAP or stop - spans[request[0]][0] > LARGEST_REQUEST
        ):
            yield request
            request = []
        request.append(index)
    if request:
        yield request
