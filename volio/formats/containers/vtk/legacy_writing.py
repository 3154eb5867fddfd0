"""The blocks of a legacy VTK file, binary, as every version since 3.0 reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from volio.errors import SaveError
from volio.formats.containers.vtk.streamed import StreamedValues

__all__ = ["LONGEST_TITLE", "packed_block", "packed_fields", "packed_head", "type_name"]

#: Bytes of the second line, with its end.
LONGEST_TITLE = 256
#: Letters of names that are written as they are; the bytes of others are in hexadecimal digits.
NAME_LETTERS = "()[]{}<>+-*/=.,:;_!?@#$^&|~"
#: What dtypes of numpy are called.
TYPES = {
    "u1": "unsigned_char",
    "i1": "char",
    "u2": "unsigned_short",
    "i2": "short",
    "u4": "unsigned_int",
    "i4": "int",
    "u8": "unsigned_long",
    "i8": "long",
    "f4": "float",
    "f8": "double",
}


def packed_head(title: str) -> bytes:
    """Return the first lines, up to the blocks."""
    head = f"# vtk DataFile Version 3.0\n{title}\nBINARY\nDATASET POLYDATA\n"
    return head.encode("utf-8", "surrogateescape")


def type_name(values: StreamedValues) -> str:
    """Return what VTK calls the dtype of values."""
    return TYPES[values.dtype.str[1:]]


def packed_block(line: str, values: StreamedValues) -> Iterator[bytes]:
    """Yield a line and the big-endian numbers that follow it."""
    yield line.encode() + b"\n"
    yield from values.packed(">")
    yield b"\n"


def packed_fields(arrays: Sequence[StreamedValues]) -> Iterator[bytes]:
    """Yield arrays that have names; nothing for none."""
    if arrays:
        yield f"FIELD FieldData {len(arrays)}\n".encode()
    for array in arrays:
        if not array.name:
            raise SaveError("VTK: values without a name have no place; give them one")
        name = quote(array.name, NAME_LETTERS, errors="surrogateescape")
        line = f"{name} {array.width} {array.count} {type_name(array)}"
        yield from packed_block(line, array)
