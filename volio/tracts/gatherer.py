"""Blocks of lines, appended to arrays that grow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.tracts.lines import Column, LineLayout, Lines

__all__ = ["Gatherer"]

Array = NDArray[Any]


class Gatherer:
    """Lines of many blocks, put together without a second copy of them.

    Parameters
    ----------
    layout : LineLayout
        Of the blocks.
    n_points : int
        About how many points will come: memory that is not used is given back.
    """

    def __init__(self, layout: LineLayout, n_points: int = 0) -> None:
        self._points = Rows(Column(layout.dtype, 3), n_points)
        self._lengths = Rows(Column(np.dtype(np.int64), 0))
        self._per_point = {
            name: Rows(column, n_points) for name, column in layout.per_point.items()
        }
        self._per_line = {name: Rows(column) for name, column in layout.per_line.items()}

    def append(self, block: Lines) -> None:
        """Append the lines of a block, which must be compact."""
        self._points.append(block.points)
        self._lengths.append(block.lengths)
        for name, rows in self._per_point.items():
            rows.append(block.per_point[name])
        for name, rows in self._per_line.items():
            rows.append(block.per_line[name])

    def lines(self) -> Lines:
        """Return all lines that were appended; nothing can be appended after it."""
        return Lines.compact(
            self._points.array(),
            self._lengths.array(),
            {name: rows.array() for name, rows in self._per_point.items()},
            {name: rows.array() for name, rows in self._per_line.items()},
        )


class Rows:
    """Rows of one array that grows.

    Parameters
    ----------
    column : Column
        What the rows are.
    expected : int
        About how many there will be.
    """

    def __init__(self, column: Column, expected: int = 0) -> None:
        self._array = column.empty(expected)
        self._count = 0

    def append(self, rows: Array) -> None:
        """Append rows of the same dtype and width."""
        count = self._count + len(rows)
        if count > len(self._array):
            # The array is grown where it is, or moved by the system without being copied.
            self._resize(max(count, len(self._array) * 3 // 2))
        self._array[self._count : count] = rows
        self._count = count

    def array(self) -> Array:
        """Return all rows."""
        self._resize(self._count)
        return self._array

    def _resize(self, count: int) -> None:
        if count != len(self._array):
            self._array.resize((count, *self._array.shape[1:]), refcheck=False)
