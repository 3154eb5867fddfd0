"""Patches and regions of an image, at any of its resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from operator import index
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import Array
from volio.arrays.indexing.runs import allocate
from volio.errors import UsageError
from volio.images.named_axes import length_in_mm

__all__ = ["Space", "level_of", "read_patch", "region", "same_region"]

Space = Literal["voxel", "world", "project"]

CLOSE = 1e-6  # voxels; what is nearer to the edge of a voxel is on it


def level_of(img: Any, level: int) -> Any:
    """Return the image at one of its resolutions, 0 for the finest.

    Raises
    ------
    UsageError
        If it has no such level.
    """
    levels = img.levels
    if level not in range(len(levels)):
        raise UsageError(f"level: must be 0 to {len(levels) - 1}, got {level!r}")
    return levels[level]


def read_patch(img: Any, corner: Sequence[int], size: Sequence[int], pad: Any = 0) -> Array:
    """Read a box of voxels, which may reach out of the image.

    Parameters
    ----------
    img : SpatialImage
    corner : sequence of int
        First voxel along the axes of space; negative ones are outside.
    size : sequence of int
        Lengths along these axes.
    pad : scalar
        Value of voxels outside.

    Returns
    -------
    ndarray, shape (*size, ...)
        Further axes as the image has them.

    Raises
    ------
    UsageError
        If there are not as many integers as axes of space, or a length is negative.
    ArrayTooLargeError
        If there is not so much memory.
    """
    ndim = min(3, img.ndim)
    corner = _integers("corner", corner)
    size = _integers("size", size)
    if len(corner) != ndim or len(size) != ndim or min(size, default=0) < 0:
        raise UsageError(
            f"corner, size: must be {ndim} integers each, lengths 0 or more; got {corner}, {size}"
        )
    patch = allocate((*size, *img.shape[ndim:]), img.dataobj.dtype)
    patch[...] = pad
    _fill_inside(patch, img, corner)
    return patch


def _fill_inside(patch: Array, img: Any, corner: Sequence[int]) -> None:
    """Fill the part of a patch that is inside of the image."""
    lengths = zip(corner, patch.shape, img.shape[: len(corner)], strict=False)
    sides = [_inside(*side) for side in lengths]
    if any(start >= stop for start, stop in sides):
        return
    target = [
        slice(start - first, stop - first)
        for (start, stop), first in zip(sides, corner, strict=True)
    ]
    patch[tuple(target)] = img.dataobj[tuple([slice(*side) for side in sides])]


def _integers(name: str, given: Sequence[int]) -> tuple[int, ...]:
    try:
        return tuple([index(number) for number in given])
    except TypeError:
        raise UsageError(f"{name}: must be integers, got {given!r}") from None


def _inside(first: int, length: int, n: int) -> tuple[int, int]:
    """Return which part of a range of indices is inside an axis of `n`."""
    start = min(max(first, 0), n)
    return start, min(max(first + length, start), n)


def region(img: Any, bounds: ArrayLike, space: Space = "voxel") -> Any:
    """Return the part of an image within bounds, lazily: whole voxels, those that touch it.

    Parameters
    ----------
    img : SpatialImage
    bounds : (2, 3) array-like
        Lowest and highest corner, order x, y, z. In voxels the second is the first voxel that
        is not taken.
    space : {"voxel", "world", "project"}
        What the bounds are in: voxel indices, mm, or the unit of the file (``header.unit``).

    Raises
    ------
    UsageError
        If bounds make no sense, the image is not in that space, or nothing of it is within.
    """
    if space not in ("voxel", "world", "project"):
        raise UsageError(f"space: must be 'voxel', 'world' or 'project', got {space!r}")
    corners = np.asarray(bounds, np.float64)
    if corners.shape != (2, 3) or not np.isfinite(corners).all():
        raise UsageError(f"bounds: must be 2 x 3 finite numbers, got {corners.tolist()}")
    if img.ndim < 3:
        raise UsageError(f"img: must have three axes, got {img.ndim}")
    if space != "voxel":
        scale = length_in_mm(getattr(img.header, "unit", "")) if space == "project" else 1.0
        corners = _in_voxels(img, np.array(list(product(*corners.T))) * scale)
    part = _between(img, corners)
    if part is None:
        raise UsageError(f"bounds: nothing of the image of shape {img.shape} is within {bounds!r}")
    return part


def same_region(img: Any, part: Any) -> Any:
    """Return the part of an image that covers another image, lazily; None where there is none.

    Parameters
    ----------
    img : SpatialImage
        One resolution of an image.
    part : SpatialImage
        A part of another resolution of it. Both have an affine.
    """
    edges = np.array(list(product(*[(-0.5, n - 0.5) for n in part.shape[:3]])))
    return _between(img, _in_voxels(img, edges @ part.affine[:3, :3].T + part.affine[:3, 3]))


def _between(img: Any, corners: NDArray[np.float64]) -> Any:
    """Return the part between two corners in voxels, whole voxels; None where there is none."""
    starts = np.clip(np.floor(corners[0] + CLOSE), 0, img.shape[:3]).astype(int)
    stops = np.clip(np.ceil(corners[1] - CLOSE), 0, img.shape[:3]).astype(int)
    if (stops <= starts).any():
        return None
    sides = zip(starts.tolist(), stops.tolist(), strict=True)
    return img.slicer[tuple([slice(start, stop) for start, stop in sides])]


def _in_voxels(img: Any, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the box of voxel indices around positions in mm; voxel i begins at index i."""
    if img.affine is None:
        raise UsageError("space: the image has no affine; only bounds in voxels make sense")
    inverse = np.linalg.inv(img.affine)
    # Centres of voxels are at integers: voxel i covers i - 0.5 to i + 0.5.
    indices = positions @ inverse[:3, :3].T + inverse[:3, 3] + 0.5
    return np.stack([indices.min(axis=0), indices.max(axis=0)])
