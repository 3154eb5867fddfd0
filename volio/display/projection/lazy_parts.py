"""Parts of a lazy volume along rays, each read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.geometry import Rays

__all__ = ["in_memory", "parts_around"]

Floats = NDArray[np.float64]

#: Voxels of a part, which is in memory.
PART = 1 << 22


def in_memory(rays: Rays, *ranges: slice) -> Rays:
    """Return the rays in a part of the volume that is read into memory.

    Parameters
    ----------
    rays : Rays
    *ranges : slice
        One per axis, with start and stop; everything by default.
    """
    ranges = ranges or tuple(slice(0, length) for length in rays.volume.shape)
    start = np.array([part.start for part in ranges], np.float64)
    return replace(rays, volume=rays.volume.in_memory(*ranges), origin=rays.origin - start)


def parts_around(
    rays: Rays, depth: Floats, way: float, reach: int
) -> Iterator[tuple[Rays, Floats]]:
    """Yield parts of a volume around points, in memory, and the points in each.

    Parameters
    ----------
    rays : Rays
    depth : ndarray
        Of one point on each ray, mm; NaN for none.
    way : float
        How far before and behind its point a ray is looked at, mm.
    reach : int
        How far to the sides of a ray voxels count.

    Yields
    ------
    rays : Rays
        In the part; those given if the whole volume is in memory.
    depth : ndarray
        Of the points in the part, NaN elsewhere.
    """
    if not rays.volume.lazy:
        yield rays, depth
        return
    shape = rays.volume.shape
    axis = rays.volume.storage_order[0]
    thickness = max(1, PART * shape[axis] // max(1, int(np.prod(shape))))
    margin = ceil(way * abs(rays.direction[axis])) + reach + 1
    slices = np.floor(rays.at(np.nan_to_num(depth))[..., axis]).clip(0, shape[axis] - 1)
    numbers = slices // thickness
    ranges = [slice(0, length) for length in shape]
    for number in np.unique(numbers[np.isfinite(depth)]):
        start = int(number) * thickness
        first = max(0, start - margin)
        ranges[axis] = slice(first, min(start + thickness + margin, shape[axis]))
        yield in_memory(rays, *ranges), np.where(numbers == number, depth, np.nan)
