"""MINC1 volumes, .mnc: NetCDF files.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from volio.formats.minc1.dataset import Dataset, MincError, Variable
from volio.formats.minc1.header import MincHeader
from volio.formats.minc1.image import Minc1Header, Minc1Image, MincImageArrayProxy

__all__ = [
    "Dataset",
    "Minc1Header",
    "Minc1Image",
    "MincError",
    "MincHeader",
    "MincImageArrayProxy",
    "Variable",
]
