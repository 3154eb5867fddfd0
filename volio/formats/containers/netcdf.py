"""NetCDF files, classic and with 64-bit offsets: their header and the values of small variables.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BufferedReader

import numpy as np

from volio.arrays.dtypes import Array, DType, native
from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.fileobjects import SourceFile
from volio.files.limits import check_declared
from volio.files.sources.pieces import PiecesSource
from volio.files.sources.source import HEAD, ByteSource
from volio.formats.containers.dataset import Attributes, Dataset, Variable, text_of

__all__ = ["MAGIC", "TAGS", "TYPES", "Location", "read_netcdf", "signed_dtype"]

#: First bytes: the last one is the version.
MAGIC = (b"CDF\1", b"CDF\2")
#: What lists in a header begin with.
TAGS = {"dimensions": 10, "variables": 11, "attributes": 12}
#: Types by their code, as stored.
TYPES = dict(enumerate(map(np.dtype, ("i1", "S1", ">i2", ">i4", ">f4", ">f8")), 1))

MOST = 64 << 20  # bytes of a header, and of the values of a small variable
MOST_RECORDS = 1 << 20  # of one variable among those of others
MOST_AXES = 32  # of an array
STREAMING = 0xFFFFFFFF  # instead of the number of records: as many as the file has room for

#: Bytes in which the values of a variable follow each other, and the offset of the first.
Location = tuple[ByteSource, int]


class _Header(BufferedReader):
    """A header that is read from its beginning on."""

    def take(self, count: int) -> bytes:
        if count > MOST:
            raise LimitError(f"{self.name}: a header of more than {MOST} bytes")
        piece = self.read(count)
        if len(piece) < count:
            where = f"at byte {self.tell()}"
            raise TruncatedFileError(f"{self.name}: the file ends within its header, {where}")
        return piece

    def integer(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def padded(self, count: int) -> bytes:
        """Return bytes that zeros follow, up to a multiple of four."""
        return self.take(count + -count % 4)[:count]

    def text(self) -> str:
        """Read a name; there is one for whatever a header has, so that it cannot go on for long."""
        if self.tell() > MOST:
            raise LimitError(f"{self.name}: a header of more than {MOST} bytes")
        return self.padded(self.integer()).decode("utf-8", "surrogateescape")

    def entries(self, kind: str) -> range:
        """Read tag and length of a list; an empty one may have no tag."""
        tag = self.integer()
        count = self.integer()
        if tag != TAGS[kind] and (tag or count):
            where = self.tell() - 8
            raise HeaderDataError(f"byte {where}: a list of {kind} must begin here, found {tag}")
        return range(count)

    def dtype(self, name: str) -> DType:
        code = self.integer()
        if code not in TYPES:
            where = self.tell() - 4
            raise HeaderDataError(f"{name}: its type must be 1 to 6, got {code} (byte {where})")
        return TYPES[code]

    def attributes(self) -> Attributes:
        found: Attributes = {}
        for _ in self.entries("attributes"):
            name = self.text()
            dtype = self.dtype(name)
            data = self.padded(self.integer() * dtype.itemsize)
            is_text = dtype.kind == "S"
            found[name] = data if is_text else np.frombuffer(data, dtype).astype(native(dtype))
        return found

    def dims(self) -> dict[str, int]:
        """Read the lengths of dimensions; that of an unlimited one is 0."""
        found: dict[str, int] = {}
        for _ in self.entries("dimensions"):
            name = self.text()
            if name in found:
                raise HeaderDataError(f"{name}: the file has two dimensions of this name")
            found[name] = self.integer()
        return found

    def variables(self, dataset: Dataset) -> dict[str, int]:
        """Read all variables into a data set; return at which byte the values of each begin."""
        begins: dict[str, int] = {}
        for _ in self.entries("variables"):
            name = self.text()
            if name in begins:
                raise HeaderDataError(f"{name}: the file has two variables of this name")
            dataset.variables[name] = self.variable(name, list(dataset.dims))
            begins[name] = self.integer(4 * dataset.version)
        return begins

    def variable(self, name: str, known: Sequence[str]) -> Variable:
        """Read a variable over some of the known dimensions."""
        numbers = [self.integer() for _ in range(self.integer())]
        if max(numbers, default=-1) >= len(known) or len(numbers) > MOST_AXES:
            raise HeaderDataError(f"{name}: has dimensions {numbers}, the file {len(known)}")
        attributes = self.attributes()
        dtype = signed_dtype(self.dtype(name), attributes)
        self.integer()  # the bytes of its values, which follow from shape and dtype
        return Variable(tuple(known[number] for number in numbers), dtype, attributes)


def signed_dtype(stored: DType, attributes: Attributes) -> DType:
    """Return the native dtype of stored values: bytes are unsigned where no attribute says else."""
    sign = text_of(attributes.get("signtype"))
    if stored.kind == "i" and (sign == "unsigned" or (stored.itemsize == 1 and not sign)):
        return np.dtype(f"u{stored.itemsize}")
    return native(stored)


def read_netcdf(source: ByteSource, streamed: str) -> tuple[Dataset, Location | None]:
    """Read a file but for the values of one variable.

    Parameters
    ----------
    source : ByteSource
    streamed : str
        Name of the variable whose values the caller reads.

    Returns
    -------
    dataset : Dataset
    location : (ByteSource, int) or None
        Where these values are; None if there is no such variable.

    Raises
    ------
    HeaderDataError
        If the header makes no sense; the message names the byte.
    TruncatedFileError, LimitError
        If the file cannot hold what it declares.
    """
    with _Header(SourceFile(source), HEAD) as header:
        magic = header.read(4)
        if magic not in MAGIC:
            raise HeaderDataError(
                f"byte 0: must be CDF and 1 or 2, found {magic!r}; other kinds are not read"
            )
        count = header.integer()
        dataset = Dataset(header.dims(), header.attributes(), version=magic[3])
        begins = header.variables(dataset)
    locations = _locations(source, dataset, begins, count)
    for name, variable in dataset.variables.items():
        if name != streamed:
            variable.values = _read(locations[name], name, dataset)
    return dataset, locations.get(streamed)


def _locations(
    source: ByteSource, dataset: Dataset, begins: dict[str, int], count: int
) -> dict[str, Location]:
    """Return where the values of variables are; give the unlimited dimension its length."""
    unlimited = [name for name, length in dataset.dims.items() if length == 0]
    dataset.dims |= dict.fromkeys(unlimited, 1)  # for now: sizes are those in one record
    sizes = {
        name: dataset.nbytes_of(name)
        for name, variable in dataset.variables.items()
        if {*variable.dims[:1]} & {*unlimited}
    }
    step = _record_size([*sizes.values()])
    if count == STREAMING:
        count = _count_records(source, [begins[name] for name in sizes], step)
    dataset.dims |= dict.fromkeys(unlimited, count)
    locations: dict[str, Location] = {name: (source, begin) for name, begin in begins.items()}
    for name, nbytes in sizes.items():
        if count > 1 and nbytes < step:
            starts = range(begins[name], begins[name] + count * step, step)
            locations[name] = _joined(source, starts, nbytes, name), 0
    return locations


def _record_size(sizes: list[int]) -> int:
    """Return the bytes from one record to the next: a variable that is alone is not padded."""
    return sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)


def _count_records(source: ByteSource, begins: list[int], step: int) -> int:
    """Return for how many records a file has room."""
    with SourceFile(source) as file:
        room = file.seek(0, os.SEEK_END) - min(begins, default=0)
    return max(0, room) // max(1, step)


def _joined(source: ByteSource, starts: range, nbytes: int, name: str) -> ByteSource:
    """Return the bytes of a variable in all records, one after the other."""
    if len(starts) > MOST_RECORDS:
        raise LimitError(f"{name}: {len(starts)} records are more than {MOST_RECORDS}")
    check_declared(source, starts[-1] + nbytes, f"variable {name} in {len(starts)} records")
    return PiecesSource(source, starts, nbytes)


def _read(location: Location, name: str, dataset: Dataset) -> Array:
    """Read the values of a small variable, in native byte order."""
    source, offset = location
    nbytes = dataset.nbytes_of(name)
    if nbytes > MOST:
        raise LimitError(f"{name}: a variable of {nbytes} bytes is too large")
    check_declared(source, offset + nbytes, f"variable {name}")
    dtype = dataset.variables[name].dtype
    stored = np.frombuffer(source.read(offset, nbytes), dtype.newbyteorder(">"))
    return stored.reshape(dataset.shape_of(name)).astype(dtype)
