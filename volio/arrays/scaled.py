"""StoredArray: lazy values that are stored as others, with a slope and an intercept."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.scaling import Factor

__all__ = ["StoredArray"]


class StoredArray(LazyArray):
    """Values that a file has in a codec of its own: value = stored * slope + inter.

    Attributes
    ----------
    on_disk_dtype : numpy.dtype
        Of the stored values.
    slope, inter : float or ndarray
        Arrays broadcast to the shape.
    """

    on_disk_dtype: np.dtype[Any]
    slope: Factor
    inter: Factor

    @property
    @abstractmethod
    def is_scaled(self) -> bool:
        """Whether slope or intercept change anything."""

    @abstractmethod
    def unscaled(self) -> LazyArray:
        """Return the stored values, lazy."""

    def get_unscaled(self) -> Array:
        """Read all values as they are stored."""
        return self.unscaled().read()
