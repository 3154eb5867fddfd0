"""Lines that are changed as they come, block by block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from volio.errors import UsageError
from volio.space.affines import check_affine
from volio.space.points import move_points
from volio.tracts.geometry import resampled
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import LineSource, MappedLines

__all__ = ["moved_lines", "resampled_lines"]


def moved_lines(lines: LineSource, affine: ArrayLike) -> LineSource:
    """Return lines whose points are moved by an affine, shape (4, 4).

    Raises
    ------
    AffineError
        If it is not an affine.
    """
    matrix = check_affine(affine)

    def moved(block: Lines) -> Lines:
        points = np.ascontiguousarray(block.points)
        return replace(block, points=move_points(points, matrix, np.empty_like(points)))

    return MappedLines(lines, moved, keeps_lengths=True)


def resampled_lines(lines: LineSource, count: int) -> LineSource:
    """Return lines with so many points each.

    Raises
    ------
    UsageError
        If `count` is below 2.
    """
    if count < 2:
        raise UsageError(f"count: must be 2 or more, got {count}")
    # Integers become fractions.
    per_point = {
        name: Column(column.dtype if column.dtype.kind == "f" else np.dtype(float), column.width)
        for name, column in lines.layout.per_point.items()
    }
    layout = LineLayout(lines.layout.dtype, per_point, lines.layout.per_line)
    return MappedLines(lines, lambda block: resampled(block, count), layout)
