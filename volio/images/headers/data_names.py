"""Names of data files in a header: one, a list, or a pattern with numbers."""

from __future__ import annotations

import re

from volio.errors import HeaderDataError, LimitError
from volio.images.headers.text_lines import as_integers

__all__ = ["LISTS", "MOST_FILES", "listed_names", "numbered_names"]

#: Most data files of one image.
MOST_FILES = 100_000

#: Words before names on lines of their own; before each of the second is a number.
LISTS = ("LIST", "SKIPLIST")

PATTERN = re.compile(r"%([-+ 0#]*)(\d{0,3})(?:\.(\d{1,3}))?[dui]")


def listed_names(key: str, text: str, *, numbers: int) -> tuple[tuple[str, ...], list[str]]:
    """Return the names that a field states.

    Parameters
    ----------
    key : str
        Of the field, for messages.
    text : str
        A name; or a word of `LISTS`, and a name on each further line; or a pattern with first
        and last number and step.
    numbers : int
        How many numbers must follow a pattern: 2 where the step may be left out.

    Returns
    -------
    names : tuple of str
    words : list of str
        What follows the word of the list, or the numbers.

    Raises
    ------
    HeaderDataError
        If there is no name, or the numbers are not such.
    """
    first, *lines = text.split("\n")
    words = first.split()
    if words and words[0] in LISTS:
        names, more = tuple(lines), words[1:]
    elif len(words) > numbers and "%" in words[0]:
        low, high, step = as_integers(key, [*words[1:4], "1"][:3])
        names, more = tuple(numbered_names(words[0], low, high, step)), words[4:]
    else:
        names, more = (first,) if words else (), []
    if not names:
        raise HeaderDataError(f"{key}: must name the file of the voxels, got {text[:40]!r}")
    return names, more


def numbered_names(pattern: str, low: int, high: int, step: int) -> list[str]:
    """Return the names that a pattern such as ``slice%03d.raw`` stands for.

    Parameters
    ----------
    pattern : str
        With one place for an integer, in the way of C's printf.
    low, high, step : int
        First and last number, and the step between them, which may be negative.

    Raises
    ------
    HeaderDataError
        If there is no such place, or no number.
    LimitError
        If there are more than `MOST_FILES`.
    """
    place = PATTERN.search(pattern)
    if place is None or "%" in PATTERN.sub("", pattern, count=1).replace("%%", ""):
        raise HeaderDataError(f"data file: {pattern[:80]!r} must have one place as %d or %03d")
    numbers = range(low, high + (1 if step > 0 else -1), step) if step else range(0)
    if not 0 < len(numbers) <= MOST_FILES:
        error = LimitError if len(numbers) else HeaderDataError
        raise error(
            f"data file: numbers from {low} to {high} in steps of {step} name {len(numbers)} "
            f"files; 1 to {MOST_FILES} can be read"
        )
    before = pattern[: place.start()].replace("%%", "%")
    after = pattern[place.end() :].replace("%%", "%")
    return [f"{before}{place.group() % number}{after}" for number in numbers]
