"""MINC2 volumes, .mnc: HDF5 files.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC2.0_File_Format_Reference
"""

from volio.formats.minc2.image import Minc2Header, Minc2Image
from volio.formats.minc2.voxels import Hdf5Voxels

__all__ = ["Hdf5Voxels", "Minc2Header", "Minc2Image"]
