"""ArrayReader: numbers of a binary file of a surface, read one after the other, within the file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.limits import check_declared, read_limited
from volio.files.sources.source import ByteSource, BytesSource

__all__ = ["ArrayReader"]

#: Most bytes of a file: it is read whole.
LARGEST = 4 << 30


class ArrayReader:
    """Reads numbers one after the other; a file that ends before is an error.

    Parameters
    ----------
    source : ByteSource
    what : str
        What the file is, for messages: ``"an MZ3 file"``.
    offset : int
        Of the first number, in bytes.
    """

    def __init__(self, source: ByteSource, what: str, offset: int = 0) -> None:
        # All of it is read: only the end of a compressed file shows whether it is damaged.
        text = read_limited(source, LARGEST, what)
        self.source = BytesSource(text, source.name)
        self.size = len(text)
        self.offset = offset

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return self.size - self.offset

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

    def array(self, dtype: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
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

    def rest(self, limit: int) -> bytes:
        """Return what follows, as far as there is any, up to a limit."""
        found = bytes(self.source.read_upto(self.offset, limit))
        self.offset += len(found)
        return found
