"""Blocks of lines, appended to arrays that grow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.tracts.lines import Column, LineLayout, Lines

__all__ = ["Gatherer"]

Array = NDArray[Any]
NOTHING: Array = np.empty(0)


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

    def room(self, count: int) -> Array:
        """Return the place of the next points, shape (count, 3).

        Where the points of the block that is appended next are this array, they are not copied.
        """
        return self._points.room(count)

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
        self._room: Array = NOTHING

    def room(self, count: int) -> Array:
        """Return the place of so many further rows, until rows are appended."""
        end = self._count + count
        if end > len(self._array):
            # The array is grown where it is, or moved by the system without being copied.
            self._resize(max(end, len(self._array) * 3 // 2))
        self._room = self._array[self._count : end]
        return self._room

    def append(self, rows: Array) -> None:
        """Append rows of the same dtype and width; they may be the room that was asked for."""
        if rows is not self._room:
            self.room(len(rows))[...] = rows
        self._room = NOTHING
        self._count += len(rows)

    def array(self) -> Array:
        """Return all rows."""
        self._resize(self._count)
        return self._array

    def _resize(self, count: int) -> None:
        if count != len(self._array):
            self._array.resize((count, *self._array.shape[1:]), refcheck=False)
