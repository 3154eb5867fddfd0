"""Compression codecs: gzip, bzip2, xz and zstd, one row each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from volio.files.codecs.deflate import (
    GzipCompressor,
    gzip_decompressor,
    zlib_compressor,
    zlib_decompressor,
)
from volio.files.codecs.encoding import ChunkedStream
from volio.files.codecs.gzip_writer import GzipStream
from volio.files.codecs.presets import Compression, Levels, chosen_level
from volio.files.codecs.zlib_writer import ZlibStream
from volio.files.codecs.zstd_writer import ZstdStream, zstd_library, zstd_options

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
        ``decompressor()`` and ``compressor(level)``; the level is one of `levels`, else None.
    expansion : int
        Decoded bytes that one compressed byte can stand for, at most.
    inner_endings : tuple of str
        Endings of formats' own files that are always written in this codec.
    levels : Levels, optional
        None where there is nothing to choose.
    chunked : callable, optional
        ``chunked(target, level)``: a stream that writes a whole file in chunks.
    trailer : int
        Bytes of checksums after a member, where its data are deflate data.
    """

    name: str
    ending: str
    magic: re.Pattern[bytes]
    decompressor: Callable[[], Decompressor]
    compressor: Callable[[Any], Compressor]
    expansion: int
    inner_endings: tuple[str, ...] = ()
    levels: Levels | None = None
    chunked: Callable[[Any, int], ChunkedStream] | None = None
    trailer: int = 0

    def level(self, compression: Compression) -> int | None:
        """Return the level that a preset, a number, or None for the fastest preset, stands for."""
        if self.levels is None:
            return compression if isinstance(compression, int) else None
        return chosen_level(self.name, self.levels, compression)


def _bzip2_decompressor() -> Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


def _bzip2_compressor(level: int) -> Compressor:
    import bz2

    return bz2.BZ2Compressor(level)


def _xz_decompressor() -> Decompressor:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _xz_compressor(level: int) -> Compressor:
    import lzma

    return lzma.LZMACompressor(lzma.FORMAT_XZ, preset=level)


def _zstd_decompressor() -> Any:
    return zstd_library().ZstdDecompressor()


def _zstd_compressor(level: int) -> Any:
    zstd = zstd_library()
    return zstd.ZstdCompressor(options=zstd_options(level))


CODECS = (
    # Deflate: 258 bytes of a match in two bits (the figure is zlib's own).
    Codec(
        "gzip",
        ".gz",
        re.compile(rb"\x1f\x8b\x08[\x00-\x1f]", re.DOTALL),
        gzip_decompressor,
        GzipCompressor,
        1032,
        (".mgz", ".fz", ".sz"),
        Levels(0, 9, fast=2, balanced=4, small=9),
        GzipStream,
        trailer=8,
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
        levels=Levels(1, 9, fast=1, balanced=5, small=9),
    ),
    # A match of 273 bytes takes 14 binary choices of at least log2(2048 / 2017) bits each.
    Codec(
        "xz",
        ".xz",
        re.compile(rb"\xfd7zXZ\x00"),
        _xz_decompressor,
        _xz_compressor,
        8_000,
        levels=Levels(0, 9, fast=1, balanced=4, small=7),  # 9 takes 700 MB of memory
    ),
    # A run-length block of four bytes stands for 128 KiB. Skippable frames may come first.
    Codec(
        "zstd",
        ".zst",
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
        _zstd_decompressor,
        _zstd_compressor,
        32_768,
        levels=Levels(1, 22, fast=3, balanced=9, small=19),
        chunked=ZstdStream,
    ),
)


def _zlib_magic() -> re.Pattern[bytes]:
    """Return what matches the two bytes of a zlib header: method 8, together a multiple of 31."""
    first_bytes = range(0x08, 0x80, 0x10)
    pairs = [value for first in first_bytes for value in range(first << 8, (first + 1) << 8)]
    headers = [pair.to_bytes(2, "big") for pair in pairs if pair % 31 == 0]
    return re.compile(b"|".join(map(re.escape, headers)))


# Of data within files whose header names it: no ending, and first bytes that are not enough.
ZLIB = Codec(
    "zlib",
    "",
    _zlib_magic(),
    zlib_decompressor,
    zlib_compressor,
    1032,
    levels=Levels(0, 9, fast=2, balanced=4, small=9),
    chunked=ZlibStream,
    trailer=4,
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
