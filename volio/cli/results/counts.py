"""How many voxels of an image have each value: what is in a map of labels."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from volio.arrays.slabs import as_array, iterate_slabs
from volio.errors import ImageDataError

__all__ = ["MOST", "count_values"]

MOST = 1 << 16


def count_values(img: Any, mask: Any = None) -> dict[float, int] | None:
    """Count the voxels of each value.

    Parameters
    ----------
    img : SpatialImage
        Read slab by slab.
    mask : array of bool, optional
        Voxels to count: of the shape of the image, or of its first axes.

    Returns
    -------
    dict or None
        Value to number of voxels, in the order of the values; None if there are more than 65536
        different ones.

    Raises
    ------
    ImageDataError
        If the voxels are complex or have fields (RGB).
    """
    data = as_array(img.dataobj)
    if data.dtype.kind not in "biuf":
        raise ImageDataError(f"voxels of dtype {data.dtype} cannot be counted by value")
    selected = None if mask is None else _spread(mask, data.shape)
    counts: Counter[float] = Counter()
    for slab in iterate_slabs(data):
        values = slab.values if selected is None else slab.values[selected[slab.where]]
        _add_counts(counts, values)
        if len(counts) > MOST:
            return None
    return {value: counts[value] for value in sorted(counts, key=_nan_last)}


def _add_counts(counts: Counter[float], values: Any) -> None:
    """Add how often each value occurs; NaN is one value."""
    found, numbers = np.unique(values, return_counts=True)
    for value, number in zip(found.tolist(), numbers.tolist(), strict=True):
        counts[value if value == value else math.nan] += number


def _nan_last(value: float) -> tuple[bool, float]:
    return value != value, value


def _spread(mask: Any, shape: tuple[int, ...]) -> Any:
    """Return a mask for all volumes."""
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim)), shape)
