"""Lines that are changed as they come, block by block: moved, resampled, with fewer values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.space.affines import check_affine
from volio.space.points import move_points
from volio.tracts.geometry import resampled
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["ChosenColumns", "MappedLines", "PointMap", "moved_lines", "resampled_lines"]


class PointTransform(Protocol):
    """What moves points, as rotations of scipy do."""

    def apply(self, points: NDArray[Any], /) -> ArrayLike:
        """Return where points go, both of shape (n, 3)."""


#: Moves points, shape (n, 3): an affine, what has ``apply(points)``, or a function of the points.
PointMap = ArrayLike | PointTransform | Callable[[NDArray[Any]], ArrayLike]


def moved_lines(lines: LineSource, transform: PointMap) -> LineSource:
    """Return lines whose points are moved.

    Parameters
    ----------
    lines : LineSource
    transform : array-like of shape (4, 4), function, or object with ``apply``
        From points before to points after, shape (n, 3).

    Raises
    ------
    AffineError
        If it is an array, and not an affine.
    """
    apply = getattr(transform, "apply", transform)
    move = partial(_applied, apply) if callable(apply) else _by_affine(transform)

    def moved(block: Lines) -> Lines:
        return replace(block, points=move(block.points))

    return MappedLines(lines, moved, keeps_lengths=True)


def _by_affine(affine: Any) -> Callable[[NDArray[Any]], NDArray[Any]]:
    matrix = check_affine(affine)

    def move(points: NDArray[Any]) -> NDArray[Any]:
        compact = np.ascontiguousarray(points)
        return move_points(compact, matrix, np.empty_like(compact))

    return move


def _applied(apply: Callable[[NDArray[Any]], ArrayLike], points: NDArray[Any]) -> NDArray[Any]:
    """Return what a function gives for points, as points of the same dtype."""
    if not len(points):
        return points
    # A copy: the function may change what it is given, and the lines may be of a file or a user.
    found = np.asarray(apply(points.copy()))
    if found.shape != points.shape or found.dtype.kind not in "fiu":
        raise UsageError(
            f"transform: must return numbers of shape {points.shape} for points of that shape, "
            f"returned {found.dtype} of shape {found.shape}"
        )
    return np.ascontiguousarray(found, points.dtype)


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


class MappedLines(LineSource):
    """Lines of a source that are changed on the way, block by block.

    Parameters
    ----------
    source : LineSource
    change : callable
        From compact `Lines` to compact `Lines`, one for each.
    layout : LineLayout, optional
        Of what it returns (default: that of the source).
    keeps_lengths : bool, optional
        Whether lines keep their number of points.
    """

    def __init__(
        self,
        source: LineSource,
        change: Callable[[Lines], Lines],
        layout: LineLayout | None = None,
        keeps_lengths: bool = False,
    ) -> None:
        self.source = source
        self.change = change
        self.layout = source.layout if layout is None else layout
        self.keeps_lengths = keeps_lengths

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        return map(self.change, self.source.blocks(points))

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return self.source.line_lengths() if self.keeps_lengths else super().line_lengths()

    def n_lines(self) -> int:
        """Return the number of lines."""
        return self.source.n_lines()

    def stated_lines(self) -> int | None:
        """Return the number of lines that is known without going through them, if there is one."""
        return self.source.stated_lines()

    def stated_points(self) -> int | None:
        """Return the number of points that is known without going through them, if there is one."""
        return self.source.stated_points() if self.keeps_lengths else None

    def n_points(self) -> int:
        """Return the number of points."""
        return self.source.n_points() if self.keeps_lengths else super().n_points()

    def presumed_points(self) -> int:
        """Return the number of points, perhaps without going through them."""
        if not self.keeps_lengths:
            return super().presumed_points()
        return self.source.presumed_points()

    def check_there(self) -> None:
        """Check that what the lines come from is as it was."""
        self.source.check_there()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)


class ChosenColumns(MappedLines):
    """Lines of a source with some of their values.

    Parameters
    ----------
    source : LineSource
    per_point, per_line : sequence of str
        Names of the values that stay.
    """

    def __init__(self, source: LineSource, per_point: Any = (), per_line: Any = ()) -> None:
        self.per_point = tuple(per_point)
        self.per_line = tuple(per_line)
        known = source.layout
        layout = LineLayout(
            known.dtype,
            {name: known.per_point[name] for name in self.per_point},
            {name: known.per_line[name] for name in self.per_line},
        )
        super().__init__(source, self._choose, layout, keeps_lengths=True)

    def _choose(self, lines: Lines) -> Lines:
        return replace(
            lines,
            per_point={name: lines.per_point[name] for name in self.per_point},
            per_line={name: lines.per_line[name] for name in self.per_line},
        )

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines as a file has them, where its coordinates are those."""
        stored = self.source.unmoved(affine)
        return None if stored is None else ChosenColumns(stored, self.per_point, self.per_line)
