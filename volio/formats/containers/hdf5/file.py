"""HDF5 files over any source of bytes, read with h5py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.chunked import ChunkIndex, FileChunks
from volio.arrays.dtypes import Array, native
from volio.errors import CorruptFileError, LimitError, VolioError
from volio.extras import need
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.formats.containers.dataset import Attribute, Attributes
from volio.formats.containers.hdf5.heaps import Hdf5Reader

__all__ = [
    "Hdf5Chunks",
    "OpenedFile",
    "has_type_of_numpy",
    "open_hdf5",
    "read_attribute",
    "read_attributes",
    "read_box",
    "read_whole",
]

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
        h5py = need("h5py", "hdf5")
        paths: list[bytes] = []
        h5py.h5o.visit(group.id, paths.append)
        found = {}
        for path in paths:
            node = h5py.h5o.open(group.id, path)
            if isinstance(node, h5py.h5d.DatasetID):
                found[path.decode("utf-8", "surrogateescape")] = h5py.Dataset(node)
        return found

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
        held = node.id.get_storage_size()
        # Libraries before HDF5 1.14.4 follow links to other files.
        if node.external or not self._is_here(node):
            raise CorruptFileError(f"{self._named(node)}: its values are in another file: refused")
        most = held * RATIO if node.chunks else held
        needed = node.nbytes
        if needed > max(most, 0 if node.shape else SMALL):
            what = self._named(node)
            raise LimitError(f"{what}: needs {needed} bytes, the file has {held} for it")
        check_declared(self.source, held, f"{node.name}, stored in {held} bytes")

    def _is_here(self, node: Any) -> bool:
        """Return whether a data set is in this file."""
        get_info = need("h5py", "hdf5").h5o.get_info
        return bool(get_info(node.id).fileno == get_info(self.file.id).fileno)

    def _named(self, node: Any) -> str:
        return f"{self.source.name}: {node.name} of shape {node.shape}, {node.dtype}"


@contextmanager
def open_hdf5(source: ByteSource, extra: str = "hdf5") -> Iterator[OpenedFile]:
    """Open a file for reading, in a ``with`` statement.

    Parameters
    ----------
    source : ByteSource
    extra : str
        The extra of volio that errors name, where h5py is not installed.

    Raises
    ------
    MissingPackageError
        If h5py is not installed.
    CorruptFileError
        If h5py cannot read what it is asked for; the message names the file.
    """
    h5py = need("h5py", extra)
    try:
        with Hdf5Reader(source) as raw, h5py.File(raw, "r") as file:
            yield OpenedFile(file, source)
    except VolioError:
        raise
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the source of the bytes
            raise
        raise CorruptFileError(
            f"{source.name}: HDF5 cannot read it: {str(error) or type(error).__name__}"
        ) from error


def read_attributes(node: Any) -> Attributes:
    """Return the attributes of a group or data set that are text or numbers."""
    h5a = need("h5py", "hdf5").h5a
    names: list[bytes] = []
    h5a.iterate(node.id, names.append)
    found: Attributes = {}
    for name in names:
        value = read_attribute(h5a.open(node.id, name))
        if value is not None:
            found[name.decode("utf-8", "surrogateescape")] = value
    return found


def read_attribute(attribute: Any) -> Attribute | None:
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
    return need("h5py", "hdf5").h5t.py_create(np.dtype(dtype))


def has_type_of_numpy(node: Any) -> bool:
    """Return whether values are stored in the type of their dtype: no enumeration, for instance."""
    return bool(node.id.get_type() == _type_in_memory(node.dtype.str))


class Hdf5Chunks(FileChunks):
    """The chunks of a data set in an HDF5 file; parameters are those of `FileChunks`.

    They need not be those of the file: a data set without chunks can be cut into any.

    That the file holds the data set was checked when it was opened (`OpenedFile.check_held`).

    Raises
    ------
    MissingPackageError
        When chunks are read and h5py is not installed.
    """

    def batches(self, indices: Sequence[ChunkIndex]) -> Iterable[Sequence[ChunkIndex]]:
        """Return all at once: HDF5 has one lock for all threads."""
        return (indices,)

    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk."""
        return next(self.read_many([index]))[1]

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array]]:
        """Decode chunks, with the file opened once, and yield each with its index."""
        with open_hdf5(self.source) as opened:
            node = need("h5py", "hdf5").h5d.open(opened.file.id, self.path.encode())
            for index in indices:
                chunk = np.empty(self.clipped(index, node.shape), native(node.dtype))
                read_box(node, self.corner(index), chunk)
                yield index, chunk


def read_whole(node: Any) -> Array:
    """Return all values of a data set, numbers in a fraction of h5py's time.

    Parameters
    ----------
    node : h5py.Dataset
        With values, which the file holds.
    """
    dtype = node.dtype
    if dtype.kind not in "iuf" or 0 in node.shape or not has_type_of_numpy(node):
        return np.asarray(node[()])
    values = np.empty(node.shape, dtype)
    everything = need("h5py", "hdf5").h5s.ALL
    node.id.read(everything, everything, values, _type_in_memory(dtype.str))
    return values


def read_box(node: Any, corner: Sequence[int], out: Array) -> None:
    """Read the voxels of a data set from a corner on.

    Parameters
    ----------
    node : h5py.h5d.DatasetID
    corner : sequence of int
    out : ndarray
        Contiguous, of the dtype of the data set.
    """
    space = node.get_space()
    space.select_hyperslab(tuple(corner), out.shape)
    node.read(need("h5py", "hdf5").h5s.create_simple(out.shape), space, out)
