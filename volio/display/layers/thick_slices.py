"""Thick slices: which slices a slab holds, and one slice of several."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["covered", "flattened", "nearest"]

#: Slices whose centres lie on the surface of a slab are in it, in spite of rounding.
ROUNDING = 1e-6
MODES: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
}


def covered(centre: float, half: float, count: int) -> tuple[int, int] | None:
    """Return the slices whose centres lie in a slab; if there is none, the nearest to its middle.

    Parameters
    ----------
    centre, half : float
        Middle of the slab and half of its thickness, in voxels; centres are at whole numbers.
    count : int
        How many slices there are.

    Returns
    -------
    first, stop : int
        None if the slab holds no slice of the image.
    """
    first, last = ceil(centre - half - ROUNDING), floor(centre + half + ROUNDING)
    if half <= 0 or last < first:
        first = last = round(centre)
    first, last = max(first, 0), min(last, count - 1)
    return (first, last + 1) if first <= last else None


def nearest(centre: float, count: int) -> tuple[int, int]:
    """Return the slice of an image that is nearest to a place, as `covered` does."""
    first = min(max(round(centre), 0), count - 1)
    return first, first + 1


def flattened(
    values: NDArray[Any], axes: tuple[int, ...], mode: str, colours: bool = False
) -> NDArray[Any]:
    """Bring slices together.

    Parameters
    ----------
    values : ndarray
    axes : tuple of int
        Axes that go.
    mode : {"sum", "mean", "max", "min"}
    colours : bool
        Keep the dtype of integers, rounded and clipped: it says what a full channel is.

    Returns
    -------
    ndarray
        A single slice is as it was, whatever the mode.
    """
    if all(values.shape[axis] == 1 for axis in axes):
        return values.squeeze(axes)
    found: NDArray[Any] = MODES[mode](values, axis=axes)
    if colours and values.dtype.kind in "iu":
        limits = np.iinfo(values.dtype)
        found = np.clip(np.rint(found), limits.min, limits.max).astype(values.dtype)
    return found
