"""NetCDF files, classic and with 64-bit offsets: their header, and where their values are.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from io import BufferedReader
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType, native
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.fileobjects import SourceFile
from volio.files.limits import check_declared
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import HEAD, ByteSource
from volio.files.sources.tail import TailSource
from volio.formats.containers.dataset import Attributes, Dataset, Variable, text_of

__all__ = [
    "ATTRIBUTE",
    "DIMENSION",
    "MAGIC",
    "TYPES",
    "VARIABLE",
    "NetCDF",
    "read_netcdf",
    "signed_dtype",
]

#: First bytes: the last one is the version.
MAGIC = (b"CDF\1", b"CDF\2")

MOST = 64 << 20  # bytes of a header, and of the values of a small variable
MOST_RECORDS = 1 << 20  # of voxels that other variables lie between
#: Tags of the lists in a header.
DIMENSION, VARIABLE, ATTRIBUTE = 10, 11, 12
STREAMING = 0xFFFFFFFF  # instead of the number of records: as many as the file has room for

#: Types by their code, as stored.
TYPES = dict(enumerate(map(np.dtype, ("i1", "S1", ">i2", ">i4", ">f4", ">f8")), 1))


class NetCDF(NamedTuple):
    """A file that was opened: its data set without values, and where these are.

    Attributes
    ----------
    source : ByteSource
    dataset : Dataset
    begins : dict of str to int
        First byte of the values of each variable.
    records : list of str
        Variables over the unlimited dimension: one element of each in turn is a record.
    record_size : int
        Bytes from one record to the next.
    """

    source: ByteSource
    dataset: Dataset
    begins: dict[str, int]
    records: list[str]
    record_size: int

    def locate(self, name: str) -> tuple[ByteSource, int]:
        """Return a source that has the values of a variable one after the other, and their offset.

        Raises
        ------
        LimitError, TruncatedFileError
            If the file cannot have so many records.
        """
        begin = self.begins[name]
        count = self.dataset.shape_of(name)[0] if name in self.records else 1
        nbytes = self.dataset.nbytes_of(name) // max(1, count)
        if count < 2 or nbytes == self.record_size:
            return self.source, begin
        if count > MOST_RECORDS:
            raise LimitError(f"{name}: {count} records are more than {MOST_RECORDS}")
        end = begin + (count - 1) * self.record_size + nbytes
        check_declared(self.source, end, f"variable {name} in {count} records")
        starts = range(begin, end, self.record_size)
        parts = [TailSource(self.source, start, nbytes) for start in starts]
        return JoinedSource(parts, max(1, nbytes)), 0

    def read(self, name: str) -> Array:
        """Read the values of a small variable, in native byte order.

        Raises
        ------
        LimitError, TruncatedFileError
            If it is not small, or longer than the file.
        """
        nbytes = self.dataset.nbytes_of(name)
        if nbytes > MOST:
            raise LimitError(
                f"{name}: a variable of {nbytes} bytes besides the voxels is too large"
            )
        source, offset = self.locate(name)
        dtype = self.dataset.variables[name].dtype
        stored = np.dtype(np.uint8) if dtype.kind == "S" else dtype.newbyteorder(">")
        spec = ArraySpec(self.dataset.shape_of(name), stored, offset)
        return ArrayProxy(source, spec, order="C", mmap=False).read().view(dtype)


class _Header(BufferedReader):
    """A header that is read from its beginning on."""

    def take(self, count: int) -> bytes:
        if self.tell() + count > MOST:
            raise LimitError(f"{self.name}: a header of more than {MOST} bytes")
        piece = self.read(count)
        if len(piece) < count:
            raise TruncatedFileError(
                f"{self.name}: the file ends within its header, at byte {self.tell()}"
            )
        return piece

    def integer(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def padded(self, count: int) -> bytes:
        """Return bytes that zeros follow, up to a multiple of four."""
        return self.take(count + -count % 4)[:count]

    def text(self) -> str:
        return self.padded(self.integer()).decode("utf-8", "surrogateescape")

    def entries(self, tag: int, what: str) -> range:
        """Read tag and length of a list; an empty one may have no tag."""
        where = self.tell()
        found = self.integer()
        count = self.integer()
        if found != tag and (found or count):
            raise HeaderDataError(f"byte {where}: a list of {what} must begin here, found {found}")
        return range(count)

    def dtype(self, name: str) -> DType:
        code = self.integer()
        if code not in TYPES:
            raise HeaderDataError(
                f"{name}: its type must be 1 to 6, got {code} (byte {self.tell() - 4})"
            )
        return TYPES[code]

    def attributes(self) -> Attributes:
        found: Attributes = {}
        for _ in self.entries(ATTRIBUTE, "attributes"):
            name = self.text()
            dtype = self.dtype(name)
            data = self.padded(self.integer() * dtype.itemsize)
            is_text = dtype.kind == "S"
            found[name] = data if is_text else np.frombuffer(data, dtype).astype(native(dtype))
        return found


def read_netcdf(source: ByteSource) -> NetCDF:
    """Read the header of a file, without any values.

    Raises
    ------
    HeaderDataError
        If the header makes no sense; the message names the byte.
    TruncatedFileError, LimitError
        If the file cannot hold its header.
    """
    with _Header(SourceFile(source), HEAD) as header:
        magic = header.read(4)
        if magic not in MAGIC:
            raise HeaderDataError(
                f"byte 0: must be CDF and 1 or 2, found {magic!r}; other kinds are not read"
            )
        return _parse(header, source, version=magic[3])


def _parse(header: _Header, source: ByteSource, version: int) -> NetCDF:
    count = header.integer()
    dims = [(header.text(), header.integer()) for _ in header.entries(DIMENSION, "dimensions")]
    # The unlimited dimension has length 0; with 1 sizes are those in a record.
    dataset = Dataset({name: length or 1 for name, length in dims}, version=version)
    dataset.attributes = header.attributes()
    begins: dict[str, int] = {}
    for _ in header.entries(VARIABLE, "variables"):
        name = header.text()
        if name in begins:
            raise HeaderDataError(f"{name}: the file has two variables of this name")
        dataset.variables[name] = _variable(header, name, list(dataset.dims))
        begins[name] = header.integer(4 * version)
    unlimited = [name for name, length in dims if length == 0]
    records = [name for name, each in dataset.variables.items() if {*each.dims[:1]} & {*unlimited}]
    size = _record_size([dataset.nbytes_of(name) for name in records])
    if count == STREAMING and records:
        count = _count_records(source, min(begins[name] for name in records), size)
    dataset.dims.update(dict.fromkeys(unlimited, count))
    return NetCDF(source, dataset, begins, records, size)


def _variable(header: _Header, name: str, known: list[str]) -> Variable:
    numbers = [header.integer() for _ in range(header.integer())]
    if max(numbers, default=-1) >= len(known):
        raise HeaderDataError(f"{name}: has dimensions {numbers}, the file {len(known)}")
    attributes = header.attributes()
    dtype = signed_dtype(header.dtype(name), attributes)
    header.integer()  # the bytes of its values, which follow from shape and dtype
    return Variable(tuple(known[number] for number in numbers), dtype, attributes)


def signed_dtype(stored: DType, attributes: Attributes) -> DType:
    """Return the native dtype of stored values: bytes are unsigned where no attribute says else."""
    sign = text_of(attributes.get("signtype"))
    if stored.kind == "i" and (sign == "unsigned" or (stored.itemsize == 1 and not sign)):
        return np.dtype(f"u{stored.itemsize}")
    return native(stored)


def _record_size(sizes: list[int]) -> int:
    """Return the bytes from one record to the next: a variable that is alone is not padded."""
    return sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)


def _count_records(source: ByteSource, begin: int, record_size: int) -> int:
    size = source.size()
    if size is None or not record_size:
        raise HeaderDataError("byte 4: the number of records is not stated")
    return max(0, size - begin) // record_size
