"""Lines of text headers: ordered fields, free keys and comments, each kept as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import NamedTuple, TypeVar

from volio.errors import HeaderDataError
from volio.numerals import parse_float

__all__ = [
    "Line",
    "as_integer",
    "as_integers",
    "as_lengths",
    "as_number",
    "as_numbers",
    "chosen",
    "number_word",
    "number_words",
]

T = TypeVar("T")


INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


class Line(NamedTuple):
    """One line of a header.

    Attributes
    ----------
    text : str
        As in the file, without its end.
    key : str
        Of the field, as the format's definition spells it; "" for comments.
    value : str
    free : bool
        Whether the key is the user's own, not a field of the format.
    """

    text: str
    key: str = ""
    value: str = ""
    free: bool = False


def as_integer(key: str, word: str) -> int:
    """Return a word as an integer.

    Raises
    ------
    HeaderDataError
        If it is not one, or has more than 18 digits; the message names the field.
    """
    if not INTEGER.fullmatch(word):
        raise HeaderDataError(f"{key}: must be integers, got {word[:40]!r}")
    return int(word)


def as_integers(key: str, words: Iterable[str]) -> list[int]:
    """Return words as integers; see `as_integer`."""
    return [as_integer(key, word) for word in words]


def as_lengths(key: str, words: Iterable[str], fewest: int, most: int) -> list[int]:
    """Return words as the lengths of `fewest` to `most` axes; see `as_integer`."""
    lengths = as_integers(key, words)
    if not fewest <= len(lengths) <= most or min(lengths) < 0:
        axes = f"{fewest} to {most}" if fewest < most else f"{most}"
        raise HeaderDataError(f"{key}: must be lengths of {axes} axes, got {lengths[:40]}")
    return lengths


def as_number(key: str, word: str) -> float:
    """Return a word as a float, NaN and infinity included.

    Raises
    ------
    HeaderDataError
        If it is not a number; the message names the field.
    """
    try:
        return parse_float(word)
    except ValueError:
        raise HeaderDataError(f"{key}: must be numbers, got {word[:40]!r}") from None


def as_numbers(key: str, words: Iterable[str], count: int | None = None) -> list[float]:
    """Return words as finite floats, of which there are `count`; see `as_number`."""
    numbers = [as_number(key, word) for word in words]
    if count is not None and len(numbers) != count:
        raise HeaderDataError(f"{key}: {count} numbers are needed, got {len(numbers)}")
    if not all(map(isfinite, numbers)):
        raise HeaderDataError(f"{key}: must be finite, got {numbers[:16]}")
    return numbers


def chosen(key: str, text: str, choices: Mapping[str, T], names: str = "") -> T:
    """Return what the text of a field stands for, whatever its case if names are in lower case.

    Parameters
    ----------
    key : str
        Of the field, for the message.
    text : str
    choices : mapping of str to anything
        What each name stands for.
    names : str
        What they are called in the message (default: all of them).

    Raises
    ------
    HeaderDataError
        If the text is not one of the names.
    """
    for word in (text, text.lower()):
        if word in choices:
            return choices[word]
    raise HeaderDataError(f"{key}: must be one of {names or ', '.join(choices)}; got {text[:40]!r}")


def number_word(number: float) -> str:
    """Return a number in the fewest digits that give it back; an integer without a point."""
    value = float(number)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def number_words(numbers: Iterable[float]) -> list[str]:
    """Return numbers as words; see `number_word`."""
    return [number_word(number) for number in numbers]
