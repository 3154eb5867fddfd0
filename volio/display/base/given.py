"""The types of what is given to be shown: images, surfaces and tracts, loaded or by their paths."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, TypeAlias

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from volio.images.dataobj import DataobjImage
    from volio.surfaces.surface import Surface
    from volio.tracts.tractogram import Tractogram

__all__ = ["AnyImage", "AnySurface", "AnyTracts"]

#: An image of any kind that has an array, an array itself, or the path of an image.
AnyImage: TypeAlias = "DataobjImage | ArrayLike | str | PathLike[str]"
AnySurface: TypeAlias = "Surface | str | PathLike[str]"
AnyTracts: TypeAlias = "Tractogram | str | PathLike[str]"
