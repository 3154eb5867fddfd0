"""Streams of LZ4 blocks as lz4-java writes them, which N5 has for its blocks.

Each begins with ``LZ4Block``, a byte for the method, the compressed and the decompressed length and
a checksum, all little-endian; one without bytes ends the stream.
"""

from __future__ import annotations

import struct

from volio.errors import CorruptFileError
from volio.extras import need

__all__ = ["decode_lz4_blocks"]

MAGIC = b"LZ4Block"
HEADER = struct.Struct("<8sBiiI")
STORED = 0x10
PACKED = 0x20


def decode_lz4_blocks(data: bytes, limit: int) -> bytes:
    """Return what a stream decodes to.

    The checksums are not compared: they are XXH32, and of the decoded bytes.

    Raises
    ------
    CorruptFileError
        If it is damaged, or decodes to more than `limit` bytes.
    MissingPackageError
        If numcodecs is not installed.
    """
    pieces: list[bytes] = []
    at = 0
    left = limit
    while at < len(data):
        piece, at = _decode_block(data, at, left)
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _decode_block(data: bytes, at: int, most: int) -> tuple[bytes, int]:
    """Return what the block at a byte decodes to, and the byte after it."""
    if len(data) - at < HEADER.size:
        raise CorruptFileError(f"ends within the header of a block of lz4, at byte {at}")
    magic, method, packed, decoded, _ = HEADER.unpack_from(data, at)
    begin = at + HEADER.size
    if magic != MAGIC or not 0 <= packed <= len(data) - begin or decoded < 0:
        raise CorruptFileError(f"there is no block of lz4 at byte {at}")
    if decoded > most:
        raise CorruptFileError(f"decodes to more bytes than fit: a block has {decoded}")
    body = data[begin : begin + packed]
    piece = body
    if method & 0xF0 == PACKED and decoded:
        # numcodecs has the decoded length before the bytes.
        piece = need("numcodecs.lz4", "zarr").decompress(struct.pack("<I", decoded) + body)
    elif decoded and method & 0xF0 != STORED:
        raise CorruptFileError(f"the block of lz4 at byte {at} is of method {method:#x}")
    if len(piece) != decoded:
        raise CorruptFileError(f"the block of lz4 at byte {at} must have {decoded} bytes")
    return bytes(piece), begin + packed
