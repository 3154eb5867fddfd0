"""Text files of labels: read and written as a whole; rows are made into `Labels` above.

Old programs wrote names in the encoding of their machine. Bytes that are not UTF-8 are kept in the
names as Python keeps them in names of files, and are written as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from typing import BinaryIO

from volio.errors import HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.limits import read_limited
from volio.files.opener import open_for_write, open_source
from volio.images.headers.error_context import errors_name
from volio.images.label_tables.label import Label
from volio.numerals import parse_int

__all__ = [
    "Rows",
    "Where",
    "as_bytes",
    "checked_name",
    "checked_text",
    "integer",
    "lines_of",
    "numbered_lines",
    "read_rows",
    "write_text",
]

Where = str | PathLike[str] | BinaryIO
Rows = Sequence[Label]

#: Most bytes of a file; FreeSurfer's table of all its labels has 100 kB.
LARGEST = 16 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some programs begin UTF-8 with it
#: What ends a line; Python takes more characters for it, which names may have.
LINE_END = re.compile(r"\r\n|\r|\n")


def read_rows(where: Where, parse: Callable[[str], Rows], what: str) -> Rows:
    """Return the labels of a text file; errors about its content name it.

    Parameters
    ----------
    where : str, path or binary file object
    parse : callable
        Makes labels of the text.
    what : str
        What it should be, for messages.
    """
    if isinstance(where, str | PathLike):
        source = open_source(FileHolder(filename=where))
    else:
        source = open_source(FileHolder(fileobj=where))
    with errors_name(source):
        raw = read_limited(source, LARGEST, what)
        if b"\0" in raw:
            raise HeaderDataError(f"{what}: is not text, byte {raw.index(0)} is 0")
        text = raw.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogateescape")
        return parse(text)


def as_bytes(text: str) -> bytes:
    """Return the bytes of a text, as `read_rows` has decoded them.

    Raises
    ------
    SaveError
        If it has half of a character, which no text file can hold.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise SaveError(f"labels: {half} is half of a character, it cannot be written") from None


def write_text(filename: str | PathLike[str], text: str) -> None:
    """Write a text file, which replaces what is there in one step; see `as_bytes`."""
    data = as_bytes(text)
    with open_for_write([FileHolder(filename=filename)]) as (stream,):
        stream.write(data)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without what ends them."""
    return LINE_END.split(text)


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Go through the lines that are not empty and no comments, with their numbers from 1."""
    for number, line in enumerate(lines_of(text), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def integer(word: str, what: str, number: int) -> int:
    """Return the integer that a word of a line is.

    Raises
    ------
    HeaderDataError
        If it is none.
    """
    try:
        return parse_int(word)
    except ValueError:
        raise HeaderDataError(
            f"line {number}: {what} must be an integer, got {word[:40]!r}"
        ) from None


def checked_name(row: Label, forbidden: Iterable[str], format: str) -> str:
    """Return the name of a row, if a format can hold it.

    Raises
    ------
    SaveError
        If it has characters that end a name there.
    """
    if not row.name:
        raise SaveError(f"label {row.key}: the name '' is empty; {format} cannot hold it")
    return checked_text(row.name, f"label {row.key}: the name", forbidden, format)


def checked_text(text: str, what: str, forbidden: Iterable[str], format: str) -> str:
    """Return a text, if a format can hold it.

    Raises
    ------
    SaveError
        If it has a zero, or characters that end a text there.
    """
    found = [character for character in ("\0", *forbidden) if character in text]
    if found:
        raise SaveError(f"{what} {text!r} has {found[0]!r} in it; {format} cannot hold it")
    return text
