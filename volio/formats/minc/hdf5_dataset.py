"""The data set of a MINC2 file: groups, data sets and attributes of HDF5, read and written.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, native
from volio.errors import LimitError
from volio.formats.containers.dataset import (
    Attributes,
    Dataset,
    Dims,
    Lengths,
    Shape,
    Variable,
    signed_numbers,
    text_of,
)
from volio.formats.containers.hdf5 import OpenedFile, read_attributes
from volio.formats.containers.hdf5_writing import write_attributes
from volio.formats.minc.dimensions import ENDS, SPACE, dimension, set_voxel_dtype
from volio.formats.minc.header import DTYPES, MincError

__all__ = ["IMAGE", "read_dataset", "write_dataset"]

ROOT = "minc-2.0"
VOXELS = "image/0/image"
IMAGE = f"{ROOT}/{VOXELS}"
#: Groups of variables below the root; of those with one name the last counts.
GROUPS = ("info/", "dimensions/", "image/0/")
MOST = 64 << 20  # bytes of a variable besides the voxels
#: Lengths of chunks along dimensions, 1 along others.
EDGES = {**dict.fromkeys(SPACE, 32), "vector_dimension": 1024}


def read_dataset(opened: OpenedFile) -> Dataset:
    """Read all of a MINC2 file but its voxels.

    Raises
    ------
    MincError
        If it is not a MINC2 file, or makes no sense as one.
    LimitError, CorruptFileError
        If a variable is too large, or the file does not have its values.
    """
    root = opened.file.get(ROOT)
    if root is None:
        raise MincError(f"has no group {ROOT!r}: it is an HDF5 file of another kind than MINC2")
    nodes = opened.data_sets(root)
    if VOXELS not in nodes:
        raise MincError(f"{IMAGE}: the file has no such voxels")
    voxels = nodes.pop(VOXELS)
    image = _read_image(voxels)
    dataset = Dataset(dict(zip(image.dims, voxels.shape, strict=True)), read_attributes(root))
    for group in GROUPS:
        for path, node in nodes.items():
            if path.startswith(group):
                name = path.removeprefix(group)
                dataset.variables[name] = _read_variable(opened, name, node, dataset.dims)
    dataset.variables["image"] = image
    return dataset


def _read_image(node: Any) -> Variable:
    attributes = read_attributes(node)
    dims = _pop_dims(attributes, node)
    if len(set(dims)) != node.ndim:
        raise MincError(f"image: dimorder must name its {node.ndim} dimensions, has {dims}")
    if node.dtype.kind not in "iuf" or node.dtype.itemsize > 8:
        raise MincError(f"image: voxels of type {node.dtype} cannot be read")
    image = Variable(dims, attributes=attributes)
    set_voxel_dtype(image, native(node.dtype))
    return image


def _pop_dims(attributes: Attributes, node: Any) -> Dims:
    """Return the dimensions that attributes name, and remove them there."""
    names = text_of(attributes.pop("dimorder", None)).replace(",", " ").split()
    return tuple(names[: node.ndim])


def _read_variable(opened: OpenedFile, name: str, node: Any, lengths: Lengths) -> Variable:
    """Read a variable; the lengths of dimensions that only it has are added."""
    attributes = read_attributes(node)
    dims = _pop_dims(attributes, node)
    if name in lengths:
        attributes.pop("length", None)
    values = _read_values(opened, node)
    shape = values.shape
    known = dict(zip(dims, shape, strict=False)) | lengths
    # Values along a dimension itself need not name it.
    dims = dims or (name.removesuffix("-width"),)
    if tuple(map(known.get, dims)) != shape:
        dims = tuple(f"length_{length}" for length in shape)
    lengths.update(zip(dims, shape, strict=True))
    return Variable(dims, values.dtype, attributes, values)


def _read_values(opened: OpenedFile, node: Any) -> Array:
    if node.shape is None:
        return np.zeros(())
    if node.nbytes > MOST:
        raise LimitError(f"{node.name}: a variable of {node.nbytes} bytes is too large")
    opened.check_held(node)
    values = np.asarray(node[()])
    if values.dtype.kind not in "iufS":  # text of any length
        values = np.asarray(str(values.tolist()).encode())
    if values.dtype.kind == "S":  # as NetCDF has text
        return values[..., np.newaxis].view("S1")
    values = values.astype(native(values.dtype))
    return values if values.dtype in DTYPES else signed_numbers(values)


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
    for group in GROUPS:
        root.create_group(group)
    write_attributes(root, dataset.attributes)
    image = dataset.variables["image"]
    for name in image.dims:
        dimension(dataset, name)
    for name, variable in dataset.variables.items():
        if variable is not image:
            _write_variable(root, name, variable, dataset.dims)
    shape = dataset.shape_of("image")
    options = _storage(image.dims, shape, level)
    node = root.create_dataset(VOXELS, shape, image.dtype, track_times=False, **options)
    _write_attributes(node, image)
    node.attrs["complete"] = np.bytes_(b"true_")
    return node


def _storage(dims: Dims, shape: Shape, level: int) -> dict[str, Any]:
    """Return how voxels are stored: in chunks of which any slice of space needs few."""
    if 0 in shape:
        return {}
    edges = [EDGES.get(name, 1) for name in dims]
    deflate = {"compression": "gzip", "compression_opts": level, "shuffle": True} if level else {}
    return {"chunks": tuple(map(min, shape, edges)), **deflate}


def _write_variable(root: Any, name: str, variable: Variable, lengths: Lengths) -> None:
    values = variable.values
    if values.dtype.kind == "S" and values.ndim and values.size:  # characters become text
        values = values.view(f"S{values.shape[-1]}")[..., 0]
    path = _group_of(name, variable, lengths) + name
    node = root.create_dataset(path, data=values, track_times=False)
    _write_attributes(node, variable)
    if name in lengths:
        node.attrs["length"] = np.uint32(lengths[name])


def _group_of(name: str, variable: Variable, lengths: Lengths) -> str:
    """Return the group that holds a variable."""
    if name in ENDS:
        return "image/0/"
    along = name.removesuffix("-width")
    is_dimension = along in lengths or variable.text("vartype") == "dimension____"
    return "dimensions/" if is_dimension else "info/"


def _write_attributes(node: Any, variable: Variable) -> None:
    """Write attributes with the names of dimensions; without the sign, which the dtype has."""
    attributes = dict(variable.attributes)
    attributes.pop("signtype", None)
    if variable.dims:
        attributes["dimorder"] = ",".join(variable.dims).encode()
    write_attributes(node, attributes)
