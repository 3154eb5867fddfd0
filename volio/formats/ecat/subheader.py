"""The sub-headers of an ECAT7 file, one before each frame, and the voxels after them."""

from __future__ import annotations

from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Array, Floats
from volio.errors import ImageDataError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.ecat.fields import BLOCK, SUBHEADER, flipped_axes
from volio.formats.ecat.frames import frame_affine, frame_shape, typed_voxel_sizes
from volio.formats.ecat.header import EcatHeader
from volio.images.headers.shape_checks import Shape, Sizes

__all__ = ["EcatSubHeader", "read_subheaders"]


def read_subheaders(
    fileobj: BinaryIO | ByteSource, mlist: ArrayLike, endianness: str
) -> list[Array]:
    """Return the sub-header of each row of a directory, up to one without a block.

    Parameters
    ----------
    fileobj : binary file object or ByteSource
    mlist : array-like, shape (frames, 4)
        Rows as `EcatImage.get_mlist` returns them.
    endianness : {'<', '>'}
    """
    source = _source(fileobj)
    dtype = SUBHEADER.newbyteorder(endianness)  # type: ignore[arg-type]  # one of them
    found = []
    for start in np.asarray(mlist)[:, 1].astype(int).tolist():
        if start == 0:
            break
        block = source.read((start - 1) * BLOCK, SUBHEADER.itemsize)
        found.append(np.ndarray((), dtype, block))
    return found


def _source(fileobj: BinaryIO | ByteSource) -> ByteSource:
    """Return the bytes of a file from its beginning, wherever the file object stands."""
    return open_source(FileHolder(fileobj=fileobj))


class EcatSubHeader:
    """The sub-headers of a file, and the voxels after them.

    Parameters
    ----------
    hdr : EcatHeader
        The main header; its sub-headers are read from the file where it has none.
    mlist : array-like, shape (frames, 4)
        Rows as `EcatImage.get_mlist` returns them.
    fileobj : binary file object, ByteSource or None
        None for an image that is not in a file.

    Attributes
    ----------
    subheaders : list of records
        In the order of `mlist`.
    """

    def __init__(
        self, hdr: EcatHeader, mlist: ArrayLike, fileobj: BinaryIO | ByteSource | None
    ) -> None:
        self._header = hdr
        self._mlist = np.asarray(mlist)
        self.fileobj = fileobj
        self.endianness = hdr.endianness
        self.subheaders: list[Any] = list(hdr.frames)
        self._all = hdr
        if fileobj is not None and not self.subheaders:
            self.subheaders = read_subheaders(fileobj, self._mlist, hdr.endianness)
            self._all = EcatHeader.from_source(_source(fileobj))

    def get_shape(self, frame: int = 0) -> Shape:
        """Return the shape of a frame."""
        return frame_shape(self.subheaders[frame])

    def get_nframes(self) -> int:
        """Return the number of frames."""
        return int(np.count_nonzero(self._mlist[:, 0] > 0))

    def get_frame_affine(self, frame: int = 0) -> Floats:
        """Return the affine of a frame, voxels to RAS+ mm, shape (4, 4)."""
        return frame_affine(self.subheaders[frame])

    def get_zooms(self, frame: int = 0) -> Sizes:
        """Return the sizes of a voxel of a frame, mm, and 1."""
        return (*typed_voxel_sizes(self.subheaders[frame]), 1)

    def raw_data_from_fileobj(self, frame: int = 0, orientation: str | None = None) -> Array:
        """Read stored voxels of a frame, shape (x, y, z).

        Parameters
        ----------
        frame : int
        orientation : {None, 'neurological', 'radiological'}
            How axes are flipped; None for the orientation of the main header.

        Raises
        ------
        ImageDataError
            If there is no file.
        """
        if self.fileobj is None:
            raise ImageDataError("the image is not in a file: img.get_frame has its values")
        dtype = self._all.dtype
        shape = self.get_shape(frame)
        # The voxels follow the block of the sub-header, which is counted from 1.
        start = int(self._mlist[frame, 1]) * BLOCK
        data = _source(self.fileobj).read(start, prod(shape) * dtype.itemsize)
        voxels: Array = np.ndarray(shape, dtype, data, order="F")
        code = int(self._header["patient_orientation"])
        return np.flip(voxels, flipped_axes(code if orientation is None else orientation))

    def data_from_fileobj(self, frame: int = 0, orientation: str | None = None) -> Array:
        """Read the values of a frame, shape (x, y, z); see `raw_data_from_fileobj`."""
        raw = self.raw_data_from_fileobj(frame, orientation)
        scale = float(self.subheaders[frame]["scale_factor"])
        values: Array = raw * float(self._header["ecat_calibration_factor"]) * scale
        return values
