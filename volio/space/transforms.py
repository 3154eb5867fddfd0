"""Chains of affines: many into one, and the way back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.space.affines import (
    check_affine,
    directions,
    dot_reduce,
    from_matvec,
    to_matvec,
    voxel_sizes,
)

__all__ = ["compose", "invert"]


def compose(*affines: ArrayLike) -> NDArray[np.float64]:
    """Join 4x4 affines into one that applies the last first, as in ``a(b(c(x)))``.

    Parameters
    ----------
    *affines : (4, 4) array-like
        Each from the space and unit that the one after it leads to, such as voxel indices or RAS+
        mm: the result is from that of the last to that of the first.

    Returns
    -------
    (4, 4) float64 array
        The identity when there are none.

    Raises
    ------
    AffineError
        If one of them is not an affine.
    """
    joined: NDArray[np.float64] = dot_reduce(np.eye(4), *map(check_affine, affines))
    return joined


def invert(affine: ArrayLike) -> NDArray[np.float64]:
    """Affine that undoes another, for square (N+1, N+1) matrices.

    Parameters
    ----------
    affine : (N+1, N+1) array-like
        Of voxel indices to RAS+ mm, say: the result is from RAS+ mm to voxel indices.

    Raises
    ------
    AffineError
        If some direction is lost: a voxel axis has no length, or is within the plane or line of
        the others within float64 rounding.
    """
    matrix = np.asarray(affine, np.float64)
    linear, moved = to_matvec(matrix)
    if linear.shape[0] != linear.shape[1] or not np.isfinite(matrix).all():
        raise AffineError(f"affine: must be square and finite to invert, got {matrix.tolist()}")
    back = _inverted_directions(directions(matrix)) / voxel_sizes(matrix)[:, None]
    return from_matvec(back, -back @ moved)


def _inverted_directions(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of a matrix whose columns have length 1."""
    spread = np.linalg.svd(units, compute_uv=False)
    if spread[-1] <= spread[0] * len(units) * np.finfo(np.float64).eps:
        raise AffineError(
            f"affine: cannot be inverted, its voxel axes do not span space: {units.tolist()}"
        )
    return np.asarray(np.linalg.inv(units), np.float64)
