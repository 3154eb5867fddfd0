"""MINC2 images: an HDF5 file, read and written with h5py (extra ``minc2``).

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from volio.arrays.converted import ConvertedArray
from volio.arrays.dtypes import Array, native
from volio.arrays.saving.slab_stream import array_stream
from volio.arrays.scaled import ScaledArray
from volio.errors import LimitError
from volio.extras import need
from volio.files.codecs.presets import Compression, Levels, chosen_level
from volio.files.sources.source import ByteSource
from volio.formats.containers.dataset import (
    Attributes,
    Dataset,
    Dims,
    Lengths,
    Variable,
    signed_numbers,
    text_of,
)
from volio.formats.containers.hdf5.datasets import StoredDataset, dataset_array, read_dataset
from volio.formats.containers.hdf5.file import (
    OpenedFile,
    open_hdf5,
    read_attributes,
    read_whole,
)
from volio.formats.containers.hdf5.writing import (
    create_hdf5,
    storage_in_chunks,
    write_attributes,
)
from volio.formats.minc.dimensions import ENDS, SPACE, dimension, set_voxel_dtype
from volio.formats.minc.header import DTYPES, MincError, MincHeader
from volio.formats.minc.saving import MincImage
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget

__all__ = ["Minc2Header", "Minc2Image"]

LEVELS = Levels(0, 9, 4, 6, 9)
ROOT = "minc-2.0"
VOXELS = "image/0/image"
IMAGE = f"{ROOT}/{VOXELS}"
#: Groups of variables below the root; of those with one name the last counts.
GROUPS = ("info/", "dimensions/", "image/0/")
MOST = 64 << 20  # bytes of a variable besides the voxels
#: Lengths of chunks along dimensions, 1 along others: any slice of space needs few.
EDGES = {**dict.fromkeys(SPACE, 32), "vector_dimension": 1024}


class Minc2Header(MincHeader):
    """The header of a MINC2 image; parameters are those of `MincHeader`."""

    magic = (b"\x89HDF",)

    #: How the file that was read has its voxels.
    stored: StoredDataset

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read all of a file but its voxels.

        Raises
        ------
        MissingPackageError
            If h5py is not installed.
        MincError, HeaderDataError, ImageFileError
            If the file is another kind of HDF5, makes no sense, is damaged, or does not hold its
            voxels.
        """
        with open_hdf5(source, "minc2") as opened:
            dataset, voxels = _read_dataset(opened)
            header = cls(dataset)
            header.stored = read_dataset(opened, IMAGE, voxels)
        if header.stored.offset is not None:
            header.voxels = source, header.stored.dtype, header.stored.offset
        return header


class Minc2Image(MincImage):
    """A MINC2 image, .mnc.

    When it is saved `compression` is for the chunks: 0 for none.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.Minc2Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    >>> img.to_filename("scan.mnc")
    >>> volio.load("scan.mnc").dataobj[1, 2]
    array([20, 21, 22, 23], dtype=int16)
    """

    counts_as = ("Minc1Image",)
    header_class = Minc2Header
    packs_voxels = True

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> ScaledArray:
        """Return the voxels of a file, in the order of its dimensions.

        Parameters
        ----------
        header : Minc2Header
        source : ByteSource
        **options
            Of `ArrayProxy`, for voxels that are not in chunks.
        """
        if header.voxels is not None:
            return super().voxels_of(header, source, **options)
        slope, inter = header.get_slope_inter()
        voxels = dataset_array(header.stored)
        return ConvertedArray(source, voxels, slope, inter, header.valid_range)

    @classmethod
    def _check_compression(cls, compression: Compression) -> None:
        need("h5py", "minc2")
        chosen_level("HDF5", LEVELS, compression)

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        level = chosen_level("HDF5", LEVELS, target.compression)
        with create_hdf5(target.streams["image"]) as file:
            stream = array_stream(_write_dataset(file, header.dataset, level))
            plan.write(stream, header.dtype)  # type: ignore[arg-type]  # it is only written


def _read_dataset(opened: OpenedFile) -> tuple[Dataset, Any]:
    """Read all of a MINC2 file but its voxels, which are the second result, an h5py.Dataset.

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
    voxels = root.get(VOXELS)
    if voxels is None:
        raise MincError(f"{IMAGE}: the file has no such voxels")
    image = _read_image(voxels)
    dataset = Dataset(dict(zip(image.dims, voxels.shape, strict=True)), read_attributes(root))
    for group in filter(None, map(root.get, GROUPS)):
        for name, node in opened.data_sets(group).items():
            if name != "image":
                dataset.variables[name] = _read_variable(opened, name, node, dataset.dims)
    dataset.variables["image"] = image
    return dataset, voxels


def _read_image(node: Any) -> Variable:
    attributes = read_attributes(node)
    dims = _pop_dims(attributes, node)
    if len(set(dims)) != node.ndim:
        raise MincError(f"image: dimorder must name its {node.ndim} dimensions, has {dims}")
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
    values = read_whole(node)
    if values.dtype.kind not in "iufS":  # text of any length
        values = np.asarray(str(values.tolist()).encode())
    if values.dtype.kind == "S":  # as NetCDF has text
        return values[..., np.newaxis].view("S1")
    values = values.astype(native(values.dtype))
    return values if values.dtype in DTYPES else signed_numbers(values)


def _write_dataset(file: Any, dataset: Dataset, level: int) -> Any:
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
    edges = [EDGES.get(name, 1) for name in image.dims]
    options = storage_in_chunks(shape, edges, level)
    image.set(complete="true_")
    return _create(root, VOXELS, image, shape=shape, dtype=image.dtype, **options)


def _write_variable(root: Any, name: str, variable: Variable, lengths: Lengths) -> None:
    values = variable.values
    if values.dtype.kind == "S" and values.ndim and values.size:  # characters become text
        values = values.view(f"S{values.shape[-1]}")[..., 0]
    node = _create(root, _group_of(name, variable, lengths) + name, variable, data=values)
    if name in lengths:
        node.attrs["length"] = np.uint32(lengths[name])


def _group_of(name: str, variable: Variable, lengths: Lengths) -> str:
    """Return the group that holds a variable."""
    if name in ENDS:
        return "image/0/"
    along = name.removesuffix("-width")
    is_dimension = along in lengths or variable.text("vartype") == "dimension____"
    return "dimensions/" if is_dimension else "info/"


def _create(root: Any, path: str, variable: Variable, **options: Any) -> Any:
    """Create the data set of a variable; its dtype has the sign, an attribute the dimensions."""
    attributes = {**variable.attributes}
    attributes.pop("signtype", None)
    if variable.dims:
        attributes["dimorder"] = ",".join(variable.dims).encode()
    node = root.create_dataset(path, track_times=False, **options)
    write_attributes(node, attributes)
    return node
