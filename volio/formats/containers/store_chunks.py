"""StoreChunks: the chunks of an array in a store, under keys of their own or in shards."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from volio.arrays.chunked import ChunkIndex, ChunkSource
from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError, DamagedFileError, SourceChangedError
from volio.files.sources.store import Store
from volio.files.zip_store import ZipStore

__all__ = ["ArrayKey", "Span", "StoreChunks"]

GAP = 1 << 17  # bytes between chunks of a shard that cost a server less than another request
LARGEST_REQUEST = 1 << 24
AT_ONCE = 16  # chunks of a shard in a file that one thread reads

#: First byte and the one after the last.
Span = tuple[int, int]


class ArrayKey(NamedTuple):
    """Where an array is.

    Attributes
    ----------
    path : str
        In its store, "" for the root.
    document : str
        Key of the document that describes it.
    """

    path: str
    document: str


class StoreChunks(ChunkSource):
    """The chunks of an array in a store; a format implements `store_key` and `decoded`.

    A format with shards sets `is_sharded` and implements `span`, too.

    Parameters
    ----------
    store : Store
    where : ArrayKey
    """

    is_sharded = False

    def __init__(self, store: Store, where: ArrayKey) -> None:
        self.name = f"{store.name}/{where.path}".rstrip("/")
        self.is_remote = store.is_remote
        self.store = store
        self.sources = (store.source if isinstance(store, ZipStore) else store,)
        self.where = where
        # Metadata that change make another array of the same chunks.
        self._signature = store.signature(where.document)

    @abstractmethod
    def store_key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk: its own, or that of a shard."""

    @abstractmethod
    def decoded(self, index: ChunkIndex, data: bytes) -> Array:
        """Return the chunk of some bytes.

        Raises
        ------
        DamagedFileError
            If they are not what such a chunk is stored as; the message need not name it.
        """

    def span(self, index: ChunkIndex) -> Span | None:
        """Return the bytes of a shard that hold a chunk; None where it is absent."""
        raise NotImplementedError

    @property
    def identity(self) -> Hashable:
        """The array in its store, with what changes with its metadata."""
        return self.store.identity(), self.where.path, self._signature

    def key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk, and which chunk of a shard it is."""
        key = self.store_key(index)
        return f"{key}, chunk {index}" if self.is_sharded else key

    def signature(self, index: ChunkIndex) -> Hashable:
        """Return what changes with the bytes of the key that holds a chunk."""
        return self.store.signature(self.store_key(index))

    def signatures(self, indices: Sequence[ChunkIndex]) -> Iterator[Hashable]:
        """Yield the signature of each of many chunks; each shard is asked for once."""
        if not self.is_sharded or len(indices) == 1:
            return map(self.signature, indices)
        of_key = cache(self.store.signature)
        return (of_key(self.store_key(index)) for index in indices)

    def check(self) -> None:
        """Raise an error if the store or the metadata are not those that were opened."""
        self.store.check()
        document = self.where.document
        found = self.store.signature(document)
        if self.store.is_changed(self._signature, found):
            state = "has changed" if found else "has vanished"
            raise SourceChangedError(
                f"{self.store.name}: {document} {state} since it was opened. Load it again."
            )

    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk; see `ChunkSource.read`."""
        if not self.is_sharded:
            data = self.store.get(self.store_key(index))
            return None if data is None else self._named(index, data)
        span = self.span(index)
        if span is None:
            return None
        return self._part(index, self.store.get(self.store_key(index), *span), span)

    def batches(self, indices: Sequence[ChunkIndex]) -> Iterator[Sequence[ChunkIndex]]:
        """Cut a list of chunks into those of one shard, which lie together in its bytes.

        A server is asked for all of them; of a file a few are read at once, for each thread.
        """
        if not self.is_sharded:
            yield from ([index] for index in indices)
            return
        most = len(indices) if self.is_remote else AT_ONCE
        by_shard = sorted(indices, key=self.store_key)
        for _, group in groupby(by_shard, key=self.store_key):
            chunks = list(group)
            for first in range(0, len(chunks), most):
                yield chunks[first : first + most]

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array | None]]:
        """Decode chunks of one shard; those that are near each other come in one request."""
        if not self.is_sharded or len(indices) < 2:
            yield from super().read_many(indices)
            return
        spans: dict[ChunkIndex, Span] = {}
        for index in indices:
            span = self.span(index)
            if span is None:
                yield index, None
            else:
                spans[index] = span
        for request in _requests(spans):
            yield from self._read_request(request, spans)

    def _read_request(
        self, request: list[ChunkIndex], spans: dict[ChunkIndex, Span]
    ) -> Iterator[tuple[ChunkIndex, Array]]:
        start = spans[request[0]][0]
        stop = max(spans[index][1] for index in request)
        data = self.store.get(self.store_key(request[0]), start, stop)
        for index in request:
            low, high = spans[index]
            part = None if data is None else data[low - start : high - start]
            yield index, self._part(index, part, spans[index])

    def _part(self, index: ChunkIndex, data: bytes | None, span: Span) -> Array:
        """Decode a chunk of a shard, which must be as long as the index of the shard says."""
        start, stop = span
        got = 0 if data is None else len(data)
        if data is None or got != stop - start:
            raise CorruptFileError(
                f"{self.name}: {self.key(index)}: must have {stop - start} bytes from byte {start} "
                f"on, the shard has {got}"
            )
        return self._named(index, data)

    def _named(self, index: ChunkIndex, data: bytes) -> Array:
        try:
            return self.decoded(index, data)
        except DamagedFileError as error:
            raise CorruptFileError(f"{self.name}: {self.key(index)}: {error}") from error


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
