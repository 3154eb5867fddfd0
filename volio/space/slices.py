"""Slices of an image after it was cut, flipped or reoriented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Slices", "axis_after", "numbers_after", "slices_after"]

#: How far an index may be from an integer, as rounding of affines leaves it.
ROUNDING = 1e-3


class Slices(NamedTuple):
    """The slices of an image, found again in the one it was made from.

    Attributes
    ----------
    axis : int
        Axis of the new image along which the slices follow each other.
    numbers : tuple of int
        For each slice of the new image its number in the image before.
    """

    axis: int
    numbers: tuple[int, ...]


def axis_after(voxels: NDArray[np.float64], axis: int) -> int | None:
    """Return the axis that an axis of the image before has become, None where it is oblique.

    Parameters
    ----------
    voxels : (4, 4) array
        Voxel indices of the new image to those of the image before.
    axis : int
        0, 1 or 2.
    """
    linear = np.abs(voxels[:3, :3])
    found = np.flatnonzero(linear[axis] > ROUNDING * linear.max())
    if len(found) != 1:
        return None
    new_axis = int(found[0])
    others = np.delete(linear[:, new_axis], axis)
    return new_axis if others.max() <= ROUNDING * linear.max() else None


def slices_after(
    voxels: NDArray[np.float64], axis: int, before: Sequence[int], after: Sequence[int]
) -> Slices | None:
    """Find the slices of a new image in the one it was made from.

    Parameters
    ----------
    voxels : (4, 4) array
        Voxel indices of the new image to those of the image before.
    axis : int
        Axis along which slices followed each other before.
    before, after : sequence of int
        Shapes of the two images.

    Returns
    -------
    Slices or None
        None where a slice of the new image is not one slice of the image before.
    """
    new_axis = axis_after(voxels, axis)
    if new_axis is None or axis >= len(before) or new_axis >= len(after):
        return None
    positions = voxels[axis, new_axis] * np.arange(after[new_axis]) + voxels[axis, 3]
    numbers = np.rint(positions)
    if np.abs(positions - numbers).max(initial=0) > ROUNDING:
        return None
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= before[axis]:
        return None
    return Slices(new_axis, tuple(int(number) for number in numbers))


def numbers_after(
    voxels: NDArray[np.float64] | None, axis: int, before: Sequence[int], after: Sequence[int]
) -> tuple[int, ...] | None:
    """Return for each slice along an axis of a new image its number along the same axis before.

    None where they are not the slices of before, or `voxels` is None; parameters are those of
    `slices_after`.
    """
    found = None if voxels is None else slices_after(voxels, axis, before, after)
    return found.numbers if found is not None and found.axis == axis else None
