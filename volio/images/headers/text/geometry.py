"""Geometry of text headers: from directions and origin in a file's space to RAS+ mm, and back.

A file states a vector for each voxel axis, in a space whose axes may point the other way than
those of RAS+ (left, posterior) and whose unit need not be the mm. `scale` is both: the millimetres
along x, y and z of RAS+ for one unit along the axes of the file's space.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.space.affines import from_matvec

__all__ = ["LPS", "Matrix", "fitted", "from_ras", "three", "to_ras"]

Matrix = NDArray[np.float64]

#: Scale of left-posterior-superior space in mm, the one of ITK.
LPS = np.array([-1.0, -1.0, 1.0])


def three(numbers: Iterable[float], fill: float = 0.0) -> Matrix:
    """Return the first three numbers, `fill` for those that are missing, shape (3,)."""
    return np.array([*numbers, fill, fill, fill][:3], np.float64)


def fitted(matrix: ArrayLike, size: int) -> Matrix:
    """Return a square matrix of another size, shape (size, size).

    Its first rows and columns are kept; further ones are those of the identity.
    """
    given = np.asarray(matrix, np.float64)
    kept = min(len(given), size)
    found = np.eye(size)
    found[:kept, :kept] = given[:kept, :kept]
    return found


def to_ras(columns: ArrayLike, origin: ArrayLike, scale: ArrayLike) -> Matrix:
    """Return the affine of directions and an origin in a file's space.

    Parameters
    ----------
    columns : array-like, shape (3, 3)
        Step of one voxel along each voxel axis, a column each, in the file's space.
    origin : array-like, shape (3,)
        Centre of the first voxel.
    scale : array-like, shape (3,)
        From the file's space to RAS+ mm.

    Returns
    -------
    ndarray, shape (4, 4)
        Voxel indices to scanner RAS+ mm.
    """
    factors = np.asarray(scale, np.float64)
    linear = factors[:, np.newaxis] * np.asarray(columns, np.float64)
    affine: Matrix = from_matvec(linear, factors * np.asarray(origin, np.float64))
    return affine + 0.0  # no negative zeros


def from_ras(affine: Matrix, scale: ArrayLike) -> tuple[Matrix, Matrix]:
    """Return the directions and the origin of an affine in a file's space; see `to_ras`.

    Returns
    -------
    columns : ndarray, shape (3, 3)
    origin : ndarray, shape (3,)
    """
    local = affine[:3] / np.asarray(scale, np.float64)[:, np.newaxis] + 0.0  # no negative zeros
    return local[:, :3], local[:, 3]
