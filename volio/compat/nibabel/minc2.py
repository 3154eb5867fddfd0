"""nibabel's view of MINC2 files: dimensions in the order of the file, time first as well."""

from __future__ import annotations

from typing import Any

from volio.compat.nibabel.minc1 import Minc1File
from volio.files.opener import open_source
from volio.formats.minc.minc1 import MincHeader
from volio.formats.minc.minc2 import Minc2Header, Minc2Image

__all__ = ["Hdf5Bunch", "Minc2File"]


class Hdf5Bunch:
    """The attributes of an HDF5 object, as attributes of this one.

    Parameters
    ----------
    var : h5py.Group or h5py.Dataset
    """

    def __init__(self, var: Any) -> None:
        for name, value in var.attrs.items():
            setattr(self, name, value)


class Minc2File(Minc1File):
    """A MINC2 file.

    Parameters
    ----------
    mincfile : str, path, bytes, file object, or h5py.File on a named file

    Raises
    ------
    MincError
        If it is not a MINC file, or has irregular spacing.
    """

    @staticmethod
    def _opened(where: Any) -> tuple[MincHeader, Any]:
        named = hasattr(where, "id") and hasattr(where, "filename")
        source = open_source(where.filename if named else where)
        header = Minc2Header.from_source(source)
        return header, Minc2Image.voxels_of(header, source)
