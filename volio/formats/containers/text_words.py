"""TextWords: the numbers of a text, one after the other, wherever its lines end."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, TruncatedFileError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource

__all__ = ["TextWords"]

#: Most bytes of a text: it is read whole.
LARGEST = 1 << 30


class TextWords:
    """Reads words one after the other; a text that ends before is an error.

    Parameters
    ----------
    source : ByteSource
    what : str
        What the text is, for messages.
    blanks : bytes
        What stands between words, besides white space.
    """

    def __init__(self, source: ByteSource, what: str, blanks: bytes = b"") -> None:
        text = read_limited(source, LARGEST, what)
        self._words = text.translate(bytes.maketrans(blanks, b" " * len(blanks))).split()
        self._next = 0

    @property
    def left(self) -> int:
        """Words that were not read yet."""
        return len(self._words) - self._next

    def word(self, what: str) -> str:
        """Return the next word."""
        return self._taken(1, what)[0].decode("utf-8", "backslashreplace")

    def array(self, dtype: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of numbers.

        Raises
        ------
        HeaderDataError
            If a length is negative.
        TruncatedFileError
            If the text has fewer.
        CorruptFileError
            If a word is not a number.
        """
        if min(shape, default=0) < 0:
            raise HeaderDataError(f"{what}: lengths must not be negative, got {shape}")
        first = self._next
        words = self._taken(prod(shape), what)

        def place(number: int) -> str:
            return f"word {first + number + 1}"

        return parse_numbers(words, np.dtype(dtype), what, place).reshape(shape)

    def integer(self, what: str) -> int:
        """Return an integer."""
        return int(self.array("i8", (1,), what)[0])

    def check_end(self) -> None:
        """Check that there is nothing after what was read.

        Raises
        ------
        CorruptFileError
        """
        if self.left:
            raise CorruptFileError(f"{self.left} words more than the text says that it has")

    def _taken(self, count: int, what: str) -> list[bytes]:
        if count > self.left:
            raise TruncatedFileError(f"{what}: {count} words, the text has {self.left} more")
        taken = self._words[self._next : self._next + count]
        self._next += count
        return taken
