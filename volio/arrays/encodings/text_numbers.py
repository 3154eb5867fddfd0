"""Numbers in text: exactly so many of a dtype, or an error that says which word is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.arrays.encodings.decimal_words import decimal_words, read_by_numpy
from volio.errors import CorruptFileError, HeaderDataError

__all__ = ["parse_indices", "parse_number_text", "parse_numbers"]

#: Python reads an underscore between digits, which no file of numbers has.
UNDERSCORE = b"_"

#: Infinity, as files have it.
INFINITE = b"inf"

#: What texts consist of that numpy reads, by the kind of dtype: in a tenth of the time.
PLAIN = {"f": b"0123456789+-.eE ", "i": b"0123456789+- ", "u": b"0123456789+- "}
#: What follows the last word, a number that no text of these letters gives, or none that is taken.
AFTER_LAST = {"f": b" nan", "i": b" 9223372036854775807", "u": b" 9223372036854775807"}
#: Words of which numpy's way is faster.
MANY = 50

#: What text of indices consists of, which is then read without looking at each word.
DIGITS_AND_BLANKS = b"0123456789 \t\r\n"
#: Integers beyond these are read by numpy as these.
LARGEST_INDEX = 2**63 - 1
SMALLEST_INTEGER = -(2**63)

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

    Examples
    --------
    >>> parse_numbers([b"7", b"-1"], np.dtype(np.int16), "sizes").tolist()
    [7, -1]
    """
    if len(words) >= MANY and dtype.kind in PLAIN:
        # Together they are looked through once, not each on its own.
        plain = _plain_numbers(b" ".join(words), len(words), dtype)
        if plain is not None:
            return plain
    return _numbers_one_by_one(words, dtype, what, place or _number_of)


def parse_number_text(text: bytes, dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    r"""Return the numbers that the words of a text stand for.

    Parameters
    ----------
    text : bytes
        Numbers, separated by white space.
    dtype : numpy dtype
        Of floats or complex numbers.
    what : str
        What the numbers are, for messages.

    Returns
    -------
    array, shape (number of words,)

    Raises
    ------
    CorruptFileError
        If a word is not a number, or not one that the dtype holds.

    Examples
    --------
    >>> parse_number_text(b"0.5 1\n2", np.dtype("f4"), "values").tolist()
    [0.5, 1.0, 2.0]
    """
    floats = decimal_words(text) if dtype.kind == "f" else None
    values = None if floats is None else _held_floats(floats, dtype)
    return parse_numbers(text.split(), dtype, what) if values is None else values


def _plain_numbers(text: bytes, count: int, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return the numbers that many words are; None where one has to be looked at alone."""
    kind = dtype.kind
    if kind == "f":
        floats = decimal_words(text)
        if floats is not None:
            return _held_floats(floats, dtype) if len(floats) == count else None
    if text.translate(None, PLAIN[kind]):
        return None
    # Integers are read as such: float64 has 53 bits of them.
    found = read_by_numpy(text + AFTER_LAST[kind], np.float64 if kind == "f" else np.int64)
    if found is None:
        return None
    # numpy stops at a word that it cannot read, and finds two numbers in one as 1-2. It has read
    # each word as one number if it found so many, and what follows them, which none of them is.
    numbers = found[:-1]
    if len(numbers) != count:
        return None
    if kind == "f":
        return _held_floats(numbers, dtype) if np.isnan(found[-1]) else None
    return _held_integers(numbers, dtype) if found[-1] == LARGEST_INDEX else None


def _held_floats(numbers: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return finite numbers as a dtype; None where one is too large for it."""
    with np.errstate(over="ignore"):
        values = numbers.astype(dtype, copy=False)
    return None if np.isinf(values).any() else values


def _held_integers(numbers: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Return integers as a dtype; None where one is, or may be, beyond its ends."""
    smallest, largest = integer_limits(dtype)
    # The ends of int64 are what numpy makes of numbers beyond them.
    lower = max(smallest, SMALLEST_INTEGER + 1)
    upper = min(largest, LARGEST_INDEX - 1)
    if numbers.min() < lower or numbers.max() > upper:
        return None
    return numbers.astype(dtype, copy=False)


def _numbers_one_by_one(
    words: Sequence[bytes], dtype: np.dtype[Any], what: str, place: Callable[[int], str]
) -> NDArray[Any]:
    """Return the numbers that words are; an error names the first that is not one."""
    convert = CONVERSIONS[dtype.kind]
    try:
        if UNDERSCORE in b" ".join(words):
            raise ValueError
        numbers = list(map(convert, words))
    except ValueError:
        wrong = next(number for number, word in enumerate(words) if not _is_number(word, convert))
        raise _refusal(words[wrong], dtype, what, place(wrong)) from None
    if dtype.kind in "iu":
        _check_integers(numbers, words, dtype, what, place)
        return np.array(numbers, dtype)
    with np.errstate(over="ignore"):
        values = np.array(numbers).astype(dtype)
    too_large = _overflowed(values, words)
    if too_large.any():
        first = int(np.argmax(too_large))
        raise _refusal(words[first], dtype, what, place(first))
    return values


def _overflowed(values: NDArray[Any], words: Sequence[bytes]) -> NDArray[np.bool_]:
    """Return which values are infinite though their words are not."""
    found: NDArray[np.bool_] = np.isinf(values)
    if found.any():
        found &= np.array([INFINITE not in word.lower() for word in words])
    return found


def parse_indices(text: str | bytes, what: str, count: int | None = None) -> NDArray[np.int64]:
    r"""Return the indices in a text, integers that are not negative.

    Parameters
    ----------
    text : str or bytes
        Decimal numbers, separated by white space.
    what : str
        What they are, for messages.
    count : int, optional
        How many there must be.

    Returns
    -------
    array of int64, shape (count,)

    Raises
    ------
    CorruptFileError
        If there is anything else in the text, or a number is 2**63 - 1 or larger.
    HeaderDataError
        If there are more or fewer.

    Examples
    --------
    >>> parse_indices("0 17\n4", "vertices").tolist()
    [0, 17, 4]
    """
    raw = text.encode() if isinstance(text, str) else text
    if raw.translate(None, DIGITS_AND_BLANKS):
        _refuse_index(raw, what)
    # numpy is ten times faster than int() of each word, and gets only digits it cannot misread.
    indices = np.fromstring(raw, np.int64, sep=" ") if raw.strip() else np.empty(0, np.int64)
    if indices.size and indices.max() == LARGEST_INDEX:
        _refuse_index(raw, what)
    if count is not None and len(indices) != count:
        raise HeaderDataError(f"{what}: must be {count} numbers, got {len(indices)}")
    return indices


def _refuse_index(raw: bytes, what: str) -> NoReturn:
    """Raise an error that names the first word that is not an index."""
    for number, word in enumerate(raw.split()):
        if not word.isdigit() or int(word[:20]) >= LARGEST_INDEX:
            raise _refusal(word, np.dtype(np.int64), f"{what}: an index", _number_of(number))
    raise CorruptFileError(f"{what}: white space other than blanks, tabs and ends of lines")


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
