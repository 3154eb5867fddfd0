"""Parts of a lazy volume along rays, each read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, prod

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
    axis = rays.volume.storage_order[0]
    thickness = _thickness(rays.volume.shape, axis)
    margin = ceil(way * abs(rays.direction[axis])) + reach + 1
    numbers = _slices(rays, depth, axis) // thickness
    for number in np.unique(numbers[np.isfinite(depth)]):
        start = int(number) * thickness
        ranges = _ranges(rays.volume.shape, axis, start - margin, start + thickness + margin)
        yield in_memory(rays, *ranges), np.where(numbers == number, depth, np.nan)


def _thickness(shape: tuple[int, int, int], axis: int) -> int:
    """Return the slices of a part."""
    return max(1, PART * shape[axis] // max(1, prod(shape)))


def _slices(rays: Rays, depth: Floats, axis: int) -> Floats:
    """Return the slices across an axis that the points at depths are in."""
    indices = rays.at(np.nan_to_num(depth))[..., axis]
    slices: Floats = np.floor(indices).clip(0, rays.volume.shape[axis] - 1)
    return slices


def _ranges(shape: tuple[int, int, int], axis: int, start: int, stop: int) -> list[slice]:
    """Return the box of a volume between two slices, as far as there are some."""
    ranges = [slice(0, length) for length in shape]
    ranges[axis] = slice(max(0, start), min(stop, shape[axis]))
    return ranges
