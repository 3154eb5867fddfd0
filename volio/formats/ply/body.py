"""What follows the header of a PLY file: elements of numbers and lists, one after the other.

Text becomes the bytes of float64 numbers first, which hold all types of PLY: one reader does.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.text_numbers import parse_number_text
from volio.errors import CorruptFileError, ImageDataError, TruncatedFileError
from volio.formats.ply.header import PlyElement, PlyHeader, PlyProperty
from volio.pieces import piece_and_place
from volio.surfaces.stored_values import stored_as

__all__ = ["Column", "Lists", "read_body"]

NUMBER = np.dtype("<f8")


class Lists(NamedTuple):
    """Lists of numbers: their lengths, and all numbers one after the other."""

    counts: NDArray[np.int64]
    values: NDArray[Any]


Column: TypeAlias = NDArray[Any] | Lists
#: Of a property in each row: its first byte, and how many values it has.
Places: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]


def read_body(data: bytes, header: PlyHeader) -> dict[str, dict[str, Column]]:
    """Return each property of each element.

    Parameters
    ----------
    data : bytes
        What follows the header.
    header : PlyHeader

    Raises
    ------
    TruncatedFileError, CorruptFileError
        If there are fewer or more numbers than the header says, or no numbers.
    ImageDataError
        If numbers of a text are beyond their type.
    """
    if header.order:
        return _read_elements(_Body(data, 1, "bytes"), header.elements)
    columns = _read_elements(
        _Body(_numbers(data), NUMBER.itemsize, "numbers"),
        tuple(_as_numbers(element) for element in header.elements),
    )
    for element in header.elements:
        for each in element.properties:
            columns[element.name][each.name] = _of_type(columns[element.name][each.name], each)
    return columns


class _Body:
    """Bytes, and how far they have been read."""

    def __init__(self, data: bytes, unit: int, units: str) -> None:
        self.data = data
        self.unit = unit
        self.units = units
        self.offset = 0

    def check(self, count: int, what: str) -> None:
        """Check that so many bytes follow."""
        if self.offset + count > len(self.data):
            raise TruncatedFileError(
                f"PLY: {what}: needs {count // self.unit} {self.units}, "
                f"{(len(self.data) - self.offset) // self.unit} follow"
            )


def _numbers(text: bytes) -> bytes:
    """Return the numbers of a text as the bytes of float64."""
    return parse_number_text(text, np.dtype(np.float64), "PLY").astype(NUMBER).tobytes()


def _as_numbers(element: PlyElement) -> PlyElement:
    """Return an element whose numbers, and lengths of lists, are float64."""
    properties = tuple(
        PlyProperty(each.name, NUMBER, None if each.counts is None else NUMBER)
        for each in element.properties
    )
    return replace(element, properties=properties)


def _of_type(column: Column, described: PlyProperty) -> Column:
    """Return numbers of a text in the type that the header says."""
    if isinstance(column, Lists):
        return Lists(column.counts, _cast(column.values, described))
    return _cast(column, described)


def _cast(values: NDArray[Any], described: PlyProperty) -> NDArray[Any]:
    dtype = described.dtype.newbyteorder("=")
    if dtype.kind != "f":
        return stored_as(values, dtype, described.name)
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    if (np.isinf(cast) & np.isfinite(values)).any():
        raise ImageDataError(f"{described.name}: values exceed {dtype}")
    return cast


def _read_elements(body: _Body, elements: tuple[PlyElement, ...]) -> dict[str, dict[str, Column]]:
    columns = {element.name: _read_element(body, element) for element in elements}
    rest = body.data[body.offset :]
    # Some programs end binary files with a line end.
    if len(rest) > 2 or rest.strip(b"\r\n"):
        raise CorruptFileError(
            f"PLY: {len(rest) // body.unit} {body.units} follow what the header announces"
        )
    return columns


def _read_element(body: _Body, element: PlyElement) -> dict[str, Column]:
    least = sum(each.least for each in element.properties)
    body.check(element.count * least, f"{element.count} of {element.name}")
    is_plain = all(each.counts is None for each in element.properties)
    lengths = [0] * len(element.properties)
    if element.count and not is_plain:
        lengths = _first_lengths(body, element)
    columns = _read_equal_rows(body, element, lengths)
    return _read_rows(body, element) if columns is None else columns


def _first_lengths(body: _Body, element: PlyElement) -> list[int]:
    """Return how long the lists of the first row are."""
    offset = body.offset
    lengths = []
    for each in element.properties:
        length = 0
        if each.counts is not None:
            length = _length_at(body, offset, each.name, each.counts)
        lengths.append(length)
        offset += each.least + length * each.dtype.itemsize
    return lengths


def _length_at(body: _Body, offset: int, name: str, counts: np.dtype[Any]) -> int:
    """Return the length of a list at a place."""
    if offset + counts.itemsize > len(body.data):
        raise TruncatedFileError(f"PLY: the file ends within {name}")
    order = "<" if counts.newbyteorder("<") == counts else ">"
    (length,) = struct.unpack_from(order + counts.char, body.data, offset)
    if not 0 <= length <= len(body.data) or length != int(length):
        raise CorruptFileError(f"PLY: {name}: a list of {length} numbers")
    return int(length)


def _read_equal_rows(
    body: _Body, element: PlyElement, lengths: list[int]
) -> dict[str, Column] | None:
    """Return the properties where the lists of all rows are as long as those of the first."""
    dtype = _row_dtype(element, lengths)
    size = element.count * dtype.itemsize
    if body.offset + size > len(body.data):
        return None
    rows = np.zeros(element.count, dtype)
    if size:
        rows = np.frombuffer(body.data, dtype, element.count, body.offset)
    columns: dict[str, Column] = {}
    for number, (each, length) in enumerate(zip(element.properties, lengths, strict=True)):
        values = _native(rows[f"{number}"])
        if each.counts is None:
            columns[each.name] = values
        elif (rows[f"count {number}"] != length).any():
            return None
        else:
            counts = np.full(element.count, length, np.int64)
            columns[each.name] = Lists(counts, values.reshape(prod(values.shape)))
    body.offset += size
    return columns


def _row_dtype(element: PlyElement, lengths: list[int]) -> np.dtype[Any]:
    """Return the dtype of a row: property by property, a list with its length before it."""
    fields: list[Any] = []
    for number, (each, length) in enumerate(zip(element.properties, lengths, strict=True)):
        if each.counts is None:
            fields.append((f"{number}", each.dtype))
        else:
            fields.append((f"count {number}", each.counts))
            fields.append((f"{number}", each.dtype, (length,)))
    return np.dtype(fields)


def _read_rows(body: _Body, element: PlyElement) -> dict[str, Column]:
    """Return the properties where lists differ in length: row after row is looked at."""
    places = _places_in_rows(body, element)
    columns: dict[str, Column] = {}
    for each, (starts, counts) in zip(element.properties, places, strict=True):
        values = _gathered(body.data, starts, counts, each.dtype)
        columns[each.name] = values if each.counts is None else Lists(counts, values)
    return columns


def _places_in_rows(body: _Body, element: PlyElement) -> list[Places]:
    """Return the first byte and the number of values of each property in each row; read past them.

    A row begins where the one before ends, and a list is as long as the number before it says:
    nothing says where a row is but all rows before it.
    """
    starts: list[list[int]] = [[] for _ in element.properties]
    lengths: list[list[int]] = [[] for _ in element.properties]
    offset = body.offset
    for _ in range(element.count):
        for number, each in enumerate(element.properties):
            length = 1
            if each.counts is not None:
                length = _length_at(body, offset, each.name, each.counts)
                offset += each.counts.itemsize
            starts[number].append(offset)
            lengths[number].append(length)
            offset += length * each.dtype.itemsize
    body.check(offset - body.offset, f"{element.count} of {element.name}")
    body.offset = offset
    return [
        (np.array(of_property, np.int64), np.array(counts, np.int64))
        for of_property, counts in zip(starts, lengths, strict=True)
    ]


def _gathered(
    data: bytes, starts: NDArray[np.int64], counts: NDArray[np.int64], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return runs of numbers that begin at some bytes, one after the other."""
    run, place = piece_and_place(counts)
    first_bytes = starts[run] + place * dtype.itemsize
    # The bytes of a number are a row, wherever it begins: numbers of a file may not be aligned.
    bytes_of_numbers = first_bytes[:, np.newaxis] + np.arange(dtype.itemsize)
    digits = np.frombuffer(data, np.uint8)[bytes_of_numbers]
    return _native(digits.view(dtype)[:, 0])


def _native(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array of its own in native byte order."""
    return np.array(values, values.dtype.newbyteorder("="), order="C")
