"""PrecomputedImage: a precomputed volume of Neuroglancer, in its scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.files.filemap import FileHolder
from volio.files.sources.store import Store
from volio.formats.containers.image_stores import image_store
from volio.formats.precomputed.info import INFO, Info, read_info
from volio.formats.precomputed.segment_names import SegmentNames
from volio.formats.precomputed.voxels import precomputed_array
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.named_axes import FileAxis

__all__ = ["PrecomputedImage"]

IN_SPACE = tuple([FileAxis(name, "space", "nanometer") for name in "zyx"])
CHANNEL = FileAxis("c", "channel")


class PrecomputedImage(MultiscaleImage):
    """A precomputed volume of Neuroglancer, in its scales; read only.

    Axes are x, y, z, and for several channels t (of length 1) and c. The affine is in mm and leads
    to the axes of the volume, which are not known to be RAS+: the voxel at ``voxel_offset`` covers
    a whole step from there, so its centre is half a voxel further.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (x, y, z, t, c); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("precomputed")[0].path)
    >>> img.shape, len(img.levels), img.header.unit
    ((21, 18, 13), 2, 'nanometer')
    """

    header_class = MicroscopyHeader
    header: MicroscopyHeader
    files_types = (("image", ".precomputed"),)
    makeable = False
    rw = False

    @classmethod
    def from_file_map(
        cls,
        file_map: Mapping[str, FileHolder],
        *,
        level: int = 0,
        allow_external: bool = False,
        mmap: bool | str | None = None,
        keep_file_open: bool | None = None,
    ) -> Self:
        """Load a volume from its folder, zip file or address.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the folder or zip file.
        level : int, optional
            Which scale, 0 for the finest.
        allow_external : bool
            Take names in documents that lead out of the folder, too.
        mmap, keep_file_open : optional
            Of no use here: chunks are decoded.

        Raises
        ------
        ImageFileError
            If there is no document ``info`` of a volume.
        HeaderError
            If it makes no sense, or names an encoding that is not read.
        UsageError
            If there is no such level.
        """
        store = image_store(file_map, (INFO,), allow_external=allow_external)
        return cls._of_level(_OpenedPrecomputed(store, read_info(store)), level, file_map)


class _OpenedPrecomputed(OpenedLevels):
    """A store and the document of its volume."""

    def __init__(self, store: Store, info: Info) -> None:
        axes = (CHANNEL, *IN_SPACE) if info.channels > 1 else IN_SPACE
        super().__init__(store.name, axes, len(info.scales))
        self.store = store
        self.info = info

    def stored(self, level: int) -> LazyArray:
        return precomputed_array(self.store, self.info, self.info.scales[level])

    def matrix(self, level: int) -> NDArray[np.float64]:
        scale = self.info.scales[level]
        sizes = np.array(scale.resolution[::-1])
        # Voxel i covers offset + i to offset + i + 1, of which the centre is half a voxel on.
        centre = (np.array(scale.offset[::-1]) + 0.5) * sizes
        matrix = np.eye(len(self.file_axes) + 1)
        matrix[-4:-1, -4:-1] = np.diag(sizes)
        matrix[-4:-1, -1] = centre
        return matrix

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            anatomical=anatomical,
            metadata=self.info.document,
            is_labels=self.info.is_segmentation,
            label_source=self._label_source(),
        )

    def _label_source(self) -> SegmentNames | None:
        """Return where the names of segments are; None where the volume names no place."""
        folder = self.info.document.get("segment_properties")
        return SegmentNames(self.store, folder) if isinstance(folder, str) and folder else None
