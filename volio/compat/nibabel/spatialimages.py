"""Besides the images themselves: nibabel's other ``spatialimages`` names."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from volio.errors import VolioError

__all__ = ["HasDtype", "SpatialProtocol", "supported_np_types"]


class HasDtype(Protocol):
    """An image or header that has a dtype in its file."""

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the dtype."""

    def set_data_dtype(self, dtype: DTypeLike) -> None:
        """Set the dtype."""


class SpatialProtocol(Protocol):
    """What a header is asked for when another is made from it."""

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the dtype in the file."""

    def get_data_shape(self) -> tuple[int, ...]:
        """Return the shape."""

    def get_zooms(self) -> tuple[float, ...]:
        """Return the voxel sizes."""


def supported_np_types(obj: HasDtype) -> set[type[np.generic]]:
    """Return the numeric types that an image or header can be set to; its own stays.

    Parameters
    ----------
    obj : image or header
    """
    before = obj.get_data_dtype()
    supported = set()
    for code in np.typecodes["AllInteger"] + np.typecodes["AllFloat"]:
        try:
            obj.set_data_dtype(np.dtype(code))
        except VolioError:
            continue
        if obj.get_data_dtype() == np.dtype(code):
            supported.add(np.dtype(code).type)
    obj.set_data_dtype(before)
    return supported
