"""Zlib streams (RFC 1950) for random access: cut into chunks, a mark between them.

A zlib header has no room for an index. So each chunk but the last ends with two flushes, as
``pigz -i`` leaves them, and a reader finds the chunks by those marks.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from volio.files.codecs.deflate import PATIENT, deflate_chunk
from volio.files.codecs.encoding import ChunkedStream, Packed
from volio.files.codecs.inflate import adler32
from volio.files.saving.chunk_layout import CHUNK

__all__ = ["HEADER", "ZlibStream", "zlib_jobs"]

#: Deflate with a window of 32 KiB; the level is not stated.
HEADER = b"\x78\x9c"
#: Bytes that are compressed at once where that is quick: what becomes of them is put where there
#: was something before, which saves new pages, and threads end together.
QUICK_CHUNK = 1 << 18
SECOND_FLUSH = b"\x00\x00\x00\xff\xff"
NO_CHUNK = -1


class ZlibStream(ChunkedStream):
    """Writes a zlib stream in chunks, compressed on several threads.

    Parameters
    ----------
    target : object with ``write(bytes)``
    level : int
        0 to 9, as of gzip.
    """

    def __init__(self, target: Any, level: int) -> None:
        super().__init__(target)
        self._level = level
        self._adler = adler32(b"")
        self._last = NO_CHUNK
        self._begun = False

    def _see(self, chunk: bytearray) -> None:
        self._adler = adler32(chunk, self._adler)

    def finish(self) -> None:
        """Write what is left of the chunks, and the end."""
        self._last = self._chunks
        super().finish()

    def _pack(self, chunk: memoryview, number: int) -> bytes:
        return _pack(chunk, self._level, is_last=number == self._last)

    def _emit(self, packed: Packed) -> None:
        if not self._begun:
            self._target.write(HEADER)
        self._begun = True
        self._target.write(packed.data)

    def _end(self) -> None:
        self._target.write(struct.pack(">I", self._adler))


def _pack(chunk: memoryview, level: int, *, is_last: bool) -> bytes:
    if is_last:
        return deflate_chunk(chunk, level, whole=True)
    return deflate_chunk(chunk, level) + SECOND_FLUSH


def zlib_jobs(data: memoryview, level: int) -> Iterator[Callable[[], bytes]]:
    """Go through what is to be done to compress bytes that are all in memory.

    Parameters
    ----------
    data : memoryview of bytes
    level : int
        0 to 9, as of gzip.

    Yields
    ------
    callable
        Returns a piece of the stream; together they are what `ZlibStream` writes. They may be
        called in any order, on any thread.
    """
    checksum = adler32(b"")
    head = HEADER
    length = QUICK_CHUNK if level < PATIENT else CHUNK
    for start in range(0, max(len(data), 1), length):
        chunk = data[start : start + length]
        checksum = adler32(chunk, checksum)
        is_last = start + length >= len(data)
        tail = struct.pack(">I", checksum) if is_last else b""
        yield partial(_framed, head, chunk, level, tail)
        head = b""


def _framed(head: bytes, chunk: memoryview, level: int, tail: bytes) -> bytes:
    """Return a compressed chunk with the beginning or the end of the stream."""
    return b"".join((head, _pack(chunk, level, is_last=bool(tail)), tail))
