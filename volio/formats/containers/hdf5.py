"""HDF5 files over any source of bytes, read with h5py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.errors import CorruptFileError, LimitError, VolioError
from volio.extras import need
from volio.files.guarded_files import GuardedReader
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.formats.containers.dataset import Attribute, Attributes

__all__ = ["Hdf5Voxels", "OpenedFile", "contiguous_offset", "open_hdf5", "read_attributes"]

RATIO = 1100  # how many times deflate makes a file smaller, at most
SMALL = 4096  # bytes of a single value that was never written
#: What h5py raises for files that make no sense.
DAMAGE = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)


class OpenedFile(NamedTuple):
    """A file that is open: ``h5py.File``, and the source of its bytes."""

    file: Any
    source: ByteSource

    def data_sets(self, group: Any) -> dict[str, Any]:
        """Return the data sets in a group and in those below it, by their path from it."""
        h5py = need("h5py", "minc2")
        paths: list[bytes] = []
        h5py.h5o.visit(group.id, paths.append)
        found = {}
        for path in paths:
            node = h5py.h5o.open(group.id, path)
            if isinstance(node, h5py.h5d.DatasetID):
                found[path.decode("utf-8", "surrogateescape")] = h5py.Dataset(node)
        return found

    def box_reader(self, path: str) -> FillBox:
        """Return a function that fills an array with a box of a data set, as it is stored."""
        h5py = need("h5py", "minc2")
        node = h5py.h5d.open(self.file.id, path.encode())
        in_file = node.get_space()

        def fill(out: Array, box: Box) -> None:
            in_file.select_hyperslab(tuple(start for start, _ in box), out.shape)
            node.read(h5py.h5s.create_simple(out.shape), in_file, out)

        return fill

    def check_held(self, node: Any) -> None:
        """Check that the file holds what a data set declares, before memory is taken for it.

        Parameters
        ----------
        node : h5py.Dataset

        Raises
        ------
        LimitError, TruncatedFileError
            If not; chunks that were never written count as not there.
        CorruptFileError
            If the values are in another file, which is not read.
        """
        name = f"{self.source.name}: {node.name} of shape {node.shape}, {node.dtype}"
        held = node.id.get_storage_size()
        most = max(held, 0 if node.shape else SMALL)
        if node.chunks:
            most = max(held * RATIO, most)
        elif node.external:
            raise CorruptFileError(f"{name}: its values are in another file: refused")
        if node.nbytes > most:
            raise LimitError(f"{name}: needs {node.nbytes} bytes, the file has {held} for it")
        check_declared(self.source, held, f"{node.name}, stored in {held} bytes")


def contiguous_offset(node: Any) -> int | None:
    """Return the byte at which a data set begins that is an array of its dtype in the file.

    None for data sets in chunks, of types that are converted, or without values in the file.
    """
    h5t = need("h5py", "minc2").h5t
    is_array = node.id.get_type() == h5t.py_create(node.dtype)
    offset: int | None = node.id.get_offset()
    return offset if is_array and node.id.get_storage_size() == node.nbytes else None


@contextmanager
def open_hdf5(source: ByteSource) -> Iterator[OpenedFile]:
    """Open a file for reading, in a ``with`` statement.

    Raises
    ------
    MissingPackageError
        If h5py is not installed.
    CorruptFileError
        If h5py cannot read what it is asked for; the message names the file.
    """
    h5py = need("h5py", "minc2")
    try:
        with GuardedReader(source) as raw, h5py.File(raw, "r") as file:
            yield OpenedFile(file, source)
    except VolioError:
        raise
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the source of the bytes
            raise
        problem = str(error) or type(error).__name__
        raise CorruptFileError(f"{source.name}: HDF5 cannot read it: {problem}") from error


def read_attributes(node: Any) -> Attributes:
    """Return the attributes of a group or data set that are text or numbers."""
    h5a = need("h5py", "minc2").h5a
    names: list[bytes] = []
    h5a.iterate(node.id, names.append)
    values = [_read_attribute(h5a.open(node.id, name)) for name in names]
    return {
        name.decode("utf-8", "surrogateescape"): value
        for name, value in zip(names, values, strict=True)
        if value is not None
    }


def _read_attribute(attribute: Any) -> Attribute | None:
    """Read an attribute by the functions of HDF5, in half the time; None for other kinds.

    Text is read where there is one; that of any length is an object.
    """
    dtype = attribute.get_type().dtype
    shape = attribute.shape
    if shape is None or dtype.kind not in ("iuf" if shape else "iufSO"):
        return None
    value = np.empty(shape, dtype)
    attribute.read(value, None if dtype.hasobject else _type_in_memory(dtype.str))
    if dtype.kind in "iuf":
        return value.astype(native(dtype))
    text = value.item()
    return text if isinstance(text, bytes) else None


@lru_cache(maxsize=256)
def _type_in_memory(dtype: str) -> Any:
    """Return the type of HDF5 that a dtype is: making one takes longer than reading a value."""
    return need("h5py", "minc2").h5t.py_create(np.dtype(dtype))


class Hdf5Voxels(ChunkedArray):
    """Voxels in an HDF5 file, in chunks, scaled on the way out.

    Parameters
    ----------
    source : ByteSource
    path : str
        Of the data set.
    spec, chunks, valid_range
        Of `ChunkedArray`.

    Raises
    ------
    MissingPackageError
        When voxels are read and h5py is not installed.
    """

    def __init__(
        self,
        source: ByteSource,
        path: str,
        spec: ArraySpec,
        chunks: tuple[int, ...],
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(source, spec, chunks, valid_range)
        self.path = path
        self._checked = False

    def check(self) -> None:
        """Raise an error if the file cannot hold the voxels that it declares.

        Raises
        ------
        LimitError, CorruptFileError
        """
        if not self._checked:
            with open_hdf5(self.source) as opened:
                opened.check_held(opened.file[self.path])
            self._checked = True

    @contextmanager
    def open_stored(self) -> Iterator[FillBox]:
        """Open the file; see `ChunkedArray.open_stored`."""
        with open_hdf5(self.source) as opened:
            yield opened.box_reader(self.path)

    def unscaled(self) -> ChunkedArray:
        """Return the stored values, lazy."""
        spec = ArraySpec(self.shape, self.on_disk_dtype)
        return Hdf5Voxels(self.source, self.path, spec, self.chunks)
