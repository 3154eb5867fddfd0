"""NetCDF files, classic and with 64-bit offsets: their header, and small variables.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.limits import check_declared
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import ByteSource
from volio.files.sources.tail import TailSource
from volio.formats.containers.dataset import Attribute, Dataset, Variable, text_of

__all__ = ["ATTRIBUTE", "DIMENSION", "VARIABLE", "Layout", "NetCDF", "read_netcdf"]

MOST = 64 << 20  # bytes of a header, and of all small variables
MOST_RECORDS = 1 << 20  # of voxels that other variables lie between
DIMENSION, VARIABLE, ATTRIBUTE = 10, 11, 12
STREAMING = 0xFFFFFFFF

#: Types by their code.
TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("i1"),
    2: np.dtype("S1"),
    3: np.dtype(">i2"),
    4: np.dtype(">i4"),
    5: np.dtype(">f4"),
    6: np.dtype(">f8"),
}


class Layout(NamedTuple):
    """Where the values of a variable lie.

    Attributes
    ----------
    begin : int
        Byte of the first one.
    nbytes : int
        Bytes of all of them, or of one record.
    is_record : bool
        Whether they are spread over records.
    """

    begin: int
    nbytes: int
    is_record: bool


@dataclass
class NetCDF:
    """What a file has: its data set, and where its variables lie."""

    source: ByteSource
    dataset: Dataset
    layouts: dict[str, Layout]
    records: int = 0
    record_size: int = 0

    def bytes_of(self, name: str) -> tuple[ByteSource, int]:
        """Return a source with the values of a variable one after the other, and their offset."""
        layout = self.layouts[name]
        if not layout.is_record or self.record_size == layout.nbytes or self.records < 2:
            return self.source, layout.begin
        starts = range(layout.begin, layout.begin + self.records * self.record_size)
        starts = starts[:: self.record_size]
        if self.records > MOST_RECORDS:
            raise LimitError(f"{name}: {self.records} records are more than {MOST_RECORDS}")
        what = f"variable {name} in {self.records} records"
        check_declared(self.source, starts[-1] + layout.nbytes, what)
        parts = [TailSource(self.source, start, layout.nbytes) for start in starts]
        return JoinedSource(parts, max(1, layout.nbytes)), 0

    def read(self, name: str) -> NDArray[Any]:
        """Read the values of a small variable, in native byte order."""
        shape, dtype = self.dataset.shape_of(name), self.dataset.variables[name].dtype
        need = prod(shape) * dtype.itemsize
        if not need:
            return np.zeros(shape, dtype)
        source, offset = self.bytes_of(name)
        check_declared(source, offset + need, f"variable {name} of shape {shape}")
        if need > MOST:
            raise LimitError(f"{name}: a variable of {need} bytes beside the voxels is too large")
        stored = np.frombuffer(source.read(offset, need), dtype.newbyteorder(">"))
        return stored.reshape(shape).astype(dtype)


class _Cursor:
    """Goes through the bytes of a header, reading on as it needs them."""

    def __init__(self, source: ByteSource) -> None:
        self.source, self.at = source, 4
        self.data = source.head()

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            self._read_on(end)
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def _read_on(self, end: int) -> None:
        name = self.source.name
        if end > self.source.most():
            raise TruncatedFileError(f"{name}: the file ends within its header, at byte {self.at}")
        if end > MOST:
            raise LimitError(f"{name}: a header of more than {MOST} bytes (at byte {self.at})")
        self.data = self.source.read_upto(0, max(end, min(4 * len(self.data), MOST)))
        if end > len(self.data):
            raise TruncatedFileError(f"{name}: the file ends within its header, at byte {self.at}")

    def integer(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def padded(self, count: int) -> bytes:
        return self.take(-(-count // 4) * 4)[:count]

    def name(self) -> str:
        return self.padded(self.integer()).decode("utf-8", "surrogateescape")

    def count(self, tag: int, what: str) -> int:
        """Return how many entries a list has."""
        where, found, count = self.at, self.integer(), self.integer()
        if found not in (tag, 0) or (not found and count):
            raise HeaderDataError(f"byte {where}: a list of {what} must begin here, found {found}")
        return count


def read_netcdf(source: ByteSource) -> NetCDF:
    """Read the header of a file, without any values.

    Raises
    ------
    HeaderDataError
        If the header makes no sense; the message names the byte.
    TruncatedFileError, LimitError
        If the file cannot hold its header.
    """
    cursor = _Cursor(source)
    version = source.head()[3:4]
    if source.head()[:3] != b"CDF" or version not in (b"\1", b"\2"):
        raise HeaderDataError(
            f"byte 0: must be CDF and 1 or 2, found {source.head()[:4]!r}; NetCDF of other kinds "
            "is not read"
        )
    records = cursor.integer()
    dims = [(cursor.name(), cursor.integer()) for _ in range(cursor.count(DIMENSION, "dimensions"))]
    found = NetCDF(source, Dataset(dict(dims), version=version[0]), {}, records)
    found.dataset.attributes = _attributes(cursor)
    unlimited = {name for name, length in dims if length == 0}
    for _ in range(cursor.count(VARIABLE, "variables")):
        _variable(cursor, found, [name for name, _ in dims], unlimited)
    _count_records(found, unlimited)
    return found


def _attributes(cursor: _Cursor) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for _ in range(cursor.count(ATTRIBUTE, "attributes")):
        name = cursor.name()
        dtype, count = _type(cursor, name), cursor.integer()
        data = cursor.padded(count * dtype.itemsize)
        native = dtype.newbyteorder("=")
        found[name] = data if dtype.kind == "S" else np.frombuffer(data, dtype).astype(native)
    return found


def _type(cursor: _Cursor, name: str) -> np.dtype[Any]:
    where, code = cursor.at, cursor.integer()
    if code not in TYPES:
        raise HeaderDataError(f"{name}: its type must be 1 to 6, got {code} (byte {where})")
    return TYPES[code]


def _variable(cursor: _Cursor, file: NetCDF, names: list[str], unlimited: set[str]) -> None:
    name, where, count = cursor.name(), cursor.at, cursor.integer()
    if count > len(names):
        raise HeaderDataError(
            f"{name}: has {count} dimensions, the file {len(names)} (byte {where})"
        )
    places = [cursor.integer() for _ in range(count)]
    if any(place >= len(names) for place in places):
        raise HeaderDataError(f"{name}: has dimensions {places}, the file {len(names)}")
    dims = tuple(names[place] for place in places)
    attributes = _attributes(cursor)
    dtype = _type(cursor, name)
    if name in file.dataset.variables:
        raise HeaderDataError(f"{name}: the file has two variables of this name")
    cursor.integer()  # their bytes, which shape and dtype say too
    begin = cursor.integer(4 if file.dataset.version == 1 else 8)
    file.dataset.variables[name] = Variable(dims, _signed(dtype, attributes), attributes)
    is_record = bool(dims) and dims[0] in unlimited
    lengths = [file.dataset.dims[dim] for dim in dims[is_record:]]
    file.layouts[name] = Layout(begin, prod(lengths) * dtype.itemsize, is_record)


def _signed(dtype: np.dtype[Any], attributes: dict[str, Attribute]) -> np.dtype[Any]:
    """Return the dtype of values: bytes are unsigned where nothing else is said."""
    said = text_of(attributes.get("signtype"))
    if dtype.kind == "i" and (said == "unsigned" or (not said and dtype.itemsize == 1)):
        return np.dtype(f"u{dtype.itemsize}")
    return dtype.newbyteorder("=")


def _count_records(file: NetCDF, unlimited: set[str]) -> None:
    """Find the size of a record and, where the header leaves it open, how many there are."""
    sizes = [layout.nbytes for layout in file.layouts.values() if layout.is_record]
    file.record_size = sizes[0] if len(sizes) == 1 else sum(-(-size // 4) * 4 for size in sizes)
    if file.records == STREAMING and sizes:
        begin = min(layout.begin for layout in file.layouts.values() if layout.is_record)
        size = file.source.size()
        if size is None or not file.record_size:
            raise HeaderDataError("byte 4: the number of records is not stated")
        file.records = max(0, size - begin) // file.record_size
    for name in unlimited:
        file.dataset.dims[name] = file.records
