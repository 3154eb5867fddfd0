"""Numbers of FreeSurfer's binary files, which are big-endian, read within the file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.limits import check_declared, read_limited
from volio.files.sources.source import ByteSource, BytesSource

__all__ = ["NumberReader", "packed"]

#: Most bytes of a file: it is read whole.
LARGEST = 4 << 30


class NumberReader:
    """Reads numbers one after the other; a file that ends before is an error.

    Parameters
    ----------
    source : ByteSource
    offset : int
        Of the first number, in bytes.
    """

    def __init__(self, source: ByteSource, offset: int = 0) -> None:
        # All of it is read: only the end of a compressed file shows whether it is damaged.
        text = read_limited(source, LARGEST, "a file of FreeSurfer")
        self.source = BytesSource(text, source.name)
        self.offset = offset

    def raw(self, count: int, what: str) -> bytes:
        """Return so many bytes.

        Raises
        ------
        TruncatedFileError, LimitError
            If the file cannot have them.
        """
        check_declared(self.source, self.offset + count if count >= 0 else count, what)
        found = bytes(self.source.read(self.offset, count))
        self.offset += count
        return found

    def array(self, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of its own, in native byte order.

        Raises
        ------
        HeaderDataError
            If a length is negative.
        TruncatedFileError, LimitError
            If the file cannot have it.
        """
        if min(shape, default=0) < 0:
            raise HeaderDataError(f"{what}: lengths must not be negative, got {shape}")
        stored = np.dtype(dtype)
        stored_bytes = self.raw(prod(shape) * stored.itemsize, what)
        return np.frombuffer(stored_bytes, stored).reshape(shape).astype(stored.newbyteorder("="))

    def integer(self, what: str) -> int:
        """Return an integer of four bytes."""
        return int(self.array(">i4", (1,), what)[0])

    def integer3(self, what: str) -> int:
        """Return an unsigned integer of three bytes."""
        return int.from_bytes(self.raw(3, what), "big")

    def integers3(self, shape: tuple[int, ...], what: str) -> NDArray[np.int32]:
        """Return unsigned integers of three bytes each."""
        digits = self.array("u1", (*shape, 3), what).astype(np.int32)
        return digits[..., 0] * 65536 + digits[..., 1] * 256 + digits[..., 2]

    def rest(self, limit: int) -> bytes:
        """Return what follows, as far as there is any, up to a limit."""
        found = bytes(self.source.read_upto(self.offset, limit))
        self.offset += len(found)
        return found


def packed(*values: int) -> bytes:
    """Return integers of four bytes each."""
    return np.array(values, ">i4").tobytes()
