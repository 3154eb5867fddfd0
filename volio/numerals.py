"""Numbers in text, as file formats write them: ASCII digits, and nothing that only Python reads.

``int`` and ``float`` take underscores between digits and the digits of every script, and make
infinity of what is too large. In a file that is damage, or another program reads another number.
"""

from __future__ import annotations

import re
from math import isinf

__all__ = ["is_count", "parse_float", "parse_int"]

INTEGER = re.compile(r"\s*[-+]?[0-9]{1,400}\s*", re.ASCII)
DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
FLOAT = re.compile(rf"\s*[-+]?(?:{DECIMAL}|nan|inf(?:inity)?)\s*", re.IGNORECASE | re.ASCII)
LARGEST = 2**63
SHOWN = 40  # characters of a text that is not a number, in the message


def is_count(text: str) -> bool:
    """Return whether a text is digits from 0 to 9 alone, and not of an endless number."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def parse_int(text: str) -> int:
    """Return the integer that a text is; white space around it is left out.

    Raises
    ------
    ValueError
        If it is not an integer of 64 bits, signed or not.
    """
    if not INTEGER.fullmatch(text):
        raise ValueError(f"is not an integer: {text[:SHOWN]!r}")
    number = int(text)
    if not -LARGEST <= number < 2 * LARGEST:
        raise ValueError(f"is too large for an integer of 64 bits: {text[:SHOWN]!r}")
    return number


def parse_float(text: str) -> float:
    """Return the number that a text is, NaN and infinity included.

    Raises
    ------
    ValueError
        If it is not a number, or one too large for a float.
    """
    if not FLOAT.fullmatch(text):
        raise ValueError(f"is not a number: {text[:SHOWN]!r}")
    number = float(text)
    if isinf(number) and "n" not in text.lower():
        raise ValueError(f"is too large for a float: {text[:SHOWN]!r}")
    return number
