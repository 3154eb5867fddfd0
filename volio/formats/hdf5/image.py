"""Hdf5Image: a data set of HDF5, or the volumes of Imaris and BigDataViewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.errors import FileHolderError
from volio.extras import need
from volio.files.codecs.presets import chosen_level
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.containers.hdf5.file import open_hdf5
from volio.formats.hdf5.contents import Hdf5Contents
from volio.formats.hdf5.links import LinkedFiles, follow_links
from volio.formats.hdf5.search import Wanted, read_contents
from volio.formats.hdf5.writing import LEVELS, write_dataset
from volio.images.headers.error_context import errors_name
from volio.images.headers.metadata import Metadata
from volio.images.microscopy import MicroscopyFacts, MicroscopyHeader
from volio.images.multiscale import MultiscaleImage, OpenedLevels
from volio.images.saving.axis_order import in_file_order
from volio.images.saving.plan import SavePlan, plan_save
from volio.images.saving.target import SaveTarget

__all__ = ["Hdf5Header", "Hdf5Image"]


class Hdf5Header(MicroscopyHeader):
    """The header of an image in an HDF5 file: axes, unit, channels, shape, dtype and affine.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the file says (default: axes x, y, z of an image in RAS+).

    Examples
    --------
    >>> img = volio.Hdf5Image(np.zeros((4, 3, 2), np.uint8), np.diag([0.1, 0.1, 0.3, 1]))
    >>> img.header.axes, img.header.anatomical, img.header.get_zooms()
    (('x', 'y', 'z'), True, (0.1, 0.1, 0.3))
    """

    def set_metadata(self, metadata: Metadata) -> None:
        """Store what the file holds of another header's metadata; whether values are labels too."""
        super().set_metadata(metadata)
        is_labels = {intent.name for intent in metadata.intents} == {"label"}
        self.facts = replace(self.facts, is_labels=is_labels)


class Hdf5Image(MultiscaleImage):
    """A data set of HDF5, or the volumes of a file of Imaris or BigDataViewer.

    Axes are shown as x, y, z, t, c, then others: where the file names none, its last one is x. The
    affine is in mm; it is None where the file says nothing of sizes. It leads to RAS+ in files that
    volio wrote of such images, and to the axes of the microscope otherwise
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
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> img = volio.load(samples_of("hdf5")[1].path)
    >>> img.shape, len(img.levels), img.header.unit, img.header.channel_names
    ((17, 14, 11), 2, 'um', ('GFP',))
    >>> img.to_filename("cells.h5")
    >>> volio.load("cells.h5").get_data_dtype()
    dtype('uint16')
    """

    header_class = Hdf5Header
    header: Hdf5Header
    files_types = (("image", ".h5"),)
    valid_exts = (".h5", ".hdf5", ".ims")

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
            Read links and parts of virtual data sets in files outside the folder of the file.
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
            files = LinkedFiles(holder.filename, allow_external)
            source, path = follow_links(source, path, files)
            with open_hdf5(source) as opened:
                contents = read_contents(opened, Wanted(path, axes, files))
            return cls._of_level(_OpenedHdf5(source.name, contents), level, file_map)

    # Writing.

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
        compression: str | int | None = None,
    ) -> None:
        """Save the image as one data set, "data", replacing what is there in one step.

        The voxels are read once, from the first to the last, and a slab of them is in memory. Axes
        and sizes are written as ilastik and ImageJ read them (``axistags``, ``element_size_um``);
        the affine, channels and whether values are labels in an attribute ``volio``.

        Parameters
        ----------
        file_map : mapping, optional
            Files to write (default: those of the image).
        dtype : dtype-like, 'exact' or 'smallest', optional
            As for `SlabImage.to_file_map`.
        compression : {"fast", "balanced", "small"} or int, optional
            Of chunks: a preset (default: "fast"), or a level of deflate, 0 for none.

        Raises
        ------
        MissingPackageError
            If h5py is not installed.
        SaveError, HeaderError
            If the format cannot hold the image; before anything is written.

        Warns
        -----
        PrecisionWarning
            If values had to be rounded; the message states the largest error.
        """
        before = self._dataobj
        super().to_file_map(file_map, dtype, compression)
        if self._dataobj is not before:  # read from the new file
            self._opened = None

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        wanted = self._dtype_wanted if request is None else request
        voxels = in_file_order(self._data_to_save())
        return plan_save(voxels, header, wanted, implied=header.dtype_is_implied)

    @classmethod
    def _check_compression(cls, compression: str | int | None) -> None:
        need("h5py", "hdf5")
        chosen_level("HDF5", LEVELS, compression)

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        level = chosen_level("HDF5", LEVELS, target.compression)
        write_dataset(target.streams["image"], header, plan, level, self.shape)


class _OpenedHdf5(OpenedLevels):
    """The contents of a file."""

    def __init__(self, name: str, contents: Hdf5Contents) -> None:
        super().__init__(name, contents.axes, len(contents.arrays))
        self.contents = contents

    def stored(self, level: int) -> LazyArray:
        return self.contents.arrays[level]

    def matrix(self, level: int) -> NDArray[np.float64] | None:
        return self.contents.matrices[level]

    def world(self, level: int) -> tuple[NDArray[np.float64] | None, bool]:
        own = self.contents.own
        return super().world(level) if own is None else (own.affine, own.anatomical)

    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        return MicroscopyFacts(
            self.shown.names,
            self.file_axes,
            self.contents.channels,
            anatomical=anatomical,
            metadata=self.contents.attributes,
            is_labels=self.contents.own is not None and self.contents.own.is_labels,
        )
