"""Text files of labels: read and written as a whole; rows are made into `Labels` above."""

from __future__ import annotations

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

__all__ = ["Rows", "Where", "checked_name", "integer", "numbered_lines", "read_rows", "write_text"]

Where = str | PathLike[str] | BinaryIO
Rows = Sequence[Label]

#: Most bytes of a file; FreeSurfer's table of all its labels has 100 kB.
LARGEST = 16 << 20


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
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise HeaderDataError(f"{what}: is not text in UTF-8 ({error})") from error
        return parse(text)


def write_text(filename: str | PathLike[str], text: str) -> None:
    """Write a text file, which replaces what is there in one step."""
    with open_for_write([FileHolder(filename=filename)]) as (stream,):
        stream.write(text.encode("utf-8"))


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Go through the lines that are not empty and no comments, with their numbers from 1."""
    for number, line in enumerate(text.splitlines(), 1):
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
    found = [character for character in forbidden if character in row.name]
    if found or not row.name:
        held = f"has {found[0]!r} in it" if found else "is empty"
        raise SaveError(f"label {row.key}: the name {row.name!r} {held}; {format} cannot hold it")
    return row.name
