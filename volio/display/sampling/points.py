"""Values of a volume at points that lie anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.kernels import NEAREST, checked_interpolation, reach_of, taps
from volio.display.sampling.shown_volume import ShownVolume

__all__ = ["sample_array", "sample_points"]

Take = Callable[[Any, Any, Any], NDArray[Any]]

#: Lazy volumes are read in slabs of about so many voxels.
SLAB = 1 << 22


def sample_points(
    block: ShownVolume, points: NDArray[np.float64], name: str, outside: float | None = np.nan
) -> NDArray[np.float32]:
    """Sample a volume at points.

    Parameters
    ----------
    block : ShownVolume
        Of a lazy one, slabs with points in them are read, one at a time.
    points : ndarray, shape (..., 3)
        In voxels of the block, centres at integers.
    name : str
        Interpolation, not 'custom'.
    outside : float or None
        For points more than half a voxel beyond the outermost centres. None: the nearest voxel.

    Returns
    -------
    ndarray of float32, shape of the points without the last axis, and channels
    """
    checked_interpolation(name, custom=False)
    shape = np.asarray(block.shape)
    flat = points.reshape(-1, 3)
    channels = (block.channels,) if block.channels else ()
    if outside is None:
        result = _sampled(block, np.clip(flat, -0.5, shape - 0.5), name)
    else:
        inside = ((flat >= -0.5) & (flat <= shape - 0.5)).all(axis=1)
        result = np.full((len(flat), *channels), outside, np.float32)
        result[inside] = _sampled(block, flat[inside], name)
    return result.reshape(*points.shape[:-1], *channels)


def _sampled(block: ShownVolume, points: NDArray[np.float64], name: str) -> NDArray[np.float32]:
    """Return the values at points inside of a volume, shape (k, 3)."""
    result = np.empty((len(points), *((block.channels,) if block.channels else ())), np.float32)
    if len(points):
        for chosen, voxels, moved in _parts(block, points, max(1, reach_of(name))):
            result[chosen] = sample_array(voxels, moved, name)
    return result


def _parts(block: ShownVolume, points: NDArray[np.float64], reach: int) -> Any:
    """Yield which points lie in a part of the volume, its voxels, and the points in it."""
    if not block.lazy and not block.channels:
        yield slice(None), block.read(slice(None), slice(None), slice(None)), points
        return
    first = np.floor(points.min(axis=0)).astype(int) - reach
    last = np.ceil(points.max(axis=0)).astype(int) + reach + 1
    box = np.stack([np.maximum(first, 0), np.minimum(last, block.shape)])
    axis = int(np.argmax(np.ptp(points, axis=0)))
    rest = int(np.prod(np.delete(box[1] - box[0], axis)))
    thick = max(2 * reach + 1, SLAB // max(1, rest))
    for start in range(int(box[0, axis]), int(box[1, axis]), thick):
        stop = min(start + thick, int(box[1, axis]))
        at = np.floor(points[:, axis])
        low = -np.inf if start == box[0, axis] else start
        high = np.inf if stop == box[1, axis] else stop
        chosen = (at >= low) & (at < high)
        if chosen.any():
            yield (chosen, *_part(block, points[chosen], box, axis, start, stop, reach))


def _part(
    block: ShownVolume, points: Any, box: Any, axis: int, start: int, stop: int, reach: int
) -> tuple[Any, Any]:
    ranges = [slice(int(low), int(high)) for low, high in box.T]
    ranges[axis] = slice(max(start - reach, 0), min(stop + reach, block.shape[axis]))
    voxels = block.read(*ranges)
    if block.channels:
        voxels = voxels / np.float32(block.brightest)
    return voxels, points - [part.start for part in ranges]


def sample_array(
    voxels: NDArray[Any], points: NDArray[np.float64], name: str
) -> NDArray[np.float32]:
    """Sample an array at points; beyond its ends it goes on as it is there.

    Parameters
    ----------
    voxels : ndarray, shape (n, m, l) or (n, m, l, channels)
    points : ndarray, shape (k, 3)
    name : str
        Interpolation.

    Returns
    -------
    ndarray of float32, shape (k,) or (k, channels)
        A NaN counts only where its weight is not 0.
    """
    if name == NEAREST:
        index = np.floor(points + 0.5).astype(np.intp)
        near = (np.clip(index[:, a], 0, voxels.shape[a] - 1) for a in range(3))
        take, steps = _taker(voxels)
        return np.asarray(take(*(at * step for at, step in zip(near, steps, strict=True))), "f4")
    axes = [taps(points[:, axis], name) for axis in range(3)]
    take, steps = _taker(voxels)
    places = [
        [np.clip(one.first + tap, 0, n - 1) * step for tap in range(len(one.weights))]
        for one, n, step in zip(axes, voxels.shape, steps, strict=False)
    ]
    weights = [one.weights for one in axes]
    shape = len(points), *voxels.shape[3:]
    total = _weighed(take, places, weights, shape)
    if voxels.dtype.kind == "f" and not (finite := np.isfinite(total)).all():
        odd = np.flatnonzero(~finite.reshape(len(points), -1).all(axis=1))
        some = [[one[odd] for one in taken] for taken in places]
        counts = [one[:, odd] for one in weights]
        total[odd] = _weighed(take, some, counts, (len(odd), *shape[1:]), careful=True)
    return total


Indices = Sequence[Sequence[NDArray[np.intp]]]


def _weighed(
    take: Take,
    index: Indices,
    weights: Sequence[NDArray[np.float32]],
    shape: tuple[int, ...],
    careful: bool = False,
) -> NDArray[np.float32]:
    """Add voxels times their weights; where careful, what weighs nothing may be NaN."""
    total = np.zeros(shape, np.float32)
    lift = (slice(None), *[np.newaxis] * (total.ndim - 1))
    for i, wi in zip(index[0], weights[0], strict=True):
        for j, wj in zip(index[1], weights[1], strict=True):
            wij = wi * wj
            for k, wk in zip(index[2], weights[2], strict=True):
                weight = (wij * wk)[lift]
                term = weight * take(i, j, k)
                total += np.where(weight == 0, np.float32(0), term) if careful else term
    return total


def _taker(voxels: NDArray[Any]) -> tuple[Take, tuple[int, ...]]:
    """Return what gives the voxels at three arrays of indices, and the steps these are given in.

    Where memory allows the three add up to one.
    """
    if voxels.ndim != 3 or not (voxels.flags.c_contiguous or voxels.flags.f_contiguous):
        return lambda i, j, k: voxels[i, j, k], (1, 1, 1)
    flat = voxels.reshape(-1, order="C" if voxels.flags.c_contiguous else "F")
    steps = tuple(stride // voxels.itemsize for stride in voxels.strides)
    return lambda i, j, k: flat.take(i + j + k), steps
