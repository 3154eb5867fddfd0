"""The rotation in an affine: the nearest one, departures from it, and the angle between two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.space.affines import apply_affine, as_floats, check_affine, directions
from volio.space.grids import corners

__all__ = ["affine_difference", "is_sheared", "nearest_rotation", "shears"]


def nearest_rotation(matrix: ArrayLike, tol: float | None = None) -> NDArray[Any]:
    """Orthogonal matrix nearest to a matrix: the orthogonal factor of its polar decomposition.

    Handedness is kept: a matrix with a negative determinant gives a rotation with a reflection.
    Divide an affine's columns by their voxel sizes first (`directions`), or long voxel axes weigh
    more than short ones.

    Parameters
    ----------
    matrix : (M, N) array-like
    tol : float, optional
        Leave out directions whose singular value is not above this; none when left out.

    Returns
    -------
    (M, N) array
        float64, or float32 for a float32 matrix.

    Raises
    ------
    AffineError
        If it is not a finite matrix.

    Notes
    -----
    With the singular value decomposition ``U S V'`` of the matrix the factor is ``U V'``, which is
    nearest in the Frobenius norm (N. Higham, SIAM J. Sci. Stat. Comput. 7, 1160, 1986).
    """
    given = as_floats(matrix)
    if given.ndim != 2 or not np.isfinite(given).all():
        raise AffineError(f"matrix: must be a finite matrix, got {given.tolist()}")
    left, spread, right = np.linalg.svd(given, full_matrices=False)
    keep = spread > tol if tol is not None else np.full(spread.shape, True)
    nearest: NDArray[Any] = left[:, keep] @ right[keep]
    return nearest


def shears(affine: ArrayLike) -> NDArray[np.float64]:
    """Cosines of the angles between voxel axes: 0 0 0 when they are square to each other.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+ mm; any other space and unit gives the same.

    Returns
    -------
    (3,) float64 array
        For the pairs of voxel axes i and j, i and k, j and k.

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    """
    units = directions(check_affine(affine))
    cosines: NDArray[np.float64] = (units.T @ units)[[0, 0, 1], [1, 2, 2]]
    return cosines


def is_sheared(affine: ArrayLike, tolerance: float = 1e-4) -> bool:
    """Whether programs that need orthonormal directions, such as those on ITK, refuse an affine.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+ mm; any other space and unit gives the same.
    tolerance : float, optional
        Largest departure from the identity of any element of ``D D'`` and ``D' D``, where D
        holds the directions of the voxel axes in columns of length 1. ITK's NIfTI reader
        allows 1e-4.

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    """
    units = directions(check_affine(affine))
    departures = np.stack([units @ units.T, units.T @ units]) - np.eye(3)
    return bool(np.abs(departures).max() > tolerance)


def affine_difference(a: ArrayLike, b: ArrayLike, shape: Sequence[int]) -> tuple[float, float]:
    """How far two affines of one grid disagree, such as the sform and qform of a file.

    Parameters
    ----------
    a, b : (4, 4) array-like
        Voxel to RAS+ mm.
    shape : sequence of int
        Voxels along each axis; axes after the third are ignored, and one without voxels counts
        as one of a single voxel.

    Returns
    -------
    degrees : float
        Angle of the rotation between their nearest rotations, from 0 to 180; 180 also when one
        mirrors the other.
    mm : float
        Largest distance between the two places of one voxel of the grid (reached at a corner).

    Raises
    ------
    AffineError
        If `a` or `b` is not an affine.
    """
    first = check_affine(a)
    second = check_affine(b)
    ends = corners(np.eye(4), [max(length, 1) for length in shape])
    steps = apply_affine(first, ends) - apply_affine(second, ends)
    gaps = np.hypot.reduce(steps, axis=1)  # without squares, which huge numbers do not have
    return _angle_between(directions(first), directions(second)), float(gaps.max())


def _angle_between(a: NDArray[Any], b: NDArray[Any]) -> float:
    first = nearest_rotation(a)
    second = nearest_rotation(b)
    if np.linalg.det(first) * np.linalg.det(second) < 0:
        return 180.0
    # For rotations |A - B| = 2 sqrt(2) sin(angle / 2): unlike the trace, exact for small angles.
    sine = float(np.linalg.norm(first - second)) / np.sqrt(8)
    return float(np.degrees(2 * np.arcsin(min(sine, 1.0))))
