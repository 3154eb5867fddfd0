"""Grids of voxels in space: sub-volumes, corners, bounding boxes, and boxes along world axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from types import EllipsisType
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import SpaceError, UsageError
from volio.flags import as_flag
from volio.space.affines import apply_affine, check_affine, from_matvec
from volio.space.transforms import compose

__all__ = [
    "bounding_box",
    "corners",
    "mask_slices",
    "slice2volume",
    "slice_affine",
    "vox2out_vox",
]

Index: TypeAlias = slice | SupportsIndex | EllipsisType | None


def corners(affine: ArrayLike, shape: Sequence[int], edges: bool = False) -> NDArray[np.float64]:
    """World positions of the eight corners of a volume.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel to RAS+ mm.
    shape : sequence of int
        Voxels along each axis; axes after the third are ignored, missing ones have one voxel.
    edges : bool, optional
        Outer corners of the corner voxels, half a voxel further out, instead of their centres.

    Returns
    -------
    (8, 3) float64 array
        RAS+ mm, last voxel axis fastest.

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    SpaceError
        If the volume has no voxels.
    """
    as_flag("edges", edges)
    counts = [int(count) for count in shape[:3]]
    counts += [1] * (3 - len(counts))
    if min(counts) < 1:
        raise SpaceError(f"shape: a volume without voxels has no corners, got {tuple(shape)}")
    margin = 0.5 if edges else 0.0
    ends_of_axes = [(-margin, count - 1 + margin) for count in counts]
    voxels = np.array(list(product(*ends_of_axes)))
    return apply_affine(check_affine(affine), voxels)


def bounding_box(
    affine: ArrayLike, shape: Sequence[int], edges: bool = False
) -> NDArray[np.float64]:
    """Smallest box along the world axes that holds a volume; arguments as for `corners`.

    Returns
    -------
    (2, 3) float64 array
        Lowest and highest x, y, z in RAS+ mm.

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    SpaceError
        If the volume has no voxels.
    """
    points = corners(affine, shape, edges)
    return np.stack([points.min(axis=0), points.max(axis=0)])


def mask_slices(mask: ArrayLike, margin: int = 0) -> tuple[slice, ...]:
    """Smallest block of voxels that holds every non-zero voxel: one slice per axis.

    Parameters
    ----------
    mask : array-like
        Anything but 0 counts.
    margin : int, optional
        Voxels to keep around the block, as far as the volume reaches.

    Raises
    ------
    SpaceError
        If all voxels are 0.
    """
    inside = np.asarray(mask) != 0
    if not inside.any():
        raise SpaceError(f"mask: no voxel of {inside.shape} differs from 0, so no box holds it")
    block = []
    for axis, length in enumerate(inside.shape):
        others = tuple(other for other in range(inside.ndim) if other != axis)
        found = np.flatnonzero(inside.any(axis=others))
        first = int(found[0]) - margin
        stop = int(found[-1]) + 1 + margin
        block.append(slice(max(first, 0), min(stop, length)))
    return tuple(block)


def slice_affine(
    affine: ArrayLike, shape: Sequence[int], slices: Index | Sequence[Index]
) -> NDArray[np.float64]:
    """Affine of the sub-volume that an index takes; the voxels it keeps stay where they are.

    Parameters
    ----------
    affine : (4, 4) array-like
        Voxel to RAS+ mm of the volume before.
    shape : sequence of int
        Shape of the volume before; the first three axes are spatial.
    slices : slice, Ellipsis or sequence of them
        Index as numpy takes it: starts and stops from the end, negative steps, Ellipsis. The
        spatial axes need slices; later axes may have integers and None.

    Returns
    -------
    (4, 4) float64 array

    Raises
    ------
    AffineError
        If `affine` is not an affine.
    UsageError
        If the index does not fit the shape, or would drop or move a spatial axis.
    """
    starts = np.zeros(3)
    steps = np.ones(3)
    for axis, part in enumerate(_spatial_slices(shape, slices)):
        if part.step == 0:
            raise UsageError(f"slices: the step of axis {axis} must not be 0")
        starts[axis], _, steps[axis] = part.indices(shape[axis])
    return compose(affine, from_matvec(np.diag(steps), starts))


def _spatial_slices(shape: Sequence[int], slices: Index | Sequence[Index]) -> list[slice]:
    parts = list(slices) if isinstance(slices, Sequence) else [slices]
    count = min(len(shape), 3)
    first = _without_ellipsis(parts, shape)[:count]
    spatial = [part for part in first if isinstance(part, slice)]
    if len(spatial) < count:
        raise UsageError(
            f"slices: the first three axes need slices, got {parts}: to keep one plane, "
            f"take slice(n, n + 1)"
        )
    return spatial


def _without_ellipsis(parts: list[Index], shape: Sequence[int]) -> list[Index]:
    """Return an index with a part for each axis of a shape: whole ones for an ellipsis."""
    taken = [part for part in parts if part is not None and part is not Ellipsis]
    missing = len(shape) - len(taken)
    places = [number for number, part in enumerate(parts) if part is Ellipsis]
    if missing < 0 or len(places) > 1:
        raise UsageError(f"slices: {parts} does not fit an image of shape {tuple(shape)}")
    place = places[0] if places else len(parts)  # axes that are left out at the end are whole
    return [*parts[:place], *[slice(None)] * missing, *parts[place + 1 :]]


def vox2out_vox(
    mapped_voxels: Any, voxel_sizes: Sequence[float] | None = None
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Grid along the world axes that is just large enough for a volume.

    Parameters
    ----------
    mapped_voxels : image or (shape, affine)
        An object with ``shape`` and ``affine``, or the two; one to three axes, affine 4x4.
    voxel_sizes : sequence of float, optional
        Voxel sizes of the new grid in mm, one per axis of the shape; 1 when left out.

    Returns
    -------
    shape : tuple of int
    affine : (4, 4) float64 array
        A diagonal with the voxel sizes; voxel (0, 0, 0) is the lowest corner of the box around
        the centres of the voxels.

    Raises
    ------
    SpaceError
        If the shape has more than three axes or no voxels.
    UsageError
        If the voxel sizes are too many, too few, or not above 0.
    """
    if hasattr(mapped_voxels, "shape") and hasattr(mapped_voxels, "affine"):
        mapped_voxels = mapped_voxels.shape, mapped_voxels.affine
    shape, affine = mapped_voxels
    count = len(shape)
    if not 1 <= count <= 3:
        raise SpaceError(f"shape: must have one to three axes, got {tuple(shape)}")
    sizes = np.ones(3)
    if voxel_sizes is not None:
        sizes[:count] = _check_sizes(voxel_sizes, count)
    low, high = bounding_box(affine, shape)
    steps = np.ceil((high - low) / sizes)
    return tuple(int(n) + 1 for n in steps[:count]), from_matvec(np.diag(sizes), low)


def _check_sizes(sizes: Sequence[float], count: int) -> NDArray[np.float64]:
    checked = np.asarray(sizes, np.float64)
    if checked.shape != (count,):
        raise UsageError(f"voxel_sizes: must have {count} values, got {sizes}")
    if not (checked > 0).all():
        raise UsageError(f"voxel_sizes: must be above 0, got {sizes}")
    return checked


def slice2volume(
    index: float, axis: int, shape: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Affine from the pixels of one plane of a volume to its voxels.

    Parameters
    ----------
    index : int
        Which plane.
    axis : {0, 1, 2}
        Voxel axis square to the plane.
    shape : (3,) ints, optional
        Shape of the volume; given, the plane must be one of it.

    Returns
    -------
    (4, 3) float64 array
        Takes ``(p, q, 1)`` to ``(i, j, k, 1)``.

    Raises
    ------
    UsageError
        If the axis or the plane does not exist.
    """
    if axis not in (0, 1, 2):
        raise UsageError(f"axis: must be 0, 1 or 2, got {axis}")
    if index < 0 or (shape is not None and index >= shape[axis]):
        raise UsageError(f"index: must be a plane of the volume from 0 on, got {index}")
    plane = np.insert(np.eye(3), axis, 0.0, axis=0)
    plane[axis, 2] = index
    return plane
