"""Contours on a page: the numbers that a browser draws lines from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.far_numbers import has_far_integers
from volio.display.page.packing import pack
from volio.display.page.voxel_grid import VoxelGrid
from volio.display.sampling.sections import PicturePlane
from volio.display.scene.contours import Contours
from volio.space.affines import to_matvec

__all__ = ["contour_facts", "values_on"]

#: A byte for each number: so many steps between the lowest and the highest.
STEPS = 250
#: Numbers farther from all levels than this share of their range are cut off there.
REACH = 0.25
#: Of a voxel: points are moved by this, so that one between two takes the same everywhere.
ASIDE = 1e-6


def contour_facts(contours: Contours, volume: int, grid: VoxelGrid) -> dict[str, Any]:
    """Return what a page needs to draw contours; of a surface without its mesh.

    Parameters
    ----------
    contours : Contours
    volume : int
        Which one of a series.
    grid : VoxelGrid
        Where the numbers are held: regions as they are, but for numbers that a browser would
        round; others in `STEPS` steps.
    """
    layer = contours.layer
    return {
        "name": layer.name,
        "opacity": layer.opacity if layer.visible else 0.0,
        "colors": [_short(color) for color in contours.colors],
        "width": contours.linewidths,
        **({} if contours.cuts else _values_of(contours, volume, grid)),
    }


def _values_of(contours: Contours, volume: int, grid: VoxelGrid) -> dict[str, Any]:
    """Return the numbers that the browser finds lines in."""
    values = values_on(grid, lambda plane: contours.sample(plane, volume).numbers)
    if contours.levels is not None:
        values = _stepped(values, contours.levels)
    elif has_far_integers(values):
        values = _renumbered(values, len(contours.colors))
    return {
        "channel": pack(values),
        "levels": None if contours.levels is None else list(contours.levels),
        "outside": contours.outside,
    }


def _short(color: NDArray[np.float32]) -> list[float]:
    return [round(float(part), 3) for part in color]


def values_on(grid: VoxelGrid, sample: Callable[[PicturePlane], Any]) -> NDArray[Any]:
    """Return values at the voxels of a grid, slice by slice.

    Parameters
    ----------
    grid : VoxelGrid
    sample : callable
        Returns the values (rows, columns) of a plane.
    """
    slices = [sample(_plane_of_slice(grid, k)).T for k in range(grid.shape[2])]
    return np.stack(slices, axis=-1)


def _plane_of_slice(grid: VoxelGrid, k: int) -> PicturePlane:
    """Return the positions of the voxels of a slice of a grid; its second axis makes the rows."""
    linear, translation = to_matvec(grid.affine @ grid.to_voxel)
    aside = np.full(3, ASIDE) @ linear.T
    origin = translation + k * linear[:, 2] + aside
    columns, rows, _ = grid.shape
    return PicturePlane(origin, u=linear[:, 1], v=linear[:, 0], shape=(rows, columns))


def _stepped(values: NDArray[Any], levels: Sequence[float]) -> NDArray[Any]:
    """Return values rounded to a few, so that a page stays small; lines move by less than that."""
    low, high = _range_around(values, levels)
    if not low < high:
        return values
    step = (high - low) / STEPS
    steps = np.rint((np.clip(values, low, high) - low) / step)
    rounded: NDArray[Any] = (low + steps * step).astype(values.dtype)
    return rounded


def _renumbered(regions: NDArray[Any], colors: int) -> NDArray[np.int64]:
    """Return small numbers for regions, which keep their outlines and colours; 0 is none."""
    numbers, ranks = np.unique(regions, return_inverse=True)
    small = [
        rank * colors + (number - 1) % colors + 1 if number else 0
        for rank, number in enumerate(numbers.tolist())
    ]
    return np.array(small, np.int64)[ranks].reshape(regions.shape)


def _range_around(values: NDArray[Any], levels: Sequence[float]) -> tuple[Any, Any]:
    """Return the range of finite values, without what is far from all levels."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    reach = REACH * (high - low) or 1.0
    return max(low, min(levels) - reach), min(high, max(levels) + reach)
