"""OpenedZarr: a store and the image in it, its levels and what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import is_colour
from volio.arrays.encodings.colours import ColourRecords
from volio.arrays.lazy import LazyArray
from volio.cached import cached_property
from volio.errors import HeaderDataError
from volio.files.sources.store import Store
from volio.formats.containers.documents import below, field
from volio.formats.zarr.image_label import rows_of_image_label
from volio.formats.zarr.metadata import ArrayMetadata, Node, read_node
from volio.formats.zarr.nifti_header import mm_affine, read_nifti_header, scaling_of_nifti
from volio.formats.zarr.search import Found
from volio.formats.zarr.voxels import ScaledChunks, zarr_array
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import MicroscopyFacts
from volio.images.multiscale import OpenedLevels
from volio.images.named_axes import FileAxis, axes_of_letters, axes_of_names, unnamed_axes

if TYPE_CHECKING:
    from volio.images.label_tables.text_files import Rows

__all__ = ["OpenedZarr"]

LABELS = "labels"  # the group of images of labels


class OpenedZarr(OpenedLevels):
    """A store and the image in it.

    Parameters
    ----------
    store : Store
    found : Found
    letters : str or None
        Of the axes, as the user names them.
    """

    def __init__(self, store: Store, found: Found, letters: str | None) -> None:
        self.store = store
        self.found = found
        # What the NIfTI header of NIfTI-Zarr says of positions and values wins.
        self.nifti = None
        if found.multiscale.axes:
            self.nifti = read_nifti_header(store, found.path, found.attributes)
        axes = _file_axes(found, self._array(0), letters)
        self._samples = self._axis_of_samples(axes)
        kept = [axis for number, axis in enumerate(axes) if number != self._samples]
        super().__init__(store.name, kept, len(found.multiscale.levels))

    def _axis_of_samples(self, axes: Sequence[FileAxis]) -> int | None:
        """Return the axis of red, green and blue, where the NIfTI header says that there is one."""
        has_colours = self.nifti is not None and is_colour(self.nifti.get_data_dtype())
        channels = [number for number, axis in enumerate(axes) if axis.kind == "channel"]
        return channels[0] if has_colours and channels else None

    def stored(self, level: int) -> LazyArray:
        """Return the array of a level, axes in the order of the file."""
        array = zarr_array(self.store, self._node(level))
        return array if self._samples is None else ColourRecords(array, self._samples)

    def values(self, stored: LazyArray) -> LazyArray:
        """Return values, with the slope that a NIfTI header has."""
        scaling = None if self.nifti is None else scaling_of_nifti(self.nifti)
        if scaling is None or not isinstance(stored, ChunkedArray):  # colours have no slope
            return stored
        return ScaledChunks(stored, *scaling)

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        """Return voxel indices of a level to positions; see `OpenedLevels.matrix`."""
        matrix = self.found.multiscale.levels[level].matrix
        if matrix is None or self._samples is None:
            return matrix
        return np.delete(np.delete(matrix, self._samples, axis=0), self._samples, axis=1)

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        """Return what the store says besides shape, dtype and positions."""
        multiscale = self.found.multiscale
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            multiscale.channels if self._samples is None else (),
            multiscale.version,
            anatomical,
            self.found.attributes,
            multiscale.image_label is not None,
            label_images=self._label_images,
            label_source=self._label_source(),
        )

    def _label_source(self) -> Callable[[], Rows | None] | None:
        document = self.found.multiscale.image_label
        return partial(rows_of_image_label, document) if document else None

    @cached_property
    def _label_images(self) -> tuple[str, ...]:
        """Return the paths of images of labels that belong to a multiscale."""
        if not self.found.multiscale.axes:
            return ()
        folder = below(self.found.path, LABELS)
        names = self.store.names(self.found.path)
        node = read_node(self.store, folder) if names is None or LABELS in names else None
        if node is None:
            return ()
        what = f"{self.name}: {folder}"
        ome = field(node.attributes, "ome", dict, what, node.attributes)
        listed = field(ome, "labels", list, what, [])
        return tuple([below(folder, each) for each in listed if isinstance(each, str)])

    def world(self, level: int) -> tuple[NDArray[np.float64] | None, bool]:
        """Return the affine of a level, and whether it leads to RAS+."""
        affine, anatomical = super().world(level)
        finest, _ = super().world(0)
        if self.nifti is None or finest is None or affine is None:
            return affine, anatomical
        to_finest = np.asarray(np.linalg.solve(finest, affine), np.float64)
        return mm_affine(self.nifti, to_finest), True

    def image(self, cls: type[Any], level: int) -> Any:
        """Return the image of a level; errors name the store."""
        with errors_name(self.store):
            return super().image(cls, level)

    def _node(self, level: int) -> Node:
        path = self.found.multiscale.levels[level].path
        full = below(self.found.path, path) if path else self.found.path
        node = read_node(self.store, full)
        if node is None or node.array is None:
            raise HeaderDataError(f"{self.store.name}: {full}: there is no array of level {level}")
        return node

    def _array(self, level: int) -> ArrayMetadata:
        array = self._node(level).array
        assert array is not None
        return array


def _file_axes(found: Found, array: ArrayMetadata, letters: str | None) -> tuple[FileAxis, ...]:
    """Return the axes of an image: as the user, the multiscale or the array names them."""
    ndim = len(array.shape)
    if letters is not None:
        return axes_of_letters(letters, ndim)
    if found.multiscale.axes:
        return found.multiscale.axes
    named = [str(name or "") for name in array.dimension_names]
    if len(named) == ndim and all(named) and len(set(named)) == ndim:
        return axes_of_names(named)
    return unnamed_axes(ndim)
