"""Orientations of voxel axes: of affines, as axis codes, and applied to arrays and affines.

An orientation ("ornt") of N voxel axes is an (N, 2) array. Row i is the direction of voxel axis i:
the number of the output axis (0, 1, 2 for R, A, S) and 1 for the same or -1 for the opposite way. A
row of nan is an axis without a direction. Axis codes are the same as letters: ``("L", "P", "S")``
runs to the left, to the back and up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import AffineError, OrientationError
from volio.space.affines import directions, from_matvec
from volio.space.rotations import nearest_rotation
from volio.space.transforms import compose

__all__ = [
    "aff2axcodes",
    "apply_orientation",
    "axcodes2ornt",
    "flip_axis",
    "inv_ornt_aff",
    "io_orientation",
    "nearest_axes",
    "orientation_affine",
    "ornt2axcodes",
    "ornt_transform",
    "ras_labels",
    "reorient_affine",
]

Labels: TypeAlias = Sequence[Sequence[Any]]
RAS: Labels = (("L", "R"), ("P", "A"), ("I", "S"))


def io_orientation(affine: ArrayLike, tol: float | None = None) -> NDArray[np.float64]:
    """Orientation of the voxel axes of an affine.

    Parameters
    ----------
    affine : (M+1, N+1) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: output axes are its axes.
    tol : float, optional
        Singular values of the matrix of voxel axis directions that are not above this count as 0;
        by default the rounding of the dtype decides.

    Returns
    -------
    (N, 2) float64 array
        Voxel axes that are lost get nan.

    Raises
    ------
    AffineError
        If `affine` is not a finite homogeneous matrix.

    Notes
    -----
    Voxel sizes and shears are taken out first (the polar decomposition, see `nearest_rotation`).
    Then the voxel axis that runs most nearly along an output axis takes that one, then the next,
    each from the output axes that are left; between equals the earlier axis comes first.

    Examples
    --------
    >>> volio.io_orientation(np.diag([-2, 2, 3, 1]))
    array([[ 0., -1.],
           [ 1.,  1.],
           [ 2.,  1.]])
    """
    if not np.isfinite(np.asarray(affine, np.float64)).all():
        raise AffineError(f"affine: must be finite to have an orientation, got {affine!r}")
    units = directions(affine)
    if tol is None:
        spread = np.linalg.svd(units, compute_uv=False)
        tol = float(spread.max() * max(units.shape) * np.finfo(units.dtype).eps)
    return _matched_axes(nearest_rotation(units, tol))


def _matched_axes(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the output axis and the direction of each voxel axis, the clearest ones first."""
    left = rotation.copy()
    ornt = np.full((left.shape[1], 2), np.nan)
    for voxel_axis in np.argsort(-np.abs(left).max(axis=0), kind="stable"):
        column = left[:, voxel_axis]
        if not np.allclose(column, 0):
            output_axis = int(np.abs(column).argmax())
            ornt[voxel_axis] = output_axis, -1 if column[output_axis] < 0 else 1
            left[output_axis] = 0  # taken: no other voxel axis gets it
    return ornt


def nearest_axes(affine: ArrayLike) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return the output axis that each voxel axis runs along, each once, and in which direction.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+ mm, or to any other space and unit: output axes are its axes.

    Returns
    -------
    axes : tuple of int
        Voxel axes that are lost (of size 0, say) get those that are left.
    signs : (3,) ndarray
        -1 against the output axis; 1 along it, and for axes that are lost.
    """
    ornt = io_orientation(affine)
    found = ornt[:, 0]
    found[np.isnan(found)] = [axis for axis in range(len(found)) if axis not in found]
    axes = tuple(int(axis) for axis in found)
    return axes, np.where(ornt[:, 1] < 0, -1.0, 1.0)


def ornt2axcodes(ornt: ArrayLike, labels: Labels | None = None) -> tuple[Any, ...]:
    """Axis codes of an orientation.

    Parameters
    ----------
    ornt : (N, 2) array-like
    labels : sequence of pairs, optional
        Labels of the two ends of each output axis, the -1 end first;
        ``(("L", "R"), ("P", "A"), ("I", "S"))`` when left out.

    Returns
    -------
    tuple
        The label of the end to which each axis runs, or None for a lost axis.

    Raises
    ------
    OrientationError
        If `ornt` is not an orientation, or an output axis has no labels.
    """
    ends = _check_labels(labels)
    checked = _check_ornt(ornt)
    if (checked[:, 0] >= len(ends)).any():
        raise OrientationError(f"labels: {ends} do not reach all axes of {checked.tolist()}")
    return tuple(None if np.isnan(n) else ends[int(n)][int(way > 0)] for n, way in checked)


def axcodes2ornt(axcodes: Iterable[Any], labels: Labels | None = None) -> NDArray[np.float64]:
    """Orientation from axis codes: a string such as ``"RAS"``, or a sequence.

    Parameters
    ----------
    axcodes : (N,) sequence
        One label per axis, or None for a lost axis.
    labels : sequence of pairs, optional
        As for `ornt2axcodes`.

    Returns
    -------
    (N, 2) float64 array

    Raises
    ------
    OrientationError
        If a code is not a label, or a label is there twice.
    """
    ends = _check_labels(labels)
    rows = _rows_by_code(ends)
    codes = list(axcodes)
    unknown = [code for code in codes if code not in rows]
    if unknown:
        raise OrientationError(f"axcodes: {unknown} in {codes} are not among the labels {ends}")
    return np.array([rows[code] for code in codes], np.float64).reshape(-1, 2)


def _rows_by_code(ends: Labels) -> dict[Any, tuple[float, float]]:
    """Return the row of an orientation for each axis code; a lost axis has the code None."""
    rows: dict[Any, tuple[float, float]] = {None: (np.nan, np.nan)}
    for axis, (low, high) in enumerate(ends):
        rows |= {low: (axis, -1), high: (axis, 1)}
    if len(rows) != 2 * len(ends) + 1:
        raise OrientationError(f"labels: must be different from each other, got {ends}")
    return rows


def aff2axcodes(
    aff: ArrayLike, labels: Labels | None = None, tol: float | None = None
) -> tuple[Any, ...]:
    """Axis codes of the voxel axes of an affine.

    Parameters
    ----------
    aff : (4, 4) array-like
        Voxel indices to scanner RAS+ mm.
    labels : sequence of pairs, optional
        Codes of the negative and the positive end of each world axis
        (default: ``(("L", "R"), ("P", "A"), ("I", "S"))``).
    tol : float, optional
        As for `io_orientation`.

    Returns
    -------
    tuple of str or None
        For each voxel axis, the end it points to; None for an axis without extent.

    Raises
    ------
    AffineError
        If `aff` is not a finite homogeneous matrix.

    See Also
    --------
    io_orientation, ornt2axcodes

    Examples
    --------
    >>> volio.aff2axcodes(np.diag([-2, 2, 3, 1]))
    ('L', 'A', 'S')
    """
    return ornt2axcodes(io_orientation(aff, tol), labels)


def ras_labels(affine: ArrayLike) -> str:
    """Return the axis codes of an affine as one word, such as ``"RAS"``; a lost axis is ``?``.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel indices to scanner RAS+, in mm or any other unit.
    """
    return "".join(code or "?" for code in aff2axcodes(affine))


def ornt_transform(start_ornt: ArrayLike, end_ornt: ArrayLike) -> NDArray[Any]:
    """Orientation that turns an array of one orientation into another.

    Parameters
    ----------
    start_ornt, end_ornt : (N, 2) array-like

    Returns
    -------
    (N, 2) array
        For `apply_orientation` and `inv_ornt_aff`.

    Raises
    ------
    OrientationError
        If they are not orientations of the same output axes.
    """
    start = _check_ornt(start_ornt)
    end = _check_ornt(end_ornt)
    axes = end[:, 0].tolist()
    if len(set(axes)) != len(axes) or sorted(start[:, 0]) != sorted(axes):
        raise OrientationError(
            f"end_ornt: {end.tolist()} must name each axis of start_ornt {start.tolist()} once"
        )
    rows = [axes.index(axis) for axis in start[:, 0]]
    change = np.column_stack([rows, start[:, 1] * end[rows, 1]])
    return change.astype(np.result_type(np.asarray(start_ornt), np.asarray(end_ornt)))


def apply_orientation(arr: ArrayLike, ornt: ArrayLike) -> NDArray[Any]:
    """Flip and permute the first axes of an array.

    Parameters
    ----------
    arr : array-like
        At least as many axes as `ornt` has rows; later axes stay.
    ornt : (N, 2) array-like
        Where each of the first N axes goes, and whether it is flipped on the way.

    Returns
    -------
    array
        A view of `arr` if that is an array.

    Raises
    ------
    OrientationError
        If the array has too few axes, or an axis would be lost or taken twice.

    Examples
    --------
    >>> volio.apply_orientation([[1, 2], [3, 4]], [[0, -1], [1, 1]])
    array([[3, 4],
           [1, 2]])
    """
    array = np.asarray(arr)
    checked = _check_ornt(ornt)
    count = len(checked)
    if array.ndim < count:
        raise OrientationError(f"arr: has {array.ndim} axes, too few for {count} rows of ornt")
    if np.isnan(checked).any() or len(np.unique(checked[:, 0])) != count:
        raise OrientationError(
            f"ornt: must take each axis once to turn an array, got {checked.tolist()}"
        )
    flipped = array[tuple(slice(None, None, int(way)) for way in checked[:, 1])]
    order = [int(axis) for axis in np.argsort(checked[:, 0])]
    return flipped.transpose(*order, *range(count, array.ndim))


def inv_ornt_aff(ornt: ArrayLike, shape: Sequence[int]) -> NDArray[np.float64]:
    """Affine from the voxels of a reoriented array to those of the array before.

    Parameters
    ----------
    ornt : (N, 2) array-like
        As applied with `apply_orientation`.
    shape : sequence of int
        Shape of the array before; axes after the first N are ignored.

    Returns
    -------
    (N+1, N+1) float64 array
        If `affine` is the affine of the array before, ``affine @ inv_ornt_aff(ornt, shape)`` is
        that of the reoriented one.

    Raises
    ------
    OrientationError
        If an axis is lost or taken twice, or the shape has too few axes.
    """
    checked = _check_ornt(ornt)
    count = len(checked)
    if sorted(checked[:, 0]) != list(range(count)) or len(shape) < count:
        raise OrientationError(
            f"ornt: must take each axis of shape {tuple(shape)} once, got {checked.tolist()}"
        )
    back = np.zeros((count, count))
    back[range(count), checked[:, 0].astype(int)] = checked[:, 1]
    last = np.array([n - 1 for n in shape[:count]])
    return from_matvec(back, np.where(checked[:, 1] < 0, last, 0.0))


def reorient_affine(
    affine: ArrayLike, shape: Sequence[int], ornt: ArrayLike
) -> NDArray[np.float64]:
    """Affine of a volume reoriented with `apply_orientation`; no voxel changes its position.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel to RAS+ mm before.
    shape : sequence of int
        Shape before.
    ornt : (3, 2) array-like

    Returns
    -------
    (4, 4) float64 array

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    OrientationError
        If `ornt` does not take each of the three axes once.
    """
    back = inv_ornt_aff(ornt, shape)
    if len(back) != 4:
        raise OrientationError(f"ornt: must have three rows to turn a volume, got {len(back) - 1}")
    return compose(affine, back)


def flip_axis(arr: ArrayLike, axis: int = 0) -> NDArray[Any]:
    """Reverse one axis of an array. Deprecated: use ``numpy.flip``.

    Parameters
    ----------
    arr : array-like
        Of any shape.
    axis : int
        The axis to reverse.

    Returns
    -------
    array
        A view of `arr` if that is an array.

    Raises
    ------
    numpy.exceptions.AxisError
        If the axis does not exist.

    Examples
    --------
    >>> volio.flip_axis([[1, 2], [3, 4]], axis=1)
    array([[2, 1],
           [4, 3]])
    """
    warn_caller("flip_axis: use numpy.flip", DeprecationWarning)
    return np.flip(np.asarray(arr), axis)


def orientation_affine(ornt: ArrayLike, shape: Sequence[int]) -> NDArray[np.float64]:
    """Return the result of `inv_ornt_aff`. Deprecated: use that name."""
    warn_caller("orientation_affine: use inv_ornt_aff", DeprecationWarning)
    return inv_ornt_aff(ornt, shape)


def _check_labels(labels: Labels | None) -> Labels:
    ends = RAS if labels is None else labels
    if any(len(pair) != 2 for pair in ends):
        raise OrientationError(f"labels: must be a pair for each output axis, got {ends}")
    return ends


def _check_ornt(ornt: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(ornt, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise OrientationError(f"ornt: must have shape (axes, 2), got {rows.shape}")
    here = rows[~np.isnan(rows[:, 0])]
    if not ((here[:, 0] >= 0) & (here[:, 0] % 1 == 0)).all():
        raise OrientationError(f"ornt: axes must be integers from 0 on, got {rows.tolist()}")
    if not (np.abs(here[:, 1]) == 1).all():
        raise OrientationError(f"ornt: directions must be -1 or 1, got {rows.tolist()}")
    return rows
