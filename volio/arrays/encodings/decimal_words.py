"""Decimal numbers of a text, many at once: those that ``float`` makes of its words, bit for bit.

A decimal without its point is a whole number, which is divided by a power of ten. Up to 2**53 and
10**22 both are exact in float64, and a division rounds once: the quotient is the nearest float64,
which ``float`` returns, too. Words that are written otherwise are left to ``float``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isinf
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

__all__ = ["decimal_words", "read_by_numpy"]

#: Bytes that are looked at together: what is made of them stays in the processor's cache.
PIECE = 1 << 15
#: Whole numbers and powers of ten that float64 holds exactly.
LARGEST = 2**53
MOST_DECIMALS = 22
POWERS_OF_TEN = 10.0 ** np.arange(MOST_DECIMALS + 1)

#: What words of digits, points and signs consist of, and the white space between them.
PLAIN = b"0123456789.+- \t\n\v\f\r"
IS_PLAIN = np.isin(np.arange(256), np.frombuffer(PLAIN, np.uint8))
BLANK = re.compile(rb"\s")
SPACE = ord(" ")  # the last of the white space
POINT = ord(".")
PLUS = ord("+")
MINUS = ord("-")
UNDERSCORE = b"_"
INFINITE = b"inf"  # as words of infinity begin, in any case
#: One word of so many may be written otherwise; else another way is faster.
FEW = 8


def decimal_words(text: bytes) -> NDArray[np.float64] | None:
    r"""Return the numbers that are the words of a text, between white space.

    Parameters
    ----------
    text : bytes

    Returns
    -------
    array of float64, shape (words,), or None
        None where a word is not a number or beyond float64, and where many have exponents or more
        than 16 digits.

    Examples
    --------
    >>> decimal_words(b"0.1 -7\n0.25").tolist()
    [0.1, -7.0, 0.25]
    """
    found = []
    for piece in _pieces(text):
        values = _values(b" " + piece + b" ")
        if values is None:
            return None
        found.append(values)
    return np.concatenate(found) if found else np.empty(0)


def _pieces(text: bytes) -> Iterator[bytes]:
    """Go through a text in pieces, which end where a line or at least a word does."""
    start = 0
    while start < len(text):
        stop = text.find(b"\n", start + PIECE, start + 2 * PIECE)
        if stop < 0:
            blank = BLANK.search(text, start + PIECE)
            stop = len(text) if blank is None else blank.start()
        yield text[start:stop]
        start = stop


def _values(text: bytes) -> NDArray[np.float64] | None:
    """Return the numbers of a text between blanks; None as `decimal_words` does."""
    if text.translate(None, PLAIN):
        return _with_other_words(text)
    letters = np.frombuffer(text, np.uint8)
    is_blank = letters <= SPACE
    if _has_sign_inside(letters, is_blank):
        return None
    numbers = _whole_numbers(text.translate(None, b"."))
    starts, ends = _words_of(is_blank)
    # A word is a number or none: so many numbers are one of each.
    if numbers is None or len(numbers) != len(starts):
        return None
    decimals = _decimals(text, letters == POINT, starts, ends)
    if decimals is None:
        return None
    # Mostly all of them are exact, which the ends show at once.
    largest = max(int(numbers.max(initial=0)), -int(numbers.min(initial=0)))
    if largest > LARGEST or decimals.max(initial=0) > MOST_DECIMALS:
        is_exact = (numbers <= LARGEST) & (numbers >= -LARGEST) & (decimals <= MOST_DECIMALS)
        inexact = np.flatnonzero(~is_exact)
        return None if _are_many(inexact, starts) else _with_words(text, inexact)
    values = numbers / POWERS_OF_TEN[decimals]
    zeros = np.flatnonzero(numbers == 0)
    is_negative = letters[starts[zeros]] == MINUS
    values[zeros[is_negative]] = -0.0
    return values


def _has_sign_inside(letters: NDArray[np.uint8], is_blank: NDArray[np.bool_]) -> bool:
    """Return whether a word of a text has a sign that does not begin it, as ``1-2``."""
    is_sign = (letters == MINUS) | (letters == PLUS)
    return bool(np.any(is_sign[1:] & ~is_blank[:-1]))


def _words_of(is_blank: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where words begin, and where they end; there are blanks before and after them all."""
    changes = np.flatnonzero(is_blank[1:] != is_blank[:-1]) + 1
    return changes[0::2], changes[1::2]


def _decimals(
    text: bytes,
    is_point: NDArray[np.bool_],
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
) -> NDArray[np.intp] | None:
    """Return the number of digits after the point of each word; None if one has several points."""
    # Most programs write all lines alike: the first one says how many.
    first_line = text.lstrip().partition(b"\n")[0].split()
    of_line = [len(word.partition(b".")[2]) for word in first_line]
    lines = len(ends) // max(len(of_line), 1) + 1
    # Faster than `numpy.tile`.
    of_lines = np.broadcast_to(np.array(of_line, np.intp), (lines, len(of_line)))
    decimals = of_lines.ravel()[: len(ends)]
    # It is so if there is a point in each word just there, and none elsewhere.
    has_point = decimals > 0
    places = ends - 1 - decimals
    is_there = (is_point[places] == has_point) & (places >= starts)
    if is_there.all() and np.count_nonzero(is_point) == np.count_nonzero(has_point):
        return decimals
    points = np.flatnonzero(is_point)
    words = np.searchsorted(ends, points)
    if (words[1:] == words[:-1]).any():
        return None
    decimals = np.zeros(len(ends), np.intp)
    decimals[words] = ends[words] - points - 1
    return decimals


def _whole_numbers(text: bytes) -> NDArray[np.int64] | None:
    """Return the whole numbers of a text of digits, signs and white space.

    None where a word is not a number; a sign alone is none. Numbers beyond 64 bits become the
    largest of these.
    """
    # The last word is not one of the text: numpy takes a sign at the end for 0.
    numbers = read_by_numpy(text + b" 0", np.int64)
    return None if numbers is None else numbers[:-1]


def read_by_numpy(text: bytes, dtype: npt.DTypeLike) -> NDArray[Any] | None:
    """Return the numbers of a text as numpy reads them, in a tenth of the time of each alone.

    Those before the first word that it cannot read, or None: a caller has to compare their number
    with that of the words.

    Parameters
    ----------
    text : bytes
        Numbers, separated by white space.
    dtype : numpy dtype
        int64 or float64.
    """
    try:
        return np.fromstring(text, dtype, sep=" ")
    except (ValueError, DeprecationWarning):  # of older versions, where warnings are errors
        return None


def _with_other_words(text: bytes) -> NDArray[np.float64] | None:
    """Return the numbers of a text, of which some words have other letters."""
    letters = np.frombuffer(text, np.uint8)
    is_blank = letters <= SPACE
    places = np.flatnonzero(~IS_PLAIN[letters])
    if is_blank[places].any():  # a control character that is not white space
        return None
    starts, _ = _words_of(is_blank)
    others = np.unique(np.searchsorted(starts, places, side="right") - 1)
    return None if _are_many(others, starts) else _with_words(text, others)


def _are_many(alone: NDArray[np.intp], starts: NDArray[np.intp]) -> bool:
    """Return whether another way is faster than to read these words by ``float``."""
    return FEW * len(alone) > len(starts)


def _with_words(text: bytes, alone: NDArray[np.intp]) -> NDArray[np.float64] | None:
    """Return the numbers of a text, of which some words are read by ``float``."""
    starts, ends = _words_of(np.frombuffer(text, np.uint8) <= SPACE)
    rest = bytearray(text)
    found = []
    for number in alone:
        word = slice(starts[number], ends[number])
        found.append(_float(text[word]))
        rest[word] = b"0" * (word.stop - word.start)
    values = _values(bytes(rest))
    if values is None or None in found:
        return None
    values[alone] = found
    return values


def _float(word: bytes) -> float | None:
    """Return the number of a word; None where it is not one, or beyond float64."""
    if UNDERSCORE in word:  # which Python takes between digits
        return None
    try:
        value = float(word)
    except ValueError:
        return None
    return None if isinf(value) and INFINITE not in word.lower() else value
