"""Lengths of lines, points at equal distances, and which voxels lines pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.space.affines import apply_affine
from volio.tracts.grid import Grid
from volio.tracts.lines import Lines, starts_of

__all__ = ["line_bounds", "lines_inside", "millimetres", "passed_voxels", "resampled"]


def millimetres(lines: Lines) -> NDArray[np.float64]:
    """Return the length of each line in mm, shape (n,); lines must be compact."""
    steps = _steps(lines)
    totals = np.zeros(len(lines))
    has_steps = lines.lengths > 1
    # Sums from each line's first step to the next line's.
    starts = lines.starts[has_steps]
    if len(starts):
        totals[has_steps] = np.add.reduceat(steps, starts, dtype=np.float64)
    return totals


def _steps(lines: Lines) -> NDArray[Any]:
    """Return the distance from each point to the next of its line, mm; 0 from the last one.

    In the dtype of the points: what is lost of a step is a ten-millionth of it.
    """
    points = lines.points
    steps = np.zeros(len(points), points.dtype)
    if len(points) > 1:
        apart = points[1:] - points[:-1]
        with np.errstate(over="ignore"):
            np.multiply(apart, apart, out=apart)
            inner = steps[:-1]
            np.add(apart[:, 0], apart[:, 1], out=inner)
            np.add(inner, apart[:, 2], out=inner)
        np.sqrt(inner, out=inner)
        ends = (lines.starts + lines.lengths - 1)[lines.lengths > 0]
        steps[ends] = 0
    return steps


def line_bounds(lines: Lines) -> NDArray[np.float64]:
    """Return lowest and highest coordinates of finite points, shape (2, 3); NaN without any."""
    points = lines.points
    if not len(points):
        return np.full((2, 3), np.nan)
    found = _corners(points)
    if np.isfinite(found).all():
        return found
    finite = points[np.isfinite(points).all(axis=1)]
    return _corners(finite) if len(finite) else np.full((2, 3), np.nan)


def _corners(points: NDArray[Any]) -> NDArray[np.float64]:
    """Return the lowest and the highest number of each column; NaN where one is."""
    # Column by column numpy is many times as fast as along the rows of three numbers.
    columns = [points[:, axis] for axis in range(3)]
    ends = [[column.min() for column in columns], [column.max() for column in columns]]
    return np.array(ends, np.float64)


def resampled(lines: Lines, count: int) -> Lines:
    """Return lines with so many points each, at equal distances along the line.

    Parameters
    ----------
    lines : Lines
        Compact. A line of one point gets it many times; one without points stays as it is.
    count : int
        2 or more.
    """
    kept = np.flatnonzero(lines.lengths)
    # Where a coordinate is NaN, so are the points of its line; other lines are not.
    steps = np.nan_to_num(_steps(lines).astype(np.float64), nan=0, posinf=0)
    # Distance of each point from the first one of the first line, along all lines.
    along = np.concatenate([[0.0], np.cumsum(steps)])
    begins = lines.starts[kept]
    ends = begins + lines.lengths[kept] - 1
    fractions = np.linspace(0, 1, count)
    wanted = along[begins, np.newaxis] + fractions * (along[ends] - along[begins])[:, np.newaxis]
    # The last point that is not beyond; within the line, for lines touch at one distance.
    before = np.searchsorted(along[:-1], wanted.ravel(), "right").reshape(wanted.shape) - 1
    before = np.clip(before, begins[:, np.newaxis], np.maximum(ends - 1, begins)[:, np.newaxis])
    after = np.minimum(before + 1, ends[:, np.newaxis])
    step = steps[before]
    part = np.where(step > 0, (wanted - along[before]) / np.where(step > 0, step, 1), 0)
    part = np.clip(part, 0, 1)
    part[:, -1] = np.where(after[:, -1] > before[:, -1], 1, 0)  # the last point is exact

    def between(values: NDArray[Any]) -> NDArray[Any]:
        weights = part.reshape(*part.shape, *[1] * (values.ndim - 1))
        mixed: NDArray[Any] = values[before] * (1 - weights) + values[after] * weights
        kind = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
        rows: NDArray[Any] = mixed.astype(kind).reshape(-1, *values.shape[1:])
        return rows

    lengths = np.where(lines.lengths > 0, count, 0)
    values = {name: between(each) for name, each in lines.per_point.items()}
    return Lines.compact(between(lines.points), lengths, values, lines.per_line)


def lines_inside(lines: Lines, grid: Grid) -> NDArray[np.bool_]:
    """Return for each line whether all of its points are in voxels of a grid, shape (n,)."""
    voxels = _voxels(lines.points, grid)
    is_inside = ((voxels >= 0) & (voxels < grid.shape)).all(axis=1)
    outside = np.concatenate([[0], np.cumsum(~is_inside)])
    inside: NDArray[np.bool_] = outside[lines.starts + lines.lengths] == outside[lines.starts]
    return inside


def _voxels(points: NDArray[Any], grid: Grid) -> NDArray[np.float64]:
    """Return the voxel of each point as whole numbers; NaN where the point is not finite."""
    found = apply_affine(np.linalg.inv(grid.affine), points.astype(np.float64))
    return np.floor(found + 0.5)


def passed_voxels(lines: Lines, grid: Grid, step: float) -> NDArray[np.int64]:
    """Return the voxels that each line passes, once for each line, as numbers in C order.

    Parameters
    ----------
    lines : Lines
        Compact.
    grid : Grid
        Points outside it are left out.
    step : float
        Voxels between two places of a line that are looked at, at most.
    """
    found = [np.zeros(0, np.int64)]
    for part in _refined(lines, grid, step):
        voxels = _voxels(part.points, grid)
        is_inside = ((voxels >= 0) & (voxels < grid.shape)).all(axis=1)
        of_line = np.repeat(np.arange(len(part)), part.lengths)[is_inside]
        numbers = np.ravel_multi_index(tuple(voxels[is_inside].astype(np.int64).T), grid.shape)
        size = int(np.prod(grid.shape, dtype=np.int64))
        found.append(np.unique(of_line * size + numbers) % size)
    return np.concatenate(found)


def _refined(lines: Lines, grid: Grid, step: float) -> Iterator[Lines]:
    """Yield lines with further points, so that neighbours are at most some voxels apart."""
    for block in lines.blocks(1 << 14):
        points = block.points.astype(np.float64)
        voxels = apply_affine(np.linalg.inv(grid.affine), points)
        apart = np.zeros(len(points))
        apart[:-1] = np.abs(np.diff(voxels, axis=0)).max(axis=1)
        apart[(block.starts + block.lengths - 1)[block.lengths > 0]] = 0
        # A step that no grid has is not cut: such a point is lost, or outside.
        apart = np.where(apart < 4 * max(grid.shape) + 4, apart, 0)
        pieces = np.maximum(np.ceil(apart / step), 1).astype(np.int64)
        number = np.repeat(np.arange(len(points)), pieces)
        part = (np.arange(len(number)) - np.repeat(starts_of(pieces), pieces)) / pieces[number]
        after = np.minimum(number + 1, len(points) - 1)
        # The last point of a line has one piece, part 0: the next line does not touch it.
        with np.errstate(invalid="ignore"):
            new = points[number] + np.where(part > 0, part, 0)[:, np.newaxis] * (
                points[after] - points[number]
            )
        new = np.where((part > 0)[:, np.newaxis], new, points[number])
        sums = np.concatenate([[0], np.cumsum(pieces)])
        lengths = sums[block.starts + block.lengths] - sums[block.starts]
        yield Lines.compact(new, lengths)
