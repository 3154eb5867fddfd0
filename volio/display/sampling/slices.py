"""Slices along the axes of the voxels, interpolated in the slice and across it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.kernels import CUSTOM, LINEAR, NEAREST, matrix, reach_of
from volio.display.sampling.plane_grid import PlaneGrid, snapped
from volio.display.sampling.shown_volume import ShownVolume

__all__ = ["Interpolation", "sample_along_axes"]

Floats = NDArray[np.float64]

#: Interpolations that leave voxels as they are.
KEEPING_VOXELS = ("linear", "catrom")


class Interpolation(NamedTuple):
    """The name of an interpolation, and the weights of 'custom'."""

    name: str
    weights: Floats | None = None

    @property
    def between_slices(self) -> str:
        """What is used across the plane, where custom weights do not count."""
        return LINEAR if self.name == CUSTOM else self.name


def sample_along_axes(
    grid: PlaneGrid, axes: tuple[int, int], method: Interpolation, outside: float
) -> NDArray[np.float32]:
    """Sample a plane along two axes of the voxels: only the slices that it is on are read."""
    volume = grid.volume
    across = 3 - sum(axes)  # the third of the axes 0, 1 and 2
    values = np.full((*grid.shape, *volume.channel_shape), outside, volume.dtype)
    position = volume.within_level(across, grid.start[across : across + 1])
    if not _inside(position, volume.shape[across])[0]:
        return values
    indices = [grid.indices(side, axis) for side, axis in enumerate(axes)]
    inside = [_inside(found, volume.shape[axis]) for found, axis in zip(indices, axes, strict=True)]
    if inside[0].any() and inside[1].any():
        kept = [found[is_kept] for found, is_kept in zip(indices, inside, strict=True)]
        values[np.ix_(*inside)] = _interpolated_slices(volume, axes, position, kept, method)
    return values


def _interpolated_slices(
    volume: ShownVolume,
    axes: tuple[int, int],
    position: Floats,
    indices: Sequence[Floats],
    method: Interpolation,
) -> NDArray[np.float32]:
    """Return the weighted sum of the slices that count at a position (1,) across them."""
    across = 3 - sum(axes)
    weights = matrix(snapped(position), volume.shape[across], method.between_slices)[0]
    box = [_needed(indices[side], volume.shape[axes[side]], method) for side in (0, 1)]
    in_box = [along - part.start for along, part in zip(indices, box, strict=True)]
    total: Any = None
    for number in np.flatnonzero(weights):
        values = resampled(_slice(volume, axes, box, int(number)), in_box, method)
        total = _added(total, values, float(weights[number]))
    return np.asarray(total, volume.dtype)


def _needed(indices: Floats, length: int, method: Interpolation) -> slice:
    """Return the range of an axis that counts for indices along it."""
    reach = reach_of(method.between_slices) + 1
    if method.weights is not None:
        reach += max(method.weights.shape)
    start = max(0, floor(float(indices.min())) - reach)
    return slice(start, min(length, ceil(float(indices.max())) + reach + 1))


def _slice(
    volume: ShownVolume, axes: tuple[int, int], box: Sequence[slice], number: int
) -> NDArray[np.float32]:
    """Read a box of a slice along two axes, in their order."""
    across = 3 - sum(axes)
    ranges = [slice(number, number + 1)] * 3
    for axis, part in zip(axes, box, strict=True):
        ranges[axis] = part
    voxels = volume.slab(across, *ranges)[0]
    return voxels if axes[0] < axes[1] else np.swapaxes(voxels, 0, 1)


def _added(total: Any, values: NDArray[np.float32], weight: float) -> Any:
    if weight == 1:
        return values
    return weight * values if total is None else total + weight * values


def _inside(indices: Floats, length: int) -> NDArray[np.bool_]:
    return np.asarray((indices >= -0.5) & (indices <= length - 0.5))


def resampled(
    voxels: NDArray[np.float32], indices: Sequence[Floats], method: Interpolation
) -> NDArray[np.float32]:
    """Return a slice sampled at indices along its two axes.

    Parameters
    ----------
    voxels : ndarray, shape (n, m) or (n, m, channels)
    indices : two ndarray
        Along each axis.
    method : Interpolation

    Returns
    -------
    ndarray of float32, shape (len(indices[0]), len(indices[1])) and channels
        Where a NaN counts, NaN.
    """
    if method.weights is not None:
        voxels = _filtered(voxels, method.weights)
    name = method.between_slices
    if name == NEAREST or (name in KEEPING_VOXELS and _are_on_voxels(indices)):
        rows_and_columns = [_nearest(indices[side], voxels.shape[side]) for side in (0, 1)]
        return voxels[np.ix_(*rows_and_columns)]
    rows = matrix(indices[0], voxels.shape[0], name)
    columns = matrix(indices[1], voxels.shape[1], name)
    return _interpolated(voxels, rows, columns)


def _are_on_voxels(indices: Sequence[Floats]) -> bool:
    return all((along == np.rint(along)).all() for along in indices)


def _nearest(indices: Floats, length: int) -> NDArray[np.intp]:
    return np.asarray(np.clip(np.floor(indices + 0.5), 0, length - 1), np.intp)


def _filtered(voxels: NDArray[np.float32], weights: Floats) -> NDArray[np.float32]:
    """Return a slice in which each voxel is the weighted sum of those around it."""
    from scipy.ndimage import correlate

    window = weights.reshape(*weights.shape, *(1,) * (voxels.ndim - 2))
    return np.asarray(correlate(voxels, window, mode="constant"), np.float32)


def _interpolated(
    voxels: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the weighted sums of a slice; NaN where a voxel counts that is not finite."""
    missing = ~np.isfinite(voxels)
    if not missing.any():
        return _between_matrices(voxels, rows, columns)
    values = _between_matrices(np.where(missing, np.float32(0), voxels), rows, columns)
    counted = _between_matrices(missing.astype(np.float32), np.abs(rows), np.abs(columns))
    return np.where(counted > 0, np.float32(np.nan), values).astype(np.float32, copy=False)


def _between_matrices(
    voxels: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return ``rows @ voxels @ columns.T``, of each channel."""
    if voxels.ndim == 2:
        return np.asarray(rows @ voxels @ columns.T, np.float32)
    channels = [rows @ voxels[..., n] @ columns.T for n in range(voxels.shape[2])]
    return np.stack(channels, axis=-1)
