"""Masks: which voxels of an image count, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.slabs import as_array, iterate_slabs
from volio.images.headers.format import length_scale
from volio.space.affines import apply_affine, voxel_sizes
from volio.space.rotations import affine_difference
from volio.space.transforms import compose, invert

__all__ = ["has_same_grid", "indices_inside", "is_inside", "limits_in_voxels"]

#: How far voxels of one grid may be apart, as a part of the smallest voxel size.
TOLERANCE = 0.01

Mask = NDArray[np.bool_]


def is_inside(values: NDArray[Any]) -> Mask:
    """Return which values are neither 0 nor NaN; of colours those that have any channel above 0."""
    inside: Mask
    if values.dtype.names:
        inside = np.logical_or.reduce([is_inside(values[name]) for name in values.dtype.names])
    else:
        inside = (values != 0) & (values == values)
    return inside


def indices_inside(data: Any) -> list[Mask]:
    """Return for each axis of space which indices have voxels inside, in any volume.

    Parameters
    ----------
    data : array or LazyArray
        Read slab by slab.

    Returns
    -------
    list of bool array
        Of the lengths of the first three axes, or of as many as there are.
    """
    array = as_array(data)
    found = [np.zeros(length, bool) for length in array.shape[:3]]
    for slab in iterate_slabs(array):
        inside = is_inside(slab.values)
        for axis, holds in enumerate(found):
            others = tuple(other for other in range(inside.ndim) if other != axis)
            holds[slab.where[axis]] |= inside.any(axis=others)
    return found


def limits_in_voxels(mask: Any, img: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return how far the inside of a mask reaches, in voxel indices of an image.

    Parameters
    ----------
    mask, img : SpatialImage
        Both with an affine; on any grids. A voxel reaches half its size around its centre.

    Returns
    -------
    low, high : (3,) array
        None if nothing is inside.
    """
    to_img = compose(invert(img.affine), _affine_in_unit_of(img, mask))
    low = np.full(3, np.inf)
    high = np.full(3, -np.inf)
    for indices in _indices_of_voxels(as_array(mask.dataobj)):
        centres = apply_affine(to_img, indices)
        low = np.minimum(low, centres.min(axis=0))
        high = np.maximum(high, centres.max(axis=0))
    half = np.abs(to_img[:3, :3]).sum(axis=1) / 2  # of a voxel of the mask
    return None if np.isinf(low).any() else (low - half, high + half)


def _indices_of_voxels(data: Any) -> Iterator[NDArray[np.int64]]:
    """Yield the indices (i, j, k) of voxels inside, slab by slab, shape (n, 3); n is not 0."""
    for slab in iterate_slabs(data):
        found = np.argwhere(is_inside(slab.values))[:, :3]
        if len(found):
            indices = np.zeros((len(found), 3), np.int64)
            indices[:, : found.shape[1]] = found + [part.start for part in slab.where[:3]]
            yield indices


def _affine_in_unit_of(img: Any, other: Any) -> NDArray[np.float64]:
    """Return the affine of another image in the unit of length of an image."""
    scale = length_scale(other.header, img.header)
    scaled: NDArray[np.float64] = np.diag([scale, scale, scale, 1.0]) @ other.affine
    return scaled


def has_same_grid(one: Any, other: Any) -> bool:
    """Return whether two images have the same voxels in space, up to rounding of headers.

    Images without an affine are taken to have the grid of any other of their shape.
    """
    if tuple(one.shape[:3]) != tuple(other.shape[:3]):
        return False
    if one.affine is None or other.affine is None:
        return True
    mm = affine_difference(one.affine, _affine_in_unit_of(one, other), one.shape)[1]
    return bool(mm <= TOLERANCE * voxel_sizes(one.affine).min())
