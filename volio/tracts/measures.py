"""What is measured of lines, block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.tracts.geometry import line_bounds, passed_voxels
from volio.tracts.grid import Grid
from volio.tracts.lines import Lines
from volio.tracts.sources import LineSource

__all__ = ["bounds_of", "counted", "measured"]


def measured(
    lines: LineSource, measure: Callable[[Lines], NDArray[Any]], dtype: Any
) -> NDArray[Any]:
    """Return a measure of each line, shape (n,).

    Parameters
    ----------
    lines : LineSource
    measure : callable
        From compact `Lines` to one number for each.
    dtype : dtype-like
        Of the numbers.
    """
    parts = [measure(block) for block in lines.blocks()]
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def bounds_of(lines: LineSource) -> NDArray[np.float64]:
    """Return lowest and highest coordinates of finite points, shape (2, 3); NaN without any."""
    found = [line_bounds(block) for block in lines.blocks()]
    finite = [each for each in found if np.isfinite(each).all()]
    if not finite:
        return np.full((2, 3), np.nan)
    corners = np.array(finite)
    return np.array([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])


def counted(lines: LineSource, grid: Grid, step: float) -> NDArray[np.int32]:
    """Return how many lines pass each voxel, of the shape of a grid.

    Parameters
    ----------
    lines : LineSource
    grid : Grid
    step : float
        Voxels between two places of a line that are looked at, at most.

    Raises
    ------
    UsageError
        If `step` is not above 0.
    """
    if not step > 0:
        raise UsageError(f"step: must be above 0, got {step}")
    counts = np.zeros(int(np.prod(grid.shape, dtype=np.int64)), np.int32)
    for block in lines.blocks():
        # A voxel is among them once for each line.
        numbers, times = np.unique(passed_voxels(block, grid, step), return_counts=True)
        counts[numbers] += times.astype(np.int32)
    return counts.reshape(grid.shape)
