"""Data sets to MINC2 files: chunks, compressed; the same bytes for the same image."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from volio.extras import need
from volio.formats.containers.dataset import Attribute, Dataset, Variable
from volio.formats.containers.hdf5 import IMAGE, ROOT
from volio.formats.minc.geometry import SPACE
from volio.formats.minc.scaling import ENDS

__all__ = ["ImageStream", "write_dataset"]

EDGE = 32  # of a chunk, along each dimension of space
LONG = 60_000  # bytes of text that no header of an object holds


class ImageStream:
    """A stream whose bytes, voxels in C order, go into a data set, whole chunks at a time.

    Parameters
    ----------
    node : h5py.Dataset
    dtype : numpy.dtype
        Of the bytes.
    """

    def __init__(self, node: Any, dtype: np.dtype[Any]) -> None:
        self._node, self._dtype = node, dtype
        self._row = prod(node.shape[1:]) * dtype.itemsize
        rows = node.chunks[0] if node.chunks else 1
        self._wanted = rows * self._row
        self._waiting, self._done = bytearray(), 0

    def write(self, data: Any) -> int:
        """Take bytes."""
        view = memoryview(data).cast("B")
        self._waiting += view
        while self._wanted and len(self._waiting) >= self._wanted:
            self._put(self._wanted)
        return view.nbytes

    def finish(self) -> None:
        """Store what is left."""
        if self._waiting:
            self._put(len(self._waiting))

    def _put(self, count: int) -> None:
        rows = count // self._row
        values = np.frombuffer(bytes(self._waiting[:count]), self._dtype)
        self._node[self._done : self._done + rows] = values.reshape(rows, *self._node.shape[1:])
        self._done += rows
        del self._waiting[:count]


def write_dataset(file: Any, dataset: Dataset, level: int) -> Any:
    """Write all of a data set but the voxels.

    Parameters
    ----------
    file : h5py.File
        A new one.
    dataset : Dataset
    level : int
        Of deflate, for the voxels; 0 for none.

    Returns
    -------
    h5py.Dataset
        For the voxels.
    """
    root = file.create_group(ROOT)
    for name in ("dimensions", "image/0", "info"):
        root.create_group(name)
    _put_attributes(root, dataset.attributes)
    image = dataset.variables["image"]
    for name, variable in dataset.variables.items():
        if name != "image":
            _write_variable(root, name, variable, dataset)
    for name in image.dims:
        if name not in dataset.variables:  # as vectors, of which there is nothing to say but this
            _write_variable(root, name, Variable((), np.dtype("i4")), dataset)
    shape = dataset.shape_of("image")
    chunks = _chunks(image.dims, shape) if prod(shape) else None
    packed = {"compression": "gzip", "compression_opts": level, "shuffle": True}
    options: dict[str, Any] = packed if level and chunks else {}
    node = file.create_dataset(
        IMAGE, shape, image.dtype, chunks=chunks, track_times=False, fillvalue=0, **options
    )
    _put_attributes(node, {k: v for k, v in image.attributes.items() if k != "signtype"})
    node.attrs["dimorder"] = np.bytes_(",".join(image.dims))
    node.attrs["complete"] = np.bytes_(b"true_")
    return node


def _chunks(dims: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return chunks of which any slice of space needs few: whole vectors, single times."""
    edges = {**dict.fromkeys(SPACE, EDGE), "vector_dimension": 1 << 10}
    return tuple(min(n, edges.get(name, 1)) for name, n in zip(dims, shape, strict=True))


def _write_variable(root: Any, name: str, variable: Variable, dataset: Dataset) -> None:
    is_dimension = name in dataset.dims or variable.text("vartype") == "dimension____"
    is_dimension = is_dimension or name.removesuffix("-width") in dataset.dims
    folder = "image/0" if name in ENDS else "dimensions" if is_dimension else "info"
    values = np.zeros((), variable.dtype) if variable.values is None else variable.values
    node = root.create_dataset(f"{folder}/{name}", data=values, track_times=False)
    attributes = dict(variable.attributes)
    attributes.pop("signtype", None)
    if is_dimension:
        attributes = {key: _single(value) for key, value in attributes.items()}
    _put_attributes(node, attributes)
    if name in dataset.dims:
        node.attrs["length"] = np.uint32(dataset.dims[name])
    if variable.dims:
        node.attrs["dimorder"] = np.bytes_(",".join(variable.dims))


def _single(value: Attribute) -> Attribute:
    """Return an array of one number as a number, as MINC2 has them."""
    return value if isinstance(value, bytes) or value.size != 1 else value.reshape(())


def _put_attributes(node: Any, attributes: Mapping[str, Attribute]) -> None:
    for name, value in attributes.items():
        if not isinstance(value, bytes):
            node.attrs[name] = value
        elif len(value) > LONG:
            text = need("h5py", "minc2").string_dtype("utf-8")
            node.attrs.create(name, value.rstrip(b"\0"), dtype=text)
        else:
            node.attrs[name] = np.array(value.rstrip(b"\0") or b"\0", f"S{max(1, len(value))}")
