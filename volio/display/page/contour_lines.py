"""Contours on a page: the numbers that a browser draws lines from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.page.lattice import Lattice
from volio.display.page.packing import pack
from volio.display.sampling.sections import PicturePlane
from volio.display.scene.contours import Contours

__all__ = ["line_facts"]

#: A byte for each number: so many steps between the lowest and the highest.
STEPS = 250
#: Numbers farther from all levels than this share of their range are cut off there.
REACH = 0.25


def line_facts(contours: Contours, volume: int, grid: Lattice) -> dict[str, Any]:
    """Return what a page needs to draw contours.

    Parameters
    ----------
    contours : Contours
    volume : int
        Which one of a series.
    grid : Lattice
        Where the numbers are held: regions as they are, others in `STEPS` steps.
    """
    layer, values = contours.layer, _values(contours, volume, grid)
    levels = None if contours.levels is None else contours.levels.tolist()
    return {
        "name": layer.name,
        "opacity": layer.opacity if layer.visible else 0.0,
        "channel": pack(values if levels is None else _stepped(values, contours.levels)),
        "levels": levels,
        "colors": [[round(float(part), 3) for part in color] for color in contours.colors],
        "width": contours.linewidths,
    }


def _values(contours: Contours, volume: int, grid: Lattice) -> NDArray[np.float32]:
    """Return values at the places of a lattice, NaN outside."""
    to_world = grid.affine @ grid.to_voxel
    columns, rows, slices = grid.shape
    found = np.empty(grid.shape, np.float32)
    u, v = to_world[:3, 1], to_world[:3, 0]
    aside = np.full(3, 1e-6) @ to_world[:3, :3].T  # of two voxels as near the same everywhere
    for k in range(slices):
        origin = to_world[:3, 3] + k * to_world[:3, 2] + aside
        found[:, :, k] = contours.sample(PicturePlane(origin, u, v, (rows, columns)), volume).T
    return found


def _stepped(values: NDArray[np.float32], levels: Any) -> NDArray[np.float32]:
    """Return values rounded to a few, so that a page stays small; lines move by less than that."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    reach = REACH * (high - low) or 1.0
    low, high = max(low, levels.min() - reach), min(high, levels.max() + reach)
    if not low < high:
        return values
    step = (high - low) / STEPS
    cut = np.clip(values, low, high)
    result: NDArray[np.float32] = (low + np.rint((cut - low) / step) * step).astype(np.float32)
    return result
