"""Where deflate blocks begin, and how to begin decoding there, at any bit.

The libraries decode from the first bit of a byte. A block that begins at another bit is reached
through empty blocks put in front, which decode to nothing and end at that bit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from volio.files.codecs.inflate import raw_decompressor

__all__ = ["WINDOW", "Place", "find_place", "primed"]

WINDOW = 1 << 15  # how far back deflate data may refer
REGION = 1 << 14  # compressed bytes that are searched at once
REGIONS = 12
TRIAL = 1 << 10  # compressed bytes, more than the header of a block has
PROOF = 256  # bytes of decoded data that must agree, counted after compression
KRAFT = 128  # the sum over a complete code whose lengths are 7 at most

# Bits in the order of the stream. An empty block of fixed codes has 10; this one of dynamic codes,
# of which little but the end is used, has 99. So many of each end at any bit of a byte.
FIXED = "0100000000"
DYNAMIC = (
    "0010000010000011100000010000000000000000000000000000000000000001"
    "00000101001111111010010111111101011"
)
NEEDED = {0: "", 2: FIXED, 4: 2 * FIXED, 6: 3 * FIXED}
NEEDED |= {(bit + 3) % 8: bits + DYNAMIC for bit, bits in NEEDED.items()}


class Place(NamedTuple):
    """A place where decoding can begin.

    Attributes
    ----------
    bit : int
        Of the compressed file; for the beginning of a gzip member that of its header.
    offset : int
        Decoded bytes before it.
    window : bytes or None
        What was decoded before, 32 KiB at most; None for the beginning of a member.
    """

    bit: int
    offset: int
    window: bytes | None


def primed(bit: int, raw: bytes) -> bytes:
    """Return compressed bytes whose first block begins at a bit as bytes that a library can begin.

    Parameters
    ----------
    bit : int
        Of the first byte, 0 to 7; lower bits do not count.
    raw : bytes
    """
    if not bit or not raw:
        return raw
    bits = NEEDED[bit]
    front = int(bits[::-1], 2) | (raw[0] >> bit << bit) << len(bits) - bit
    return front.to_bytes(len(bits) // 8 + 1, "little") + raw[1:]


def find_place(raw: bytes, start: int, decoded: bytes, end: int, first: int) -> Place | None:
    """Find a block near the end of compressed bytes, and prove it by decoding.

    What decoding from there gives must be the end of what was decoded in sequence, and enough of it
    that chance is no explanation.

    Parameters
    ----------
    raw : bytes
        The compressed bytes before a point.
    start : int
        Where they begin in the file.
    decoded : bytes
        The decoded bytes before that point.
    end : int
        Decoded bytes before that point, counted from the beginning of the file.
    first : int
        Decoded bytes before the gzip member.
    """
    for bit in filter(partial(_begins_block, raw), _candidates(raw)):
        size = len(_decoded(raw, bit, bytes(WINDOW), len(decoded) + 1))
        offset = end - size
        known = len(decoded) - size
        if known < min(WINDOW, offset - first):
            continue
        window = decoded[max(0, known - WINDOW) : known]
        proof = decoded[known:]
        if _decoded(raw, bit, window, size + 1) == proof and len(zlib.compress(proof, 1)) > PROOF:
            return Place(8 * start + bit, offset, window)
    return None


def _begins_block(raw: bytes, bit: int) -> bool:
    """Tell whether zlib, which is strict about codes, takes a bit for the beginning of a block."""
    data = primed(bit % 8, raw[bit // 8 : bit // 8 + TRIAL])
    try:
        zlib.decompressobj(-zlib.MAX_WBITS, zdict=bytes(WINDOW)).decompress(data)
    except zlib.error:
        return False
    return True


def _decoded(raw: bytes, bit: int, window: bytes, most: int) -> bytes:
    """Decode from a bit to the end of the bytes; nothing where that is impossible."""
    try:
        found: bytes = raw_decompressor(window).decompress(primed(bit % 8, raw[bit // 8 :]), most)
    except MemoryError:
        raise
    except Exception:  # each library has its own classes
        return b""
    return found


def _candidates(raw: bytes) -> Iterator[int]:
    """Yield bits where a block of dynamic codes may begin, from the end on backwards."""
    for high in range(len(raw), max(0, len(raw) - REGIONS * REGION), -REGION):
        low = max(0, high - REGION)
        yield from (8 * low + bit for bit in _headers(raw[low : high + 16]))


def _headers(raw: bytes) -> list[int]:
    """Find what looks like the header of a block, not the last one, with dynamic codes.

    Of its fields (RFC 1951, 3.2.7) the numbers of codes must be in their range, and the lengths of
    the code for code lengths must make up a complete code.
    """
    import numpy as np

    count = len(raw) - 16
    if count <= 0:
        return []

    def words(skip: int) -> Any:
        """Return the 64 bits from each byte on, some bytes later."""
        return np.ndarray((count,), "<u8", raw, skip, (1,))

    found = []
    for shift in range(8):
        (at,) = np.nonzero(words(0) & np.uint64(7 << shift) == 4 << shift)
        word = words(0)[at] >> np.uint64(shift)
        right = (word >> 3 & 31 < 30) & (word >> 8 & 31 < 30)
        at = at[right]
        lengths = word[right] >> 13 & 15
        after = shift + 17
        codes = (words(after // 8)[at] >> np.uint64(after % 8)) & ((1 << 57) - 1)
        codes &= (np.uint64(1) << 3 * (lengths + 4)) - 1
        total = np.zeros(len(at), np.int64)
        for code in range(19):
            length = (codes >> np.uint64(3 * code) & 7).astype(np.int64)
            total += np.where(length > 0, KRAFT >> length, 0)
        found.append(8 * at[total == KRAFT] + shift)
    return sorted(map(int, np.concatenate(found)), reverse=True)
