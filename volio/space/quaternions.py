"""Rotations as quaternions ``(w, x, y, z)``, w the real part.

A unit quaternion ``(cos(t/2), sin(t/2) n)`` turns by the angle t about the unit vector n, anti-
clockwise seen from its tip; q and -q are the same rotation. Formulas: W. R. Hamilton's product, and
the NIfTI-1 definition (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, "method 2"),
whose header stores x, y, z and leaves w to be filled in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.flags import as_flag

__all__ = [
    "angle_axis2mat",
    "angle_axis2quat",
    "conjugate",
    "eye",
    "fillpositive",
    "inverse",
    "isunit",
    "mat2quat",
    "mult",
    "nearly_equivalent",
    "norm",
    "quat2angle_axis",
    "quat2mat",
    "rotate_vector",
]

EPSILON = float(np.finfo(np.float64).eps)


def fillpositive(xyz: ArrayLike, w2_thresh: float | None = None) -> NDArray[np.longdouble]:
    """Fill in w >= 0 of a unit quaternion from its x, y, z, as a NIfTI header stores them.

    Parameters
    ----------
    xyz : (3,) array-like
    w2_thresh : float, optional
        ``w**2 = 1 - x**2 - y**2 - z**2`` of less than this size counts as 0, the rest of a half
        turn stored with rounding. Three times the precision of the dtype of `xyz` by default.

    Returns
    -------
    (4,) longdouble array

    Raises
    ------
    AffineError
        If `xyz` has not three values, or is longer than 1 by more than rounding.
    """
    given = np.asarray(xyz)
    if given.shape != (3,):
        raise AffineError(f"xyz: must have three values, got shape {given.shape}")
    limit = 3 * precision(given) if w2_thresh is None else abs(w2_thresh)
    part = given.astype(np.longdouble)
    square = 1 - part @ part
    if not (square >= 0 or -square < limit):
        raise AffineError(f"xyz: must be part of a unit quaternion, but w**2 would be {square:g}")
    return np.array([0 if square < limit else np.sqrt(square), *part], np.longdouble)


def precision(values: NDArray[Any]) -> float:
    """Return the distance from 1 to the next number of an array's dtype, float64 for integers."""
    return float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else EPSILON


def quat2mat(q: ArrayLike) -> NDArray[Any]:
    """Rotation matrix of a quaternion of any length.

    Parameters
    ----------
    q : (4,) array-like

    Returns
    -------
    (3, 3) array
        The identity for a quaternion of no length.

    Raises
    ------
    AffineError
        If `q` has not four values.
    """
    given = _check_quat(q)
    square = norm(given)
    if square < EPSILON:
        return np.eye(3)
    w, x, y, z = given
    outer = np.outer(given[1:], given[1:])
    turned = 2 * (outer + w * _cross_matrix(given[1:]))
    turned = turned + (w * w - x * x - y * y - z * z) * np.eye(3)
    return np.asarray(turned / square, np.result_type(given, np.float32))


def _cross_matrix(vector: NDArray[Any]) -> NDArray[Any]:
    """Return the matrix whose product with a second vector is the cross product of the two."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def _check_quat(q: ArrayLike) -> NDArray[Any]:
    given = np.asarray(q)
    if given.shape != (4,):
        raise AffineError(f"q: a quaternion has four values w, x, y, z, got shape {given.shape}")
    return given


def mat2quat(M: ArrayLike) -> NDArray[np.float64]:
    """Find the unit quaternion, w >= 0, of the rotation nearest to a matrix.

    Parameters
    ----------
    M : (3, 3) array-like
        A rotation, possibly with rounding errors or a scale factor.

    Returns
    -------
    (4,) float64 array

    Raises
    ------
    AffineError
        If it is not a finite 3x3 matrix.

    Notes
    -----
    The quaternion is the eigenvector of largest eigenvalue of a symmetric 4x4 matrix made from M
    (I. Y. Bar-Itzhack, J. Guid. Control Dyn. 23, 1085, 2000, third version).
    """
    m = np.asarray(M, np.float64)
    if m.shape != (3, 3) or not np.isfinite(m).all():
        raise AffineError(f"M: must be a finite 3x3 matrix, got {m.tolist()}")
    values, vectors = np.linalg.eigh(_quaternion_matrix(m) / 3)
    x, y, z, w = vectors[:, values.argmax()]
    return np.array([w, x, y, z]) * (-1 if w < 0 else 1)


def _quaternion_matrix(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix, times 3, whose first eigenvector is the quaternion x, y, z, w."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    return np.array(
        [
            [xx - yy - zz, xy + yx, xz + zx, zy - yz],
            [xy + yx, yy - xx - zz, yz + zy, xz - zx],
            [xz + zx, yz + zy, zz - xx - yy, yx - xy],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )


def mult(q1: ArrayLike, q2: ArrayLike) -> NDArray[Any]:
    """Product of two quaternions: the rotation `q2` followed by `q1`."""
    first = _check_quat(q1)
    second = _check_quat(q2)
    real = first[0] * second[0] - first[1:] @ second[1:]
    rest = first[0] * second[1:] + second[0] * first[1:] + np.cross(first[1:], second[1:])
    product: NDArray[Any] = np.append(real, rest)
    return product


def conjugate(q: ArrayLike) -> NDArray[Any]:
    """Quaternion with x, y, z negated: the rotation back, for unit quaternions."""
    negated: NDArray[Any] = _check_quat(q) * np.array([1.0, -1, -1, -1])
    return negated


def norm(q: ArrayLike) -> Any:
    """Sum of the squares of a quaternion's values (the length is its square root)."""
    given = _check_quat(q)
    return given @ given


def isunit(q: ArrayLike) -> bool:
    """Whether a quaternion has length 1, within 1e-5."""
    return bool(np.allclose(norm(q), 1))


def inverse(q: ArrayLike) -> NDArray[Any]:
    """Quaternion whose product with `q` is 1.

    Raises
    ------
    AffineError
        If `q` has no length.
    """
    if norm(q) == 0:
        raise AffineError("q: a quaternion of no length has no inverse")
    back: NDArray[Any] = conjugate(q) / norm(q)
    return back


def eye() -> NDArray[np.float64]:
    """Quaternion of no rotation."""
    return np.array([1.0, 0, 0, 0])


def rotate_vector(v: ArrayLike, q: ArrayLike) -> NDArray[Any]:
    """Turn a vector of three values by a unit quaternion.

    Computes ``q v q*``, so a quaternion of another length also scales by its square.
    """
    return mult(mult(q, np.array([0, *np.asarray(v)])), conjugate(q))[1:]


def nearly_equivalent(q1: ArrayLike, q2: ArrayLike, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether two quaternions are the same rotation within tolerances (`q` and `-q` are)."""
    first = _check_quat(q1)
    second = _check_quat(q2)
    return any(np.allclose(first, other, rtol, atol) for other in (second, -second))


def angle_axis2quat(
    theta: float, vector: ArrayLike, is_normalized: bool = False
) -> NDArray[np.float64]:
    """Quaternion of a turn about an axis.

    Parameters
    ----------
    theta : float
        Radians, anticlockwise seen from the tip of `vector`.
    vector : (3,) array-like
    is_normalized : bool, optional
        `vector` has length 1 already.

    Returns
    -------
    (4,) float64 array

    Raises
    ------
    AffineError
        If `vector` has not three values or no length.
    """
    axis = _unit_axis(vector, is_normalized)
    return np.array([np.cos(theta / 2), *(np.sin(theta / 2) * axis)])


def _unit_axis(vector: ArrayLike, is_normalized: bool) -> NDArray[np.float64]:
    as_flag("is_normalized", is_normalized)
    axis = np.asarray(vector, np.float64)
    length = np.linalg.norm(axis)
    if axis.shape != (3,) or not length > 0:
        raise AffineError(f"vector: a rotation axis has three values and a length, got {vector!r}")
    return axis if is_normalized else axis / length


def angle_axis2mat(
    theta: float, vector: ArrayLike, is_normalized: bool = False
) -> NDArray[np.float64]:
    """Rotation matrix of a turn about an axis (O. Rodrigues' formula); see `angle_axis2quat`.

    Returns
    -------
    (3, 3) float64 array
    """
    axis = _unit_axis(vector, is_normalized)
    cosine = np.cos(theta)
    turned: NDArray[np.float64] = cosine * np.eye(3) + np.sin(theta) * _cross_matrix(axis)
    turned += (1 - cosine) * np.outer(axis, axis)
    return turned


def quat2angle_axis(
    quat: ArrayLike, identity_thresh: float | None = None
) -> tuple[float, NDArray[np.float64]]:
    """Angle and axis of the rotation of a quaternion.

    Parameters
    ----------
    quat : (4,) array-like
        Of any length.
    identity_thresh : float, optional
        A length of (x, y, z) below this counts as no rotation; by default three times the
        precision of the dtype of `quat`.

    Returns
    -------
    theta : float
        Radians, from 0 to 2 pi.
    vector : (3,) float64 array
        Unit length; x for no rotation.

    Raises
    ------
    AffineError
        If `quat` has not four values.
    """
    given = _check_quat(quat)
    limit = 3 * precision(given) if identity_thresh is None else identity_thresh
    w = float(given[0])
    part = given[1:].astype(np.float64)
    length = float(np.linalg.norm(part))
    if length < limit:
        return 0.0, np.array([1.0, 0, 0])
    # The arc tangent needs no unit length and, unlike the arc cosine, is exact for small angles.
    return 2 * float(np.arctan2(length, w)), part / length
