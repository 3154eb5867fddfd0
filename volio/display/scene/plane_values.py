"""PlaneValues: what a layer has at the pixels of a plane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.far_numbers import moved

__all__ = ["PlaneValues"]


class PlaneValues(NamedTuple):
    """The values of a layer at the pixels of a plane.

    Attributes
    ----------
    values : ndarray, shape (rows, columns), with colours last if RGB
        Less the origin.
    origin : float
        What was taken away from them, because floats could not tell them apart so far from 0.
    """

    values: NDArray[Any]
    origin: float = 0.0

    @property
    def numbers(self) -> NDArray[Any]:
        """The values themselves, float64 of those that something was taken away from."""
        return self.values.astype(np.float64) + float(self.origin) if self.origin else self.values

    def at(self, row: int, column: int) -> Any:
        """Return the value at a pixel."""
        value = self.values[row, column]
        return moved(self.origin, float(value)) if self.origin else value
