"""The gzip header (RFC 1952) and the index of chunks that volio keeps in its extra field.

The deflate stream of a written file is cut by full flushes into chunks, each of which can be
inflated on its own. The index lists them: one sub-field with the identification ``VO`` in the
extra field, which every reader of gzip skips. All numbers are little endian::

    u8   version, 1
    u8   0
    u16  n, number of chunks
    u32  uncompressed length of the first chunk
    u32  uncompressed length of each following chunk; the last may be shorter
    u32  n times: compressed length of a chunk, its flush marker included

The first chunk starts right after the gzip header. After the last one come the final empty block
``03 00`` and the trailer, which are not counted. A chunk of the index may have further full
flushes inside. The index is a hint: the reader checks it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "FINAL_BLOCK",
    "FLUSH_MARKER",
    "MOST_CHUNKS",
    "MOST_HEADER",
    "GzipHeader",
    "Index",
    "header_length",
    "pack_header",
    "parse_header",
]

#: What a full flush leaves at the end of a chunk: an empty stored block.
FLUSH_MARKER = b"\x00\x00\xff\xff"
#: An empty block with the mark of the last one, which ends the stream.
FINAL_BLOCK = b"\x03\x00"
#: The whole gzip header of a written file: some programs look for the image header in the first
#: 1,024 compressed bytes.
MOST_HEADER = 512

FIXED = struct.Struct("<2sBBIBB")  # magic, method, flags, time, extra flags, operating system
EXTRA_LENGTH = struct.Struct("<H")  # of all sub-fields
SUBFIELD = struct.Struct("<2sH")
COUNTS = struct.Struct("<BBHII")
MAGIC = b"\x1f\x8b"
DEFLATE = 8
UNKNOWN_SYSTEM = 255
VERSION = 1
HEADER_CRC = 2
EXTRA = 4
NAME = 8
COMMENT = 16
RESERVED = 0xE0
INDEX = b"VO"
PADDING = b"VP"
LARGEST = 0xFFFFFFFF
BEFORE_LENGTHS = FIXED.size + EXTRA_LENGTH.size + SUBFIELD.size + COUNTS.size

#: As many chunks as an index within `MOST_HEADER` can have.
MOST_CHUNKS = (MOST_HEADER - BEFORE_LENGTHS) // 4


class Index(NamedTuple):
    """Where the chunks of a gzip stream are.

    Attributes
    ----------
    first, rest : int
        Uncompressed length of the first chunk, and of each following one but perhaps the last.
    lengths : tuple of int
        Compressed length of each chunk.
    """

    first: int
    rest: int
    lengths: tuple[int, ...]

    def fits(self) -> bool:
        """Return whether the index fits its fields."""
        numbers = (self.first, self.rest, *self.lengths)
        return 0 < len(self.lengths) <= MOST_CHUNKS and 0 < min(numbers) <= max(numbers) <= LARGEST


@dataclass(frozen=True)
class GzipHeader:
    """The header of a gzip member.

    Attributes
    ----------
    length : int
        Bytes of the header: the deflate stream starts there.
    extra : tuple of (bytes, bytes)
        Sub-fields of the extra field: identification and content.
    """

    length: int
    extra: tuple[tuple[bytes, bytes], ...]

    @property
    def index(self) -> Index | None:
        """The index of chunks, or None where there is none that makes sense."""
        found = next((content for name, content in self.extra if name == INDEX), None)
        return None if found is None else _parse_index(found)


def header_length(chunks: int) -> int:
    """Return the length of a gzip header with an index of so many chunks; 0 means no index."""
    return BEFORE_LENGTHS + 4 * chunks if chunks else FIXED.size


def pack_header(index: Index | None, length: int | None = None) -> bytes:
    """Return a gzip header in which nothing depends on the machine or the moment.

    Parameters
    ----------
    index : Index or None
        One that does not fit is left out.
    length : int, optional
        Length of the header, one that `header_length` gave for at least as many chunks. What is
        left over is filled with a second sub-field.
    """
    subfields = _packed_index(index) if index is not None and index.fits() else b""
    length = length or header_length(len(index.lengths) if index and subfields else 0)
    if length == FIXED.size:
        return FIXED.pack(MAGIC, DEFLATE, 0, 0, 0, UNKNOWN_SYSTEM)
    left = length - FIXED.size - EXTRA_LENGTH.size - len(subfields)
    if left:
        subfields += SUBFIELD.pack(PADDING, left - SUBFIELD.size) + bytes(left - SUBFIELD.size)
    fixed = FIXED.pack(MAGIC, DEFLATE, EXTRA, 0, 0, UNKNOWN_SYSTEM)
    return fixed + EXTRA_LENGTH.pack(len(subfields)) + subfields


def _packed_index(index: Index) -> bytes:
    """Return the sub-field of an index."""
    count = len(index.lengths)
    content = COUNTS.pack(VERSION, 0, count, index.first, index.rest)
    content += struct.pack(f"<{count}I", *index.lengths)
    return SUBFIELD.pack(INDEX, len(content)) + content


def parse_header(data: bytes) -> GzipHeader | None:
    """Read the gzip header at the start of some bytes.

    Parameters
    ----------
    data : bytes
        From the first byte of a member on; 512 are enough for a file written by volio.

    Returns
    -------
    Header or None
        None where the bytes are not a gzip header, or end before it does.
    """
    if len(data) < FIXED.size:
        return None
    magic, method, flags, *_ = FIXED.unpack_from(data)
    if magic != MAGIC or method != DEFLATE or flags & RESERVED:
        return None
    end = FIXED.size
    extra = b""
    if flags & EXTRA:
        start = end + EXTRA_LENGTH.size
        end = start + int.from_bytes(data[end:start], "little")
        extra = data[start:end]
    header_end = _end_of_texts(data, end, flags)
    if header_end is None or header_end > len(data):
        return None
    return GzipHeader(header_end, tuple(_subfields(extra)))


def _end_of_texts(data: bytes, start: int, flags: int) -> int | None:
    """Return the end of name, comment and checksum, those that there are; None if it is missing."""
    end = start
    for text in (NAME, COMMENT):
        if flags & text:
            end = data.find(b"\0", end) + 1
            if not end:
                return None
    return end + 2 if flags & HEADER_CRC else end


def _subfields(extra: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield identification and content of the sub-fields that are complete."""
    end = 0
    while end + SUBFIELD.size <= len(extra):
        name, length = SUBFIELD.unpack_from(extra, end)
        end += SUBFIELD.size + length
        if end <= len(extra):
            yield name, extra[end - length : end]


def _parse_index(content: bytes) -> Index | None:
    if len(content) < COUNTS.size:
        return None
    version, _, chunks, first, rest = COUNTS.unpack_from(content)
    if version != VERSION or len(content) < COUNTS.size + 4 * chunks:
        return None
    index = Index(first, rest, struct.unpack_from(f"<{chunks}I", content, COUNTS.size))
    return index if index.fits() else None
