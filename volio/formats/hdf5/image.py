"""Hdf5Image: a data set of HDF5, or the volumes of Imaris and BigDataViewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.errors import FileHolderError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.containers.hdf5 import open_hdf5
from volio.formats.hdf5.contents import Hdf5Contents
from volio.formats.hdf5.links import LinkedFiles, follow_links
from volio.formats.hdf5.search import read_contents
from volio.images.headers.error_context import errors_name
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader
from volio.images.multiscale import MultiscaleImage, OpenedLevels

__all__ = ["Hdf5Image"]


class Hdf5Image(MultiscaleImage):
    """A data set of HDF5, or the volumes of a file of Imaris or BigDataViewer.

    Axes are shown as x, y, z, t, c, then others: where the file names none, its last one is x. The
    affine is in mm and leads to the axes of the microscope, which are not known to be RAS+; it is
    None where the file says nothing of sizes.

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
    >>> img = volio.load(samples_of("hdf5")[1].path)
    >>> img.shape, len(img.levels), img.header.unit, img.header.channel_names
    ((17, 14, 11), 2, 'um', ('GFP',))
    """

    header_class = MicroscopyHeader
    header: MicroscopyHeader
    files_types = (("image", ".h5"),)
    valid_exts = (".h5", ".hdf5", ".ims")
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
        """Load an image from its file; voxels are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
            'image' to the `FileHolder` of the file.
        path : str, optional
            Of a data set or a group in it; of a file of BigDataViewer a setup, ``"s00"`` (default:
            the only data set).
        level : int, optional
            Of Imaris and BigDataViewer, 0 for the finest.
        axes : str, optional
            Letters of the axes of a data set, in the order of the file: ``"TCZYX"``. By default as
            the file names them; where it names none the last one is x.
        allow_external : bool
            Follow links to files outside the folder of the file.
        mmap, keep_file_open : optional
            Of no use here: chunks are decoded.

        Raises
        ------
        MissingPackageError
            If h5py is not installed.
        ImageFileError
            If there is no image, or several; the message lists them.
        HeaderError
            If attributes make no sense, or voxels need a filter that is not there.
        UsageError
            If there is no such level, or the axes do not fit.
        """
        if "image" not in file_map:
            raise FileHolderError(f"file_map: has no 'image', only {sorted(file_map)}")
        holder = file_map["image"]
        source = open_source(holder)
        with errors_name(source):
            folder = LinkedFiles(holder.filename, allow_external)
            source, path = follow_links(source, path, folder)
            with open_hdf5(source) as opened:
                contents = read_contents(opened, path, axes)
            return cls._of_level(_OpenedHdf5(source.name, contents), level, file_map)


class _OpenedHdf5(OpenedLevels):
    """The contents of a file."""

    def __init__(self, name: str, contents: Hdf5Contents) -> None:
        super().__init__(name, contents.axes, len(contents.arrays))
        self.contents = contents

    def stored(self, level: int) -> LazyArray:
        return self.contents.arrays[level]

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        return self.contents.matrices[level]

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            self.contents.channels,
            anatomical=anatomical,
            metadata=self.contents.attributes,
        )
