"""Gzip and zlib streams: by ISA-L where it is installed, else by zlib."""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

from volio.files.codecs.gzip_header import pack_header

__all__ = [
    "PATIENT",
    "GzipCompressor",
    "deflate_chunk",
    "gzip_decompressor",
    "raw_compressor",
    "zlib_compressor",
    "zlib_decompressor",
]

HEADER = pack_header(None)
FAST = 1
ISAL_BEST = 3  # ISA-L's own levels end here
ISAL_USUAL = 2  # as fast as 1, and smaller
PATIENT = 4  # from this level on time is spent to find what fits the data
SAMPLE = 1 << 16
THOROUGH = 6  # of zlib's levels, the last that is worth its time for most data
NOTHING = 1 / 2000  # of a length: no reason to take more time


class GzipCompressor:
    """One gzip member, deterministic.

    Parameters
    ----------
    level : int
        0 (stored) to 9 (smallest). 1 to 3 are ISA-L's where it is installed, which are smaller
        than zlib's level 1 at a fifth of the time; all others are zlib's.
    """

    def __init__(self, level: int) -> None:
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
        header = self._header
        self._header = b""
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
    try:
        from isal import igzip_lib
    except ImportError:
        return ZlibDecompressor(zlib.MAX_WBITS)
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)


def zlib_compressor(level: int) -> Any:
    """Return a compressor for one zlib stream; levels are those of gzip."""
    return zlib.compressobj(level)


def raw_compressor(level: int) -> Any:
    """Return a compressor for deflate data without header and checksum; levels are zlib's."""
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)


def deflate_chunk(data: memoryview, level: int, *, whole: bool = False) -> bytes:
    """Return a piece of a raw deflate stream that ends with a full flush.

    It can be inflated on its own, and pieces that follow each other are one stream.

    Parameters
    ----------
    data : memoryview of bytes
    level : int
        0 to 9. 1 to 3 are ISA-L's where it is installed, all others are zlib's; from 4 on what
        ISA-L makes of it is taken where that is shorter, as with noise.
    whole : bool, optional
        Whether it is the whole stream, and ends so.
    """
    end = zlib.Z_FINISH if whole else zlib.Z_FULL_FLUSH
    isal = _isal_zlib() if level >= FAST else None
    if isal is None:
        return _flushed(_zlib_deflate(_best_on_sample(data, level)[0]), data, end)
    isal_level = level if level <= ISAL_BEST else ISAL_USUAL
    packed = _flushed(_isal_deflate(isal, isal_level), data, end)
    if level <= ISAL_BEST:
        return packed
    search, length = _best_on_sample(data, level)
    if len(_flushed(_isal_deflate(isal, isal_level), _sample(data), zlib.Z_FINISH)) < length:
        return packed
    return min(packed, _flushed(_zlib_deflate(search), data, end), key=len)


def _isal_deflate(isal: Any, level: int) -> Any:
    return isal.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)


def _flushed(deflate: Any, data: memoryview, end: int) -> bytes:
    packed: bytes = deflate.compress(data)
    return packed + bytes(deflate.flush(end))


class _Search(NamedTuple):
    """How zlib looks for matches: its level and its strategy."""

    level: int
    strategy: int = zlib.Z_DEFAULT_STRATEGY


def _zlib_deflate(search: _Search) -> Any:
    return zlib.compressobj(
        search.level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, search.strategy
    )


def _best_on_sample(data: memoryview, level: int) -> tuple[_Search, int]:
    """Find out on a sample how zlib should look for matches; quick ways come first.

    In noise short matches are not worth their bits. Of numbers that differ little, as the corners
    of neighbouring faces, level 1 finds matches that pack better than the longer ones of level 6,
    and beyond that level zlib takes twice the time for mostly nothing.

    Returns
    -------
    search : _Search
    length : int
        What becomes of the sample; 0 where all is so short that there is none.
    """
    if level < PATIENT or len(data) < 2 * SAMPLE:
        return _Search(level), 0
    sample = _sample(data)
    levels = dict.fromkeys([FAST, min(level, THOROUGH), level])
    searches = [*map(_Search, levels), _Search(level, zlib.Z_FILTERED)]
    lengths = [len(_flushed(_zlib_deflate(each), sample, zlib.Z_FINISH)) for each in searches]
    enough = min(lengths) * (1 + NOTHING)
    found = zip(searches, lengths, strict=True)
    return next((search, length) for search, length in found if length <= enough)


def _sample(data: memoryview) -> memoryview:
    """Return the middle of some bytes."""
    middle = max(0, len(data) - SAMPLE) // 2
    return data[middle : middle + SAMPLE]


def _isal_zlib() -> Any:
    try:
        from isal import isal_zlib
    except ImportError:
        return None
    return isal_zlib
