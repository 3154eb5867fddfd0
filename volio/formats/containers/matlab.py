"""Matrices in MATLAB files: named arrays of real numbers, read from versions 4 to 7.

Source: MAT-File Format, The MathWorks,
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import prod
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError
from volio.images.headers.shape_checks import Shape

__all__ = ["read_matrices", "write_matrices"]

# Version 4: kinds of numbers by the third digit of a variable's type.
DIGITS = ("f8", "f4", "i4", "i2", "u2", "u1")

# Version 5: kinds of numbers, classes of arrays and types of elements.
NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
NUMERIC_CLASSES = range(6, 16)
COMPLEX = 0x0800
MATRIX = 14
COMPRESSED = 15

MOST_BYTES = 16 << 20  # of one array; affines of 100,000 volumes take less
HEAD = 1024  # bytes of a compressed array in which its name is looked for


def read_matrices(content: bytes, names: Collection[str]) -> dict[str, Array]:
    """Read arrays of real numbers by name; others are passed over.

    Parameters
    ----------
    content : bytes
        Of the whole file.
    names : collection of str

    Returns
    -------
    dict of str to ndarray
        Those that are there, with at least two axes.

    Raises
    ------
    CorruptFileError
        If this is no MATLAB file of version 4 to 7, or one of these names is something else.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    try:
        if order is None:
            return dict(_version_4(content, names))
        (version,) = struct.unpack_from(f"{order}H", content, 124)
        if version != 0x0100:
            raise CorruptFileError(
                "is no MATLAB file of versions 4 to 7; save it with save(..., '-v6') in MATLAB"
            )
        return dict(_version_5(content[128:], order, names))
    except (struct.error, zlib.error, ValueError) as error:
        raise CorruptFileError(f"is no complete MATLAB file ({error})") from error


def write_matrices(matrices: Mapping[str, Array]) -> bytes:
    """Return a MATLAB file of version 4 with matrices, shape (rows, columns), in float64."""
    parts = []
    for name, matrix in matrices.items():
        label = name.encode("ascii") + b"\0"
        parts.append(struct.pack("<5i", 0, *matrix.shape, 0, len(label)) + label)
        parts.append(np.asarray(matrix, "<f8").tobytes("F"))
    return b"".join(parts)


def _version_4(content: bytes, names: Collection[str]) -> Iterator[tuple[str, Array]]:
    order = "<" if content[3:4] == b"\0" else ">"
    place = 0
    while place < len(content):
        kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", content, place)
        machine = kind // 1000
        digit = kind // 10 % 10
        sort = kind % 10
        # A name has its zero byte, so no variable is shorter than 21 bytes.
        fine = machine == (order == ">") and digit < len(DIGITS) and length > 0
        if not fine or min(rows, columns) < 0:
            raise CorruptFileError(f"is no MATLAB file: a variable of type {kind}")
        dtype = np.dtype(f"{order}{DIGITS[digit]}")
        name = content[place + 20 : place + 20 + length].rstrip(b"\0").decode("latin-1")
        place += 20 + length
        if name in names:
            _need_real(name, sort == 0 and not imaginary)
            yield name, _array(content[place:], dtype, (rows, columns))
        place += rows * columns * dtype.itemsize * (2 if imaginary else 1)


class Element(NamedTuple):
    """One element of a file of version 5: its type and its bytes."""

    kind: int
    data: bytes


def _version_5(content: bytes, order: str, names: Collection[str]) -> Iterator[tuple[str, Array]]:
    for kind, data in _elements(content, order):
        if kind == COMPRESSED:
            head = zlib.decompressobj().decompress(data, HEAD)
            if _name(head[8:], order) not in names:
                continue
            kind, data = next(_elements(_inflated(data), order))
        if kind == MATRIX and _name(data, order) in names:
            yield _matrix(data, order)


def _elements(content: bytes, order: str) -> Iterator[Element]:
    place = 0
    while place + 8 <= len(content):
        kind, count = struct.unpack_from(f"{order}2I", content, place)
        start = place + 8
        if kind >> 16:  # up to four bytes, in the tag itself
            kind, count, start = kind & 0xFFFF, kind >> 16, place + 4
        yield Element(kind, content[start : start + count])
        place = start + count if kind == COMPRESSED else -(-(start + count) // 8) * 8


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, MOST_BYTES)


def _name(data: bytes, order: str) -> str | None:
    """Return the name of an array: its third element."""
    found = next(islice(_elements(data, order), 2, None), None)
    return None if found is None else found.data.decode("latin-1")


def _matrix(data: bytes, order: str) -> tuple[str, Array]:
    # Flags, lengths of the axes, name and, of an array of real numbers, the values.
    flags, lengths, title, *values = islice(_elements(data, order), 4)
    name = title.data.decode("latin-1")
    (bits,) = struct.unpack_from(f"{order}I", flags.data)
    is_real = bits & 0xFF in NUMERIC_CLASSES and not bits & COMPLEX
    _need_real(name, is_real and len(values) == 1 and values[0].kind in NUMBERS)
    shape = tuple(np.frombuffer(lengths.data, f"{order}i4").tolist())
    dtype = np.dtype(f"{order}{NUMBERS[values[0].kind]}")
    return name, _array(values[0].data, dtype, shape)


def _need_real(name: str, real: bool) -> None:
    if not real:
        raise CorruptFileError(f"variable {name}: must be an array of real numbers")


def _array(data: bytes, dtype: np.dtype[np.generic], shape: Shape) -> Array:
    count = prod(shape)
    if min(shape) < 0 or len(shape) > 32 or count * dtype.itemsize > len(data):
        raise CorruptFileError(f"an array of shape {shape}, {dtype}, in {len(data)} bytes")
    return np.frombuffer(data, dtype, count).reshape(shape, order="F").astype(np.float64)
