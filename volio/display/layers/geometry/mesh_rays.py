"""Where a line of sight first meets a mesh."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MeshHit", "first_face"]

#: Shares of corners less than 0 by so much are those of points on an edge.
ON_EDGE = 1e-9


class MeshHit(NamedTuple):
    """Where a line meets a face.

    Parameters
    ----------
    face : int
        Its number.
    weights : float array, shape (3,)
        Shares of its corners; their sum is 1.
    distance : float
        Along the line, in lengths of its direction; may be negative.
    """

    face: int
    weights: NDArray[np.float64]
    distance: float


def first_face(
    vertices: ArrayLike, faces: ArrayLike, point: ArrayLike, direction: ArrayLike
) -> MeshHit | None:
    """Return the first face that a line meets, in its direction; None if there is none.

    Parameters
    ----------
    vertices : array-like, shape (V, 3)
    faces : array-like of int, shape (F, 3)
    point, direction : array-like, shape (3,)
        The line is endless at both ends.

    References
    ----------
    T. Möller, B. Trumbore, Fast, minimum storage ray/triangle intersection, Journal of Graphics
    Tools 2(1), 1997.
    """
    along = np.asarray(direction, np.float64)
    corners = np.asarray(vertices, np.float64)[np.asarray(faces)]
    second, third, distance = _meetings(corners, np.asarray(point, np.float64), along)
    # The shares of the second and third corner, and so that of the first, are not negative
    # within a face. Comparisons with NaN, of faces that are not met, are False.
    is_met = (second >= -ON_EDGE) & (third >= -ON_EDGE) & (second + third <= 1 + ON_EDGE)
    if not is_met.any():
        return None
    face = int(np.argmin(np.where(is_met, distance, np.inf)))
    first = 1 - second[face] - third[face]
    weights = np.array([first, second[face], third[face]])
    return MeshHit(face, weights, float(distance[face]))


def _meetings(
    corners: NDArray[np.float64], point: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return where a line meets the planes of triangles.

    Parameters
    ----------
    corners : array, shape (F, 3, 3)
    point, along : array, shape (3,)

    Returns
    -------
    second, third, distance : array, shape (F,)
        Shares of the second and the third corner, and the distance along the line; NaN where it
        is within the plane.
    """
    start = corners[:, 0]
    one = corners[:, 1] - start  # the edges from the first corner
    other = corners[:, 2] - start
    to_point = point - start
    # to_point + distance * along = second * one + third * other, by Cramer's rule: determinants
    # are triple products of the vectors.
    across = np.cross(along, other)
    turned = np.cross(to_point, one)
    determinant = _dots(one, across)
    inverse = np.full_like(determinant, np.nan)
    np.divide(1, determinant, out=inverse, where=determinant != 0)
    second = _dots(to_point, across) * inverse
    third = turned @ along * inverse
    distance = _dots(other, turned) * inverse
    return second, third, distance


def _dots(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scalar product of each pair of vectors, shape (F,)."""
    products: NDArray[np.float64] = np.einsum("ij,ij->i", one, other)
    return products
