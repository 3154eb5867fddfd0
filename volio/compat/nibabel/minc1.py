"""nibabel's view of MINC1 files: dimensions in the order of the file, time first as well."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.minc.minc1 import Minc1Header, Minc1Image, MincHeader

__all__ = ["Minc1File"]


class Minc1File:
    """A MINC1 file.

    Parameters
    ----------
    mincfile : str, path, bytes, file object, or netcdf_file of scipy or nibabel

    Raises
    ------
    MincError
        If it is not a MINC file, or has irregular spacing.
    """

    def __init__(self, mincfile: Any) -> None:
        self._mincfile = mincfile
        self._header, self._voxels = self._opened(_where(mincfile))

    @staticmethod
    def _opened(where: Any) -> tuple[MincHeader, Any]:
        source = open_source(where)
        header = Minc1Header.from_source(source)
        return header, Minc1Image.voxels_of(header, source)

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the dtype of the voxels, in the byte order of the file."""
        dtype: np.dtype[Any] = self._voxels.on_disk_dtype
        return dtype

    def get_data_shape(self) -> tuple[int, ...]:
        """Return the lengths of the dimensions, in the order of the file."""
        return self._header.stored_shape

    def get_zooms(self) -> tuple[float, ...]:
        """Return the distance between voxels along each dimension, in the order of the file."""
        return tuple(
            abs(self._header.dataset.get(name).number("step", 1.0))
            for name in self._header.image.dims
        )

    def get_affine(self) -> NDArray[np.float64]:
        """Return the affine of the dimensions of space, in the order of the file, shape (4, 4)."""
        return self._header.affine

    def get_scaled_data(self, sliceobj: Any = ()) -> NDArray[Any]:
        """Return the values of a part, in the order of the file; integers as float64."""
        data = np.asanyarray(self._voxels[sliceobj])
        scaled: NDArray[Any] = data if data.dtype.kind == "f" else data.astype(np.float64)
        return scaled


def _where(mincfile: Any) -> Any:
    """Return the bytes of a file of NetCDF, or what is one already."""
    if not hasattr(mincfile, "variables"):
        return mincfile
    opened = getattr(mincfile, "fp", None)
    return FileHolder(fileobj=opened, pos=0) if opened else mincfile.filename
