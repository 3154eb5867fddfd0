"""The fields of BrainVISA's files: text, or binary in either byte order."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.sources.source import ByteSource
from volio.formats.containers.text_words import TextWords
from volio.surfaces.array_reader import ArrayReader

__all__ = ["LITTLE_ENDIAN", "FieldReader", "open_fields", "packed_word"]

TEXT = b"ascii"
#: What binary files begin with, and their byte order.
BYTE_ORDERS = {b"binarABCD": ">", b"binarDCBA": "<"}
LITTLE_ENDIAN = b"binarDCBA"
#: What stands around the numbers of a vector in a text.
BRACKETS = b"(),"
LONGEST_WORD = 64


class FieldReader(Protocol):
    """Reads fields one after the other."""

    def word(self, what: str) -> str:
        """Return a word."""

    def integer(self, what: str) -> int:
        """Return an integer that is not negative."""

    def array(self, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of numbers."""

    def check_end(self) -> None:
        """Check that nothing follows."""


def open_fields(source: ByteSource) -> FieldReader:
    """Return what reads the fields after the first, which says text or binary.

    Raises
    ------
    HeaderDataError
        If it is neither.
    """
    head = bytes(source.head()[:9])
    if head.startswith(TEXT):
        fields = _TextFields(source, "a text of BrainVISA", BRACKETS)
        fields.word("the mode")
        return fields
    if head not in BYTE_ORDERS:
        raise HeaderDataError(f"begins with {head!r}, not with ascii, binarABCD or binarDCBA")
    return _BinaryFields(source, BYTE_ORDERS[head], len(head))


class _TextFields(TextWords):
    """Fields of a text."""

    def integer(self, what: str) -> int:
        """Return an integer that is not negative."""
        return int(self.array("u4", (1,), what)[0])


class _BinaryFields:
    """Fields of a binary file."""

    def __init__(self, source: ByteSource, order: str, offset: int) -> None:
        self._reader = ArrayReader(source, "a file of BrainVISA", offset)
        self._order = order

    def word(self, what: str) -> str:
        """Return a word, which follows its length."""
        length = self.integer(f"length of {what}")
        if length > LONGEST_WORD:
            raise HeaderDataError(f"{what}: {length} letters, at most {LONGEST_WORD}")
        return self._reader.raw(length, what).decode("latin-1")

    def integer(self, what: str) -> int:
        """Return an integer that is not negative."""
        return int(self.array("u4", (1,), what)[0])

    def array(self, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of numbers."""
        return self._reader.array(np.dtype(dtype).newbyteorder(self._order), shape, what)  # type: ignore[arg-type]

    def check_end(self) -> None:
        """Check that nothing follows."""
        if self._reader.left:
            raise CorruptFileError(f"{self._reader.left} bytes more than the file says that it has")


def packed_word(word: str) -> bytes:
    """Return a word after its length, as new files have it."""
    return len(word).to_bytes(4, "little") + word.encode()
