"""NetCDF files, classic and with 64-bit offsets: their header and the values of small variables.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BufferedReader
from itertools import accumulate
from struct import pack, unpack
from typing import BinaryIO

import numpy as np

from volio.arrays.dtypes import Array, DType, native
from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.fileobjects import SourceFile
from volio.files.limits import check_declared
from volio.files.sources.pieces import PiecesSource
from volio.files.sources.source import HEAD, ByteSource
from volio.formats.containers.dataset import (
    Attributes,
    Dataset,
    Lengths,
    Variable,
    signed_numbers,
    text_of,
)

__all__ = ["MAGIC", "read_netcdf", "write_netcdf"]

#: First bytes: the last one is the version.
MAGIC = (b"CDF\1", b"CDF\2")
#: What lists in a header begin with.
TAGS = {"dimensions": 10, "variables": 11, "attributes": 12}
#: Types by their code, as stored.
TYPES = dict(enumerate(map(np.dtype, ("i1", "S1", ">i2", ">i4", ">f4", ">f8")), 1))
#: Codes by kind and size; the sign of integers is an attribute.
CODES = {dtype.str[1:]: code for code, dtype in TYPES.items()}

MOST = 64 << 20  # bytes of a header, and of the values of a small variable
MOST_RECORDS = 1 << 20  # of one variable among those of others
MOST_AXES = 32  # of an array
STREAMING = 0xFFFFFFFF  # instead of the number of records: as many as the file has room for

#: Bytes in which the values of a variable follow each other, and the offset of the first.
Location = tuple[ByteSource, int]
Locations = dict[str, Location]


class _Header:
    """A header that is read from its beginning on.

    Parameters
    ----------
    file : binary file object
        Buffered: most of what is read are a few bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.position = 0

    def take(self, count: int) -> bytes:
        self.position += count
        if self.position > MOST:
            raise LimitError(f"{self.file.name}: a header of more than {MOST} bytes")
        data = self.file.read(count)
        if len(data) < count:
            raise TruncatedFileError(
                f"{self.file.name}: the file ends within its header, at byte {self.file.tell()}"
            )
        return data

    def integers(self, count: int) -> tuple[int, ...]:
        return unpack(f">{count}I", self.take(4 * count))

    def integer(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size))

    def padded(self, count: int) -> bytes:
        """Return bytes that zeros follow, up to a multiple of four."""
        return self.take(_rounded_up(count))[:count]

    def entries(self, kind: str) -> Iterator[str]:
        """Yield the names of a list, each before its entry is read; an empty one may have no tag.

        Names of attributes may be there twice.
        """
        tag, count = self.integers(2)
        if tag != TAGS[kind] and (tag or count):
            raise HeaderDataError(
                f"byte {self.position - 8}: a list of {kind} must begin here, found {tag}"
            )
        found: set[str] = set()
        for _ in range(count):
            name = self.padded(self.integer()).decode("utf-8", "surrogateescape")
            if name in found and kind != "attributes":
                raise HeaderDataError(f"{name}: the file has two {kind} of this name")
            found.add(name)
            yield name

    def dtype_and_size(self, name: str) -> tuple[DType, int]:
        code, size = self.integers(2)
        if code not in TYPES:
            raise HeaderDataError(
                f"{name}: its type must be 1 to 6, got {code} (byte {self.position - 8})"
            )
        return TYPES[code], size

    def attributes(self) -> Attributes:
        found: Attributes = {}
        for name in self.entries("attributes"):
            dtype, count = self.dtype_and_size(name)
            data = self.padded(count * dtype.itemsize)
            is_text = dtype.kind == "S"
            found[name] = data if is_text else np.frombuffer(data, dtype).astype(native(dtype))
        return found

    def variables(self, dataset: Dataset) -> Lengths:
        """Read all variables into a data set; return at which byte the values of each begin."""
        begins: Lengths = {}
        for name in self.entries("variables"):
            dataset.variables[name] = self.variable(name, [*dataset.dims])
            begins[name] = self.integer(4 * dataset.version)
        return begins

    def variable(self, name: str, known: Sequence[str]) -> Variable:
        """Read a variable over some of the known dimensions."""
        numbers = self.integers(self.integer())
        if max(numbers, default=-1) >= len(known) or len(numbers) > MOST_AXES:
            raise HeaderDataError(f"{name}: has dimensions {[*numbers]}, the file {len(known)}")
        attributes = self.attributes()
        stored, _ = self.dtype_and_size(name)  # the size follows from shape and dtype
        dims = tuple(known[number] for number in numbers)
        return Variable(dims, signed_dtype(stored, attributes), attributes)


def signed_dtype(stored: DType, attributes: Attributes) -> DType:
    """Return the native dtype of stored values: bytes are unsigned where no attribute says else."""
    sign = text_of(attributes.get("signtype"))
    if stored.kind == "i" and (sign == "unsigned" or (stored.itemsize == 1 and not sign)):
        return np.dtype(f"u{stored.itemsize}")
    return native(stored)


def read_netcdf(source: ByteSource, streamed: str) -> tuple[Dataset, Locations]:
    """Read a file but for the values of one variable.

    Parameters
    ----------
    source : ByteSource
    streamed : str
        Name of the variable whose values the caller reads.

    Returns
    -------
    dataset : Dataset
    locations : dict of str to (ByteSource, int)
        Where the values of each variable are.

    Raises
    ------
    HeaderDataError
        If the header makes no sense; the message names the byte.
    TruncatedFileError, LimitError
        If the file cannot hold what it declares.
    """
    with BufferedReader(SourceFile(source), HEAD) as file:
        header = _Header(file)
        magic = header.take(4)
        if magic not in MAGIC:
            raise HeaderDataError(
                f"byte 0: must be CDF and 1 or 2, found {magic!r}; other kinds are not read"
            )
        count = header.integer()
        dims = {name: header.integer() for name in header.entries("dimensions")}
        dataset = Dataset(dims, header.attributes(), version=magic[3])
        begins = header.variables(dataset)
    locations = _locations(source, dataset, begins, count)
    for name, variable in dataset.variables.items():
        if name != streamed:
            variable.values = _read(dataset, name, locations[name])
    return dataset, locations


def _locations(source: ByteSource, dataset: Dataset, begins: Lengths, count: int) -> Locations:
    """Return where the values of variables are; give the unlimited dimension its length."""
    locations: Locations = {name: (source, begin) for name, begin in begins.items()}
    unlimited = {name for name, length in dataset.dims.items() if length == 0}
    dataset.dims |= dict.fromkeys(unlimited, 1)  # for now: sizes are those in one record
    sizes = _sizes_in_record(dataset, unlimited)
    step = _record_step([*sizes.values()])
    if count == STREAMING:
        count = _count_records(source, [begins[name] for name in sizes], step)
    dataset.dims |= dict.fromkeys(unlimited, count)
    for name, nbytes in sizes.items():
        if count > 1 and nbytes < step:
            records = range(begins[name], begins[name] + count * step, step)
            locations[name] = _joined(source, records, nbytes, name), 0
    return locations


def _sizes_in_record(dataset: Dataset, unlimited: set[str]) -> Lengths:
    """Return the bytes that each variable over an unlimited dimension has in one record."""
    return {
        name: dataset.nbytes_of(name)
        for name, variable in dataset.variables.items()
        if unlimited.intersection(variable.dims[:1])
    }


def _record_step(sizes: Sequence[int]) -> int:
    """Return the bytes from one record to the next: a variable that is alone is not padded."""
    return sum(sizes) if len(sizes) == 1 else sum(map(_rounded_up, sizes))


def _count_records(source: ByteSource, begins: Sequence[int], step: int) -> int:
    """Return how many records of `step` bytes fit between their variables' begin and the end."""
    with SourceFile(source) as file:
        end = file.seek(0, os.SEEK_END)
    room = end - min(begins, default=end)
    return max(0, room) // max(1, step)


def _joined(source: ByteSource, starts: range, nbytes: int, name: str) -> ByteSource:
    """Return the bytes of a variable in all records, one after the other."""
    count = len(starts)
    if count > MOST_RECORDS:
        raise LimitError(f"{name}: {count} records are more than {MOST_RECORDS}")
    check_declared(source, starts[-1] + nbytes, f"variable {name} in {count} records")
    return PiecesSource(source, starts, nbytes)


def _read(dataset: Dataset, name: str, location: Location) -> Array:
    """Read the values of a small variable, in native byte order."""
    source, offset = location
    nbytes = dataset.nbytes_of(name)
    if nbytes > MOST:
        raise LimitError(f"{name}: a variable of {nbytes} bytes is too large")
    check_declared(source, offset + nbytes, f"variable {name}")
    dtype = dataset.variables[name].dtype
    stored = np.frombuffer(source.read(offset, nbytes), dtype.newbyteorder(">"))
    return stored.reshape(dataset.shape_of(name)).astype(dtype)


def write_netcdf(dataset: Dataset, streamed: str) -> tuple[bytes, bytes]:
    """Return the bytes of a file before and after the values of one variable.

    Parameters
    ----------
    dataset : Dataset
        No dimension is unlimited. Files of more than 2 GiB get 64-bit offsets, whatever its
        version.
    streamed : str
        Name of the variable whose values the caller writes.
    """
    begins, end = _begins(dataset)
    if end >= 2**31 and dataset.version == 1:
        return write_netcdf(replace(dataset, version=2), streamed)
    before = _header(dataset, begins)
    after = bytes(-dataset.nbytes_of(streamed) % 4)
    for name, begin in begins.items():
        if begin < begins[streamed]:
            before += _values(dataset, name)
        elif name != streamed:
            after += _values(dataset, name)
    return before, after


def _begins(dataset: Dataset) -> tuple[Lengths, int]:
    """Return the byte at which the values of each variable begin, in file order, and the end."""
    # The size of a very large variable does not fit its field: its values must be the last ones.
    names = sorted(dataset.variables, key=lambda name: dataset.nbytes_of(name) >= 2**32 - 4)
    length = len(_header(dataset, dict.fromkeys(names, 0)))
    sizes = map(_rounded_up, map(dataset.nbytes_of, names))
    *begins, end = accumulate(sizes, initial=length)
    return dict(zip(names, begins, strict=True)), end


def _header(dataset: Dataset, begins: Lengths) -> bytes:
    """Return the header of a file in which the values of variables begin at these bytes."""
    dims = [_text(name) + _integers(length) for name, length in dataset.dims.items()]
    variables = [_variable(dataset, name, begins[name]) for name in dataset.variables]
    header = b"CDF%c" % dataset.version + _integers(0)  # no records
    header += _list("dimensions", dims) + _attributes(dataset.attributes)
    return header + _list("variables", variables)


def _variable(dataset: Dataset, name: str, begin: int) -> bytes:
    """Return what the header has of a variable whose values begin at a byte."""
    variable = dataset.variables[name]
    numbers = [[*dataset.dims].index(dim) for dim in variable.dims]
    size = min(_rounded_up(dataset.nbytes_of(name)), 2**32 - 1)
    axes = _integers(len(numbers), *numbers)
    end = _integers(size) + begin.to_bytes(4 * dataset.version)
    return _text(name) + axes + _kind(variable) + end


def _kind(variable: Variable) -> bytes:
    """Return attributes and type of a variable, with the sign that its values need."""
    stored = np.dtype(variable.dtype.str.replace("u", "i"))
    attributes = variable.attributes
    if signed_dtype(stored, attributes) != variable.dtype:
        sign = b"unsigned" if variable.dtype.kind == "u" else b"signed__"
        attributes = {**attributes, "signtype": sign}
    return _attributes(attributes) + _integers(CODES[stored.str[1:]])


def _attributes(attributes: Attributes) -> bytes:
    entries = []
    for name, value in attributes.items():
        array = np.frombuffer(value, "S1") if isinstance(value, bytes) else signed_numbers(value)
        kind = _integers(CODES[array.dtype.str[1:]], array.size)
        data = array.astype(array.dtype.newbyteorder(">")).tobytes()
        entries.append(_text(name) + kind + _padded(data))
    return _list("attributes", entries)


def _values(dataset: Dataset, name: str) -> bytes:
    variable = dataset.variables[name]
    stored = variable.dtype.newbyteorder(">")
    return _padded(np.full(dataset.shape_of(name), variable.values, stored).tobytes())


def _list(kind: str, entries: list[bytes]) -> bytes:
    tag = TAGS[kind] if entries else 0
    return _integers(tag, len(entries)) + b"".join(entries)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return _integers(len(data)) + _padded(data)


def _integers(*values: int) -> bytes:
    return pack(f">{len(values)}I", *values)


def _padded(data: bytes) -> bytes:
    return data.ljust(_rounded_up(len(data)), b"\0")


def _rounded_up(count: int) -> int:
    """Return the next multiple of four bytes."""
    return count + -count % 4
