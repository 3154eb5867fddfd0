"""Values of a volume at points anywhere between its voxels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.display.sampling.kernels import NEAREST, Taps, checked_interpolation, reach_of, taps
from volio.display.sampling.shown_volume import ShownVolume

__all__ = ["sample_array", "sample_points"]

Points = NDArray[np.float64]
Values = NDArray[np.float32]
#: Indices along an axis, one for each point.
Indices = NDArray[np.intp]
#: Returns the voxels at three arrays of indices, each times the step of its axis.
Take = Callable[[Indices, Indices, Indices], NDArray[Any]]

#: Lazy volumes are read in slabs of about so many voxels.
SLAB = 1 << 22


def sample_points(
    volume: ShownVolume, points: Points, name: str, outside: float | None = np.nan
) -> Values:
    """Sample a volume at points.

    Parameters
    ----------
    volume : ShownVolume
        Of a lazy one, slabs with points in them are read, one at a time.
    points : ndarray, shape (..., 3)
        In voxels of the volume, centres at integers.
    name : str
        Interpolation, not 'custom'.
    outside : float or None
        For points more than half a voxel beyond the outermost centres. None: the nearest voxel.

    Returns
    -------
    ndarray of float32, shape of the points without the last axis, and channels
    """
    checked_interpolation(name, custom=False)
    edges = np.asarray(volume.shape) - 0.5
    flat = points.reshape(-1, 3)
    if outside is None:
        values = _sampled(volume, np.clip(flat, -0.5, edges), name)
    else:
        values = _sampled_inside(volume, flat, edges, name, outside)
    return values.reshape(*points.shape[:-1], *volume.channel_shape)


def _sampled_inside(
    volume: ShownVolume, points: Points, edges: Points, name: str, outside: float
) -> Values:
    """Return the values at points (k, 3), those outside with a value of their own."""
    inside = ((points >= -0.5) & (points <= edges)).all(axis=1)
    if inside.all():
        return _sampled(volume, points, name)
    values = np.full((len(points), *volume.channel_shape), outside, volume.dtype)
    values[inside] = _sampled(volume, points[inside], name)
    return values


def _sampled(volume: ShownVolume, points: Points, name: str) -> Values:
    """Return the values at points inside of a volume, shape (k, 3)."""
    if not (volume.lazy or volume.channels or volume.origin):
        voxels = volume.read(slice(None), slice(None), slice(None))
        return sample_array(voxels, points, name, volume.dtype)
    values = np.empty((len(points), *volume.channel_shape), volume.dtype)
    if len(points):
        for chosen, box in _boxes(points, volume.shape, max(1, reach_of(name))):
            part = volume.in_memory(*box)
            start = [side.start for side in box]
            values[chosen] = sample_array(part.array, points[chosen] - start, name, volume.dtype)
    return values


def _boxes(
    points: Points, shape: Sequence[int], reach: int
) -> Iterator[tuple[NDArray[np.bool_], list[slice]]]:
    """Yield which points are in a slab of a volume, and the box of voxels that they need.

    Parameters
    ----------
    points : ndarray, shape (k, 3)
    shape : (3,) sequence of int
    reach : int
        Voxels beyond the nearest ones that count for a point.
    """
    box = _box_around(points, shape, reach)
    # Slabs are cut across the axis along which the points are spread the farthest.
    axis = int(np.argmax(np.ptp(points, axis=0)))
    voxel = np.floor(points[:, axis])
    for slab in _slabs(box, axis, reach):
        chosen = _within(voxel, slab, box[axis])
        if chosen.any():
            around = slice(max(slab.start - reach, 0), min(slab.stop + reach, shape[axis]))
            yield chosen, [*box[:axis], around, *box[axis + 1 :]]


def _within(voxel: NDArray[np.float64], slab: slice, side: slice) -> NDArray[np.bool_]:
    """Return which points are in a slab of a side of a box.

    Points at the edges are half a voxel outside of the first and the last centre.
    """
    low = -np.inf if slab.start == side.start else slab.start
    high = np.inf if slab.stop == side.stop else slab.stop
    return (voxel >= low) & (voxel < high)


def _box_around(points: Points, shape: Sequence[int], reach: int) -> list[slice]:
    """Return the box of voxels that count for points."""
    first = np.maximum(np.floor(points.min(axis=0)) - reach, 0)
    stop = np.minimum(np.ceil(points.max(axis=0)) + reach + 1, shape)
    return [slice(int(low), int(high)) for low, high in zip(first, stop, strict=True)]


def _slabs(box: Sequence[slice], axis: int, reach: int) -> Iterator[slice]:
    """Yield the ranges of an axis of a box that are read together."""
    area = 1  # voxels of a slab of thickness 1
    for number, other in enumerate(box):
        if number != axis:
            area *= other.stop - other.start
    # Slabs overlap by the reach at both ends: thinner ones would be read several times.
    thickness = max(2 * reach + 1, SLAB // max(1, area))
    side = box[axis]
    for start in range(side.start, side.stop, thickness):
        yield slice(start, min(start + thickness, side.stop))


def sample_array(
    voxels: NDArray[Any], points: Points, name: str, dtype: DTypeLike = np.float32
) -> Values:
    """Sample an array at points; beyond its ends it goes on as it is there.

    Parameters
    ----------
    voxels : ndarray, shape (n, m, l) or (n, m, l, channels)
    points : ndarray, shape (k, 3)
    name : str
        Interpolation.
    dtype : dtype
        Of the values of voxels themselves ("nearest").

    Returns
    -------
    ndarray of float32, shape (k,) or (k, channels)
        A NaN counts only where its weight is not 0.
    """
    take, steps = _taker(voxels)
    if name == NEAREST:
        nearest = np.floor(points + 0.5).astype(np.intp)
        return np.asarray(take(*_positions(nearest, voxels.shape, steps)), dtype)
    along = [taps(points[:, axis], name) for axis in range(3)]
    neighbours = _neighbours(along, voxels.shape, steps)
    shape = (len(points), *voxels.shape[3:])
    values = _weighted_sum(take, neighbours, [axis.weights for axis in along], shape)
    if voxels.dtype.kind == "f":
        _without_idle_nans(values, take, neighbours, along)
    return values


def _positions(
    voxels: NDArray[np.intp], shape: Sequence[int], steps: Sequence[int]
) -> list[Indices]:
    """Return voxels (k, 3) as indices along each axis, times the step of the axis."""
    return [np.clip(voxels[:, axis], 0, shape[axis] - 1) * steps[axis] for axis in range(3)]


def _neighbours(
    along: Sequence[Taps], shape: Sequence[int], steps: Sequence[int]
) -> list[list[Indices]]:
    """Return the positions of all voxels that count, for each axis and each of its taps."""
    found = []
    for axis_taps, length, step in zip(along, shape[:3], steps, strict=True):
        first = axis_taps.first
        n_taps = len(axis_taps.weights)
        # Beyond the grid its last voxel counts.
        found.append([np.clip(first + tap, 0, length - 1) * step for tap in range(n_taps)])
    return found


def _weighted_sum(
    take: Take,
    neighbours: Sequence[Sequence[Indices]],
    weights: Sequence[Values],
    shape: tuple[int, ...],
    skip_idle: bool = False,
) -> Values:
    """Add voxels times their weights.

    Parameters
    ----------
    take : callable
    neighbours : for each axis and each of its taps an array (k,) of positions
    weights : for each axis (taps, k)
    shape : tuple of int
        Of the result.
    skip_idle : bool
        Leave voxels out that weigh nothing: they may be NaN.
    """
    total = np.zeros(shape, np.float32)
    over_channels = (slice(None), *[np.newaxis] * (total.ndim - 1))
    for voxel, weight in _combinations(neighbours, weights):
        term = weight[over_channels] * take(*voxel)
        if skip_idle:
            term[weight == 0] = 0
        total += term
    return total


def _combinations(
    neighbours: Sequence[Sequence[Indices]], weights: Sequence[Values]
) -> Iterator[tuple[tuple[Indices, Indices, Indices], Values]]:
    """Yield every voxel of the taps of three axes, and its weight: the product of theirs."""
    for i, weight_i in zip(neighbours[0], weights[0], strict=True):
        for j, weight_j in zip(neighbours[1], weights[1], strict=True):
            weight_ij = weight_i * weight_j
            for k, weight_k in zip(neighbours[2], weights[2], strict=True):
                yield (i, j, k), weight_ij * weight_k


def _without_idle_nans(
    values: Values, take: Take, neighbours: Sequence[Sequence[Indices]], along: Sequence[Taps]
) -> None:
    """Sample again, in place, where voxels that weigh nothing have made values NaN."""
    finite = np.isfinite(values)
    if finite.all():
        return
    again = np.flatnonzero(~finite.reshape(len(values), -1).all(axis=1))
    positions = [[tap[again] for tap in axis] for axis in neighbours]
    weights = [axis.weights[:, again] for axis in along]
    shape = (len(again), *values.shape[1:])
    values[again] = _weighted_sum(take, positions, weights, shape, skip_idle=True)


def _taker(voxels: NDArray[Any]) -> tuple[Take, tuple[int, ...]]:
    """Return a function that takes voxels at indices, and the steps of the axes.

    Where the array is contiguous, the indices times these steps add up to one flat index.
    """
    is_last_fastest = voxels.flags.c_contiguous
    is_first_fastest = voxels.flags.f_contiguous
    if voxels.ndim != 3 or not (is_last_fastest or is_first_fastest):
        return lambda i, j, k: voxels[i, j, k], (1, 1, 1)
    # A view: the voxels in the order in which they are in memory.
    flat = voxels.reshape(-1, order="C" if is_last_fastest else "F")
    steps = tuple([stride // voxels.itemsize for stride in voxels.strides])
    return lambda i, j, k: flat.take(i + j + k), steps
