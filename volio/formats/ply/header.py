"""The header of a PLY file: which elements follow, and what properties each of them has."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from volio.errors import HeaderDataError

__all__ = ["LARGEST", "TYPE_NAMES", "PlyElement", "PlyHeader", "PlyProperty", "parse_header"]

#: Most bytes of a header.
LARGEST = 1 << 20
END = re.compile(rb"\nend_header\r?\n")
FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
#: Names of types, the older ones first.
TYPE_NAMES = {
    "i1": ("char", "int8"),
    "u1": ("uchar", "uint8"),
    "i2": ("short", "int16"),
    "u2": ("ushort", "uint16"),
    "i4": ("int", "int32"),
    "u4": ("uint", "uint32"),
    "f4": ("float", "float32"),
    "f8": ("double", "float64"),
}
TYPES = {name: code for code, names in TYPE_NAMES.items() for name in names}


class PlyProperty(NamedTuple):
    """A property of an element: a number, or a list of numbers.

    Attributes
    ----------
    name : str
    dtype : numpy dtype
        Of the number, or the items of the list.
    counts : numpy dtype or None
        Of the length before a list; None for a number.
    """

    name: str
    dtype: np.dtype[Any]
    counts: np.dtype[Any] | None = None

    @property
    def least(self) -> int:
        """Bytes that it takes at least: those of an empty list."""
        return (self.dtype if self.counts is None else self.counts).itemsize


@dataclass(frozen=True)
class PlyElement:
    """Elements of a kind, as "vertex" and "face"."""

    name: str
    count: int
    properties: tuple[PlyProperty, ...] = ()


class PlyHeader(NamedTuple):
    """What a header says.

    Attributes
    ----------
    order : str
        ``"<"`` or ``">"``; "" for text.
    elements : tuple of PlyElement
    texts : dict of str to str
        Lines of comments and of ``obj_info``.
    length : int
        Bytes of the header.
    """

    order: str
    elements: tuple[PlyElement, ...]
    texts: dict[str, str]
    length: int


def parse_header(data: bytes) -> PlyHeader:
    """Return what the header at the beginning of some bytes says.

    Raises
    ------
    HeaderDataError
        If there is none, or it says something else than headers do.
    """
    end = END.search(data)
    if not re.match(rb"ply\r?\n", data) or end is None:
        raise HeaderDataError(f"PLY: no header from 'ply' to 'end_header' in {LARGEST} bytes")
    lines = data[: end.start()].decode("utf-8", "surrogateescape").split("\n")
    texts: dict[str, list[str]] = {}
    elements: list[PlyElement] = []
    order: str | None = None
    for line in lines[1:]:
        keyword, _, rest = line.strip().partition(" ")
        if keyword in ("comment", "obj_info"):
            texts.setdefault(keyword, []).append(rest)
        elif keyword == "format":
            order = _parse_format(rest)
        elif keyword == "element":
            elements.append(_parse_element(rest, elements))
        elif keyword == "property" and elements:
            elements[-1] = _with_property(elements[-1], rest, order or "<")
        elif keyword:
            raise HeaderDataError(f"PLY header: the line {line.strip()[:80]!r} is not understood")
    if order is None:
        raise HeaderDataError("PLY header: does not say its format, ascii or binary")
    joined = {keyword: "\n".join(found) for keyword, found in texts.items()}
    return PlyHeader(order, tuple(elements), joined, end.end())


def _parse_format(text: str) -> str:
    name, _, version = text.strip().partition(" ")
    if name not in FORMATS or version.strip() != "1.0":
        raise HeaderDataError(
            f"PLY header: the format is {text[:80]!r}; known are {', '.join(FORMATS)}, each 1.0"
        )
    return FORMATS[name]


def _parse_element(text: str, known: list[PlyElement]) -> PlyElement:
    words = text.split()
    if len(words) != 2 or not re.fullmatch(r"[0-9]{1,18}", words[1]):
        raise HeaderDataError(f"PLY header: element: must be a name and a count, got {text[:80]!r}")
    if words[0] in [element.name for element in known]:
        raise HeaderDataError(f"PLY header: the element {words[0]!r} occurs twice")
    return PlyElement(words[0], int(words[1]))


def _with_property(element: PlyElement, text: str, order: str) -> PlyElement:
    words = text.split()
    types = words[1:-1] if words[:1] == ["list"] else words[:-1]
    is_list = words[:1] == ["list"]
    if len(types) != 1 + is_list or any(name not in TYPES for name in types):
        raise HeaderDataError(
            f"PLY header: property: must be a type and a name, or list, two types and a name, got "
            f"{text.strip()[:80]!r}"
        )
    if words[-1] in [each.name for each in element.properties]:
        raise HeaderDataError(f"PLY header: the {element.name} has {words[-1]!r} twice")
    dtypes = [np.dtype(order + TYPES[name]) for name in types]
    if is_list and dtypes[0].kind == "f":
        raise HeaderDataError(f"PLY header: the length of {words[-1]!r} must be an integer type")
    found = PlyProperty(words[-1], dtypes[-1], dtypes[0] if is_list else None)
    return replace(element, properties=(*element.properties, found))
