"""PrecomputedChunks: the chunks of a scale, in files of their own or in shards."""

from __future__ import annotations

from collections.abc import Hashable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.chunked import ChunkedArray, ChunkIndex
from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError, DamagedFileError, ImageFileError
from volio.files.sources.store import Store
from volio.formats.containers.documents import below
from volio.formats.containers.store_chunks import ArrayKey, Span, StoreChunks
from volio.formats.precomputed.encodings import ChunkForm, decode_chunk, stored_limit
from volio.formats.precomputed.info import INFO, Info, Scale
from volio.formats.precomputed.sharding import (
    Minishard,
    ShardSpec,
    morton_code,
    packed_limit,
    parse_minishard,
    unpacked,
)

__all__ = ["PrecomputedChunks", "precomputed_array"]

KEPT_INDICES = 1 << 24  # bytes of indices of shards that an array keeps
#: Endings of files that other programs pack, and do not name in the info.
PACKED = (".gz", ".br", ".zstd")


def precomputed_array(store: Store, info: Info, scale: Scale) -> ChunkedArray:
    """Return the lazy array of a scale, axes channel, z, y, x; without the first if it is one."""
    shape = (info.channels, *scale.size[::-1])
    chunks = (info.channels, *scale.chunk[::-1])
    first = 0 if info.channels > 1 else 1
    source = PrecomputedChunks(store, info, scale)
    return ChunkedArray(shape[first:], info.dtype, chunks[first:], source)


class _Place(NamedTuple):
    """Where a shard has a chunk: key of the file, number of the minishard, identifier."""

    key: str
    minishard: int
    chunk_id: int


class PrecomputedChunks(StoreChunks):
    """The chunks of a scale.

    Parameters
    ----------
    store : Store
    info : Info
    scale : Scale
    """

    def __init__(self, store: Store, info: Info, scale: Scale) -> None:
        super().__init__(store, ArrayKey(scale.key, INFO))
        self.is_sharded = scale.sharding is not None
        self._dtype = info.dtype
        self._channels = info.channels
        self._scale = scale
        self._indices: dict[Hashable, tuple[Hashable, Any]] = {}
        self._kept = 0  # bytes

    def store_key(self, index: ChunkIndex) -> str:
        """Return the key that holds a chunk: its own, or that of a shard."""
        if self.is_sharded:
            return self._place(index).key
        ranges = []
        sides = zip(index[:-4:-1], self._scale.chunk, self._scale.size, strict=True)
        for (at, step, length), offset in zip(sides, self._scale.offset, strict=True):
            start = at * step
            ranges.append(f"{offset + start}-{offset + min(start + step, length)}")
        return below(self._scale.key, "_".join(ranges))

    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk; see `ChunkSource.read`."""
        found = super().read(index)
        if found is None and not self.is_sharded and not self.store.is_remote:
            return self._read_packed(index)
        return found

    def _read_packed(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk whose file has been packed: a server would not show that."""
        for ending in PACKED:
            key = self.store_key(index) + ending
            data = self.store.get(key)
            if data is None:
                continue
            if ending != ".gz":
                raise ImageFileError(f"{self.store.name}: {key}: chunks in {ending} are not read")
            try:
                return self.decoded(index, unpacked(data, self._limit(index)))
            except DamagedFileError as error:
                raise CorruptFileError(f"{self.store.name}: {key}: {error}") from error
        return None

    def signature(self, index: ChunkIndex) -> Hashable:
        """Return what changes with the bytes of the key that holds a chunk."""
        found = super().signature(index)
        if found is None and not self.is_sharded and not self.store.is_remote:
            return self.store.signature(f"{self.store_key(index)}{PACKED[0]}")
        return found

    def decoded(self, index: ChunkIndex, data: bytes) -> Array:
        """Return the chunk of some bytes; see `StoreChunks.decoded`."""
        sharding = self._scale.sharding
        if sharding is not None and sharding.packs_data:
            data = unpacked(data, self._limit(index))
        chunk = decode_chunk(self._scale.encoding, data, self._form(index))
        return chunk if len(index) == 4 else chunk[0]

    def _form(self, index: ChunkIndex) -> ChunkForm:
        """Return what a chunk decodes to: chunks are clipped where the volume ends."""
        scale = self._scale
        sides = zip(index[-3:], scale.chunk[::-1], scale.size[::-1], strict=True)
        clipped = [min(step, length - at * step) for at, step, length in sides]
        return ChunkForm((self._channels, *clipped), self._dtype, scale.block[::-1])

    def _limit(self, index: ChunkIndex) -> int:
        """Return the most bytes that a chunk can take, before it is packed."""
        return stored_limit(self._scale.encoding, self._form(index))

    # Shards.

    def _place(self, index: ChunkIndex) -> _Place:
        sharding = self._scale.sharding
        assert sharding is not None
        chunk_id = morton_code(index[:-4:-1], self._scale.grid)
        name, minishard = sharding.place_of(chunk_id)
        return _Place(below(self._scale.key, name), minishard, chunk_id)

    def span(self, index: ChunkIndex) -> Span | None:
        """Return the bytes of a shard that hold a chunk; None where it is absent."""
        sharding = self._scale.sharding
        assert sharding is not None
        place = self._place(index)
        minishard = self._minishard(sharding, place)
        found = None if minishard is None else minishard.span(place.chunk_id)
        if found is None:
            return None
        start, stop = found
        limit = self._limit(index)
        most = packed_limit(limit) if sharding.packs_data else limit
        if stop - start > most:
            raise CorruptFileError(
                f"{self.name}: {place.key}: chunk {index}: {stop - start} bytes, at most {most} "
                "can be needed"
            )
        return sharding.index_bytes + start, sharding.index_bytes + stop

    def _minishard(self, sharding: ShardSpec, place: _Place) -> Minishard | None:
        """Return the index of a minishard, which is kept; None where it has no chunks."""
        signature = self.store.signature(place.key)
        which = place[:2]
        known = self._indices.get(which)
        if known is None or known[0] != signature:
            known = signature, self._read_minishard(sharding, place, signature)
            self._keep(which, known, 0 if known[1] is None else known[1].nbytes)
        found: Minishard | None = known[1]
        return found

    def _keep(self, which: Hashable, known: tuple[Hashable, Any], nbytes: int) -> None:
        if self._kept + nbytes > KEPT_INDICES:
            self._indices = {}
            self._kept = 0
        self._indices[which] = known
        self._kept += nbytes

    def _read_minishard(
        self, sharding: ShardSpec, place: _Place, signature: Hashable
    ) -> Minishard | None:
        index = self._shard_index(sharding, place.key, signature)
        if index is None:
            return None
        start, stop = index[place.minishard].tolist()
        if start == stop:
            return None
        # A chunk takes three numbers in the index.
        limit = 24 * min(prod(self._scale.grid), KEPT_INDICES)
        most = packed_limit(limit) if sharding.packs_index else limit
        try:
            if not start < stop <= start + most:
                raise CorruptFileError(f"is in bytes {start} to {stop}, at most {most} are needed")
            data = self._bytes_after_index(sharding, place.key, (start, stop))
            return parse_minishard(unpacked(data, limit) if sharding.packs_index else data)
        except DamagedFileError as error:
            raise CorruptFileError(
                f"{self.name}: {place.key}: the index of minishard {place.minishard}: {error}"
            ) from error

    def _bytes_after_index(self, sharding: ShardSpec, key: str, span: Span) -> bytes:
        start, stop = (sharding.index_bytes + each for each in span)
        data = self.store.get(key, start, stop)
        if data is None or len(data) != stop - start:
            got = 0 if data is None else len(data)
            raise CorruptFileError(f"must have {stop - start} bytes, got {got}")
        return data

    def _shard_index(self, sharding: ShardSpec, key: str, signature: Hashable) -> Array | None:
        """Return the index of a shard, which is kept; None where there is no such shard.

        Returns
        -------
        ndarray of uint64, shape (minishards, 2)
            First byte of the index of each minishard and the one after its last, after this index.
        """
        known = self._indices.get(key)
        if known is not None and known[0] == signature:
            kept: Array | None = known[1]
            return kept
        size = sharding.index_bytes
        data = self.store.get(key, 0, size)
        if data is not None and len(data) != size:
            raise CorruptFileError(
                f"{self.name}: {key}: the index of the shard must have {size} bytes, got "
                f"{len(data)}"
            )
        found = None if data is None else np.frombuffer(data, "<u8").reshape(-1, 2)
        self._keep(key, (signature, found), 0 if data is None else size)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_indices": {}, "_kept": 0}
