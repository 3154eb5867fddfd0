"""Fields of NRRD headers: their names, and how their values are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from volio.errors import HeaderDataError
from volio.images.headers.text_lines import Line, as_number, written

__all__ = [
    "AXIS_DEFAULTS",
    "ENCODINGS",
    "ORDER",
    "TYPES",
    "canonical",
    "parse_lines",
    "quoted",
    "time_of",
    "unquoted",
    "vector_text",
    "vectors",
]

#: Fields in the order in which new ones are written; space before its directions, data file last.
ORDER = (
    "content",
    "type",
    "block size",
    "dimension",
    "space",
    "space dimension",
    "sizes",
    "spacings",
    "thicknesses",
    "axis mins",
    "axis maxs",
    "space directions",
    "centerings",
    "kinds",
    "labels",
    "units",
    "space units",
    "space origin",
    "measurement frame",
    "min",
    "max",
    "old min",
    "old max",
    "sample units",
    "number",
    "endian",
    "encoding",
    "line skip",
    "byte skip",
    "data file",
)

#: Other spellings; further ones leave out the blank.
SYNONYMS = {name.replace(" ", ""): name for name in ORDER} | {"centers": "centerings"}

#: Fields with one entry for each axis, and the entry of an axis of which nothing is known.
AXIS_DEFAULTS = {
    "sizes": "1",
    "spacings": "nan",
    "thicknesses": "nan",
    "axis mins": "nan",
    "axis maxs": "nan",
    "space directions": "none",
    "centerings": "???",
    "kinds": "???",
    "labels": '""',
    "units": '""',
}

_TYPES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("unsigned char", "uchar", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("unsigned short", "ushort", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("unsigned int", "uint", "uint32", "uint32_t"),
    "int64": (
        "long long int",
        "longlong",
        "long long",
        "signed long long",
        "signed long long int",
        "int64",
        "int64_t",
    ),
    "uint64": (
        "unsigned long long int",
        "ulonglong",
        "unsigned long long",
        "uint64",
        "uint64_t",
    ),
    "float32": ("float",),
    "float64": ("double",),
}

#: Names of types, the usual one of each first.
TYPES = {name: np.dtype(dtype) for dtype, names in _TYPES.items() for name in names}

ENCODINGS = {
    "raw": "raw",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "ascii": "ascii",
    "txt": "ascii",
    "text": "ascii",
    "hex": "hex",
}

FREE = re.compile(r"((?:[^:\\]|\\.|:(?![=\s]))+):=(.*)", re.DOTALL)
FIELD = re.compile(r"([^:]+):(?!=)\s*(.*)", re.DOTALL)
VECTOR = re.compile(r"\(([^()]*)\)|(none)|(\S)", re.IGNORECASE)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S)')


def canonical(name: str) -> str:
    """Return the usual spelling of a field's name; free keys stay as they are."""
    plain = " ".join(name.lower().split())
    found = SYNONYMS.get(plain.replace(" ", ""), plain)
    return found if found in ORDER else name


def parse_lines(text: str) -> Iterator[Line]:
    """Go through the lines of a header, from the magic word to the empty line, if any.

    Raises
    ------
    HeaderDataError
        If a line is neither field, key, nor comment, or the first is no magic word.
    """
    first, *lines = text.removesuffix("\n").split("\n")
    if not re.fullmatch(r"NRRD(000\d|00\.01)", first.strip()):
        raise HeaderDataError(f"the first line must be NRRD0001 to NRRD0006, got {first[:40]!r}")
    yield Line(first)
    listing = False
    for place, line in enumerate(lines, 2):
        if not line.strip() or line.startswith("#"):
            yield Line(line)
        elif listing:
            yield Line(line, "data file", line.strip())
        else:
            found = _parse_line(line, place)
            listing = found.key == "data file" and found.value.startswith(("LIST", "SKIPLIST"))
            yield found


def _parse_line(line: str, place: int) -> Line:
    if free := FREE.fullmatch(line.rstrip("\r")):
        return Line(line, free[1], _unescaped(free[2]), free=True)
    if field := FIELD.fullmatch(line.rstrip("\r")):
        return Line(line, canonical(field[1].strip()), field[2].strip())
    raise HeaderDataError(f"line {place}: must be a field, a key or a comment, got {line[:40]!r}")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([n\\])", lambda found: "\n" if found[1] == "n" else "\\", text)


def escaped(text: str) -> str:
    """Return the value of a free key as it is written."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def vectors(key: str, text: str, count: int | None = None) -> list[list[float] | None]:
    """Return vectors in brackets as lists, and None for 'none'.

    Raises
    ------
    HeaderDataError
        If the text is something else, or there is another number of them than `count`.
    """
    found: list[list[float] | None] = []
    for inside, none, other in VECTOR.findall(text):
        if other:
            raise HeaderDataError(f"{key}: must be vectors as (1,0,0), or none, got {text[:60]!r}")
        numbers = [as_number(key, word) for word in inside.split(",")] if not none else None
        if numbers is not None and not np.isfinite(numbers).all():
            if not np.isnan(numbers).all():
                raise HeaderDataError(f"{key}: must be finite, got {text[:60]!r}")
            numbers = None  # some programs write (nan,nan,nan) for none
        found.append(numbers)
    if count is not None and len(found) != count:
        raise HeaderDataError(f"{key}: {count} vectors are needed, got {len(found)}")
    return found


def time_of(way: str) -> float:
    """Return the step of an axis that leads along time alone; 0 for another one."""
    vector = vectors("space directions", way)[0]
    alone = vector is not None and len(vector) == 4 and not any(vector[:3])
    return abs(vector[3]) if vector is not None and alone else 0.0


def vector_text(vector: Sequence[float] | None) -> str:
    """Return a vector as it is written; 'none' for None."""
    return "none" if vector is None else f"({','.join(written(vector))})"


def unquoted(key: str, text: str) -> list[str]:
    """Return the strings in a row of quoted ones.

    Raises
    ------
    HeaderDataError
        If something is not quoted.
    """
    found = QUOTED.findall(text)
    if any(other for _, other in found):
        raise HeaderDataError(f"{key}: must be in quotes, got {text[:60]!r}")
    return [re.sub(r'\\(["\\])', r"\1", inside) for inside, _ in found]


def quoted(words: Sequence[str]) -> list[str]:
    """Return strings in quotes."""
    return ['"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words]
