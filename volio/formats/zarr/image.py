"""OmeZarrImage: a multiscale of OME-Zarr, or an array of Zarr alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.chunked import ChunkedArray
from volio.arrays.lazy import LazyArray
from volio.errors import FileHolderError, HeaderDataError, UsageError
from volio.files.filemap import FileHolder, copy_file_map
from volio.files.sources.store import Store
from volio.files.stores import open_store
from volio.formats.zarr.metadata import Node, below, read_node
from volio.formats.zarr.search import Found, find_image, root_of
from volio.formats.zarr.voxels import zarr_array
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import (
    FileAxis,
    MicroscopyFacts,
    MicroscopyHeader,
    shown_axes,
    world_affine,
)
from volio.images.spatial import SpatialImage

__all__ = ["OmeZarrHeader", "OmeZarrImage"]

#: Kinds of the axes that ``axes="TCZYX"`` names.
AXIS_KINDS = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


class OmeZarrHeader(MicroscopyHeader):
    """The header of an image in a Zarr store; parameters are those of `MicroscopyHeader`."""


class OmeZarrImage(SpatialImage):
    """An image in a Zarr store: a multiscale of OME-Zarr 0.1 to 0.6, or an array alone.

    Axes are shown as x, y, z, t, c, then others; the affine is in mm. It leads to RAS+ where the
    file names anatomical directions, and to the axes of the microscope otherwise
    (``img.header.anatomical``).

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (x, y, z, t, c, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.

    Examples
    --------
    >>> img = volio.OmeZarrImage(np.zeros((4, 3, 2), np.uint8), np.diag([0.1, 0.1, 0.3, 1]))
    >>> img.header.axes, img.levels == (img,)
    (('x', 'y', 'z'), True)
    """

    header_class = OmeZarrHeader
    header: OmeZarrHeader
    files_types = (("image", ".ozx"),)
    valid_exts = (".ozx", ".ome.zarr", ".zarr", ".zarr.zip")
    ImageArrayProxy: ClassVar[type[LazyArray]] = ChunkedArray
    makeable = False
    rw = False

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        path: str = "",
        level: int = 0,
        axes: str | None = None,
        allow_external: bool = False,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load an image from its folder or zip file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the folder or zip file.
        path : str, optional
            Of a group or an array in it (default: the first multiscale, or the only array).
        level : int, optional
            Of a multiscale, 0 for the finest.
        axes : str, optional
            Letters of the axes of an array that does not name them, in the order of the file:
            ``"TCZYX"``. By default the last one is x.
        allow_external : bool
            Follow links that lead out of the folder.
        mmap, keep_file_open : optional
            Of no use here: chunks are decoded.

        Raises
        ------
        ImageFileError
            If there is no image, or several; the message lists them.
        HeaderError
            If the documents make no sense.
        UsageError
            If there is no such level, or the axes do not fit.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        store = root_of(_store_of(file_map["image"], allow_external))
        found = find_image(store, path)
        count = len(found.multiscale.levels)
        if not 0 <= level < count:
            raise UsageError(f"level: {store.name} has levels 0 to {count - 1}, got {level}")
        opened = _Opened(store, found, axes, level)
        img: Self = opened.image(cls, level)
        img.file_map = copy_file_map(dict(file_map))
        img._opened = opened
        return img

    #: What the image was loaded from; None for one that was made or derived.
    _opened: _Opened | None = None

    @property
    def levels(self) -> tuple[Self, ...]:
        """The image in all its resolutions, this one first, then those that are coarser."""
        opened = self._opened
        if opened is None:
            return (self,)
        coarser = range(opened.level + 1, len(opened.found.multiscale.levels))
        return (self, *[self._at_level(opened, level) for level in coarser])

    def _at_level(self, opened: _Opened, level: int) -> Self:
        img: Self = opened.image(type(self), level)
        img.file_map = copy_file_map(self.file_map)
        return img


def _store_of(holder: FileHolder, allow_external: bool) -> Store:
    opened = getattr(holder, "source", None)
    where = opened or (holder.filename if holder.fileobj is None else holder)
    return open_store(where, allow_external=allow_external)


class _Opened:
    """A store and the image in it, to make images of its levels.

    Parameters
    ----------
    store : Store
    found : Found
    axes : str or None
        Letters of the axes of the user.
    level : int
        That was loaded.
    """

    def __init__(self, store: Store, found: Found, axes: str | None, level: int) -> None:
        self.store = store
        self.found = found
        self.level = level
        node = self._node(level)
        self.file_axes = _file_axes(found, node, axes)
        self.shown = shown_axes(self.file_axes, store.name)

    def image(self, cls: type[Any], level: int) -> Any:
        """Return the image of a level."""
        node = self._node(level)
        stored = zarr_array(self.store, node)
        if stored.ndim != len(self.file_axes):
            raise HeaderDataError(
                f"{self.store.name}/{node.path}: must have {len(self.file_axes)} axes, "
                f"got {stored.ndim}"
            )
        self._check_coarser(level, stored.shape)
        header = cls.header_class(self._facts())
        header.set_data_dtype(stored.dtype)
        view = self.shown.view(stored)
        header.set_data_shape(view.shape)
        affine, _ = self._affine(level)
        if affine is not None:
            header.set_affine(affine)
        header.set_zooms((*header.get_zooms()[:3], *self._later_sizes(level))[: view.ndim])
        with errors_name(self.store):
            return cls(view, affine, header)

    def _check_coarser(self, level: int, shape: tuple[int, ...]) -> None:
        """Refuse a level that has more voxels than the one before."""
        if level == 0:
            return
        before = self._node(level - 1).array
        if before is not None and prod(shape) > prod(before.shape):
            raise HeaderDataError(
                f"{self.store.name}: level {level} of shape {shape} is larger than level "
                f"{level - 1} of shape {before.shape}"
            )

    def _node(self, level: int) -> Node:
        path = self.found.multiscale.levels[level].path
        full = below(self.found.path, path) if path else self.found.path
        node = read_node(self.store, full)
        if node is None or node.array is None:
            raise HeaderDataError(f"{self.store.name}: {full}: there is no array of level {level}")
        return node

    def _facts(self) -> MicroscopyFacts:
        multiscale = self.found.multiscale
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            multiscale.channels,
            multiscale.version,
            self._affine(self.level)[1],
            self.found.attributes,
        )

    def _affine(self, level: int) -> tuple[NDArray[np.float64] | None, bool]:
        matrix = self.found.multiscale.levels[level].matrix
        if matrix is None:
            return None, False
        return world_affine(matrix, self.file_axes, self.shown, self.store.name)

    def _later_sizes(self, level: int) -> list[float]:
        """Return the size of a step along each axis past the third."""
        matrix = self.found.multiscale.levels[level].matrix
        if matrix is None:
            return [1.0] * len(self.shown.axes[3:])
        return [1.0 if axis is None else float(matrix[axis, axis]) for axis in self.shown.axes[3:]]


def _file_axes(found: Found, node: Node, letters: str | None) -> tuple[FileAxis, ...]:
    """Return the axes of an image: as the user, the multiscale or the array names them."""
    assert node.array is not None
    ndim = len(node.array.shape)
    if letters is not None:
        names = letters.lower()
        if len(names) != ndim or len(set(names)) != ndim or not names.isalpha():
            raise UsageError(f"axes: must be {ndim} different letters, got {letters!r}")
        return tuple([FileAxis(name, AXIS_KINDS.get(name, "")) for name in names])
    if found.multiscale.axes:
        return found.multiscale.axes
    named = node.array.dimension_names
    if len(named) == ndim and all(named) and len(set(named)) == ndim:
        return tuple([FileAxis(str(name), AXIS_KINDS.get(str(name).lower(), "")) for name in named])
    # Reversed, the last axis is x: then y, z, t, c, and letters from d on.
    names = "xyztcdefghijklmnopqrsuvwab"[:ndim][::-1]
    return tuple([FileAxis(name, AXIS_KINDS.get(name, "")) for name in names])
