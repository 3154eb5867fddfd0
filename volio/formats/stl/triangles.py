"""Triangles of STL files, binary and text."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, ImageDataError, TruncatedFileError

__all__ = ["RECORD", "TITLE", "is_binary", "parse_binary", "parse_text"]

#: Bytes before the number of triangles.
TITLE = 80
RECORD = np.dtype([("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
#: Letters of a wrong word that a message shows.
LONGEST = 64
#: What opens and closes a solid: the rest of its line is a name.
SOLID = re.compile(rb"\s*(?:end)?solid\b.*", re.IGNORECASE)
LINES = re.compile(rb"[\r\n]+")
#: The words of a triangle, by their place; the others are numbers.
WORDS = {
    **{0: b"facet", 1: b"normal", 5: b"outer", 6: b"loop"},
    **{7: b"vertex", 11: b"vertex", 15: b"vertex", 19: b"endloop", 20: b"endfacet"},
}
COORDINATES = [8, 9, 10, 12, 13, 14, 16, 17, 18]
WORDS_OF_TRIANGLE = 21


def is_binary(data: bytes) -> bool:
    """Return whether a file is binary: by its size, for binary ones may begin with "solid"."""
    count = int.from_bytes(data[TITLE : TITLE + 4], "little")
    if len(data) == TITLE + 4 + count * RECORD.itemsize:
        return True
    return data.lstrip()[:5].lower() != b"solid"


def parse_binary(data: bytes) -> NDArray[np.void]:
    """Return the triangles of a binary file, of dtype `RECORD`.

    Raises
    ------
    TruncatedFileError, CorruptFileError
        If the file is not as long as its count says.
    """
    if len(data) < TITLE + 4:
        raise TruncatedFileError(f"STL: needs {TITLE + 4} bytes at least, the file has {len(data)}")
    count = int.from_bytes(data[TITLE : TITLE + 4], "little")
    size = TITLE + 4 + count * RECORD.itemsize
    if size > len(data):
        raise TruncatedFileError(
            f"STL: {count} triangles need {size} bytes, the file has {len(data)}"
        )
    if size < len(data):
        raise CorruptFileError(
            f"STL: {count} triangles are {size} bytes, the file has {len(data)}: more than its "
            "count says"
        )
    triangles: NDArray[np.void] = np.frombuffer(data, RECORD, count, TITLE + 4)
    return triangles


def parse_text(data: bytes) -> tuple[NDArray[np.float32], str]:
    """Return the corners of the triangles of a text, shape (F, 3, 3), and the first solid's name.

    Raises
    ------
    HeaderDataError
        If it does not begin as such a file does.
    TruncatedFileError
        If it ends within a triangle, or before the end of a solid.
    CorruptFileError
        If it has other words than such files have, or something that is not a number.
    ImageDataError
        If coordinates are beyond float32.
    """
    lines = LINES.split(data.strip())
    first = SOLID.fullmatch(lines[0])
    if first is None:
        raise HeaderDataError(f"STL: begins with {data[:20]!r}, not with 'solid'")
    if not lines[-1].lstrip().lower().startswith(b"endsolid"):
        raise TruncatedFileError("STL: the text ends before the 'endsolid' of its solid")
    words = b" ".join(line for line in lines if not SOLID.fullmatch(line)).split()
    if len(words) % WORDS_OF_TRIANGLE:
        raise CorruptFileError(
            f"STL: a triangle is {WORDS_OF_TRIANGLE} words, {len(words)} are not a multiple of it"
        )
    _, _, name = lines[0].strip().partition(b" ")
    return _corners(words), name.strip().decode("utf-8", "surrogateescape")


def _corners(words: list[bytes]) -> NDArray[np.float32]:
    """Return the corners of triangles, shape (F, 3, 3), of the words of all of them."""
    for place, word in WORDS.items():
        _check_word(words[place::WORDS_OF_TRIANGLE], place, word)

    def triangle_of(number: int) -> str:
        return f"triangle {number // len(COORDINATES)}"

    by_place = [words[place::WORDS_OF_TRIANGLE] for place in COORDINATES]
    by_triangle = chain.from_iterable(zip(*by_place, strict=True))
    coordinates = [*by_triangle]
    numbers = parse_numbers(coordinates, np.dtype(np.float64), "STL: coordinates", triangle_of)
    with np.errstate(over="ignore"):
        corners = numbers.astype(np.float32)
    if (np.isinf(corners) & np.isfinite(numbers)).any():
        raise ImageDataError("STL: coordinates exceed float32")
    return corners.reshape(-1, 3, 3)


def _check_word(found: list[bytes], place: int, word: bytes) -> None:
    """Check that all triangles have a word at a place, in any case."""
    spelled = {each for each in set(found) if each.lower() != word}
    if spelled:
        number = next(number for number, each in enumerate(found) if each in spelled)
        raise CorruptFileError(
            f"STL: triangle {number}: must have {word.decode()!r} as word {place + 1}, got "
            f"{found[number][:LONGEST]!r}"
        )
