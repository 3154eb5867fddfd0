"""ArrayReader: numbers of a binary file of a surface, read one after the other, within the file."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.limits import check_declared
from volio.files.sources.decoded import DecodedSource
from volio.files.sources.source import HEAD, ByteSource

__all__ = ["ArrayReader"]

#: Bytes that are read at once for small numbers that follow each other.
WINDOW = 1 << 16
#: Bytes that are read and turned to the machine's byte order at once.
PIECE = 1 << 18
#: Bytes that stay in the cache until they are swapped, although they are read at once.
IN_CACHE = 1 << 20


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
    """

    def __init__(self, source: ByteSource, what: str, offset: int = 0) -> None:
        size = source.size()
        # A size that a compressed file states itself may be far from what is there.
        is_sure = size is not None and size <= source.usual_most()
        self.source = source if is_sure else DecodedSource(source)
        self.what = what
        self.offset = offset
        self._window = source.head()  # read already, to recognise the file
        self._window_start = 0
        self._window_is_last = len(self._window) < HEAD  # nothing follows it

    @property
    def left(self) -> int:
        """Bytes that were not read yet.

        Only the end of a compressed file shows whether it is damaged: all of it is decoded here.
        """
        return self._size() - self.offset

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
        if values.nbytes <= IN_CACHE:
            self.source.read_into(self.offset, as_stored)
            values[...] = as_stored
            return
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
        is_short = begin + count > len(self._window) and not self._window_is_last
        if not 0 <= begin <= len(self._window) or is_short:
            wanted = max(count, WINDOW)
            self._window = self.source.read_upto(self.offset, wanted)
            self._window_is_last = len(self._window) < wanted
            self._window_start = self.offset
            begin = 0
        return self._window[begin : begin + count]

    def _check(self, count: int, what: str) -> None:
        """Refuse what the file cannot have, before memory is taken for it."""
        need = self.offset + count if count >= 0 else count
        check_declared(self.source, need, what)
        if isinstance(self.source, DecodedSource):
            self.source.have(need)  # the size is known where the file ends before
            check_declared(self.source, need, what)

    def _size(self) -> int:
        """Return the number of bytes of the file."""
        if isinstance(self.source, DecodedSource):
            return self.source.decode_all(self.what)
        size = self.source.size()
        assert size is not None  # else it were a DecodedSource
        return size

    def _small(self, count: int) -> bytes:
        """Return the next bytes, which are in the file, from a piece that is read at once."""
        found = self.ahead(count)
        if len(found) < count:  # cut since its size was asked for
            return self.source.read(self.offset, count)
        return found
