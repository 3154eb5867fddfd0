"""Shards of precomputed volumes (uint64_sharded_v1): which bytes of which file hold a chunk.

Source: https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/sharded.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError
from volio.formats.containers.chunk_codecs import BYTES_CODECS, decode_bytes
from volio.formats.containers.documents import Document, field
from volio.formats.containers.store_chunks import Span

__all__ = [
    "Minishard",
    "ShardSpec",
    "morton_code",
    "packed_limit",
    "parse_minishard",
    "read_sharding",
    "unpacked",
]

MOST_MINISHARD_BITS = 20  # an index of 16 MiB
WORD = (1 << 32) - 1
FARTHEST = 1 << 62  # bytes


@dataclass(frozen=True)
class ShardSpec:
    """How chunks are distributed over shards and minishards.

    Parameters
    ----------
    preshift_bits, minishard_bits, shard_bits : int
    is_hashed : bool
        Whether identifiers are hashed, by murmurhash3_x86_128.
    packs_index, packs_data : bool
        Whether the index of a minishard, and a chunk, are in gzip.
    """

    preshift_bits: int
    minishard_bits: int
    shard_bits: int
    is_hashed: bool
    packs_index: bool
    packs_data: bool

    @property
    def index_bytes(self) -> int:
        """Bytes of the index of a shard, with which it begins."""
        return 16 << self.minishard_bits

    def place_of(self, chunk_id: int) -> tuple[str, int]:
        """Return the name of the file and the number of the minishard that hold a chunk."""
        shifted = chunk_id >> self.preshift_bits
        code = murmurhash3_x86_128_low(shifted) if self.is_hashed else shifted
        minishard = code & ((1 << self.minishard_bits) - 1)
        shard = (code >> self.minishard_bits) & ((1 << self.shard_bits) - 1)
        digits = -(-self.shard_bits // 4)
        return f"{shard:0{digits}x}.shard", minishard


def read_sharding(document: Document, what: str) -> ShardSpec:
    """Return how a scale is sharded, from its document.

    Raises
    ------
    HeaderDataError
        If it makes no sense or is of another kind.
    """
    kind = document.get("@type")
    if kind != "neuroglancer_uint64_sharded_v1":
        raise HeaderDataError(f"{what}: @type: {kind!r:.60} is not read")
    preshift, minishard, shard = (
        _bits(document, name, what) for name in ("preshift_bits", "minishard_bits", "shard_bits")
    )
    if minishard > MOST_MINISHARD_BITS or minishard + shard > 64:
        raise HeaderDataError(
            f"{what}: minishard_bits: at most {MOST_MINISHARD_BITS} are read, and 64 together "
            f"with shard_bits, got {minishard} and {shard}"
        )
    return ShardSpec(
        preshift,
        minishard,
        shard,
        _chosen(document, "hash", ("identity", "murmurhash3_x86_128"), what),
        _chosen(document, "minishard_index_encoding", ("raw", "gzip"), what),
        _chosen(document, "data_encoding", ("raw", "gzip"), what),
    )


def _bits(document: Document, name: str, what: str) -> int:
    found = field(document, name, int, what)
    if not 0 <= found <= 64:
        raise HeaderDataError(f"{what}: {name}: must be 0 to 64, got {found}")
    return found


def _chosen(document: Document, name: str, words: tuple[str, str], what: str) -> bool:
    """Return whether a field is the second of two words; the first is the default."""
    found = field(document, name, str, what, words[0])
    if found not in words:
        raise HeaderDataError(f"{what}: {name}: must be one of {list(words)}, got {found!r:.60}")
    return found == words[1]


def morton_code(position: Sequence[int], grid: Sequence[int]) -> int:
    """Return the compressed Morton code of a chunk: its identifier in the shards.

    Bits of x, y and z alternate, the lowest first; an axis takes part as long as the number of the
    last chunk along it has bits left.

    Parameters
    ----------
    position : sequence of int
        Of the chunk: x, y, z.
    grid : sequence of int
        How many chunks there are: x, y, z.
    """
    code = 0
    place = 0
    widths = [(n - 1).bit_length() for n in grid]
    for bit in range(max(widths)):
        for at, width in zip(position, widths, strict=True):
            if bit < width:
                code |= (at >> bit & 1) << place
                place += 1
    return code


def murmurhash3_x86_128_low(key: int) -> int:
    """Return the low 64 bits of MurmurHash3 x86 128 of 8 little-endian bytes, of seed 0."""
    low = key & WORD
    high = key >> 32 & WORD
    # Two of the four lanes get input: the constants are those of the reference.
    h1 = _rotated(low * 0x239B961B, 15) * 0xAB0E9789 & WORD
    h2 = _rotated(high * 0xAB0E9789, 16) * 0x38B34AE5 & WORD
    h1 ^= 8  # the length
    h2 ^= 8
    h3 = h4 = 8
    h1 = (h1 + h2 + h3 + h4) & WORD
    h2, h3, h4 = ((h + h1) & WORD for h in (h2, h3, h4))
    h1, h2, h3, h4 = (_mixed(h) for h in (h1, h2, h3, h4))
    h1 = (h1 + h2 + h3 + h4) & WORD
    h2 = (h2 + h1) & WORD
    return h1 | h2 << 32


def _rotated(value: int, by: int) -> int:
    value &= WORD
    return (value << by | value >> (32 - by)) & WORD


def _mixed(value: int) -> int:
    value ^= value >> 16
    value = value * 0x85EBCA6B & WORD
    value ^= value >> 13
    value = value * 0xC2B2AE35 & WORD
    return value ^ value >> 16


@dataclass(frozen=True, eq=False)
class Minishard:
    """Which chunks a minishard has.

    Parameters
    ----------
    ids : ndarray of uint64
        Ascending.
    starts, sizes : ndarray of uint64
        In bytes after the index of the shard.
    """

    ids: NDArray[np.uint64]
    starts: NDArray[np.uint64]
    sizes: NDArray[np.uint64]

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory."""
        return self.ids.nbytes + self.starts.nbytes + self.sizes.nbytes

    def span(self, chunk_id: int) -> Span | None:
        """Return the bytes of a chunk, counted after the index; None where it is absent.

        Raises
        ------
        CorruptFileError
            If there are no such bytes in any file.
        """
        at = int(np.searchsorted(self.ids, np.uint64(chunk_id)))
        if at == len(self.ids) or int(self.ids[at]) != chunk_id:
            return None
        start = int(self.starts[at])
        stop = start + int(self.sizes[at])
        if stop > FARTHEST:
            raise CorruptFileError(f"chunk {chunk_id} ends at byte {stop}")
        return start, stop


def parse_minishard(data: bytes) -> Minishard:
    """Return the index of a minishard from its bytes.

    Identifiers and starts are stored as differences: identifiers to the one before, starts to the
    end of the chunk before.

    Raises
    ------
    CorruptFileError
        If they are not such an index.
    """
    if len(data) % 24:
        raise CorruptFileError(f"must have 24 bytes for each chunk, got {len(data)}")
    steps, gaps, sizes = np.frombuffer(data, "<u8").astype(np.uint64).reshape(3, -1)
    ids = steps.cumsum(dtype=np.uint64)
    if np.any(ids[1:] <= ids[:-1]):
        raise CorruptFileError("identifiers of chunks do not ascend")
    ends = (gaps + sizes).cumsum(dtype=np.uint64)
    return Minishard(ids, ends - sizes, sizes)


def packed_limit(nbytes: int) -> int:
    """Return the most bytes that so many can take in gzip."""
    return BYTES_CODECS["gzip"].limit(nbytes)


def unpacked(data: bytes, limit: int) -> bytes:
    """Return what bytes in gzip decode to.

    Raises
    ------
    CorruptFileError
        If they are more than `limit`, or are not gzip.
    """
    return decode_bytes("gzip", data, limit)
