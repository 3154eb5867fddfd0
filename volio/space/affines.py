"""Affine matrices: check, apply, join, split, measure and rescale.

An affine is a homogeneous matrix: the block above the last row and left of the last column is
linear, the last column moves the origin, and the last row is ``0 ... 0 1``. Images use 4x4, from
voxel indices to scanner RAS+ millimetres; functions that say (M+1, N+1) take any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import chain
from math import hypot, isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import AffineError, GeometryWarning
from volio.flags import as_flag

__all__ = [
    "LAST_ROW",
    "Affine",
    "affine_and_last_row",
    "anchored_affine",
    "append_diag",
    "apply_affine",
    "as_floats",
    "check_affine",
    "directions",
    "dot_reduce",
    "from_matvec",
    "obliquity",
    "rescale_affine",
    "rows_span_space",
    "shape_zoom_affine",
    "spans_space",
    "to_matvec",
    "voxel_sizes",
    "with_voxel_sizes",
]

#: Volume of three axes of length 1 that are in one plane, but for rounding in single precision.
ROUNDING = 2.0**-20

#: Of every affine: it places voxels, and does nothing else.
LAST_ROW = (0.0, 0.0, 0.0, 1.0)

#: An affine of an image, shape (4, 4): voxel indices to scanner RAS+ mm.
Affine = NDArray[np.float64]


def check_affine(affine: ArrayLike, *, any_last_row: bool = False) -> NDArray[np.float64]:
    """Copy an affine into a float64 4x4 array, or raise an error that gives the reason.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit.
    any_last_row : bool
        Keep a last row that is not 0 0 0 1, instead of refusing it.

    Raises
    ------
    AffineError
        If it is not a real, finite 4x4 matrix whose last row is 0 0 0 1; rounding errors of
        arithmetic (up to 1e-8) in that row are taken off.
    """
    matrix = _real_matrix(affine)
    rows = matrix.tolist()  # Python numbers: numpy is slow for so few
    if not all(map(isfinite, chain(*rows))):
        raise AffineError(f"affine: must be finite, got {rows}")
    x, y, z, one = rows[3]
    checked = matrix.astype(np.float64, copy=False)
    if max(abs(x), abs(y), abs(z), abs(one - 1)) <= 1e-8:
        checked[3] = LAST_ROW
    elif not any_last_row:
        raise AffineError(f"affine: last row must be 0 0 0 1, got {rows[3]}")
    return checked


def affine_and_last_row(
    affine: ArrayLike, consequence: str
) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    """Return an affine with the last row 0 0 0 1, and the last row that it was given with.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+ mm.
    consequence : str
        What becomes of another last row, for the warning.

    Raises
    ------
    AffineError
        If it is not a real, finite 4x4 matrix.

    Warns
    -----
    GeometryWarning
        If the last row is another one.
    """
    checked = check_affine(affine, any_last_row=True)
    last_row = tuple(checked[3].tolist())
    if last_row != LAST_ROW:
        checked[3] = LAST_ROW
        warn_caller(
            f"affine: the last row is {list(last_row)}, not 0 0 0 1; {consequence}",
            GeometryWarning,
        )
    return checked, last_row


def _real_matrix(affine: ArrayLike) -> NDArray[Any]:
    """Return a copy of an affine, if it is a 4x4 matrix of real numbers."""
    try:
        matrix = np.array(affine)
    except ValueError as error:
        raise AffineError(f"affine: must be a 4x4 matrix of numbers ({error})") from error
    if matrix.dtype.kind not in "biuf":
        raise AffineError(f"affine: must hold real numbers, got dtype {matrix.dtype}")
    if matrix.shape != (4, 4):
        raise AffineError(f"affine: must be 4x4, got shape {matrix.shape}")
    return matrix


def to_matvec(transform: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Split a homogeneous matrix into its linear part and its translation.

    Parameters
    ----------
    transform : (M+1, N+1) array-like

    Returns
    -------
    matrix : (M, N) array
    vector : (M,) array

    Raises
    ------
    AffineError
        If it has not two dimensions with at least two rows and columns.
    """
    matrix = np.asarray(transform)
    if matrix.ndim != 2 or min(matrix.shape) < 2:
        raise AffineError(f"transform: must be a homogeneous matrix, got shape {matrix.shape}")
    return matrix[:-1, :-1], matrix[:-1, -1]


def from_matvec(matrix: ArrayLike, vector: ArrayLike | None = None) -> NDArray[Any]:
    """Join a linear part and a translation into a homogeneous matrix.

    Parameters
    ----------
    matrix : (M, N) array-like
    vector : (M,) array-like, optional
        No translation when left out.

    Returns
    -------
    (M+1, N+1) array
        Its dtype holds both parts, so integer matrices with fractional vectors lose nothing.

    Raises
    ------
    AffineError
        If the shapes do not fit.
    """
    linear = np.asarray(matrix)
    if linear.ndim != 2:
        raise AffineError(f"matrix: must have two dimensions, got shape {linear.shape}")
    rows, columns = linear.shape
    moved = np.zeros(rows, linear.dtype) if vector is None else np.asarray(vector)
    if moved.shape not in ((), (1,), (rows,)):
        raise AffineError(f"vector: must have {rows} values, got shape {moved.shape}")
    joined = np.zeros((rows + 1, columns + 1), np.result_type(linear, moved))
    joined[:rows, :columns] = linear
    joined[:rows, columns] = moved
    joined[rows, columns] = 1
    return joined


def anchored_affine(
    matrix: ArrayLike, voxel: ArrayLike, position: ArrayLike = (0, 0, 0)
) -> NDArray[np.float64]:
    """Return the affine with this linear part that leads from a voxel to a position.

    Parameters
    ----------
    matrix : (M, N) array-like
        Output units per voxel, a column for each voxel axis.
    voxel : (N,) array-like
        Voxel indices, which need not be integers: half of ``shape - 1`` is the centre.
    position : (M,) array-like, optional
        Where it is, in output units; the origin when left out.

    Returns
    -------
    (M+1, N+1) float64 array
    """
    linear = np.asarray(matrix, np.float64)
    return from_matvec(linear, np.asarray(position, np.float64) - linear @ np.asarray(voxel))


def apply_affine(aff: ArrayLike, pts: ArrayLike, inplace: bool = False) -> NDArray[Any]:
    """Map points through an affine.

    Parameters
    ----------
    aff : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.
    pts : (..., N) array-like
        One point per row of the last axis.
    inplace : bool, optional
        Write the result over `pts` if it is an array that can hold it (same number of
        coordinates, floating point for a floating point result); a new array otherwise.

    Returns
    -------
    (..., M) array

    Raises
    ------
    AffineError
        If `aff` is not a homogeneous matrix, or the points have another number of coordinates.
    """
    as_flag("inplace", inplace)
    linear, moved = to_matvec(aff)
    after, before = linear.shape
    try:
        points = np.asarray(pts)
    except ValueError as error:
        raise AffineError(f"pts: rows of unequal lengths are not points ({error})") from error
    if points.ndim == 0 or points.shape[-1] != before:
        raise AffineError(
            f"pts: must have {before} coordinates in the last axis for an affine of shape "
            f"{(after + 1, before + 1)}, got shape {points.shape}"
        )
    # One flat product is much faster than one product per row of a many-dimensional array.
    flat = points.reshape(-1, before) @ linear.T + moved
    mapped: NDArray[Any] = flat.reshape((*points.shape[:-1], after))
    if not inplace or after != before or not np.can_cast(mapped, points.dtype, "same_kind"):
        return mapped
    points[...] = mapped
    return points


def append_diag(aff: ArrayLike, steps: ArrayLike, starts: ArrayLike = ()) -> NDArray[Any]:
    """Add axes to an affine that mix with no other axis, such as time.

    Parameters
    ----------
    aff : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.
    steps : (K,) array-like or number
        Output units per index along each new axis.
    starts : (K,) array-like or number, optional
        Output of index 0 along each new axis; 0 when left out.

    Returns
    -------
    (M+K+1, N+K+1) array

    Raises
    ------
    AffineError
        If `steps` and `starts` differ in length.
    """
    linear, moved = to_matvec(aff)
    size = np.atleast_1d(steps)
    given = np.atleast_1d(starts)
    first = given if given.size else np.zeros(size.shape, size.dtype)
    if size.ndim != 1 or size.shape != first.shape:
        raise AffineError(f"starts: must be as long as steps, got {first.shape} and {size.shape}")
    return from_matvec(_block_diagonal(linear, np.diag(size)), np.concatenate([moved, first]))


def _block_diagonal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return a matrix with one matrix above and left of another, and zeros around them."""
    rows, columns = one.shape
    upper = np.hstack([one, np.zeros((rows, other.shape[1]), other.dtype)])
    lower = np.hstack([np.zeros((other.shape[0], columns), one.dtype), other])
    return np.vstack([upper, lower])


def dot_reduce(*args: ArrayLike) -> Any:
    """Matrix product of all arguments: ``dot_reduce(a, b, c)`` is ``a @ (b @ c)``.

    Multiplying from the right keeps a last argument of points cheap. Numbers scale.

    Raises
    ------
    AffineError
        If there are no arguments.
    """
    if not args:
        raise AffineError("dot_reduce: needs at least one matrix")
    return reduce(lambda right, left: np.dot(left, right), reversed(args))


def as_floats(values: ArrayLike) -> NDArray[Any]:
    """Convert to float64, but leave float32 as it is, with the rounding that belongs to it."""
    given = np.asarray(values)
    return given if given.dtype == np.float32 else given.astype(np.float64)


def voxel_sizes(affine: ArrayLike) -> NDArray[Any]:
    """Length of a step of one voxel along each voxel axis.

    Parameters
    ----------
    affine : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.

    Returns
    -------
    (N,) array
        In output units, mm for an image; float64, or float32 for a float32 affine.
    """
    linear = as_floats(to_matvec(affine)[0])
    # Powers of two in and out are exact and keep the squares of huge and tiny values in range.
    exponent = np.frexp(np.abs(linear).max(axis=0))[1]
    scaled: NDArray[Any] = np.sqrt((np.ldexp(linear, -exponent) ** 2).sum(axis=0))
    sizes: NDArray[Any] = np.ldexp(scaled, exponent)
    return sizes


def directions(affine: ArrayLike) -> NDArray[Any]:
    """Columns of length 1: the output direction of each voxel axis.

    Parameters
    ----------
    affine : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.

    Returns
    -------
    (M, N) array
        float64, or float32 for a float32 affine. A voxel axis without length gives a column of
        zeros.
    """
    sizes = voxel_sizes(affine)
    units: NDArray[Any] = as_floats(to_matvec(affine)[0]) / np.where(sizes == 0, 1, sizes)
    return units


def with_voxel_sizes(affine: ArrayLike, sizes: Sequence[float]) -> NDArray[np.float64]:
    """Return an affine with other voxel sizes; the first voxel stays where it is.

    Parameters
    ----------
    affine : (N+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.
    sizes : sequence of float
        In output units, for the first axes or all; those past the N-th are left out, and an axis
        without a size keeps its own. One without length gets the direction of the world's axis of
        its number.

    Returns
    -------
    (N+1, N+1) float64 array
    """
    changed = np.array(affine, np.float64)
    used = min(len(sizes), changed.shape[1] - 1)
    before = voxel_sizes(changed)[:used]
    changed[:-1, :used] += np.eye(*changed[:-1, :used].shape) * (before == 0)
    # A factor of exactly 1 where the size is the same: the column keeps its last bits.
    changed[:-1, :used] *= np.asarray(sizes[:used]) / np.where(before > 0, before, 1)
    return changed


def spans_space(affine: ArrayLike) -> bool:
    """Return whether the voxel axes of an affine are finite, have a length and span space.

    Parameters
    ----------
    affine : (N+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.

    Returns
    -------
    bool
        False where no affine leads back: an axis has no length, or is within the plane or line of
        the others within the rounding of float32.
    """
    matrix = np.asarray(affine, np.float64)
    if not np.isfinite(matrix).all():
        return False
    if matrix.shape == (4, 4) and rows_span_space(*matrix[:3].tolist()):
        return True
    if not voxel_sizes(matrix).all():
        return False
    return bool(abs(np.linalg.det(directions(matrix))) > ROUNDING)


def rows_span_space(x: Sequence[float], y: Sequence[float], z: Sequence[float]) -> bool:
    """Return whether the voxel axes of an affine, given by its rows, are not in one plane.

    Python numbers, not arrays: this runs for every file that is loaded, and numpy is slow for so
    few. Numbers that are not finite, or whose products are not, do not span space.

    Parameters
    ----------
    x, y, z : sequence of float, length 4
        The first three rows of an affine: voxel indices to one coordinate each, mm for an image.

    Returns
    -------
    bool
    """
    # The columns a, b and c are the voxel axes.
    ax, bx, cx, _ = x
    ay, by, cy, _ = y
    az, bz, cz, _ = z
    # The volume of a voxel is a . (b x c); that of a box with the same sides is their product.
    cross_x = by * cz - bz * cy
    cross_y = bz * cx - bx * cz
    cross_z = bx * cy - by * cx
    volume = ax * cross_x + ay * cross_y + az * cross_z
    box = hypot(ax, ay, az) * hypot(bx, by, bz) * hypot(cx, cy, cz)
    return abs(volume) > ROUNDING * box


def obliquity(affine: ArrayLike) -> NDArray[Any]:
    """Angle between each output axis and the voxel axis nearest to it.

    Parameters
    ----------
    affine : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.

    Returns
    -------
    (M,) array
        Radians, 0 for axes on the grid; an affine with a voxel axis of no length gives nan.
    """
    if not voxel_sizes(affine).all():
        return np.full(np.shape(affine)[0] - 1, np.nan)
    best: NDArray[Any] = np.arccos(np.minimum(np.abs(directions(affine)).max(axis=1), 1))
    return best


def rescale_affine(
    affine: ArrayLike,
    shape: Sequence[int],
    zooms: ArrayLike,
    new_shape: Sequence[int] | None = None,
) -> NDArray[np.float64]:
    """Change voxel sizes, and perhaps the shape, and keep the centre voxel where it is.

    Parameters
    ----------
    affine : (N+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: it is that of the result.
    shape : (N,) ints
        Voxels along each axis now.
    zooms : (N,) array-like or number
        Voxel sizes wanted, in output units.
    new_shape : (N,) ints, optional
        Voxels along each axis afterwards; `shape` when left out.

    Returns
    -------
    (N+1, N+1) float64 array
        Same directions. Voxel ``(new_shape - 1) // 2`` is where ``(shape - 1) // 2`` was.

    Raises
    ------
    AffineError
        If lengths do not fit, or an axis has no length that could be rescaled.
    """
    units = directions(np.asarray(affine, np.float64))
    count = units.shape[1]
    after = shape if new_shape is None else new_shape
    one_each = (count,)
    fits = np.shape(shape) == np.shape(after) == one_each
    if not fits or np.shape(zooms) not in ((), (1,), one_each):
        raise AffineError(
            f"shape, zooms and new_shape: must have {count} values for this affine, got "
            f"{tuple(shape)}, {zooms!r} and {new_shape}"
        )
    if not units.any(axis=0).all():
        raise AffineError("affine: has a voxel axis of no length, which cannot be rescaled")
    centre = apply_affine(affine, _centre_voxel(shape))
    return anchored_affine(units * np.asarray(zooms, np.float64), _centre_voxel(after), centre)


def _centre_voxel(shape: Sequence[int]) -> NDArray[np.int_]:
    """Return the voxel in the middle, the lower one of two."""
    return (np.asarray(shape) - 1) // 2


def shape_zoom_affine(shape: ArrayLike, zooms: ArrayLike, x_flip: bool = True) -> NDArray[Any]:
    """Affine for an image that stores only shape and voxel sizes: world 0 is at its centre.

    Parameters
    ----------
    shape : (N,) array-like
        Axes after the third are ignored, missing ones have one voxel.
    zooms : (N,) array-like
        Voxel sizes in mm; missing ones are 1.
    x_flip : bool, optional
        The first axis runs from right to left, as in Analyze images.

    Returns
    -------
    (4, 4) float64 array
        Voxel to RAS+ mm.

    Raises
    ------
    AffineError
        If `shape` and `zooms` differ in length.
    """
    as_flag("x_flip", x_flip)
    counts = np.ravel(shape)
    sizes = np.ravel(zooms)
    if counts.size != sizes.size:
        raise AffineError(
            f"zooms: must be as long as shape {counts.tolist()}, got {sizes.tolist()}"
        )
    used = min(counts.size, 3)
    middle = np.zeros(3)
    steps = np.ones(3)
    middle[:used] = (counts[:used] - 1) / 2
    steps[:used] = sizes[:used]
    if x_flip:
        steps[0] = -steps[0]
    return anchored_affine(np.diag(steps), middle)
