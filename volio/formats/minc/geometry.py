"""Positions of voxels: step, start and direction cosines of dimensions, and an affine.

The world of MINC is RAS+ mm. Along a dimension a voxel is at ``(start + step * index) * cosines``.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Dims
from volio.formats.minc.dimensions import SPACE, WORLD, dimension, rename_dims
from volio.space.affines import Affine, directions, from_matvec, voxel_sizes
from volio.space.orientations import nearest_axes

__all__ = ["read_affine", "write_affine"]


def read_affine(dataset: Dataset, names: Dims) -> Array:
    """Return the affine of axes that are these dimensions, voxels to RAS+ mm, shape (4, 4).

    Raises
    ------
    HeaderDataError
        If a number is not finite.
    """
    cosines = np.column_stack([_cosines(dataset, name) for name in names])
    steps = [dataset.get(name).number("step", 1.0) for name in names]
    starts = [dataset.get(name).number("start", 0.0) for name in names]
    with np.errstate(over="ignore", invalid="ignore"):
        affine = from_matvec(cosines * steps, cosines @ starts)
    if not np.isfinite(affine).all():
        raise HeaderDataError(f"{', '.join(names)}: step, start and cosines must be finite numbers")
    return affine


def _cosines(dataset: Dataset, name: str) -> Array:
    """Return the direction of a dimension of space, RAS+, shape (3,)."""
    found = dataset.get(name).numbers("direction_cosines")
    if found is None:
        return WORLD[name]
    if len(found) != 3:
        raise HeaderDataError(f"{name}: direction_cosines must be 3 numbers, got {found}")
    return found


def write_affine(dataset: Dataset, affine: Affine) -> None:
    """Store an affine; each axis gets the dimension of space that it is nearest to.

    Raises
    ------
    HeaderDataError
        If its axes are in one plane: MINC counts the start of each along its direction.
    """
    axes, signs = nearest_axes(affine)
    sizes = voxel_sizes(affine)
    # Directions point along the axis of the world; steps against it are negative.
    cosines = np.where(sizes > 0, directions(affine) * signs, np.eye(3)[:, axes])
    cosines += 0.0  # no negative zeros
    starts = np.linalg.lstsq(cosines, affine[:3, 3])[0] + 0.0
    if not np.allclose(cosines @ starts, affine[:3, 3], atol=1e-6, rtol=1e-6):
        raise HeaderDataError("affine: its axes are in one plane, which MINC cannot hold")
    names = [SPACE[axis] for axis in axes]
    rename_dims(dataset, names)
    columns = zip(names, sizes * signs, starts, cosines.T.copy(), strict=True)
    for name, step, start, direction in columns:
        dimension(dataset, name).set(step=step, start=start, direction_cosines=direction)
