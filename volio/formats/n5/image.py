"""N5Image: a dataset of N5, in its resolutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.files.filemap import FileHolder
from volio.files.sources.store import Store
from volio.formats.containers.documents import below
from volio.formats.containers.image_stores import image_store
from volio.formats.n5.attributes import ATTRIBUTES
from volio.formats.n5.scales import factors_of, file_axes, level_matrix
from volio.formats.n5.search import N5Level, find_levels
from volio.formats.n5.voxels import n5_array
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader
from volio.images.multiscale import MultiscaleImage, OpenedLevels

__all__ = ["N5Image"]


class N5Image(MultiscaleImage):
    """A dataset of N5, in the resolutions that its group has; read only.

    Axes are shown as x, y, z, t, c, then others: where the attributes name none, the first one of
    the file is x. The affine is in mm and leads to the axes of the microscope, which are not known
    to be RAS+.

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
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("n5")[0].path)
    >>> img.shape, len(img.levels), img.header.unit
    ((17, 14, 11), 2, 'nm')
    """

    header_class = MicroscopyHeader
    header: MicroscopyHeader
    files_types = (("image", ".n5"),)
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
        """Load an image from its folder, zip file or address.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the folder or zip file.
        path : str, optional
            Of a dataset or a group in it (default: the only multiscale, or the only dataset).
        level : int, optional
            Which resolution, 0 for the finest.
        axes : str, optional
            Letters of the axes, the slowest first: ``"CZYX"``. By default as the attributes name
            them; where they name none the last letter is x.
        allow_external : bool
            Take names in documents that lead out of the folder, too.
        mmap, keep_file_open : optional
            Of no use here: blocks are decoded.

        Raises
        ------
        ImageFileError
            If there is no image, or several; the message lists them.
        HeaderError
            If the attributes make no sense, or name a codec that is not read.
        UsageError
            If there is no such level, or the axes do not fit.
        """
        store = image_store(file_map, (ATTRIBUTES, "s0"), allow_external=allow_external)
        with errors_name(store):
            opened = _OpenedN5(store, find_levels(store, path), axes)
            return cls._of_level(opened, level, file_map)


class _OpenedN5(OpenedLevels):
    """A store and the image in it.

    Parameters
    ----------
    store : Store
    levels : tuple of N5Level
        The finest first.
    letters : str or None
        Of the axes, as the user names them.
    """

    def __init__(self, store: Store, levels: tuple[N5Level, ...], letters: str | None) -> None:
        self.store = store
        self.levels = levels
        finest = levels[0]
        ndim = _ndim(finest)
        axes = file_axes(finest.attributes, ndim, letters, self._what(finest))
        super().__init__(store.name, axes, len(levels))

    def _what(self, level: N5Level) -> str:
        return f"{self.store.name}: {below(level.node.path, ATTRIBUTES)}"

    def stored(self, level: int) -> LazyArray:
        return n5_array(self.store, self.levels[level].node)

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        found = self.levels[level]
        what = self._what(found)
        factors = factors_of(found.attributes, found.number, what)
        return level_matrix(found.attributes, factors, _ndim(found), what)

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            anatomical=anatomical,
            metadata=dict(self.levels[0].attributes),
        )


def _ndim(level: N5Level) -> int:
    assert level.node.dataset is not None
    return len(level.node.dataset.shape)
