"""LegacyReader: lines and arrays of legacy VTK files, text or big-endian binary."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import HeaderDataError, TruncatedFileError
from volio.files.limits import check_declared, read_limited
from volio.files.sources.source import ByteSource, BytesSource

__all__ = ["LegacyReader"]

#: Most bytes of a file: it is read whole.
LARGEST = 4 << 30
LONGEST_LINE = 4096
WORD = re.compile(rb"\S+")

#: What the types of arrays are in binary files; identifiers are written as int.
DTYPES = {
    "unsigned_char": "u1",
    "char": "i1",
    "signed_char": "i1",
    "unsigned_short": "u2",
    "short": "i2",
    "unsigned_int": "u4",
    "int": "i4",
    "unsigned_long": "u8",
    "long": "i8",
    "float": "f4",
    "double": "f8",
    "vtkidtype": "i4",
    "vtktypeint64": "i8",
    "vtktypeuint64": "u8",
    "vtktypeint32": "i4",
}
BIT = "bit"


class LegacyReader:
    """Reads one thing after the other.

    Parameters
    ----------
    source : ByteSource
    """

    def __init__(self, source: ByteSource) -> None:
        self._data = read_limited(source, LARGEST, "a VTK file")
        self._source = BytesSource(self._data, source.name)
        self._offset = 0
        self.is_binary = False

    def line(self) -> bytes:
        """Return the next line without its end.

        Raises
        ------
        TruncatedFileError
            If it has no end.
        HeaderDataError
            If it is too long.
        """
        end = self._data.find(b"\n", self._offset, self._offset + LONGEST_LINE)
        if end < 0 and len(self._data) - self._offset >= LONGEST_LINE:
            raise HeaderDataError(f"a line at byte {self._offset} is over {LONGEST_LINE} long")
        if end < 0:
            raise self._cut("a line")
        found = self._data[self._offset : end]
        self._offset = end + 1
        return found.rstrip(b"\r")

    def words(self) -> list[str]:
        """Return the words of the next line that has any; none at the end of the file."""
        while self._data[self._offset : self._offset + LONGEST_LINE].strip():
            if found := self.line().split():
                return [word.decode("utf-8", "surrogateescape") for word in found]
        return []

    def skip_to_empty_line(self) -> None:
        """Skip lines up to an empty one, or to the end of the file."""
        while self._offset < len(self._data) and self.line().strip():
            pass

    def array(self, kind: str, count: int, what: str) -> NDArray[Any]:
        """Return so many numbers of a type, in native byte order.

        Raises
        ------
        HeaderDataError
            If there is no such type.
        TruncatedFileError
            If the file ends before.
        CorruptFileError
            If a word is not a number.
        """
        name = kind.lower()
        if name != BIT and name not in DTYPES:
            raise HeaderDataError(f"{what}: the type {kind} is not known")
        if count < 0:
            raise HeaderDataError(f"{what}: {count} numbers cannot be")
        if not self.is_binary:
            return self._from_text(np.dtype(DTYPES.get(name, "u1")), count, what)
        if name == BIT:
            packed = self._raw((count + 7) // 8, what)
            return np.unpackbits(np.frombuffer(packed, np.uint8), count=count)
        dtype = np.dtype(DTYPES[name]).newbyteorder(">")
        values = np.frombuffer(self._raw(count * dtype.itemsize, what), dtype)
        return values.astype(dtype.newbyteorder("="))

    def skip_strings(self, count: int, what: str) -> None:
        """Read past so many strings: lines in text files, else each after its length.

        Raises
        ------
        TruncatedFileError
            If the file ends before.
        """
        for _ in range(count):
            if self.is_binary:
                self._raw(self._string_length(what), what)
            else:
                self.line()

    def _string_length(self, what: str) -> int:
        """Return a length; its first two bits say whether it takes 8, 4, 2 bytes or one."""
        first = self._raw(1, what)[0]
        more = (7, 3, 1, 0)[first >> 6]
        return int.from_bytes(bytes([first & 0x3F]) + self._raw(more, what), "big")

    def _raw(self, count: int, what: str) -> bytes:
        check_declared(self._source, self._offset + count, what)
        found = self._data[self._offset : self._offset + count]
        self._offset += count
        return found

    def _from_text(self, dtype: np.dtype[Any], count: int, what: str) -> NDArray[Any]:
        if not count:
            return np.zeros(0, dtype)
        # A digit and a blank for each number.
        check_declared(self._source, self._offset + 2 * count, what)
        found = list(islice(WORD.finditer(self._data, self._offset), count))
        if len(found) < count or found[-1].end() == len(self._data):
            raise self._cut(f"{what}, {count} numbers")
        first = self._offset
        self._offset = found[-1].end()

        def place(number: int) -> str:
            return f"number {number + 1} after byte {first}"

        return parse_numbers([word[0] for word in found], dtype, what, place)

    def _cut(self, what: str) -> TruncatedFileError:
        return TruncatedFileError(f"{self._source.name}: ends in the middle of {what}")
