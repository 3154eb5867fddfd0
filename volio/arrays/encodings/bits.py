"""Voxels of one bit, eight to a byte, read and written as one byte for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.files.sources.reader import PIECE, Reader
from volio.files.sources.source import ByteSource

__all__ = ["BitSource", "BitStream"]


class BitSource(ByteSource):
    """Bits as bytes of 0 and 1; the highest bit of a byte comes first.

    Parameters
    ----------
    base : ByteSource
        The packed bits.
    """

    def __init__(self, base: ByteSource) -> None:
        self.name = base.name
        self.base = base

    def open(self) -> Reader:
        """Open a reader that unpacks what is asked for."""
        return _BitReader(self.base.open())

    def is_in(self, where: Any) -> bool:
        """Return whether a path or a file object holds the bits."""
        return self.base.is_in(where)

    def size(self) -> int | None:
        """Return the number of bits, where that is known."""
        size = self.base.size()
        return None if size is None else 8 * size

    def most(self) -> int:
        """Return a number of bits that there cannot be more of."""
        return 8 * self.base.most()


class _BitReader(Reader):
    def __init__(self, base: Reader) -> None:
        super().__init__(base.name)
        self._base = base

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

    def finish(self) -> None:
        self._base.finish()

    def close(self) -> None:
        self._base.close()


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
