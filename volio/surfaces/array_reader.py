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

#: Most bytes of a compressed file, which is read whole.
LARGEST = 4 << 30
#: Bytes that are read at once for small numbers that follow each other.
WINDOW = 1 << 16
#: Bytes that are read and turned to the machine's byte order at once.
PIECE = 1 << 18


class ArrayReader:
    """Reads numbers one after the other; a file that ends before is an error.

    Parameters
    ----------
    source : ByteSource
    what : str
        What the file is, for messages: ``"an MZ3 file"``.
    offset : int
        Of the first number, in bytes.

    Attributes
    ----------
    source : ByteSource
        The (decompressed) bytes.
    size : int
        How many there are.
    """

    def __init__(self, source: ByteSource, what: str, offset: int = 0) -> None:
        size = source.size()
        if size is None:
            # Only the end of a compressed file shows whether it is damaged: all of it is read.
            data = read_limited(source, LARGEST, what)
            size = len(data)
            source = BytesSource(data, source.name)
        self.source = source
        self.size = size
        self.offset = offset
        self._window = source.head()  # read already, to recognise the file
        self._window_start = 0

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
        self._check(count, what)
        found = self._small(count) if count <= WINDOW else self.source.read(self.offset, count)
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
        stored = np.dtype(dtype)
        count = self.check_array(stored, shape, what)
        values = np.empty(shape, stored.newbyteorder("="))
        if count <= WINDOW:
            values[...] = np.frombuffer(self._small(count), stored).reshape(shape)
        elif stored.isnative:
            self.source.read_into(self.offset, values)
        else:
            self._read_swapped(values.reshape(-1), stored)
        self.offset += count
        return values

    def check_array(self, dtype: Any, shape: tuple[int, ...], what: str) -> int:
        """Check that the file can have an array here, and return the bytes that it takes.

        Raises
        ------
        HeaderDataError, TruncatedFileError, LimitError
            As from `array`.
        """
        if min(shape, default=0) < 0:
            raise HeaderDataError(f"{what}: lengths must not be negative, got {shape}")
        count = prod(shape) * int(np.dtype(dtype).itemsize)
        self._check(count, what)
        return count

    def _read_swapped(self, values: NDArray[Any], stored: np.dtype[Any]) -> None:
        """Fill values from numbers of the other byte order.

        They are swapped where they are, piece by piece while they are in the cache. An assignment
        is vectorised by numpy, which ``byteswap`` in place is not.
        """
        as_stored = values.view(stored)
        length = PIECE // stored.itemsize
        with self.source.open() as reader:
            for start in range(0, len(values), length):
                part = as_stored[start : start + length]
                reader.read_into(self.offset + start * stored.itemsize, part)
                values[start : start + length] = part

    def rest(self, limit: int) -> bytes:
        """Return what follows, as far as there is any, up to a limit."""
        count = min(limit, self.left)
        found = self.ahead(count) if count <= WINDOW else self.source.read_upto(self.offset, count)
        self.offset += len(found)
        return found

    def ahead(self, count: int) -> bytes:
        """Return the next bytes, or fewer where the file ends; they are read again afterwards."""
        begin = self.offset - self._window_start
        if begin < 0 or begin + min(count, self.left) > len(self._window):
            self._window = self.source.read_upto(self.offset, max(count, WINDOW))
            self._window_start = self.offset
            begin = 0
        return self._window[begin : begin + count]

    def _check(self, count: int, what: str) -> None:
        """Refuse what the file cannot have, before memory is taken for it."""
        check_declared(self.source, self.offset + count if count >= 0 else count, what)

    def _small(self, count: int) -> bytes:
        """Return the next bytes, which are in the file, from a piece that is read at once."""
        found = self.ahead(count)
        if len(found) < count:  # cut since its size was asked for
            return self.source.read(self.offset, count)
        return found
