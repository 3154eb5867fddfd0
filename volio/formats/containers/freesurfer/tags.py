"""Tags of FreeSurfer: numbered pieces that follow each other, most of them with a length.

A tag begins with its number, int32; the length of what it holds follows as int64, but for some of
the oldest. In the extension of NIfTI every tag has a length.
Source: include/tags.h and utils/tags.cpp, utils/fstagsio.cpp of
https://github.com/freesurfer/freesurfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from volio.errors import HeaderDataError, VolioError
from volio.files.sources.source import BytesSource
from volio.formats.containers.freesurfer.colours import ColourRow, read_rows
from volio.formats.containers.freesurfer.numbers import NumberReader

__all__ = ["COLOURS", "REAL_RAS", "Tag", "colours_of", "tags_in"]

#: The table of names and colours, whose length only its content shows.
COLOURS = 1
#: Whether coordinates are the scanner's: an int32 without a length.
REAL_RAS = 2
#: The name of a transform, with an int32 length that counts a zero which may not be there.
OLD_TRANSFORM = 30
#: Others without a length, of which nothing is known here.
UNKNOWN = (10, 11, 12, 20)


class Tag(NamedTuple):
    """One tag: its number, and where it is among the bytes of all.

    Attributes
    ----------
    number : int
    start, content, end : int
        Bytes at which its number and its content begin, and after its last one.
    """

    number: int
    start: int
    content: int
    end: int


def tags_in(data: bytes, start: int = 0, *, have_lengths: bool = False) -> Iterator[Tag]:
    """Yield the tags that some bytes hold, as far as they can be followed.

    Parameters
    ----------
    data : bytes
    start : int
        Byte at which the first of them begins.
    have_lengths : bool
        Whether every tag has a length, as in the extension of NIfTI.
    """
    while start + 4 <= len(data):
        number = _integer(data, start, 4)
        tag = _sized(data, start) if have_lengths else _old_or_sized(data, start, number)
        if number == 0 or tag is None or tag.end > len(data):
            return
        yield tag
        start = tag.end


def _integer(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "big", signed=True)


def _sized(data: bytes, start: int) -> Tag | None:
    """Return a tag that has an int64 length; None where that makes no sense."""
    content = start + 12
    length = _integer(data, start + 4, 8)
    if content > len(data) or length < 0:
        return None
    return Tag(_integer(data, start, 4), start, content, content + length)


def _old_or_sized(data: bytes, start: int, number: int) -> Tag | None:
    """Return a tag as MGH files have it; None where its end is not known."""
    content = start + 4
    if number == COLOURS:
        return Tag(number, start, content, _end_of_colours(data, content))
    if number == REAL_RAS:
        return Tag(number, start, content, content + 4)
    if number == OLD_TRANSFORM:
        return _old_transform(data, start)
    return None if number in UNKNOWN else _sized(data, start)


def _old_transform(data: bytes, start: int) -> Tag | None:
    """Return the tag of a transform's name, whose final zero some writers leave out."""
    content = start + 8
    length = _integer(data, start + 4, 4)
    end = content + length - 1
    if length < 1 or end > len(data):
        return None
    has_zero = data[end : end + 4] in (b"\0", b"\0\0\0\0")  # no tag has the number 0
    return Tag(OLD_TRANSFORM, start, content, end + has_zero)


def _end_of_colours(data: bytes, content: int) -> int:
    """Return the byte after a table: that after all tags where it is cut or makes no sense."""
    reader = NumberReader(BytesSource(data, "tags"), content)
    try:
        read_rows(reader)
    except VolioError:
        return len(data)
    return reader.offset


def colours_of(data: bytes, tag: Tag) -> tuple[ColourRow, ...]:
    """Return the table that a tag holds, a row for each number.

    Raises
    ------
    HeaderDataError
        If it is cut or makes no sense.
    """
    reader = NumberReader(BytesSource(data[: tag.end], "tags"), tag.content)
    try:
        return read_rows(reader)
    except VolioError as error:
        raise HeaderDataError(f"table of colours among FreeSurfer's tags: {error}") from error
