"""VirtualArray: a data set of HDF5 whose voxels are boxes of others, in the same or other files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType, native
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, part_of
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice
from volio.errors import HeaderDataError, ImageFileError, LimitError
from volio.extras import need
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5.datasets import dataset_array, read_dataset
from volio.formats.containers.hdf5.file import OpenedFile, open_hdf5
from volio.formats.hdf5.links import LinkedFiles, follow_links

__all__ = ["VirtualArray", "virtual_array"]

MOST_PARTS = 1000


class VirtualPart(NamedTuple):
    """A box of a virtual data set.

    Attributes
    ----------
    box : Box
        In the data set.
    array : LazyArray
        Its voxels, of the lengths of the box.
    """

    box: Box
    array: LazyArray


class VirtualArray(LazyArray):
    """An array of boxes of others; what none of them has is filled with one value.

    Parameters
    ----------
    shape : sequence of int
    dtype : numpy.dtype
    parts : sequence of VirtualPart
        Of later ones, those that overlap are on top.
    fill_value : scalar
    """

    def __init__(
        self, shape: Sequence[int], dtype: DType, parts: Sequence[VirtualPart], fill_value: Any
    ) -> None:
        self.shape = tuple(shape)
        self.dtype = native(dtype)
        self.parts = tuple(parts)
        self.fill_value = fill_value
        self.order = "C"

    @property
    def sources(self) -> tuple[Any, ...]:
        """Where all parts read from."""
        return tuple([source for part in self.parts for source in part.array.sources])

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the first part."""
        return self.parts[0].array.chunks if self.parts else (1,) * self.ndim

    def check(self) -> None:
        """Check each part."""
        for part in self.parts:
            part.array.check()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from each part that the box meets; see `LazyArray.fill`."""
        out[...] = self.fill_value
        for part in self.parts:
            sides = zip(box, part.box, strict=True)
            both = [(max(a, c), min(b, d)) for (a, b), (c, d) in sides]
            if all(low < high for low, high in both):
                target = part_of(out, _counted_from(both, box, slices=True))
                part.array.fill(target, _counted_from(both, part.box))


def _counted_from(both: Any, box: Box, slices: bool = False) -> Any:
    """Return the sides of a box counted from the first voxel of another, as pairs or slices."""
    sides = [(low - at, high - at) for (low, high), (at, _) in zip(both, box, strict=True)]
    return [slice(*side) for side in sides] if slices else tuple(sides)


def virtual_array(opened: OpenedFile, path: str, node: Any, files: LinkedFiles) -> VirtualArray:
    """Return the lazy array of a virtual data set.

    Parameters
    ----------
    opened : OpenedFile
    path : str
    node : h5py.Dataset
    files : LinkedFiles
        That its voxels may be in.

    Raises
    ------
    ImageFileError
        If a file is not there, or out of the folder.
    HeaderDataError
        If its parts are not boxes of data sets of its dtype.
    LimitError
        If it has more than 1000 parts.
    """
    what = f"{opened.source.name}: {path}"
    mappings = node.virtual_sources()
    if len(mappings) > MOST_PARTS:
        raise LimitError(f"{what}: has {len(mappings)} parts, at most {MOST_PARTS} are read")
    parts = [_part(opened.source, node, mapping, files) for mapping in mappings]
    return VirtualArray(node.shape, node.dtype, parts, node.fillvalue)


def _part(source: ByteSource, node: Any, mapping: Any, files: LinkedFiles) -> VirtualPart:
    what = f"{source.name}: {node.name}"
    if "%" in mapping.file_name or "%" in mapping.dset_name:
        raise HeaderDataError(f"{what}: parts that are numbered as they come are not read")
    where = source if mapping.file_name == "." else files.open(mapping.file_name)
    array = _source_array(where, mapping.dset_name, files)
    if native(array.dtype) != native(node.dtype):
        raise HeaderDataError(f"{what}: must have dtype {node.dtype}, a part has {array.dtype}")
    box = _box_of(mapping.vspace, node.shape, what)
    inside = _box_of(mapping.src_space, array.shape, what)
    if not _fits(inside, array.shape, box):
        raise HeaderDataError(f"{what}: {mapping.dset_name}: {inside} does not fit {box}")
    return VirtualPart(box, _placed(array, inside, lengths_of(box)))


def _fits(inside: Box, shape: tuple[int, ...], box: Box) -> bool:
    """Return whether a box is within a shape and as large as another, but for axes of length 1."""
    if len(inside) != len(shape) or np.any(np.array(inside)[:, 1] > shape):
        return False
    one, other = ([n for n in lengths_of(each) if n > 1] for each in (inside, box))
    return one == other


def _placed(array: LazyArray, inside: Box, lengths: Sequence[int]) -> LazyArray:
    """Return a box of an array with axes of length 1 where these lengths have them."""
    plain = lazy_slice(array, tuple(_indices(inside)))
    view = lazy_slice(plain, tuple([None if n == 1 else slice(None) for n in lengths]))
    assert isinstance(view, LazyArray)
    return view


def _source_array(source: ByteSource, path: str, files: LinkedFiles) -> LazyArray:
    source, path = follow_links(source, path, files)
    with open_hdf5(source) as opened:
        node = opened.file.get(path)
        if not isinstance(node, need("h5py", "hdf5").Dataset):
            raise ImageFileError(f"{source.name}: {path}: there is no such data set")
        return dataset_array(read_dataset(opened, path, node))


def _indices(box: Box) -> Iterator[int | slice]:
    for low, high in box:
        yield low if high - low == 1 else slice(low, high)


def _box_of(space: Any, shape: tuple[int, ...], what: str) -> Box:
    """Return the box of a data set of this shape that a selection is."""
    h5s = need("h5py", "hdf5").h5s
    if space.get_select_type() == h5s.SEL_ALL:
        return tuple([(0, length) for length in shape])
    if not space.is_regular_hyperslab():
        raise HeaderDataError(f"{what}: parts that are not boxes are not read")
    sides = []
    for start, step, count, block in zip(*space.get_regular_hyperslab(), strict=True):
        if count == h5s.UNLIMITED or block == h5s.UNLIMITED or (count > 1 and step != block):
            raise HeaderDataError(f"{what}: parts that are not boxes are not read")
        sides.append((int(start), int(start + count * block)))
    return tuple(sides)
