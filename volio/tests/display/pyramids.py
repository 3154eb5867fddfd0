"""Images at several resolutions: each voxel has the value of a ramp at its own position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import volio
from volio.space.affines import from_matvec

__all__ = ["RAMP", "Pyramid", "counted", "pyramid", "ramp_at"]

#: The value at a position (x, y, z) is its scalar product with this.
RAMP = np.array([1.0, 10.0, 100.0])


class CountedArray:
    """An array that counts the values that are read of it."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self.count = 0

    def __getitem__(self, index: Any) -> np.ndarray:
        found = self.array[index]
        self.count += found.size
        return found

    def __array__(self, *args: Any, **options: Any) -> np.ndarray:
        return np.asarray(self[...], *args, **options)


class Pyramid(volio.SpatialImage):
    """An image of several resolutions that are given."""

    coarser: Sequence[volio.SpatialImage] = ()

    @property
    def levels(self) -> tuple[Any, ...]:
        return (self, *self.coarser)


def ramp_at(positions: Any) -> np.ndarray:
    """Return the value at positions (..., 3) in mm."""
    return np.asarray(positions) @ RAMP


def ramp(shape: Sequence[int], affine: np.ndarray) -> np.ndarray:
    slopes = RAMP @ affine[:3, :3]
    sides = np.ogrid[tuple(slice(n) for n in shape)]
    steps = [slope * side for slope, side in zip(slopes, sides, strict=True)]
    return ramp_at(affine[:3, 3]) + steps[0] + steps[1] + steps[2]


def pyramid(
    shapes: Sequence[Sequence[int]],
    steps: Sequence[tuple[Any, Any]],
    affine: np.ndarray | None = None,
    dtype: Any = np.float32,
) -> Pyramid:
    """Return an image of which each level has the values of the ramp at its own voxels.

    Parameters
    ----------
    shapes : sequence of tuple
        Of each level.
    steps : sequence of (factors, offset)
        Of each level, in voxels of the finest.
    affine : (4, 4) array, optional
    """
    base = np.eye(4) if affine is None else affine
    images = []
    for shape, (factors, offset) in zip(shapes, steps, strict=True):
        placed = base @ from_matvec(
            np.diag(np.broadcast_to(factors, 3)), np.broadcast_to(offset, 3)
        )
        images.append(Pyramid(ramp(shape, placed).astype(dtype), placed))
    images[0].coarser = images[1:]
    return images[0]


def counted(img: Pyramid) -> list[CountedArray]:
    """Have the levels of an image count what is read of them."""
    for level in img.levels:
        level._dataobj = CountedArray(np.asarray(level.dataobj))
    return [level.dataobj for level in img.levels]
