"""Gzip and zlib streams: by ISA-L where it is installed, by zlib elsewhere."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from volio.errors import UsageError

__all__ = ["GzipCompressor", "gzip_decompressor", "zlib_compressor", "zlib_decompressor"]

# RFC 1952: magic, deflate, no flags, time 0, no extra flags, operating system unknown. Nothing
# in it depends on the machine or the moment, so equal input gives equal files.
HEADER = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"
FAST = 1
ISAL_BEST = 3  # ISA-L's own levels end here


class GzipCompressor:
    """One gzip member, deterministic.

    Parameters
    ----------
    level : int, optional
        0 (stored) to 9 (smallest). None and 1 to 3 are ISA-L's levels where it is installed;
        1, the default, is smaller than zlib's level 1 at a fifth of the time. 0, 4 to 9, and
        all levels where ISA-L is not installed, are zlib's.
    """

    def __init__(self, level: int | None = None) -> None:
        level = FAST if level is None else level
        if not 0 <= level <= 9:
            raise UsageError(f"level: gzip has levels 0 to 9, got {level}")
        library = _isal_zlib() if FAST <= level <= ISAL_BEST else None
        self._library: Any = library or zlib
        self._deflate = self._library.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._crc = 0
        self._size = 0
        self._header = HEADER

    def compress(self, data: memoryview) -> bytes:
        """Take more bytes; return what is ready to be written."""
        self._crc = self._library.crc32(data, self._crc)
        self._size += data.nbytes
        ready: bytes = self._deflate.compress(data)
        return self._take_header() + ready

    def flush(self) -> bytes:
        """Return the rest of the member, with checksum and size."""
        trailer = struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
        rest: bytes = self._deflate.flush()
        return self._take_header() + rest + trailer

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header


class ZlibDecompressor:
    """zlib with the interface that the decompressors of the other codecs share.

    Parameters
    ----------
    bits : int
        Of the window, and which wrapper the stream has, in zlib's way.
    window : bytes, optional
        What was decoded before, where the stream is the rest of one.
    """

    def __init__(self, bits: int = zlib.MAX_WBITS | 16, window: bytes = b"") -> None:
        self._inflate = zlib.decompressobj(bits, zdict=window)

    @property
    def eof(self) -> bool:
        """Whether the member is complete and its checksum was right."""
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        """Whether all bytes given so far were used."""
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """Return what was given past the end of the member."""
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` more bytes."""
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


def gzip_decompressor() -> Any:
    """Return a decompressor for one member that verifies its checksum."""
    try:
        from isal import igzip_lib
    except ImportError:
        return ZlibDecompressor()
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def zlib_decompressor() -> Any:
    """Return a decompressor for one zlib stream (RFC 1950) that verifies its checksum."""
    return ZlibDecompressor(zlib.MAX_WBITS)


def zlib_compressor(level: int | None) -> Any:
    """Return a compressor for one zlib stream; levels are those of gzip."""
    level = FAST if level is None else level
    if not 0 <= level <= 9:
        raise UsageError(f"level: zlib has levels 0 to 9, got {level}")
    return zlib.compressobj(level)


def _isal_zlib() -> Any:
    try:
        from isal import isal_zlib
    except ImportError:
        return None
    return isal_zlib
