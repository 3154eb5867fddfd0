"""HDF5 files over any source of bytes, and the data set of a MINC2 file.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.errors import CorruptFileError, LimitError, VolioError
from volio.extras import need
from volio.files.fileobjects import SourceFile
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.formats.containers.dataset import Attribute, Dataset, MincError, Variable

__all__ = ["IMAGE", "ROOT", "OpenedFile", "check_held", "open_hdf5", "read_dataset"]

ROOT = "minc-2.0"
IMAGE = f"{ROOT}/image/0/image"

MOST_VARIABLES = 10_000
MOST = 64 << 20  # bytes of one variable beside the voxels
MOST_DEPTH = 8  # of groups in groups
RATIO = 1100  # how many times deflate makes a file smaller, at most
#: What h5py raises for files that make no sense.
DAMAGE = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    NotImplementedError,
)


class _File(SourceFile):
    """A file for h5py, which crashes where an error comes out of what it reads from.

    So the first one is kept, what could not be read is zeros, and whoever has read asks `check`.
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__(source)
        self.error: BaseException | None = None
        with SourceFile(source) as plain:
            self._size = plain.seek(0, os.SEEK_END)  # which may decode everything

    def readinto(self, buffer: Any) -> int:
        view, start = memoryview(buffer).cast("B"), self._position
        if start + len(view) > self._size:  # HDF5 was led astray, and takes this well
            raise OSError(f"ends at byte {self._size}, {len(view)} bytes are needed at {start}")
        try:
            return super().readinto(view)
        except BaseException as error:
            self.error = self.error or error
            view[:] = bytes(len(view))
            self._position += len(view)
            return len(view)

    def _end(self) -> int:
        return self._size

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error


class OpenedFile(NamedTuple):
    """A file that is open: ``h5py.File``, and what raises errors of the source of its bytes.

    `check` must be called after reading, before values are used.
    """

    file: Any
    check: Callable[[], None]


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
    with _File(source) as raw:
        try:
            with h5py.File(raw, "r") as file:
                yield OpenedFile(file, raw.check)
        except VolioError:
            raise
        except DAMAGE as error:
            raw.check()
            what = str(error) or type(error).__name__
            raise CorruptFileError(f"{source.name}: HDF5 cannot read it: {what}") from error
        raw.check()


def read_dataset(file: Any) -> Dataset:
    """Read all of a MINC2 file but its voxels.

    Parameters
    ----------
    file : h5py.File

    Raises
    ------
    MincError
        If it is no MINC2 file, or makes no sense as one.
    """
    root = file.get(ROOT)
    image = file.get(IMAGE)
    if root is None:
        raise MincError(f"has no group {ROOT!r}: it is an HDF5 file of another kind than MINC2")
    if not hasattr(image, "shape") or not hasattr(image, "dtype"):
        raise MincError(f"{IMAGE}: the file has no such voxels")
    dims = _dimorder(image, "image")
    if len(dims) != len(image.shape) or len(set(dims)) != len(dims):
        raise MincError(f"image: dimorder must name its {len(image.shape)} dimensions, has {dims}")
    found = Dataset(dict(zip(dims, image.shape, strict=True)), _attributes(root))
    for name, node in _nodes(root.get("dimensions"), 0):
        found.variables[name] = _variable(node, found, name)
    for name, node in _nodes(root.get("info"), 0):
        if name not in found.variables:
            found.variables[name] = _variable(node, found, name)
    for name, node in _nodes(image.parent, 0):
        found.variables[name] = _variable(node, found, name)
    return found


def _dimorder(node: Any, name: str) -> tuple[str, ...]:
    stated = node.attrs.get("dimorder", b"") if node.shape else b""
    text = stated.decode("latin-1") if isinstance(stated, bytes) else str(stated)
    names = tuple(each.strip() for each in text.rstrip("\0").split(",") if each.strip())
    return names[: len(node.shape)] if name != "image" or len(names) > len(node.shape) else names


def _nodes(group: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Go through the data sets of a group and of groups in it, by their path."""
    if group is None or not hasattr(group, "keys"):
        return
    if depth > MOST_DEPTH or len(group) > MOST_VARIABLES:
        raise LimitError(f"{group.name}: too many groups in groups, or entries")
    for name in group:
        node = group.get(name)
        if hasattr(node, "shape") and hasattr(node, "dtype"):
            yield name, node
        else:
            for inner, each in _nodes(node, depth + 1):
                yield f"{name}/{inner}", each


def _variable(node: Any, dataset: Dataset, name: str) -> Variable:
    attributes = _attributes(node)
    attributes.pop("dimorder", None)
    if name in dataset.dims:
        attributes.pop("length", None)
    if name == "image":
        return Variable(_dimorder(node, name), _dtype(node), attributes)
    shape = node.shape or ()
    need = prod(shape) * node.dtype.itemsize
    if need > MOST:
        raise LimitError(f"{name}: a variable of {need} bytes beside the voxels is too large")
    check_held(node, need)
    values = np.asarray(node[()]) if node.shape is not None else np.zeros(())
    if values.dtype.kind not in "iufS":
        values = np.asarray(str(values.tolist()).encode())  # text of any length
    dims = _dimorder(node, name)
    along = name.removesuffix("-width")
    if not dims and values.shape == (dataset.dims.get(along),):
        dims = (along,)  # values along a dimension itself, which need not say so
    fits = len(dims) == values.ndim and all(
        dataset.dims.setdefault(dim, length) == length
        for dim, length in zip(dims, values.shape, strict=True)
    )
    if not fits:
        dims = tuple(_fresh_dim(dataset, length) for length in values.shape)
    values = values.astype(values.dtype.newbyteorder("="))
    return Variable(dims, values.dtype, attributes, values)


def _fresh_dim(dataset: Dataset, length: int) -> str:
    name = f"length_{length}"
    dataset.dims[name] = length
    return name


def _dtype(node: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = node.dtype.newbyteorder("=")
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise MincError(f"image: voxels of type {node.dtype} cannot be read")
    return dtype


def _attributes(node: Any) -> dict[str, Attribute]:
    """Return attributes that are text or numbers."""
    found: dict[str, Attribute] = {}
    for name in node.attrs:
        value = node.attrs[name]
        if isinstance(value, str):
            found[name] = value.encode("utf-8", "surrogateescape")
        elif isinstance(value, bytes):
            found[name] = bytes(value)
        elif isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "iuf":
            array = np.asarray(value)
            found[name] = array.astype(array.dtype.newbyteorder("="))
    return found


def check_held(node: Any, need: int, source: ByteSource | None = None) -> None:
    """Check that a file can hold what a data set declares, before memory is taken for it.

    Raises
    ------
    LimitError
        If not; chunks that were never written count as not there.
    """
    held = node.id.get_storage_size()
    most = held * RATIO if node.chunks else held
    if need > max(most, 4096 if not node.shape else 0):
        what = f"{node.name} of shape {node.shape}, {node.dtype}"
        name = source.name if source else node.file.filename
        raise LimitError(f"{name}: {what}: needs {need} bytes, the file has {held} for it")
    if source is not None and source.size() is not None:
        check_declared(source, held, f"{node.name}, stored in {held} bytes")
