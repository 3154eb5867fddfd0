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
        self._data = memoryview(_read_whole(source, what))
        self.source = BytesSource(self._data, source.name)
        self.size = len(self._data)
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
        return bytes(self._next(count, what))

    def _next(self, count: int, what: str) -> memoryview:
        """Return so many bytes as they are in memory."""
        check_declared(self.source, self.offset + count if count >= 0 else count, what)
        found = self._data[self.offset : self.offset + count]
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
        stored_bytes = self._next(prod(shape) * stored.itemsize, what)
        return np.frombuffer(stored_bytes, stored).reshape(shape).astype(stored.newbyteorder("="))

    def rest(self, limit: int) -> bytes:
        """Return what follows, as far as there is any, up to a limit."""
        found = bytes(self.source.read_upto(self.offset, limit))
        self.offset += len(found)
        return found


def _read_whole(source: ByteSource, what: str) -> Any:
    """Return all bytes of a file; of one whose size is known they are copied once."""
    size = source.size()
    if size is None or size > LARGEST:
        return read_limited(source, LARGEST, what)
    data = np.empty(size, np.uint8)
    source.read_into(0, data)
    return data
