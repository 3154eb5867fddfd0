"""Colours from 0 to 1 as bytes, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["from_unit_levels", "to_unit_levels"]


def from_unit_levels(levels: ArrayLike) -> NDArray[np.uint8]:
    """Return colours as bytes from 0 to 255; bytes stay what they are.

    Parameters
    ----------
    levels : array-like
        From 0 to 1; what is beyond is cut off, NaN is 0.
    """
    array = np.asarray(levels)
    if array.dtype == np.uint8:
        return array
    finite = np.nan_to_num(array, nan=0.0, posinf=1.0, neginf=0.0)
    colours: NDArray[np.uint8] = np.rint(np.clip(finite, 0, 1) * 255).astype(np.uint8)
    return colours


def to_unit_levels(colours: ArrayLike) -> NDArray[np.float32]:
    """Return colours in bytes as levels from 0 to 1."""
    return (np.asarray(colours, np.float64) / 255).astype(np.float32)
