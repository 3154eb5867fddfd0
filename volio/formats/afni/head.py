"""The text of .HEAD files: attributes, each with a type, a name, a count and values.

What is not changed is written as it was read.
Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, NamedTuple

from volio.errors import HeaderDataError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.numerals import parse_float, parse_int

__all__ = ["AFNIHeaderError", "Head", "parse_head", "read_head", "write_head"]

#: Most bytes of a .HEAD file that are read.
MOST = 64 << 20

BEGIN = re.compile(
    r"\s*type\s*=\s*(\w+)-attribute\s*\n\s*name\s*=\s*(\S+)\s*\n\s*count\s*=\s*([0-9]+)[^\S\n]*\n"
)
BLANK = re.compile(r"\n[^\S\n]*\n|\Z")
STRING_END = re.compile(r"~[^\S\n]*(\n|\Z)")
NUMBERS = {"integer": parse_int, "float": parse_float}


class AFNIHeaderError(HeaderDataError):
    """A .HEAD file makes no sense."""


class Written(NamedTuple):
    """An attribute as it stands in a file: its value and its text."""

    value: Any
    text: str


class Head(dict[str, Any]):
    """Attributes in the order of the file: str, list of int or list of float by name.

    Attributes
    ----------
    written : dict of str to Written
        What was read.
    rest : str
        White space after the last attribute.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.written: dict[str, Written] = {}
        self.rest = "\n"

    def __deepcopy__(self, memo: dict[int, Any]) -> Head:
        new = Head({name: copy(value) for name, value in self.items()})
        new.written = dict(self.written)
        new.rest = self.rest
        return new


def read_head(source: ByteSource) -> Head:
    """Read the attributes of a .HEAD file.

    Raises
    ------
    AFNIHeaderError
        If the text is none of AFNI's.
    LimitError
        If it is far too long for one.
    """
    return parse_head(read_limited(source, MOST, "a .HEAD file of AFNI"))


def parse_head(data: bytes | str) -> Head:
    """Read attributes from the text of a .HEAD file.

    Raises
    ------
    AFNIHeaderError
        If the text is not one of attributes.
    """
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    text = raw.decode("latin-1").replace("\r\n", "\n")  # counts are of bytes
    head = Head()
    end = 0
    for name, value, stop in _attributes(text):
        head[name] = value
        head.written[name] = Written(copy(value), text[end:stop])
        end = stop
    head.rest = text[end:]
    if not head or head.rest.strip():
        raise _no_attribute(text, end)
    return head


def _no_attribute(text: str, at: int) -> AFNIHeaderError:
    """Return the error for a text that has something else where an attribute must begin."""
    line = text.count("\n", 0, at) + 1
    found = text[at:].strip().partition("\n")[0][:60] or "nothing"
    return AFNIHeaderError(f"line {line}: an attribute of AFNI must begin here, found {found!r}")


def _attributes(text: str) -> Iterator[tuple[str, Any, int]]:
    """Yield name, value and end of each attribute."""
    at = 0
    while begin := BEGIN.match(text, at):
        kind, name, digits = begin.groups()
        count = int(digits[:18])  # further ones take long to read, and no file is so long
        value: Any
        if kind == "string":
            value, at = _string(text, begin.end(), count)
        elif kind in NUMBERS:
            value, at = _numbers(text, begin.end(), name, NUMBERS[kind], count)
        else:
            raise AFNIHeaderError(f"{name}: its type must be string, integer or float, got {kind}")
        yield name, value, at


def _string(text: str, start: int, count: int) -> tuple[str, int]:
    """Read a string: a quote, then as many characters as are counted, or up to a blank line."""
    start += text.startswith("'", start)
    end = start + count
    if not STRING_END.match(text, end - 1):
        end = _blank_line(text, start)
    value = text[start:end].encode("latin-1").decode("utf-8", "surrogateescape")
    return value.removesuffix("~"), end


def _numbers(text: str, start: int, name: str, kind: Any, count: int) -> tuple[list[Any], int]:
    end = _blank_line(text, start)
    try:
        values = [kind(word) for word in text[start:end].split()]
    except ValueError as error:
        raise AFNIHeaderError(f"{name}: {error}") from None
    if len(values) != count:
        raise AFNIHeaderError(f"{name}: {count} numbers are announced, {len(values)} found")
    return values, end


def _blank_line(text: str, start: int) -> int:
    """Return the position of the next blank line, or of the end of the text."""
    found = BLANK.search(text, start)
    return found.start() if found else len(text)


def write_head(head: Head) -> bytes:
    """Return the text of attributes; those that are as they were read keep their text."""
    pieces = [_text_of(head, name) for name in head]
    text = "".join(pieces) + head.rest
    if text.startswith("\n\n"):  # the first of them was not the first that was read
        text = "\n" + text.lstrip("\n")
    return text.encode("latin-1")


def _text_of(head: Head, name: str) -> str:
    """Return the text of an attribute: as it was read, where its value is the same."""
    value = head[name]
    known = head.written.get(name)
    if known is not None and known.value == value:
        return known.text
    kind, count, content = _string_text(value) if isinstance(value, str) else _number_text(value)
    return f"\n\ntype = {kind}-attribute\nname = {name}\ncount = {count}\n{content}"


def _string_text(value: str) -> tuple[str, int, str]:
    """Return type, count and text of a string; the count is one of bytes, with the ~ at its end."""
    raw = value.encode("utf-8", "surrogateescape")
    return "string", len(raw) + 1, f"'{raw.decode('latin-1')}~"


def _number_text(value: list[Any]) -> tuple[str, int, str]:
    """Return type, count and text of numbers, five on each line."""
    kind = "integer" if all(isinstance(number, int) for number in value) else "float"
    rows = [value[first : first + 5] for first in range(0, len(value), 5)]
    lines = [" " + " ".join(map(str, row)) for row in rows]
    return kind, len(value), "\n".join(lines)
