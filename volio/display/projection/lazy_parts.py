"""What lies along rays in a lazy volume, part by part of it, each read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.geometry import Rays

__all__ = ["held", "parts"]

Floats = NDArray[np.float64]
PART = 1 << 22  # voxels held in memory


def held(rays: Rays, *ranges: slice) -> Rays:
    """Return the rays in a part of the volume that is held in memory.

    Parameters
    ----------
    rays : Rays
    *ranges : slice
        One per axis, with start and stop; everything by default.
    """
    ranges = ranges or tuple(slice(0, length) for length in rays.block.shape)
    start = np.array([part.start for part in ranges], np.float64)
    return replace(rays, block=rays.block.in_memory(*ranges), origin=rays.origin - start)


def parts(rays: Rays, depth: Floats, way: float, reach: int) -> Iterator[tuple[Rays, Floats]]:
    """Yield parts of a volume in which points lie, held in memory, and the points in each.

    Parameters
    ----------
    rays : Rays
    depth : ndarray
        Of one point on each ray, mm; NaN for none.
    way : float
        How far before and behind its point a ray is looked at, mm.
    reach : int
        How far beside a ray voxels count.

    Yields
    ------
    rays : Rays
        In the part; those given if the whole volume is in memory.
    depth : ndarray
        Of the points in the part, NaN elsewhere.
    """
    if not rays.block.lazy:
        yield rays, depth
        return
    shape, axis = rays.block.shape, rays.block.storage_order[0]
    thick = max(1, PART * shape[axis] // max(1, int(np.prod(shape))))
    margin = ceil(way * abs(rays.direction[axis])) + reach + 1
    place = np.floor(rays.at(np.nan_to_num(depth))[..., axis]).clip(0, shape[axis] - 1) // thick
    ranges = [slice(0, length) for length in shape]
    for number in np.unique(place[np.isfinite(depth)]):
        start, stop = int(number) * thick - margin, (int(number) + 1) * thick + margin
        ranges[axis] = slice(max(0, start), min(stop, shape[axis]))
        yield held(rays, *ranges), np.where(place == number, depth, np.nan)
