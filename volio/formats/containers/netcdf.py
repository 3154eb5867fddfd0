"""NetCDF files, classic and with 64-bit offsets: their header and the values of small variables.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

import os
from io import BufferedReader

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

__all__ = ["MAGIC", "TAGS", "TYPES", "Place", "read_netcdf", "signed_dtype"]

#: First bytes: the last one is the version.
MAGIC = (b"CDF\1", b"CDF\2")
#: What lists in a header begin with.
TAGS = {"dimensions": 10, "variables": 11, "attributes": 12}
#: Types by their code, as stored.
TYPES = dict(enumerate(map(np.dtype, ("i1", "S1", ">i2", ">i4", ">f4", ">f8")), 1))

MOST = 64 << 20  # bytes of a header, and of the values of a small variable
MOST_RECORDS = 1 << 20  # of voxels that other variables lie between
STREAMING = 0xFFFFFFFF  # instead of the number of records: as many as the file has room for

#: Bytes in which the values of a variable follow each other, and the offset of the first.
Place = tuple[ByteSource, int]


class _Header(BufferedReader):
    """A header that is read from its beginning on."""

    def take(self, count: int) -> bytes:
        if self.tell() + count > MOST:
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

    def variable(self, name: str, known: list[str]) -> Variable:
        """Read a variable over some of the known dimensions."""
        numbers = [self.integer() for _ in range(self.integer())]
        if max(numbers, default=-1) >= len(known):
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


def read_netcdf(source: ByteSource, streamed: str) -> tuple[Dataset, Place | None]:
    """Read a file but for the values of one variable.

    Parameters
    ----------
    source : ByteSource
    streamed : str
        Name of the variable whose values the caller reads.

    Returns
    -------
    dataset : Dataset
    place : (ByteSource, int) or None
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
        dims = [(header.text(), header.integer()) for _ in header.entries("dimensions")]
        dataset = Dataset(dict(dims), header.attributes(), version=magic[3])
        begins: dict[str, int] = {}
        for _ in header.entries("variables"):
            name = header.text()
            if name in begins:
                raise HeaderDataError(f"{name}: the file has two variables of this name")
            dataset.variables[name] = header.variable(name, [name for name, _ in dims])
            begins[name] = header.integer(4 * dataset.version)
    places = _locate(source, dataset, begins, count)
    for name, variable in dataset.variables.items():
        if name != streamed:
            variable.values = _read(places[name], dataset.shape_of(name), variable.dtype)
    return dataset, places.get(streamed)


def _locate(
    source: ByteSource, dataset: Dataset, begins: dict[str, int], count: int
) -> dict[str, Place]:
    """Return where the values of variables are; give the unlimited dimension its length."""
    unlimited = [name for name, length in dataset.dims.items() if length == 0]
    dataset.dims |= dict.fromkeys(unlimited, 1)  # for now: sizes are those in one record
    sizes = {
        name: dataset.nbytes_of(name)
        for name, variable in dataset.variables.items()
        if {*variable.dims[:1]} & {*unlimited}
    }
    step = _record_size([*sizes.values()])
    if count == STREAMING and sizes:
        count = _count_records(source, min(begins[name] for name in sizes), step)
    dataset.dims |= dict.fromkeys(unlimited, count)
    places: dict[str, Place] = {name: (source, begin) for name, begin in begins.items()}
    for name, nbytes in sizes.items():
        if count > 1 and nbytes < step:
            starts = range(begins[name], begins[name] + count * step, step)
            places[name] = _joined(source, starts, nbytes, name), 0
    return places


def _record_size(sizes: list[int]) -> int:
    """Return the bytes from one record to the next: a variable that is alone is not padded."""
    return sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)


def _count_records(source: ByteSource, begin: int, step: int) -> int:
    """Return for how many records a file has room."""
    with SourceFile(source) as file:
        room = file.seek(0, os.SEEK_END) - begin
    return max(0, room) // max(1, step)


def _joined(source: ByteSource, starts: range, nbytes: int, name: str) -> ByteSource:
    """Return the bytes of a variable in all records, one after the other."""
    if len(starts) > MOST_RECORDS:
        raise LimitError(f"{name}: {len(starts)} records are more than {MOST_RECORDS}")
    check_declared(source, starts[-1] + nbytes, f"variable {name} in {len(starts)} records")
    parts = [TailSource(source, start, nbytes) for start in starts]
    return JoinedSource(parts, max(1, nbytes))


def _read(place: Place, shape: tuple[int, ...], dtype: DType) -> Array:
    """Read the values of a small variable, in native byte order."""
    source, offset = place
    stored = np.dtype(np.uint8) if dtype.kind == "S" else dtype.newbyteorder(">")
    proxy = ArrayProxy(source, ArraySpec(shape, stored, offset), order="C", mmap=False)
    if proxy.nbytes > MOST:
        raise LimitError(f"{source.name}: a variable of {proxy.nbytes} bytes is too large")
    return proxy.read().view(dtype)
