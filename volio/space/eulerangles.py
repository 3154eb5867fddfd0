"""Rotations as three angles about fixed axes: first z, then y, then x.

The matrix is ``Rx(x) @ Ry(y) @ Rz(z)`` for column vectors, all angles in radians, anticlockwise
seen from the tip of the axis. At y = +-90 degrees x and z turn about the same line ("gimbal
lock"): only their sum or difference is known, and x is taken as 0.
"""

from __future__ import annotations

from math import atan2, hypot
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.space.affines import dot_reduce
from volio.space.quaternions import (
    angle_axis2mat,
    angle_axis2quat,
    mult,
    precision,
    quat2angle_axis,
    quat2mat,
)

__all__ = [
    "angle_axis2euler",
    "euler2angle_axis",
    "euler2mat",
    "euler2quat",
    "mat2euler",
    "quat2euler",
]

X, Y, Z = np.eye(3)


def euler2mat(z: float = 0, y: float = 0, x: float = 0) -> NDArray[np.float64]:
    """Rotation matrix of three angles.

    Returns
    -------
    (3, 3) float64 array
    """
    matrix: NDArray[np.float64] = dot_reduce(
        angle_axis2mat(x, X, True), angle_axis2mat(y, Y, True), angle_axis2mat(z, Z, True)
    )
    return matrix


def mat2euler(M: ArrayLike, cy_thresh: float | None = None) -> tuple[float, float, float]:
    """Angles of a rotation matrix.

    Parameters
    ----------
    M : (3, 3) array-like
    cy_thresh : float, optional
        A cosine of y up to this counts as gimbal lock; four times the precision of the dtype of
        `M` by default.

    Returns
    -------
    z, y, x : float
        Radians; y from -pi/2 to pi/2.

    Raises
    ------
    AffineError
        If `M` is not 3x3.
    """
    given = np.asarray(M)
    if given.shape != (3, 3):
        raise AffineError(f"M: must be a 3x3 matrix, got shape {given.shape}")
    (xx, xy, xz), (yx, yy, yz), (_, _, zz) = given.tolist()
    cosine_y = hypot(yz, zz)
    y = atan2(xz, cosine_y)
    if cosine_y > (4 * precision(given) if cy_thresh is None else cy_thresh):
        return atan2(-xy, xx), y, atan2(-yz, zz)
    return atan2(yx, yy), y, 0.0


def euler2quat(z: float = 0, y: float = 0, x: float = 0) -> NDArray[Any]:
    """Quaternion ``(w, x, y, z)`` of three angles.

    Returns
    -------
    (4,) float64 array
    """
    about_x, about_y, about_z = (
        angle_axis2quat(angle, axis, True) for angle, axis in ((x, X), (y, Y), (z, Z))
    )
    return mult(mult(about_x, about_y), about_z)


def quat2euler(q: ArrayLike) -> tuple[float, float, float]:
    """Angles z, y, x of a quaternion ``(w, x, y, z)``."""
    return mat2euler(quat2mat(q))


def euler2angle_axis(z: float = 0, y: float = 0, x: float = 0) -> tuple[float, NDArray[np.float64]]:
    """Angle in radians and unit axis of the rotation of three angles."""
    return quat2angle_axis(euler2quat(z, y, x))


def angle_axis2euler(
    theta: float, vector: ArrayLike, is_normalized: bool = False
) -> tuple[float, float, float]:
    """Angles z, y, x of a turn by `theta` radians about `vector`.

    `is_normalized` promises that the vector has length 1 already.
    """
    return mat2euler(angle_axis2mat(theta, vector, is_normalized))
