"""Data sets of HDF5: what is known of one before its voxels are read, and its lazy array."""

from __future__ import annotations

from typing import Any, NamedTuple

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import DType
from volio.arrays.indexing.runs import slab_shape
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.errors import HeaderDataError
from volio.extras import need
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5.file import Hdf5Chunks, OpenedFile, has_type_of_numpy

__all__ = [
    "StoredDataset",
    "chunk_shape",
    "contiguous_offset",
    "dataset_array",
    "is_of_voxels",
    "read_dataset",
]

PIECE = 64 << 20  # bytes that are read at once of data sets without chunks
#: Bytes of the largest number of each kind that voxels can be.
LARGEST = {"b": 1, "i": 8, "u": 8, "f": 8, "c": 16}


class StoredDataset(NamedTuple):
    """What is known of a data set before its voxels are read.

    Attributes
    ----------
    source : ByteSource
        The file.
    path : str
        In the file.
    shape : tuple of int
    dtype : numpy.dtype
        As stored.
    chunks : tuple of int
    offset : int or None
        The byte where the voxels begin, if they are an array in the file.
    """

    source: ByteSource
    path: str
    shape: tuple[int, ...]
    dtype: DType
    chunks: tuple[int, ...]
    offset: int | None


def is_of_voxels(node: Any) -> bool:
    """Return whether a data set has numbers along two axes or more, and is not a scale."""
    dtype = node.dtype
    is_numbers = dtype.itemsize <= LARGEST.get(dtype.kind, 0)
    return is_numbers and node.shape is not None and node.ndim > 1 and "CLASS" not in node.attrs


def read_dataset(opened: OpenedFile, path: str, node: Any) -> StoredDataset:
    """Return what is known of a data set.

    Parameters
    ----------
    opened : OpenedFile
    path : str
    node : h5py.Dataset

    Raises
    ------
    HeaderDataError
        If its values are not numbers, or a filter is not known.
    LimitError, CorruptFileError
        If the file does not hold what it declares.
    """
    what = f"{opened.source.name}: {path}"
    dtype = node.dtype
    if node.shape is None or dtype.itemsize > LARGEST.get(dtype.kind, 0):
        raise HeaderDataError(f"{what}: voxels are numbers, got {dtype}")
    if node.is_virtual:
        raise HeaderDataError(f"{what}: is virtual, within another one: not read")
    _check_filters(node, what)
    opened.check_held(node)
    offset = None if dtype.kind == "b" else contiguous_offset(node)
    return StoredDataset(opened.source, path, node.shape, dtype, chunk_shape(node), offset)


def _check_filters(node: Any, what: str) -> None:
    """Refuse filters that HDF5 does not have here, by their names."""
    plan = node.id.get_create_plist()
    for number in range(plan.get_nfilters()):
        code, _, _, name = plan.get_filter(number)
        if not need("h5py", "hdf5").h5z.filter_avail(code):
            title = name.decode("utf-8", "replace") or "of no name"
            raise HeaderDataError(
                f"{what}: its chunks need the filter {code} of HDF5 ({title}), which is not "
                "installed (hdf5plugin has many)"
            )


def chunk_shape(node: Any) -> tuple[int, ...]:
    """Return the shape of pieces in which a data set is read.

    Those of the file where it has chunks; else planes of the first axis, or as much of one as is
    read at once.

    Parameters
    ----------
    node : h5py.Dataset
    """
    if node.chunks is not None:
        return tuple(node.chunks)
    lengths = [*node.shape]
    if len(lengths) > 1:
        lengths[0] = 1
    return slab_shape(lengths, range(len(lengths)), PIECE // node.dtype.itemsize)


def contiguous_offset(node: Any) -> int | None:
    """Return the byte at which a data set begins that is an array of its dtype in the file.

    None for data sets in chunks, of types that are converted, or without values in the file.
    """
    offset: int | None = node.id.get_offset()
    is_array = has_type_of_numpy(node) and node.id.get_storage_size() == node.nbytes
    return offset if is_array else None


def dataset_array(stored: StoredDataset) -> LazyArray:
    """Return the lazy array of a data set."""
    if stored.offset is not None:
        spec = ArraySpec(stored.shape, stored.dtype, stored.offset)
        return ArrayProxy(stored.source, spec, order="C")
    chunks = Hdf5Chunks(stored.source, stored.path, stored.chunks)
    return ChunkedArray(stored.shape, stored.dtype, stored.chunks, chunks)
