"""Names of data files in a header: one, a list, or a pattern with numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

from volio.errors import HeaderDataError, LimitError
from volio.images.headers.error_context import with_file_name
from volio.images.headers.text.lines import as_integers

__all__ = ["MOST_FILES", "DataNames", "data_names"]

#: Most data files of one image.
MOST_FILES = 100_000

CONVERSION = re.compile(r"%([-+ 0#]*)([0-9]{0,3})(?:\.([0-9]{1,3}))?[dui]")


class DataNames(NamedTuple):
    """Names of data files.

    Attributes
    ----------
    names : tuple of str
        In the order of their voxels.
    skips : tuple of int
        Bytes to skip in each file, as `Payload.skips`; () where they are not listed.
    words : tuple of str
        What follows the word of a list, or the numbers of a pattern.
    """

    names: tuple[str, ...] = ()
    skips: tuple[int, ...] = ()
    words: tuple[str, ...] = ()


def data_names(key: str, text: str, *, numbers: int) -> DataNames:
    """Return the names that a field states.

    Parameters
    ----------
    key : str
        Of the field, for messages.
    text : str
        A name; or 'LIST' and a name on each further line, or 'SKIPLIST' and on each the bytes to
        skip and a name; or a pattern with first and last number and step.
    numbers : int
        How many numbers must follow a pattern: 2 where the step may be left out.

    Raises
    ------
    HeaderDataError
        If a name is missing, or the numbers are not valid.
    """
    first, *lines = text.split("\n")
    words = tuple(first.split())
    kind = words[0] if words else ""
    if kind == "SKIPLIST":
        found = _skipped_names(key, lines, words[1:])
    elif kind == "LIST":
        found = DataNames(tuple(lines), words=words[1:])
    elif "%" in kind and len(words) > numbers:
        found = _numbered_names(key, words)
    else:
        found = DataNames((first,) if words else ())
    if not found.names:
        raise HeaderDataError(f"{key}: must name the file of the voxels, got {text[:40]!r}")
    return found


def _skipped_names(key: str, lines: list[str], words: tuple[str, ...]) -> DataNames:
    """Return names from lines of the bytes to skip and a name."""
    pairs = [line.split(None, 1) for line in lines]
    if any(len(pair) < 2 for pair in pairs):
        raise HeaderDataError(f"{key}: a SKIPLIST has lines of a number and a file")
    skips = as_integers(f"{key}: SKIPLIST", [skip for skip, _ in pairs])
    return DataNames(tuple(name for _, name in pairs), tuple(skips), words)


def _numbered_names(key: str, words: tuple[str, ...]) -> DataNames:
    """Return the names that a pattern such as ``slice%03d.raw`` stands for.

    Parameters
    ----------
    key : str
        Of the field, for messages.
    words : tuple of str
        The pattern, with one conversion of an integer as in C's printf, first and last number and
        the step between them (default: 1), which may be negative.

    Raises
    ------
    HeaderDataError
        If the conversion or a number is missing.
    LimitError
        If there are more than `MOST_FILES`.
    """
    before, conversion, after = _split_pattern(key, words[0])
    numbers = _numbers_of_files(key, [*words[1:4], "1"][:3])
    names = tuple(f"{before}{conversion % number}{after}" for number in numbers)
    return DataNames(names, words=words[4:])


def _numbers_of_files(key: str, words: list[str]) -> range:
    """Return the numbers from a first to a last one, which counts, in steps."""
    low, high, step = as_integers(key, words)
    numbers = range(low, high + (1 if step > 0 else -1), step) if step else range(0)
    if not 0 < len(numbers) <= MOST_FILES:
        error = LimitError if len(numbers) else HeaderDataError
        what = f"numbers from {low} to {high} in steps of {step} name {len(numbers)} files"
        raise error(with_file_name(f"{key}: {what}; 1 to {MOST_FILES} can be read"))
    return numbers


def _split_pattern(key: str, pattern: str) -> tuple[str, str, str]:
    """Return the text before the conversion of a number, the conversion, and the text after it."""
    conversion = CONVERSION.search(pattern)
    if conversion is None or "%" in CONVERSION.sub("", pattern, count=1).replace("%%", ""):
        raise HeaderDataError(f"{key}: {pattern[:80]!r} must have one conversion as %d or %03d")
    before = pattern[: conversion.start()].replace("%%", "%")
    return before, conversion.group(), pattern[conversion.end() :].replace("%%", "%")
