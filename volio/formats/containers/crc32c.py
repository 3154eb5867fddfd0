"""CRC-32C (Castagnoli), the checksum of shard indices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

__all__ = ["crc32c"]

POLYNOMIAL = 0x82F63B78  # reversed

#: Packages that compute it fast; one of them comes with zarr.
LIBRARIES = (("google_crc32c", "value"), ("crc32c", "crc32c"))


def crc32c(data: bytes) -> int:
    """Return the checksum of some bytes."""
    return _fastest()(data)


@cache
def _fastest() -> Callable[[bytes], int]:
    """Return the function of a package that is installed, or the one that needs none."""
    for library, name in LIBRARIES:
        try:
            found: Callable[[bytes], int] = getattr(import_module(library), name)
        except ImportError:
            continue
        return found
    return _slowly


def _slowly(data: bytes) -> int:
    table = _table()
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF


@cache
def _table() -> list[int]:
    """Return the checksum of each single byte, before the last inversion."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table
