"""The axes of an image in the order in which files of microscopes have them: t, c, z, y, x."""

from __future__ import annotations

from collections.abc import Sequence

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice, lazy_transpose
from volio.errors import SaveError

__all__ = ["in_file_order", "stored_axes", "stored_names"]


def stored_axes(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the axes of an image (x, y, z, t, c) that are stored, in the order of the file.

    Images of fewer than three axes count as such of three. Time of length 1 that only stands in
    for a missing axis is left out.

    Raises
    ------
    SaveError
        If there are more than five axes.
    """
    if len(shape) > 5:
        raise SaveError(f"shape: at most 5 axes (x, y, z, t, c) fit, got {tuple(shape)}")
    if len(shape) < 4:
        return (2, 1, 0)
    if len(shape) == 4:
        return (3, 2, 1, 0)
    return (4, 2, 1, 0) if shape[3] == 1 else (3, 4, 2, 1, 0)


def in_file_order(
    voxels: LazyArray | Array, shape: Sequence[int] | None = None
) -> LazyArray | Array:
    """Return voxels with the axes in the order of the file.

    Parameters
    ----------
    voxels : LazyArray or ndarray
    shape : sequence of int, optional
        Of the image that they are a piece of (default: their own).

    Raises
    ------
    SaveError
        If there are more than five axes.
    """
    axes = stored_axes(voxels.shape if shape is None else shape)
    missing = max(0, 3 - voxels.ndim)
    widened = lazy_slice(voxels, (..., *[None] * missing)) if missing else voxels
    left_out = [axis for axis in range(widened.ndim) if axis not in axes]
    ordered = lazy_transpose(widened, (*left_out, *axes))
    return lazy_slice(ordered, (0, ...)) if left_out else ordered


def stored_names(shape: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the axes that are stored, in the order of the file.

    Raises
    ------
    SaveError
        If there are more than five axes.
    """
    return tuple(["xyztc"[axis] for axis in stored_axes(shape)])
