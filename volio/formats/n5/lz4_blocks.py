"""Streams of LZ4 blocks as lz4-java writes them, which N5 has for its blocks.

Each begins with ``LZ4Block``, a byte for the method, the compressed and the decompressed length and
a checksum, all little-endian; one without bytes ends the stream.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

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
    header = _read_header(data, at)
    if header.decoded > most:
        raise CorruptFileError(f"decodes to more bytes than fit: a block has {header.decoded}")
    begin = at + HEADER.size
    end = begin + header.packed
    piece = _decompressed(header, data[begin:end], at) if header.decoded else b""
    if len(piece) != header.decoded or (header.packed and not header.decoded):
        raise CorruptFileError(f"the block of lz4 at byte {at} must have {header.decoded} bytes")
    return piece, end


class _BlockHeader(NamedTuple):
    """How a block is stored: the method, and its bytes before and after decompression."""

    method: int
    packed: int
    decoded: int


def _read_header(data: bytes, at: int) -> _BlockHeader:
    if len(data) - at < HEADER.size:
        raise CorruptFileError(f"ends within the header of a block of lz4, at byte {at}")
    magic, method, packed, decoded, _ = HEADER.unpack_from(data, at)
    left = len(data) - at - HEADER.size
    if magic != MAGIC or not 0 <= packed <= left or decoded < 0:
        raise CorruptFileError(f"there is no block of lz4 at byte {at}")
    return _BlockHeader(method, packed, decoded)


def _decompressed(header: _BlockHeader, body: bytes, at: int) -> bytes:
    kind = header.method & 0xF0
    if kind == PACKED:
        # numcodecs has the decoded length before the bytes.
        length = struct.pack("<I", header.decoded)
        return bytes(need("numcodecs.lz4", "zarr").decompress(length + body))
    if kind == STORED:
        return body
    raise CorruptFileError(f"the block of lz4 at byte {at} is of method {header.method:#x}")
