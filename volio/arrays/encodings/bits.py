"""Voxels of one bit, eight to a byte, read and written as one byte for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.files.sources.derived import DerivedReader, DerivedSource
from volio.files.sources.reader import PIECE, Reader
from volio.files.sources.source import ByteSource

__all__ = ["BitSource", "BitStream"]


class BitSource(DerivedSource):
    """Bits as bytes of 0 and 1; the highest bit of a byte comes first.

    Parameters
    ----------
    base : ByteSource
        The packed bits.
    """

    def __init__(self, base: ByteSource) -> None:
        super().__init__(base)
        self.gap = 8 * base.gap

    def open(self) -> Reader:
        """Open a reader that unpacks what is asked for."""
        return _BitReader(self.base.open())

    def size_of(self, base_size: int) -> int:
        """Return the number of bits in as many bytes."""
        return 8 * base_size


class _BitReader(DerivedReader):
    def __init__(self, base: Reader) -> None:
        super().__init__(base)
        self.gap = 8 * base.gap

    def fill(self, offset: int, view: memoryview) -> int:
        done = 0
        while done < len(view):
            first_byte, skip = divmod(offset + done, 8)
            count = min(len(view) - done, PIECE)
            packed = self._base.read_upto(first_byte, (skip + count + 7) // 8)
            bits = np.unpackbits(np.frombuffer(packed, np.uint8))[skip : skip + count]
            view[done : done + bits.size] = bits.data
            done += bits.size
            if bits.size < count:
                break
        return done


class BitStream:
    """Packs bytes of 0 and 1 that are written to it into another stream, eight to a byte.

    Parameters
    ----------
    target : object with ``write(bytes)``
    """

    def __init__(self, target: Any) -> None:
        self._target = target
        self._waiting = np.empty(0, np.uint8)

    def write(self, data: Any) -> int:
        """Take bytes of 0 and 1; return how many they were."""
        new = np.frombuffer(memoryview(data).cast("B"), np.uint8)
        bits = np.concatenate([self._waiting, new])
        ready = bits.size - bits.size % 8
        self._target.write(np.packbits(bits[:ready]).data)
        self._waiting = bits[ready:]
        return new.size

    def finish(self) -> None:
        """Write the last byte, filled up with zeros."""
        if self._waiting.size:
            self._target.write(np.packbits(self._waiting).data)
