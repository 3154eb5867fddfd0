"""Many points through one affine, in place and in the cache of the processor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["move_points"]

#: Points in a row of a tile: numbers of a factor and a shift for each of their coordinates.
WIDE = 1024
#: Points that are multiplied at once: they stay in the cache, and one thread does it.
AT_ONCE = 16 * WIDE
#: Points in a row of a matrix product: rows of 12 numbers are faster than of 3.
JOINED = 4


def move_points(points: NDArray[Any], affine: ArrayLike) -> NDArray[Any]:
    """Move points by an affine, in place.

    Parameters
    ----------
    points : array of float32 or float64, shape (n, 3)
        C-contiguous; changed. What is NaN or infinite makes only its own point so.
    affine : array-like, shape (4, 4)

    Returns
    -------
    array
        The points.
    """
    matrix = np.asarray(affine, np.float64)
    linear = matrix[:3, :3]
    if np.array_equal(linear, np.diag(np.diag(linear))):
        if not np.array_equal(matrix, np.eye(4)):
            _scale(points, np.diag(linear), matrix[:3, 3])
        return points
    joined = np.kron(np.eye(JOINED), linear.T).astype(points.dtype)
    shift = np.tile(matrix[:3, 3], JOINED).astype(points.dtype)
    for first in range(0, len(points), AT_ONCE):
        _multiply(points[first : first + AT_ONCE], joined, shift)
    return points


def _scale(points: NDArray[Any], factors: NDArray[Any], shift: NDArray[Any]) -> None:
    """Multiply each axis and add to it, in tiles of `WIDE` points."""
    factors = factors.astype(points.dtype)
    shift = shift.astype(points.dtype)
    tiled = len(points) // WIDE * WIDE
    tiles = points[:tiled].reshape(-1, 3 * WIDE)
    long_factors = np.tile(factors, WIDE)
    long_shift = np.tile(shift, WIDE)
    for first in range(0, len(tiles), AT_ONCE // WIDE):
        tile = tiles[first : first + AT_ONCE // WIDE]
        np.multiply(tile, long_factors, out=tile)
        np.add(tile, long_shift, out=tile)
    rest = points[tiled:]
    rest *= factors
    rest += shift


def _multiply(points: NDArray[Any], joined: NDArray[Any], shift: NDArray[Any]) -> None:
    """Multiply points with a matrix that has the same block `JOINED` times on its diagonal."""
    whole = len(points) // JOINED * JOINED
    rows = points[:whole].reshape(-1, 3 * JOINED)
    rest = points[whole:]
    with np.errstate(invalid="ignore", over="ignore"):
        moved = np.dot(rows, joined)
        if not np.isfinite(moved.sum()):
            # 0 times infinity is NaN: points that share a row would spoil each other.
            moved = np.einsum("ij,jk->ik", points[:whole], joined[:3, :3]).reshape(rows.shape)
        np.add(moved, shift, out=rows)
        rest[...] = np.einsum("ij,jk->ik", rest, joined[:3, :3]) + shift[:3]
