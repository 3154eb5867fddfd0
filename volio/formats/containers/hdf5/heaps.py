"""Global heaps of HDF5 files, checked before the library of HDF5 goes through them.

It looks for the end of a heap by adding up the sizes of its objects; a size of 0 keeps it there for
ever. Source: HDF5 File Format Specification 3.0, III.E.
"""

from __future__ import annotations

import struct
from typing import Any

from volio.files.guarded_files import GuardedReader

__all__ = ["Hdf5Reader"]

SIGNATURE = b"GCOL\x01"
HEADER = 16  # bytes of a heap, and of each of its objects, before what they hold
OBJECT = struct.Struct("<HH4xQ")  # index, references, size
ALIGNMENT = 8


class Hdf5Reader(GuardedReader):
    """A file object for the library of HDF5; parameters are those of `SourceFile`."""

    def readinto(self, buffer: Any) -> int:
        """Fill all of a buffer.

        Raises
        ------
        OSError
            If the source ends before, or a heap that is read has no end.
        """
        count = super().readinto(buffer)
        data = memoryview(buffer).cast("B")
        if data[: len(SIGNATURE)] == SIGNATURE:
            _check_heap(data)
        return count


def _check_heap(heap: memoryview) -> None:
    """Refuse a heap whose objects do not follow each other; all of it may not be there."""
    place = HEADER
    while place + OBJECT.size <= len(heap):
        index, _, size = OBJECT.unpack_from(heap, place)
        length = OBJECT.size + -(-size // ALIGNMENT) * ALIGNMENT
        if index == 0:  # the free space at the end: its size includes the header
            length = size
        if length < OBJECT.size:
            raise OSError(f"a global heap has an object of size {size} at its byte {place}")
        place += length
