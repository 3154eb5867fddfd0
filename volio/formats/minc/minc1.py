"""MINC1 images: a NetCDF file.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from typing import Any, Self

from volio.arrays.proxy import ArrayProxy
from volio.files.saving.chunk_layout import announce
from volio.files.sources.source import ByteSource
from volio.formats.containers.netcdf import MAGIC, read_netcdf, write_netcdf
from volio.formats.minc.header import MincError, MincHeader
from volio.formats.minc.saving import MincImage
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget

__all__ = [
    "Minc1Header",
    "Minc1Image",
    "MincError",
    "MincHeader",
    "MincImageArrayProxy",
]


class MincImageArrayProxy(ArrayProxy):
    """The voxels of a MINC1 file; parameters are those of `ArrayProxy`."""


class Minc1Header(MincHeader):
    """The header of a MINC1 image; parameters are those of `MincHeader`."""

    magic = MAGIC

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read all of a file but its voxels.

        Raises
        ------
        HeaderDataError, ImageFileError
            If it makes no sense, or is too short.
        """
        dataset, locations = read_netcdf(source, "image")
        header = cls(dataset)
        voxels, offset = locations["image"]
        header.voxels = voxels, header.dtype.newbyteorder(">"), offset
        return header

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin in a file that is written."""
        return len(write_netcdf(self.dataset, "image")[0])


class Minc1Image(MincImage):
    """A MINC1 image, .mnc.

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
    >>> affine = np.diag([2, 2, 3, 1])
    >>> img = volio.Minc1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine)
    >>> volio.save(img, "scan.mnc")
    >>> loaded = volio.load("scan.mnc")
    >>> loaded.shape, loaded.header.get_zooms(), int(loaded.dataobj[1, 2, 3])
    ((2, 3, 4), (2.0, 2.0, 3.0), 23)
    """

    header_class = Minc1Header
    ImageArrayProxy = MincImageArrayProxy

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        stream = target.streams["image"]
        before, after = write_netcdf(header.dataset, "image")
        announce(stream, len(before), header.dtype.itemsize, header.stored_shape[::-1])
        stream.write(before)
        plan.write(stream, header.dtype.newbyteorder(">"))
        stream.write(after)
