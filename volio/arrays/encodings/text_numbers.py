"""Numbers in text: exactly so many of a dtype, or an error that says which word is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.errors import CorruptFileError

__all__ = ["parse_numbers"]

#: Python reads an underscore between digits, which no file of numbers has.
UNDERSCORE = b"_"

Convert = Callable[[bytes], Any]


def parse_numbers(
    words: Sequence[bytes],
    dtype: np.dtype[Any],
    what: str,
    place: Callable[[int], str] | None = None,
) -> NDArray[Any]:
    """Return the numbers that words stand for.

    Parameters
    ----------
    words : sequence of bytes
    dtype : numpy dtype
        Of integers, floats or complex numbers.
    what : str
        What the numbers are, for messages.
    place : callable, optional
        Says where the word of a number is, for messages; by default its number, from 1.

    Returns
    -------
    array, shape (number of words,)

    Raises
    ------
    CorruptFileError
        If a word is not a number, or not one that the dtype holds.
    """
    where = place or _number_of
    convert = CONVERSIONS[dtype.kind]
    try:
        # Together they are looked through once for underscores, not each on its own.
        if UNDERSCORE in b" ".join(words):
            raise ValueError
        numbers = list(map(convert, words))
    except ValueError:
        wrong = next(number for number, word in enumerate(words) if not _is_number(word, convert))
        raise _refusal(words[wrong], dtype, what, where(wrong)) from None
    if dtype.kind in "iu":
        _check_integers(numbers, words, dtype, what, where)
        return np.array(numbers, dtype)
    with np.errstate(over="ignore"):
        values = np.array(numbers).astype(dtype)
    too_large = np.isinf(values) & np.isfinite(np.array(numbers))
    if too_large.any():
        first = int(np.argmax(too_large))
        raise _refusal(words[first], dtype, what, where(first))
    return values


def _number_of(number: int) -> str:
    return f"number {number + 1}"


def _complex(word: bytes) -> complex:
    return complex(word.decode("ascii"))


CONVERSIONS: dict[str, Convert] = {
    "i": int,
    "u": int,
    "f": float,
    "c": _complex,
}


def _is_number(word: bytes, convert: Convert) -> bool:
    if UNDERSCORE in word:
        return False
    try:
        convert(word)
    except ValueError:
        return False
    return True


def _check_integers(
    numbers: list[int],
    words: Sequence[bytes],
    dtype: np.dtype[Any],
    what: str,
    where: Callable[[int], str],
) -> None:
    """Refuse integers that a dtype does not hold."""
    least, greatest = integer_limits(dtype)
    if not numbers or least <= min(numbers) <= max(numbers) <= greatest:
        return
    first = next(n for n, value in enumerate(numbers) if not least <= value <= greatest)
    raise _refusal(words[first], dtype, what, where(first))


def _refusal(word: bytes, dtype: np.dtype[Any], what: str, place: str) -> CorruptFileError:
    shown = word[:40].decode("utf-8", "backslashreplace")
    return CorruptFileError(f"{what}: {place}, {shown!r}, is not a number of type {dtype.name}")
