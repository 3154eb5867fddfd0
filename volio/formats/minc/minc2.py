"""MINC2 images: an HDF5 file, read and written with h5py (extra ``minc2``).

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Self

import numpy as np

from volio.arrays.chunked import ChunkedArray
from volio.arrays.converted import ConvertedArray
from volio.arrays.proxy import ArraySpec
from volio.arrays.saving.row_stream import RowStream
from volio.arrays.scaled import ScaledArray
from volio.extras import need
from volio.files.codecs.presets import Compression, Levels, chosen_level
from volio.files.filemap import FileMap
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import Hdf5Chunks, contiguous_offset, open_hdf5
from volio.formats.containers.hdf5_writing import create_hdf5
from volio.formats.minc.hdf5_dataset import IMAGE, read_dataset, write_dataset
from volio.formats.minc.header import MincHeader
from volio.formats.minc.saving import MincImage
from volio.images.saving.outline import VoxelsNeededError
from volio.images.saving.plan import SavePlan

__all__ = ["Minc2Header", "Minc2Image"]

LEVELS = Levels(0, 9, 4, 6, 9)


class Minc2Header(MincHeader):
    """The header of a MINC2 image; parameters are those of `MincHeader`."""

    magic = (b"\x89HDF",)

    #: Shape of the chunks in the file that was read.
    chunks: tuple[int, ...] = ()

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read all of a file but its voxels.

        Raises
        ------
        MissingPackageError
            If h5py is not installed.
        MincError, HeaderDataError, ImageFileError
            If the file is another kind of HDF5, makes no sense, or is damaged.
        """
        with open_hdf5(source) as opened:
            header = cls(read_dataset(opened))
            voxels = opened.file[IMAGE]
            header.chunks = voxels.chunks or (1, *np.maximum(1, voxels.shape[1:]).tolist())
            offset = contiguous_offset(voxels)
            if offset is not None:
                header.voxels = source, ArraySpec(voxels.shape, voxels.dtype, offset)
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
        If the affine is not 4x4 and finite with (0, 0, 0, 1) as its last row.
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
        chunks = Hdf5Chunks(source, IMAGE, header.chunks)
        stored = ChunkedArray(header.stored_shape, header.dtype, header.chunks, chunks)
        slope, inter = header.get_slope_inter()
        return ConvertedArray(source, stored, slope, inter, header.valid_range)

    @classmethod
    def _check_compression(cls, compression: Compression) -> None:
        need("h5py", "minc2")
        chosen_level("HDF5", LEVELS, compression)

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, plan: SavePlan) -> None:
        raise VoxelsNeededError  # called where there are none yet

    def _write_files(
        self,
        streams: Mapping[str, BinaryIO],
        header: Any,
        plan: SavePlan,
        *,
        files: FileMap,
        compression: Compression,
    ) -> None:
        """Write the file; `compression` is a level for its chunks, too."""
        level = chosen_level("HDF5", LEVELS, compression)
        with create_hdf5(streams["image"]) as file:
            stream = RowStream(write_dataset(file, header.dataset, level))
            plan.write(stream, header.dtype)  # type: ignore[arg-type]  # it is only written
            stream.finish()
