"""Raw deflate data and checksums: by ISA-L where it is installed, else by zlib."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from volio.files.codecs.deflate import ZlibDecompressor

__all__ = ["ADLER32", "CRC32", "Checksum", "adler32", "crc32", "crc32_combine", "raw_decompressor"]

POLYNOMIAL = 0xEDB88320  # of CRC-32; bit 31 is the coefficient of x**0
ONE = 0x80000000
X_TO_8 = 0x00800000
ADLER_BASE = 65521


def raw_decompressor(window: bytes = b"") -> Any:
    """Return a decompressor for deflate data without header and checksum.

    Parameters
    ----------
    window : bytes
        What was decoded before the point where the data begin, 32 KiB at most.
    """
    try:
        from isal import igzip_lib
    except ImportError:
        return ZlibDecompressor(-zlib.MAX_WBITS, window)
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE, zdict=window)


def crc32(data: Any, value: int = 0) -> int:
    """Return the CRC-32 of some bytes, going on from that of the bytes before."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.crc32(data, value)
    checksum: int = isal_zlib.crc32(data, value)
    return checksum


def adler32(data: Any, value: int = 1) -> int:
    """Return the Adler-32 of some bytes, going on from that of the bytes before."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.adler32(data, value)
    checksum: int = isal_zlib.adler32(data, value)
    return checksum


def crc32_combine(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two runs of bytes from those of each.

    Parameters
    ----------
    first, second : int
        Their checksums.
    length : int
        Bytes of the second run.
    """
    power = ONE
    square = X_TO_8
    while length:
        if length & 1:
            power = _product(power, square)
        square = _product(square, square)
        length >>= 1
    return _product(first, power) ^ second


def _product(a: int, b: int) -> int:
    """Multiply polynomials over two elements, modulo that of CRC-32."""
    product = 0
    while a:
        if a & ONE:
            product ^= b
        a = (a << 1) & 0xFFFFFFFF
        b = (b >> 1) ^ (POLYNOMIAL if b & 1 else 0)
    return product


def adler32_combine(first: int, second: int, length: int) -> int:
    """Return the Adler-32 of two runs of bytes from those of each; see `crc32_combine`."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % ADLER_BASE
    high = ((first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)) % ADLER_BASE
    return high << 16 | low


class Checksum(NamedTuple):
    """A kind of checksum.

    Attributes
    ----------
    of : callable
        ``of(data, value)`` goes on from the checksum of the bytes before.
    combine : callable
        ``combine(first, second, length)``; see `crc32_combine`.
    empty : int
        Of no bytes.
    """

    of: Callable[[Any, int], int]
    combine: Callable[[int, int, int], int]
    empty: int


CRC32 = Checksum(crc32, crc32_combine, 0)
ADLER32 = Checksum(adler32, adler32_combine, 1)
