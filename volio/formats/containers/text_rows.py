"""TextRows: the lines of a text of numbers, and tables of them."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource

__all__ = ["TextRows", "lines_of", "read_rows"]

#: Most bytes of a text: it is read whole.
LARGEST = 1 << 30
COMMENT = b"#"


class TextRows:
    """Words of the lines of a text; comments and empty lines are left out.

    Parameters
    ----------
    words : list of list of bytes
        Of each line.
    lines : list of int
        Number of each line in the file, from 1.
    """

    def __init__(self, words: list[list[bytes]], lines: list[int]) -> None:
        self.words = words
        self.lines = lines

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, wanted: slice) -> TextRows:
        return TextRows(self.words[wanted], self.lines[wanted])

    def without_first_words(self, count: int = 1) -> TextRows:
        """Return the same lines without their first words."""
        return TextRows([row[count:] for row in self.words], self.lines)

    def table(self, dtype: str, what: str) -> NDArray[Any]:
        """Return the numbers of lines that all have as many as the first.

        Parameters
        ----------
        dtype : str
        what : str
            For messages.

        Returns
        -------
        array, shape (lines, numbers of a line)

        Raises
        ------
        CorruptFileError
            If a word is not a number, or lines are of different lengths; it names the line.
        """
        columns = len(self.words[0]) if self.words else 0
        for row, line in zip(self.words, self.lines, strict=True):
            if len(row) != columns:
                raise CorruptFileError(
                    f"{what}: line {line} has {len(row)} numbers, line {self.lines[0]} has "
                    f"{columns}"
                )

        def place(number: int) -> str:
            return f"line {self.lines[number // columns]}"

        flat = list(chain.from_iterable(self.words))
        return parse_numbers(flat, np.dtype(dtype), what, place).reshape(len(self), columns)


def lines_of(table: NDArray[Any]) -> list[str]:
    """Return the rows of a table as lines, in the fewest digits that give every number back."""
    return [" ".join(map(str, row)) for row in table]


def read_rows(source: ByteSource, what: str, *, joins_lines: bool = False) -> TextRows:
    r"""Return the lines of a text.

    Parameters
    ----------
    source : ByteSource
    what : str
        What it is, for messages.
    joins_lines : bool
        Whether a backslash at the end of a line joins it to the next.

    Raises
    ------
    LimitError
        If there are too many bytes.
    TruncatedFileError
        If the last line has no end, and may be cut in the middle of a number.
    """
    text = read_limited(source, LARGEST, what)
    if not text.endswith((b"\n", b"\r")):
        raise TruncatedFileError(
            f"{source.name}: the last line, {text[-20:]!r}, may be cut short: it has no end; add "
            "one if the file is complete"
        )
    words: list[list[bytes]] = []
    lines: list[int] = []
    begun: list[bytes] = []
    for number, line in enumerate(text.splitlines(), 1):
        row = begun + line.partition(COMMENT)[0].split()
        begun = []
        if joins_lines and row and row[-1].endswith(b"\\"):
            row[-1] = row[-1][:-1]
            begun = [word for word in row if word]
        elif row:
            words.append(row)
            lines.append(number)
    return TextRows(words, lines)
