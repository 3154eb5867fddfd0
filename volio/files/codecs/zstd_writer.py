"""Zstandard files for random access: independent frames, and a table of them.

The layout is the "Zstandard Seekable Format" of the zstd project: the last frame is one that every
decoder skips, with the length of each frame before and after decoding.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from volio.files.codecs.encoding import ChunkedStream, Packed

__all__ = [
    "FOOTER_LENGTH",
    "Frame",
    "ZstdStream",
    "pack_table",
    "parse_table",
    "table_length",
    "zstd_frame",
    "zstd_library",
    "zstd_options",
]

SKIPPABLE = struct.Struct("<II")  # magic, bytes that follow
FOOTER = struct.Struct("<IBI")  # frames, descriptor, magic
TABLE_MAGIC = 0x184D2A5E
SEEKABLE_MAGIC = 0x8F92EAB1
CHECKSUMS = 0x80
RESERVED = 0x7C
MOST_FRAMES = 0x8000000

#: What to read from the end of a file to see how long its table is.
FOOTER_LENGTH = FOOTER.size


class Frame(NamedTuple):
    """Where a frame is: first byte and length, in the file and decoded."""

    start: int
    length: int
    offset: int
    decoded: int


class ZstdStream(ChunkedStream):
    """Writes one frame per chunk, and the table of them where there are several.

    Parameters
    ----------
    target : object with ``write(bytes)``
    level : int
        1 to 22.
    """

    def __init__(self, target: Any, level: int) -> None:
        super().__init__(target)
        self._level = level
        self._lengths: list[tuple[int, int]] = []

    def _pack(self, chunk: memoryview, number: int) -> bytes:
        return zstd_frame(chunk, self._level)

    def _emit(self, packed: Packed) -> None:
        self._lengths.append((len(packed.data), packed.length))
        self._target.write(packed.data)

    def _end(self) -> None:
        if 1 < len(self._lengths) <= MOST_FRAMES:
            self._target.write(pack_table(self._lengths))


@cache  # looking for a module that is not there takes longer than decoding a small chunk
def zstd_library() -> Any:
    """Return the module for zstd: the standard library's, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def zstd_options(level: int) -> dict[Any, int]:
    """Return what a compressor is to do."""
    parameter = zstd_library().CompressionParameter
    # Off by default: damage would go unseen.
    return {parameter.compression_level: level, parameter.checksum_flag: 1}


def zstd_frame(data: bytes | memoryview, level: int) -> bytes:
    """Return one frame, which states how many bytes it decodes to.

    A compressor that gets its bytes piece by piece cannot state it, and readers that want to know
    it before they decode, as numcodecs before 0.16, refuse the frame.
    """
    frame: bytes = zstd_library().compress(data, options=zstd_options(level))
    return frame


def pack_table(lengths: list[tuple[int, int]]) -> bytes:
    """Return the skippable frame with a table of frames.

    Parameters
    ----------
    lengths : list of (int, int)
        Of each frame: in the file, and decoded.
    """
    entries = b"".join(struct.pack("<II", *pair) for pair in lengths)
    footer = FOOTER.pack(len(lengths), 0, SEEKABLE_MAGIC)
    return SKIPPABLE.pack(TABLE_MAGIC, len(entries) + len(footer)) + entries + footer


def table_length(footer: bytes) -> int | None:
    """Return the length of the table that ends with these bytes; None if no table does."""
    if len(footer) != FOOTER.size:
        return None
    frames, descriptor, magic = FOOTER.unpack(footer)
    if magic != SEEKABLE_MAGIC or descriptor & RESERVED or not 0 < frames <= MOST_FRAMES:
        return None
    entry = 12 if descriptor & CHECKSUMS else 8
    return SKIPPABLE.size + int(frames) * entry + FOOTER.size


def parse_table(table: bytes, size: int) -> list[Frame] | None:
    """Return the frames that a table names; None where they do not cover the file.

    Parameters
    ----------
    table : bytes
        The last bytes of the file, as many as `table_length` gives.
    size : int
        Of the file.
    """
    magic, following = SKIPPABLE.unpack_from(table)
    if magic != TABLE_MAGIC or following != len(table) - SKIPPABLE.size:
        return None
    has_checksums = table[-FOOTER.size + 4] & CHECKSUMS
    entries = table[SKIPPABLE.size : -FOOTER.size]
    # Of each frame: its length in the file, that of what it decodes to, and perhaps a checksum.
    entry = struct.Struct("<III" if has_checksums else "<II")
    sizes = [numbers[:2] for numbers in entry.iter_unpack(entries)]
    stored = sum(length for length, _ in sizes)
    return _frames(sizes) if stored + len(table) == size else None


def _frames(sizes: Iterable[tuple[int, int]]) -> list[Frame]:
    """Return frames that follow each other, from their compressed and decoded sizes."""
    frames = []
    start = 0
    offset = 0
    for length, decoded in sizes:
        frames.append(Frame(start, length, offset, decoded))
        start += length
        offset += decoded
    return frames
