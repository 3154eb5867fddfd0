"""Lengths of lines, points at equal distances, and which voxels lines pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.pieces import piece_and_place
from volio.space.affines import apply_affine
from volio.tracts.grid import Grid
from volio.tracts.lines import Lines

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


class _Places(NamedTuple):
    """Places on lines, each between two points, shape (lines, places)."""

    before: NDArray[np.int64]  # number of the point before
    after: NDArray[np.int64]  # and of the one after; the same for a line of one point
    part: NDArray[np.float64]  # of the way from the one to the other, 0 to 1


def resampled(lines: Lines, count: int) -> Lines:
    """Return lines with so many points each, at equal distances along the line.

    Parameters
    ----------
    lines : Lines
        Compact. A line of one point gets it many times; one without points stays as it is.
    count : int
        2 or more.
    """
    places = _equal_places(lines, count)
    points = _between(lines.points, places)
    lengths = np.where(lines.lengths > 0, count, 0)
    values = {name: _between(each, places) for name, each in lines.per_point.items()}
    return Lines.compact(points, lengths, values, lines.per_line)


def _equal_places(lines: Lines, count: int) -> _Places:
    """Return `count` places at equal distances on each line that has points."""
    # Where a coordinate is NaN, so are the points of its line; other lines are not.
    steps = np.nan_to_num(_steps(lines).astype(np.float64), nan=0, posinf=0)
    # Distance of each point from the first one of the first line, along all lines.
    along = np.concatenate([[0.0], np.cumsum(steps)])
    has_points = lines.lengths > 0
    first = lines.starts[has_points]
    last = first + lines.lengths[has_points] - 1
    # Of the places, in rows of one line: from the first point to the last, in equal parts.
    length = along[last] - along[first]
    wanted = along[first, np.newaxis] + length[:, np.newaxis] * np.linspace(0, 1, count)
    before = _points_before(along, wanted, first, last)
    after = np.minimum(before + 1, last[:, np.newaxis])
    part = np.zeros(wanted.shape)
    # Points at one place have no way between them: part 0.
    is_apart = steps[before] > 0
    np.divide(wanted - along[before], steps[before], out=part, where=is_apart)
    np.clip(part, 0, 1, out=part)
    # Rounding must not move the last point; a line of one point has none after it.
    part[:, -1] = after[:, -1] > before[:, -1]
    return _Places(before, after, part)


def _points_before(
    along: NDArray[np.float64],
    wanted: NDArray[np.float64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the number of the point before each place, shape (lines, places).

    Parameters
    ----------
    along : array of float64, shape (n + 1,)
        Distance of each point from the very first one.
    wanted : array of float64, shape (lines, places)
        Distance of each place.
    first, last : array of int64, shape (lines,)
        First and last point of each line.
    """
    # The last point that is not beyond a place.
    beyond = np.searchsorted(along[:-1], wanted.ravel(), "right")
    found = beyond.reshape(wanted.shape) - 1
    # A line ends at the distance at which the next begins, so the point may be of another line: it
    # is put back into its own, and before the last point, if there are two.
    last_start = np.maximum(last - 1, first)
    return np.clip(found, first[:, np.newaxis], last_start[:, np.newaxis])


def _between(values: NDArray[Any], places: _Places) -> NDArray[Any]:
    """Return values at places, (k, ...), in their own dtype; float64 in place of integers."""
    # One weight for all numbers of a point: axes of length 1 in place of theirs.
    own_axes = [1] * (values.ndim - 1)
    weights = places.part.reshape(*places.part.shape, *own_axes)
    from_before = values[places.before] * (1 - weights)
    from_after = values[places.after] * weights
    mixed: NDArray[Any] = from_before + from_after
    dtype = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    return mixed.astype(dtype).reshape(-1, *values.shape[1:])


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
        pieces = _pieces_of_steps(block, points, grid, step)
        # Point `number` begins each piece; the piece is `part` of the way to the next point.
        number, place = piece_and_place(pieces)
        part = (place / pieces[number])[:, np.newaxis]
        after = np.minimum(number + 1, len(points) - 1)
        # Part 0 is the point itself, whatever comes next: it may be of the next line, or infinite.
        with np.errstate(invalid="ignore"):
            moved = points[number] + part * (points[after] - points[number])
        new = np.where(part > 0, moved, points[number])
        sums = np.concatenate([[0], np.cumsum(pieces)])
        lengths = sums[block.starts + block.lengths] - sums[block.starts]
        yield Lines.compact(new, lengths)


def _pieces_of_steps(
    block: Lines, points: NDArray[np.float64], grid: Grid, step: float
) -> NDArray[np.int64]:
    """Return into how many pieces the step from each point to the next is cut, 1 or more."""
    voxels = apply_affine(np.linalg.inv(grid.affine), points)
    apart = np.zeros(len(points))  # voxels along the axis of the largest difference
    apart[:-1] = np.abs(np.diff(voxels, axis=0)).max(axis=1)
    last = (block.starts + block.lengths - 1)[block.lengths > 0]
    apart[last] = 0  # the next point is of another line
    # A step that no grid has is not cut: such a point is lost, or outside.
    is_cut = apart < 4 * max(grid.shape) + 4
    counts = np.ceil(np.where(is_cut, apart, 0) / step)
    return np.maximum(counts, 1).astype(np.int64)
