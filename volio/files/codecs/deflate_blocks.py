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

__all__ = ["WINDOW", "Checkpoint", "find_checkpoint", "primed"]

WINDOW = 1 << 15  # how far back deflate data may refer
REGION = 1 << 14  # compressed bytes that are searched at once
REGIONS = 12
TRIAL = 1 << 10  # compressed bytes, more than the header of a block has
PROOF = 256  # bytes of decoded data that must agree, counted after compression
OVERLAP = 16  # bytes after those at which a header may begin
KRAFT = 128  # the sum over a complete code whose lengths are 7 at most

# Bits in the order of the stream. An empty block of fixed codes has 10; this one of dynamic codes,
# of which little but the end is used, has 99. These numbers of each end at any bit of a byte.
FIXED = "0100000000"
DYNAMIC = (
    "0010000010000011100000010000000000000000000000000000000000000001"
    "00000101001111111010010111111101011"
)
NEEDED = {0: "", 2: FIXED, 4: 2 * FIXED, 6: 3 * FIXED}
NEEDED |= {(bit + 3) % 8: bits + DYNAMIC for bit, bits in NEEDED.items()}


class Checkpoint(NamedTuple):
    """A point at which decoding can begin.

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


def find_checkpoint(
    raw: bytes, start: int, decoded: bytes, end: int, first: int
) -> Checkpoint | None:
    """Find a block near the end of compressed bytes, and prove it by decoding.

    What decoding from there gives must be the end of what was decoded in sequence, and so much of
    it that it cannot be chance.

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
            return Checkpoint(8 * start + bit, offset, window)
    return None


def _begins_block(raw: bytes, bit: int) -> bool:
    """Return whether zlib, which is strict about codes, finds that a block begins at a bit."""
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
        yield from (8 * low + bit for bit in _headers(raw[low : high + OVERLAP]))


def _headers(raw: bytes) -> list[int]:
    """Find what looks like the header of a block, not the last one, with dynamic codes.

    Of its fields (RFC 1951, 3.2.7) the numbers of codes must be in their range, and the lengths of
    the code for code lengths must make up a complete code.
    """
    import numpy as np

    if len(raw) <= OVERLAP:
        return []
    found = [_headers_at(raw, shift) for shift in range(8)]
    return sorted(map(int, np.concatenate(found)), reverse=True)


def _headers_at(raw: bytes, shift: int) -> Any:
    """Return the bits of headers that begin at one bit of a byte, as an array of int64."""
    import numpy as np

    first = _words(raw, 0)
    # One bit 0: not the last block; two bits, the lower first, 2: dynamic codes.
    (at,) = np.nonzero(first & np.uint64(7 << shift) == 4 << shift)
    word = first[at] >> np.uint64(shift)
    # Five bits each: 257 to 286 codes for lengths and literals, 1 to 30 for distances.
    in_range = (word >> 3 & 31 < 30) & (word >> 8 & 31 < 30)
    at = at[in_range]
    count = (word[in_range] >> 13 & 15) + 4  # of codes for code lengths, 3 bits each
    after = shift + 17
    lengths = _words(raw, after // 8)[at] >> np.uint64(after % 8)
    lengths &= (np.uint64(1) << 3 * count) - 1
    return 8 * at[_kraft_sums(lengths) == KRAFT] + shift


def _words(raw: bytes, skip: int) -> Any:
    """Return the 64 bits from each byte on, some bytes later; a view, an array of uint64."""
    import numpy as np

    return np.ndarray((len(raw) - OVERLAP,), "<u8", raw, skip, (1,))


def _kraft_sums(lengths: Any) -> Any:
    """Return the sums of 2**-length, in 128ths, over the 19 lengths of 3 bits in each number."""
    import numpy as np

    total = np.zeros(len(lengths), np.int64)
    for code in range(19):
        length = (lengths >> np.uint64(3 * code) & 7).astype(np.int64)
        total += np.where(length > 0, KRAFT >> length, 0)
    return total
