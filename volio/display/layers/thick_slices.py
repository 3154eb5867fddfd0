"""Thick slices: the slices in a slab, and one slice of several."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits

__all__ = ["covered", "flattened", "nearest"]

#: Slices whose centres are on the surface of a slab are in it, in spite of rounding.
ROUNDING = 1e-6
MODES: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
}


def covered(centre: float, half: float, count: int) -> tuple[int, int] | None:
    """Return the slices whose centres are in a slab; if there is none, the nearest to its middle.

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
    first = ceil(centre - half - ROUNDING)
    last = floor(centre + half + ROUNDING)
    if half <= 0 or last < first:
        first = last = round(centre)
    start = max(first, 0)
    stop = min(last, count - 1) + 1
    return (start, stop) if start < stop else None


def nearest(centre: float, count: int) -> tuple[int, int]:
    """Return the slice of an image that is nearest to a point, as `covered` does."""
    first = min(max(round(centre), 0), count - 1)
    return first, first + 1


def flattened(
    values: NDArray[Any], axes: tuple[int, ...], mode: str, colours: bool = False
) -> NDArray[Any]:
    """Reduce several slices to one.

    Parameters
    ----------
    values : ndarray
    axes : tuple of int
        Axes that are taken away.
    mode : {"sum", "mean", "max", "min"}
    colours : bool
        Keep the dtype of integers, rounded and clipped: its largest is a full channel.

    Returns
    -------
    ndarray
        A single slice is as it was, whatever the mode.
    """
    if all(values.shape[axis] == 1 for axis in axes):
        return values.squeeze(axes)
    reduced: NDArray[Any] = MODES[mode](values, axis=axes)
    if not colours or values.dtype.kind not in "iu":
        return reduced
    low, high = integer_limits(values.dtype)
    rounded: NDArray[Any] = np.clip(np.rint(reduced), low, high).astype(values.dtype)
    return rounded
