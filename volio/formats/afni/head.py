"""The text of .HEAD files: attributes, each with a type, a name, a count and values.

What is not changed is written as it was read.
Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import ByteSource

__all__ = ["AFNIHeaderError", "Head", "parse_head", "read_head", "write_head"]

#: Most bytes of a .HEAD file that are read.
MOST = 64 << 20

BEGIN = re.compile(
    r"\s*type\s*=\s*(\w+)-attribute\s*\n\s*name\s*=\s*(\S+)\s*\n\s*count\s*=\s*(\d+)[^\S\n]*\n"
)
BLANK = re.compile(r"\n[^\S\n]*\n|\Z")
NUMBERS = {"integer": int, "float": float}


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

    def copy(self) -> Head:
        """Return attributes of their own."""
        new = Head({k: v if isinstance(v, str) else list(v) for k, v in self.items()})
        new.written, new.rest = dict(self.written), self.rest
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
    data = source.read_upto(0, min(MOST + 1, source.most()))
    if len(data) > MOST:
        raise LimitError(f"{source.name}: more than {MOST} bytes, this is no .HEAD file of AFNI")
    return parse_head(data)


def parse_head(data: bytes | str) -> Head:
    """Read attributes from the text of a .HEAD file.

    Raises
    ------
    AFNIHeaderError
        If it makes no sense; the message names the attribute and the line.
    """
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    text = raw.decode("latin-1").replace("\r\n", "\n")  # counts are of bytes
    head, end = Head(), 0
    for name, value, stop in _attributes(text):
        head[name] = value
        kept = value if isinstance(value, str) else list(value)
        head.written[name] = Written(kept, text[end:stop])
        end = stop
    if not head or text[end:].strip():
        line = text.count("\n", 0, end) + 1
        found = text[end:].strip().splitlines()[0][:60] if text[end:].strip() else "nothing"
        raise AFNIHeaderError(f"line {line}: an attribute of AFNI must begin here, found {found!r}")
    head.rest = text[end:]
    return head


def _attributes(text: str) -> Iterator[tuple[str, Any, int]]:
    """Yield name, value and end of each attribute."""
    at = 0
    while begin := BEGIN.match(text, at):
        kind, name, count = begin.groups()
        if kind not in ("string", *NUMBERS):
            raise AFNIHeaderError(f"{name}: its type must be string, integer or float, got {kind}")
        start = begin.end()
        value: Any
        if kind == "string":
            value, at = _string(text, start, min(int(count[:18]), len(text)))
        else:
            value, at = _numbers(text, start, name, NUMBERS[kind], int(count[:18]))
        yield name, value, at


def _string(text: str, start: int, count: int) -> tuple[str, int]:
    """Read a string: a quote, then as many characters as are counted, or up to a blank line."""
    start += text[start : start + 1] == "'"
    end = start + count
    if text[end - 1 : end] != "~" or not re.match(r"[^\S\n]*(\n|\Z)", text[end:]):
        found = BLANK.search(text, start)
        end = found.start() if found else len(text)
    value = text[start:end].encode("latin-1").decode("utf-8", "surrogateescape")
    return value.removesuffix("~"), end


def _numbers(text: str, start: int, name: str, kind: Any, count: int) -> tuple[list[Any], int]:
    found = BLANK.search(text, start)
    end = found.start() if found else len(text)
    words = text[start:end].split()
    try:
        values = [kind(word) for word in words]
    except ValueError as error:
        raise AFNIHeaderError(f"{name}: {error}") from None
    if len(values) != count:
        raise AFNIHeaderError(f"{name}: {count} numbers are announced, {len(values)} found")
    return values, end


def write_head(head: Head) -> bytes:
    """Return the text of attributes; those that are as they were read keep their text."""
    pieces = []
    for name, value in head.items():
        known = head.written.get(name)
        kept = known is not None and known.value == value
        pieces.append(known.text if known and kept else _written(name, value))
    text = "".join(pieces) + head.rest
    if text.startswith("\n\n"):  # the first of them was not the first that was read
        text = "\n" + text.lstrip("\n")
    return text.encode("latin-1")


def _written(name: str, value: Any) -> str:
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogateescape").decode("latin-1") + "~"
        return f"\n\ntype = string-attribute\nname = {name}\ncount = {len(text)}\n'{text}"
    kind = "integer" if all(isinstance(number, int) for number in value) else "float"
    words = [str(number) for number in value]
    lines = "\n".join(" " + " ".join(words[i : i + 5]) for i in range(0, len(words), 5))
    return f"\n\ntype = {kind}-attribute\nname = {name}\ncount = {len(words)}\n{lines}"
