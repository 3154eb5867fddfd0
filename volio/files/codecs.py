"""Compression codecs: gzip, bzip2, xz and zstd, one row each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from volio.errors import UsageError
from volio.files.deflate import (
    GzipCompressor,
    gzip_decompressor,
    zlib_compressor,
    zlib_decompressor,
)

__all__ = [
    "CODECS",
    "ZLIB",
    "Codec",
    "Compressor",
    "Decompressor",
    "codec_for_ending",
    "codec_for_magic",
    "codec_named",
]

# An xz header may ask for a dictionary of 4 GiB; files of xz -9 need 65 MiB.
XZ_MEMORY = 1 << 29


class Decompressor(Protocol):
    """What decodes one member, frame or stream of a codec."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""

    @property
    def needs_input(self) -> bool:
        """Whether the next call needs compressed bytes."""

    @property
    def unused_data(self) -> bytes:
        """What was given past the end of the member."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most `max_length` more decoded bytes."""


class Compressor(Protocol):
    """What encodes one stream."""

    def compress(self, data: memoryview, /) -> bytes:
        """Take bytes; return what is ready."""

    def flush(self) -> bytes:
        """Return the rest; nothing may follow."""


class Codec(NamedTuple):
    """One codec.

    Attributes
    ----------
    name : str
    ending : str
        Of file names, in lower case with its dot.
    magic : re.Pattern
        Matches the first bytes of a stream; 16 bytes are enough.
    decompressor, compressor : callable
        ``decompressor()`` and ``compressor(level)``; None is the codec's own default level.
    expansion : int
        Decoded bytes that one compressed byte can stand for, at most.
    inner_endings : tuple of str
        Endings of formats' own files that are always written in this codec.
    """

    name: str
    ending: str
    magic: re.Pattern[bytes]
    decompressor: Callable[[], Decompressor]
    compressor: Callable[[int | None], Compressor]
    expansion: int
    inner_endings: tuple[str, ...] = ()


def _bzip2_decompressor() -> Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


def _bzip2_compressor(level: int | None) -> Compressor:
    import bz2

    return bz2.BZ2Compressor(_checked("bzip2", level, 9, range(1, 10)))


def _xz_decompressor() -> Decompressor:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _xz_compressor(level: int | None) -> Compressor:
    import lzma

    return lzma.LZMACompressor(lzma.FORMAT_XZ, preset=_checked("xz", level, 6, range(10)))


def _zstd() -> Any:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        from backports import zstd
    return zstd


def _zstd_decompressor() -> Any:
    return _zstd().ZstdDecompressor()


def _zstd_compressor(level: int | None) -> Any:
    zstd = _zstd()
    options = {
        zstd.CompressionParameter.compression_level: _checked("zstd", level, 3, range(1, 23)),
        zstd.CompressionParameter.checksum_flag: 1,  # off by default: damage would go unseen
    }
    return zstd.ZstdCompressor(options=options)


def _checked(name: str, level: int | None, default: int, levels: range) -> int:
    level = default if level is None else level
    if level not in levels:
        raise UsageError(f"level: {name} has levels {levels[0]} to {levels[-1]}, got {level}")
    return level


CODECS = (
    # Deflate: 258 bytes of a match in two bits (the figure is zlib's own).
    Codec(
        "gzip",
        ".gz",
        re.compile(rb"\x1f\x8b\x08[\x00-\x1f]", re.DOTALL),
        gzip_decompressor,
        GzipCompressor,
        1032,
        (".mgz",),
    ),
    # A block holds 900,000 bytes of run codes, 5 of which may stand for 259 bytes; the smallest
    # block is 24 bytes.
    Codec(
        "bzip2",
        ".bz2",
        re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
        _bzip2_decompressor,
        _bzip2_compressor,
        2_000_000,
    ),
    # A match of 273 bytes takes 14 binary choices of at least log2(2048 / 2017) bits each.
    Codec(
        "xz",
        ".xz",
        re.compile(rb"\xfd7zXZ\x00"),
        _xz_decompressor,
        _xz_compressor,
        8_000,
    ),
    # A run-length block of four bytes stands for 128 KiB. Skippable frames may come first.
    Codec(
        "zstd",
        ".zst",
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
        _zstd_decompressor,
        _zstd_compressor,
        32_768,
    ),
)


# Of data within files whose header names it: no ending, and first bytes that tell too little.
ZLIB = Codec(
    "zlib",
    "",
    re.compile(rb"[\x08-\x78][\x00-\xff]", re.DOTALL),
    zlib_decompressor,
    zlib_compressor,
    1032,
)


def codec_named(name: str) -> Codec:
    """Return the codec of a name: 'gzip', 'bzip2', 'xz', 'zstd' or 'zlib'."""
    return next(codec for codec in (*CODECS, ZLIB) if codec.name == name)


def codec_for_ending(ending: str) -> Codec | None:
    """Return the codec of a file name's last ending (any case), or None."""
    wanted = ending.lower()
    return next((c for c in CODECS if wanted in (c.ending, *c.inner_endings)), None)


def codec_for_magic(first_bytes: bytes) -> Codec | None:
    """Return the codec that a file starting with these bytes (16 are enough) is in, or None."""
    return next((codec for codec in CODECS if codec.magic.match(first_bytes)), None)
