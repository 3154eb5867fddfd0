"""Lines of text headers: ordered fields, free keys and comments, each kept as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError

__all__ = ["Line", "as_integers", "as_number", "as_numbers", "written"]

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
        Whether the key is the user's own, in formats that tell such keys apart.
    """

    text: str
    key: str = ""
    value: str = ""
    free: bool = False


def as_integers(key: str, words: Iterable[str]) -> list[int]:
    """Return words as integers.

    Raises
    ------
    HeaderDataError
        If one is none, or has more than 18 digits; the message names the field.
    """
    found = list(words)
    for word in found:
        if not INTEGER.fullmatch(word):
            raise HeaderDataError(f"{key}: must be integers, got {word[:40]!r}")
    return [int(word) for word in found]


def as_number(key: str, word: str) -> float:
    """Return a word as a float, NaN and infinity included; see `as_integers`."""
    try:
        if "_" in word:  # Python takes it, no format does
            raise ValueError(word)
        return float(word)
    except ValueError:
        raise HeaderDataError(f"{key}: must be numbers, got {word[:40]!r}") from None


def as_numbers(key: str, words: Iterable[str], count: int | None = None) -> list[float]:
    """Return words as finite floats, of which there are `count`; see `as_integers`."""
    numbers = [as_number(key, word) for word in words]
    if count is not None and len(numbers) != count:
        raise HeaderDataError(f"{key}: {count} numbers are needed, got {len(numbers)}")
    if not np.isfinite(numbers).all():
        raise HeaderDataError(f"{key}: must be finite, got {numbers[:16]}")
    return numbers


def written(numbers: Sequence[float] | NDArray[np.floating]) -> list[str]:
    """Return numbers in the fewest digits that give them back; whole ones without a point."""
    values = [float(number) for number in numbers]
    return [str(int(v)) if v.is_integer() and abs(v) < 1e15 else repr(v) for v in values]
