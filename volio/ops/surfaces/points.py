"""Sampling volumes at scattered points: nearest voxel, or linear between voxels."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import holds_exactly, native

__all__ = ["PointSampler"]

#: Of a voxel: what is this near to the edge of a voxel is on it.
ON_EDGE = 1e-6
#: Voxels that are NaN or infinite spoil the samples in which they weigh more.
LEAST_WEIGHT = 1e-6

Array = NDArray[Any]
Indices = tuple[NDArray[np.intp], ...]


class PointSampler:
    """Samples volumes of one grid at points; a voxel reaches half a voxel around its centre.

    Between the centres of the outermost voxels and their edges the values of these voxels hold.

    Parameters
    ----------
    voxels : array, shape (..., 3)
        Voxel indices of the points; a point that is NaN is outside.
    shape : tuple of int
        Of the volumes, three axes.
    is_linear : bool
        Whether between voxels; else the value of the nearest one.
    outside : number
        Value of points outside.
    """

    def __init__(
        self, voxels: NDArray[np.float64], shape: tuple[int, ...], is_linear: bool, outside: float
    ) -> None:
        lengths = np.array(shape)
        # The lower edge of a voxel belongs to it, and the upper one to the next.
        first_edge = -0.5 - ON_EDGE
        is_inside = (voxels >= first_edge) & (voxels < lengths + first_edge)
        #: Which points are within the volume, shape (...).
        self.inside: NDArray[np.bool_] = np.asarray(is_inside.all(axis=-1))
        self.is_linear = is_linear
        self.outside = outside
        within = voxels[self.inside]
        if is_linear:
            self._corners = _corners_of_cells(np.clip(within, 0, lengths - 1), lengths)
        else:
            self._nearest: Indices = tuple(np.floor(within - first_edge).astype(np.intp).T)

    def dtype(self, voxels: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of samples of voxels of a dtype.

        That of the voxels for the nearest ones, if it holds the value outside; else float64, or
        complex128.
        """
        if not self.is_linear and holds_exactly(np.array(self.outside), voxels):
            return native(voxels)
        return np.dtype(np.complex128 if voxels.kind == "c" else np.float64)

    def values(self, volume: Array) -> Array:
        """Return the samples of a volume of three axes, shape (...)."""
        out = np.full(self.inside.shape, self.outside, self.dtype(volume.dtype))
        if self.is_linear:
            out[self.inside] = self._between(volume, out.dtype)
        else:
            out[self.inside] = volume[self._nearest]
        return out

    def _between(self, volume: Array, dtype: np.dtype[Any]) -> Array:
        """Return the samples of the points inside, between voxels."""
        total = np.zeros(int(np.count_nonzero(self.inside)), dtype)
        for corner, weights in self._corners:
            values = volume[corner].astype(dtype)
            has_no_say = ~np.isfinite(values) & (weights <= LEAST_WEIGHT)
            values[has_no_say] = 0
            total += weights * values
        return total


def _corners_of_cells(
    points: NDArray[np.float64], lengths: NDArray[np.intp]
) -> list[tuple[Indices, NDArray[np.float64]]]:
    """Return the voxels at the eight corners around points, and how much each of them weighs.

    Parameters
    ----------
    points : array, shape (n, 3)
        Voxel indices, from 0 to the last voxel of each axis.
    lengths : array, shape (3,)
        Of the axes.
    """
    # The last cell of an axis ends at its last voxel; an axis of one voxel has none.
    lower = np.minimum(np.floor(points).astype(np.intp), np.maximum(lengths - 2, 0))
    share = points - lower
    corners = []
    for step in product((0, 1), repeat=3):
        if (np.array(step) >= lengths).any():
            continue
        weights = np.where(step, share, 1 - share).prod(axis=1)
        corners.append((tuple((lower + step).T), weights))
    return corners
