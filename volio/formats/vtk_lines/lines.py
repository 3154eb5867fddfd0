"""PolyDataLines: the lines of a file of VTK, gathered from its points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.vtk.poly_data import CELLS, NamedValues, PolyData
from volio.surfaces.vertex_data import distinct_name
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["PolyDataLines"]

#: The values that colours of points are.
COLOURS = "colors"


class PolyDataLines(LineSource):
    """Lines of PolyData: each names its points, which may be any, and of several lines.

    Parameters
    ----------
    found : PolyData
    turn : array of float, shape (3,)
        What coordinates are multiplied with.

    Raises
    ------
    HeaderDataError
        If lines name points that are not there.
    """

    def __init__(self, found: PolyData, turn: NDArray[np.float64]) -> None:
        self._corners, self._counts = found.cells["LINES"]
        _check_corners(self._corners, len(found.points))
        self._points = found.points * turn.astype(found.points.dtype)
        self._is_in_order = np.array_equal(self._corners, np.arange(len(self._corners)))
        self._ends = np.cumsum(self._counts)
        point_values = list(found.point_values)
        if found.colours is not None:
            point_values.append(NamedValues(COLOURS, found.colours))
        self._per_point = _by_name(point_values)
        self._per_line = _by_name(_of_lines(found))
        self.layout = LineLayout(
            found.points.dtype,
            {name: Column.of(values) for name, values in self._per_point.items()},
            {name: Column.of(values) for name, values in self._per_line.items()},
        )

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        first = 0
        done = 0
        while first < len(self._counts):
            last = int(np.searchsorted(self._ends, done + points, "right"))
            last = max(last, first + 1)
            end = int(self._ends[last - 1])
            yield self._part(slice(first, last), slice(done, end))
            first = last
            done = end

    def _part(self, lines: slice, corners: slice) -> Lines:
        """Return some lines, which have some corners."""
        chosen = corners if self._is_in_order else self._corners[corners]
        return Lines.compact(
            self._points[chosen],
            self._counts[lines],
            {name: values[chosen] for name, values in self._per_point.items()},
            {name: values[lines] for name, values in self._per_line.items()},
        )

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return self._counts

    def stated_lines(self) -> int | None:
        """Return the number of lines."""
        return len(self._counts)

    def stated_points(self) -> int | None:
        """Return the number of points; one that two lines have counts twice."""
        return len(self._corners)

    def read(self) -> Lines:
        """Return all lines, compact, in arrays of their own."""
        lines = self._part(slice(None), slice(0, len(self._corners)))
        return Lines.compact(
            lines.points.copy(),
            lines.lengths.copy(),
            {name: values.copy() for name, values in lines.per_point.items()},
            {name: values.copy() for name, values in lines.per_line.items()},
        )


def _check_corners(corners: NDArray[np.int64], points: int) -> None:
    is_there = (corners >= 0) & (corners < points)
    if not is_there.all():
        raise HeaderDataError(f"LINES: name point {corners[~is_there][0]} of {points} points")


def _of_lines(found: PolyData) -> list[NamedValues]:
    """Return the values of lines: those of cells are kind after kind."""
    counts = [len(found.cells[kind][1]) for kind in CELLS]
    first = sum(counts[: CELLS.index("LINES")])
    rows = slice(first, first + counts[CELLS.index("LINES")])
    return [NamedValues(name, values[rows]) for name, values in found.cell_values]


def _by_name(arrays: list[NamedValues]) -> dict[str, NDArray[np.generic]]:
    """Return values by name, of which each is there once."""
    found: dict[str, NDArray[np.generic]] = {}
    for name, values in arrays:
        found[distinct_name(name, found)] = values
    return found
