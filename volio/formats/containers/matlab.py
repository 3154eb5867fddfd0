"""Matrices in MATLAB files: named arrays of real numbers, read from versions 4 to 7.

`scipy.io.loadmat` reads more kinds of variables, but a damaged file can end the process (a
segmentation fault, for one changed byte), and memory is taken as the file asks for it.

Source: MAT-File Format, The MathWorks,
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.codes import coded_rows
from volio.errors import CorruptFileError
from volio.formats.containers.matlab_variables import (
    FULL,
    LONGEST_HEAD,
    packed_head,
    variable_in,
)
from volio.images.headers.shape_checks import Shape

__all__ = ["read_matrices", "write_matrices"]

# Version 5: byte order by the end of the header, kinds of numbers, classes of arrays and types of
# elements.
VERSION_5 = {b"\0\1IM": "<", b"\1\0MI": ">"}
NUMBERS = dict(
    coded_rows("""
1  | i1
2  | u1
3  | i2
4  | u2
5  | i4
6  | u4
7  | f4
9  | f8
12 | i8
13 | u8
""")
)
NUMERIC_CLASSES = range(6, 16)
COMPLEX = 0x0800
MATRIX = 14
COMPRESSED = 15

MOST_BYTES = 16 << 20  # of one array; affines of 100,000 volumes take less


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
        If this is not a MATLAB file of version 4 to 7, or one of these names is something else.
    """
    order = VERSION_5.get(content[124:128])
    if order is None and content[126:128] in (b"IM", b"MI"):
        raise CorruptFileError(
            "is not a MATLAB file of versions 4 to 7; save it with save(..., '-v6') in MATLAB"
        )
    try:
        if order is None:
            return dict(_version_4(content, names))
        return dict(_version_5(content[128:], order, names))
    except (struct.error, zlib.error, ValueError) as error:
        raise CorruptFileError(f"is not a complete MATLAB file ({error})") from error


def write_matrices(matrices: Mapping[str, Array]) -> bytes:
    """Return a MATLAB file of version 4 with matrices, shape (rows, columns), in float64."""
    parts = []
    for name, matrix in matrices.items():
        parts.append(packed_head(name, np.dtype(np.float64), matrix.shape))
        parts.append(np.asarray(matrix, "<f8").tobytes("F"))
    return b"".join(parts)


def _version_4(content: bytes, names: Collection[str]) -> Iterator[tuple[str, Array]]:
    """Yield name and values of the variables in a file of version 4."""
    start = 0
    while start < len(content):
        found = variable_in(content[start : start + LONGEST_HEAD], start)
        if found is None:
            raise CorruptFileError(f"is not a MATLAB file: there is no variable at byte {start}")
        if found.name in names:
            _need_real(found.name, found.kind == FULL and not found.is_complex)
            yield found.name, _array(content[found.start :], found.dtype, found.shape)
        start = found.end


class Element(NamedTuple):
    """One element of a file of version 5: its type and its bytes."""

    kind: int
    data: bytes


def _version_5(content: bytes, order: str, names: Collection[str]) -> Iterator[tuple[str, Array]]:
    """Yield name and values of the arrays in what follows the header of a file of version 5."""
    for kind, data in _elements(content, order):
        if kind == COMPRESSED:
            inflated = zlib.decompressobj().decompress(data, MOST_BYTES)
            kind, data = next(_elements(inflated, order), Element(0, b""))
        # Flags, lengths of the axes, name and, of an array of real numbers, the values.
        parts = [*islice(_elements(data, order), 4)] if kind == MATRIX else []
        name = parts[2].data.decode("latin-1") if len(parts) > 2 else ""
        if name in names:
            yield name, _matrix(name, parts, order)


def _elements(content: bytes, order: str) -> Iterator[Element]:
    """Yield the elements that follow each other in bytes."""
    at = 0
    while at + 8 <= len(content):
        tag, count = struct.unpack_from(f"{order}2I", content, at)
        start = at + 8
        kind = tag & 0xFFFF
        if tag >> 16:  # up to four bytes, in the tag itself
            count = tag >> 16
            start = at + 4
        stop = start + count
        yield Element(kind, content[start:stop])
        at = stop if kind == COMPRESSED else -(-stop // 8) * 8


def _matrix(name: str, parts: Sequence[Element], order: str) -> Array:
    """Return the values of an array of real numbers from its elements."""
    flags, lengths, _, *values = parts
    (bits,) = struct.unpack_from(f"{order}I", flags.data)
    # The class of the array is in the lowest byte.
    is_numeric = bits & 0xFF in NUMERIC_CLASSES
    is_complex = bool(bits & COMPLEX)
    numbers = NUMBERS.get(values[0].kind) if values else None
    _need_real(name, is_numeric and not is_complex and numbers is not None)
    shape = tuple(np.frombuffer(lengths.data, f"{order}i4").tolist())
    return _array(values[0].data, np.dtype(f"{order}{numbers}"), shape)


def _need_real(name: str, real: bool) -> None:
    if not real:
        raise CorruptFileError(f"variable {name}: must be an array of real numbers")


def _array(data: bytes, dtype: np.dtype[np.generic], shape: Shape) -> Array:
    count = prod(shape)
    if min(shape) < 0 or len(shape) > 32 or count * dtype.itemsize > len(data):
        raise CorruptFileError(f"an array of shape {shape}, {dtype}, in {len(data)} bytes")
    return np.frombuffer(data, dtype, count).reshape(shape, order="F").astype(np.float64)
