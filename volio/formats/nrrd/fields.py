"""Fields of NRRD headers: their names, and how their values are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite, isnan

from volio.arrays.dtypes import dtypes_by_name
from volio.codes import table_rows
from volio.errors import HeaderDataError
from volio.images.headers.text.lines import as_number, number_words

__all__ = [
    "AXIS_DEFAULTS",
    "DATA_FILE",
    "EMPTY_LINE",
    "ENCODINGS",
    "FIELD",
    "FREE",
    "ORDER",
    "SYNONYMS",
    "TYPES",
    "Vector",
    "entries_of",
    "escaped",
    "unescaped",
    "unquoted",
    "vector",
    "vector_text",
]

# Fields in the order in which new ones are written (space before its directions, data file last),
# and of those with one entry for each axis the entry of an axis of which nothing is known.
_FIELDS = table_rows("""
content           |
type              |
block size        |
dimension         |
space             |
space dimension   |
sizes             | 1
spacings          | nan
thicknesses       | nan
axis mins         | nan
axis maxs         | nan
space directions  | none
centerings        | ???
kinds             | ???
labels            | ""
units             | ""
space units       |
space origin      |
measurement frame |
min               |
max               |
old min           |
old max           |
sample units      |
number            |
endian            |
encoding          |
line skip         |
byte skip         |
data file         |
""")

#: Fields in the order in which new ones are written.
ORDER = tuple(name for name, _ in _FIELDS)

#: Fields with one entry for each axis, and the entry of an axis of which nothing is known.
AXIS_DEFAULTS = {name: entry for name, entry in _FIELDS if entry}

#: Other spellings; further ones leave out the blank.
SYNONYMS = {name.replace(" ", ""): name for name in ORDER} | {"centers": "centerings"}


#: Names of types, the usual one of each first.
TYPES = dtypes_by_name("""
int8    | signed char | int8 | int8_t
uint8   | unsigned char | uchar | uint8 | uint8_t
int16   | short | short int | signed short | signed short int | int16 | int16_t
uint16  | unsigned short | ushort | unsigned short int | uint16 | uint16_t
int32   | int | signed int | int32 | int32_t
uint32  | unsigned int | uint | uint32 | uint32_t
int64   | long long int | longlong | long long | signed long long | signed long long int | int64
int64   | int64_t
uint64  | unsigned long long int | ulonglong | unsigned long long | uint64 | uint64_t
float32 | float
float64 | double
""")

#: Encodings of voxels, as `Payload` names them, by their names in files.
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

EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
DATA_FILE = re.compile(rb"\ndata ?file:", re.IGNORECASE)

#: Entries of fields that have several, separated by blanks or nothing.
WORD = re.compile(r"\S+")
VECTOR = re.compile(r"\([^()]*\)|none|\S", re.IGNORECASE)
BRACKETS = re.compile(r"\(([^()]*)\)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\S')
ENTRIES = {
    "space directions": VECTOR,
    "measurement frame": VECTOR,
    "labels": QUOTED,
    "units": QUOTED,
    "space units": QUOTED,
}

#: A vector in the space of a file.
Vector = tuple[float, ...]


def unescaped(text: str) -> str:
    """Return the value of a free key that is written so."""
    return re.sub(r"\\([n\\])", lambda found: "\n" if found[1] == "n" else "\\", text)


def escaped(text: str) -> str:
    """Return the value of a free key as it is written."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def entries_of(key: str, text: str) -> list[str]:
    """Split the text of a field that has several entries, which stay as they are."""
    return ENTRIES.get(key, WORD).findall(text)


def vector(key: str, text: str) -> Vector:
    """Return a vector in brackets, such as ``(1,0,0)``; () for 'none'.

    Raises
    ------
    HeaderDataError
        If the text is something else, or some components are not finite.
    """
    if text.lower() == "none":
        return ()
    found = BRACKETS.fullmatch(text)
    if found is None:
        raise HeaderDataError(f"{key}: must be vectors as (1,0,0), or none, got {text[:60]!r}")
    numbers = tuple(as_number(key, word) for word in found[1].split(","))
    if all(map(isfinite, numbers)):
        return numbers
    if all(map(isnan, numbers)):  # some programs write (nan,nan,nan) for none
        return ()
    raise HeaderDataError(f"{key}: must be finite, got {text[:60]!r}")


def vector_text(numbers: Iterable[float]) -> str:
    """Return a vector as it is written."""
    return f"({','.join(number_words(numbers))})"


def unquoted(key: str, text: str) -> str:
    """Return a string without its quotes.

    Raises
    ------
    HeaderDataError
        If it has none.
    """
    if not text.startswith('"') or len(text) < 2:
        raise HeaderDataError(f"{key}: must be in quotes, got {text[:60]!r}")
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])
