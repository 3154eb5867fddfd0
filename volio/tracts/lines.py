"""Lines: points of many lines in one array, and values for each point and each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.pieces import row_numbers, starts_of

__all__ = ["Column", "LineLayout", "Lines"]

Array = NDArray[Any]


class Column(NamedTuple):
    """What values of a name are, before any is read.

    Attributes
    ----------
    dtype : numpy dtype
    width : int
        Values of each point or line; 0 where they are not in columns, but of shape (n,).
    """

    dtype: np.dtype[Any]
    width: int

    @classmethod
    def of(cls, values: Array) -> Column:
        """Return the column that values are in; they are of shape (n,) or (n, k)."""
        return cls(values.dtype, 0 if values.ndim == 1 else values.shape[1])

    def empty(self, count: int) -> Array:
        """Return an array for values of so many points or lines."""
        return np.empty((count, self.width) if self.width else count, self.dtype)


@dataclass(frozen=True)
class LineLayout:
    """What there is of each line, as headers tell it.

    Attributes
    ----------
    dtype : numpy dtype
        Of the points: float32 or float64, in native byte order.
    per_point, per_line : mapping of str to Column
    """

    dtype: np.dtype[Any] = np.dtype(np.float32)  # noqa: RUF009  dtypes do not change
    per_point: Mapping[str, Column] = field(default_factory=dict)
    per_line: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True)
class Lines:
    """Lines in memory.

    Attributes
    ----------
    points : array of float32 or float64, shape (N, 3)
        Scanner RAS+ mm. There may be points between lines that belong to none.
    starts : array of int64, shape (n,)
        Number of the first point of each line.
    lengths : array of int64, shape (n,)
        Number of points of each line; 0 is a line without any.
    per_point : mapping of str to array, shape (N,) or (N, k)
        Values of each of `points`.
    per_line : mapping of str to array, shape (n,) or (n, k)
    """

    points: Array
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    per_point: Mapping[str, Array] = field(default_factory=dict)
    per_line: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def compact(
        cls,
        points: Array,
        lengths: NDArray[np.int64],
        per_point: Mapping[str, Array] | None = None,
        per_line: Mapping[str, Array] | None = None,
    ) -> Lines:
        """Return lines whose points follow each other; parameters are the attributes."""
        return cls(points, starts_of(lengths), lengths, per_point or {}, per_line or {})

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Array]:
        """Go through the lines: their points, shape (m, 3)."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield self.points[start : start + length]

    @property
    def layout(self) -> LineLayout:
        """What there is of each line."""
        return LineLayout(
            self.points.dtype,
            {name: Column.of(values) for name, values in self.per_point.items()},
            {name: Column.of(values) for name, values in self.per_line.items()},
        )

    @property
    def is_compact(self) -> bool:
        """Whether the points are those of the lines, in their order, and no others."""
        return len(self.points) == int(self.lengths.sum()) and np.array_equal(
            self.starts, starts_of(self.lengths)
        )

    def compacted(self) -> Lines:
        """Return the same lines without points that belong to none; themselves, if possible."""
        return self if self.is_compact else self._gathered()

    def part(self, first: int, last: int) -> Lines:
        """Return some of the lines, without copying; they must be compact.

        Parameters
        ----------
        first, last : int
            As for a slice.
        """
        lengths = self.lengths[first:last]
        begin = int(self.starts[first]) if len(lengths) else 0
        rows = slice(begin, begin + int(lengths.sum()))
        return Lines.compact(
            self.points[rows],
            lengths,
            {name: values[rows] for name, values in self.per_point.items()},
            {name: values[first:last] for name, values in self.per_line.items()},
        )

    def take(self, indices: NDArray[np.int64]) -> Lines:
        """Return the lines of some numbers, with points of their own that follow each other."""
        return Lines(
            self.points,
            self.starts[indices],
            self.lengths[indices],
            self.per_point,
            {name: values[indices] for name, values in self.per_line.items()},
        )._gathered()

    def _gathered(self) -> Lines:
        rows = row_numbers(self.starts, self.lengths)
        return Lines.compact(
            self.points[rows],
            self.lengths,
            {name: values[rows] for name, values in self.per_point.items()},
            self.per_line,
        )

    def blocks(self, points: int) -> Iterator[Lines]:
        """Go through the lines in parts of about so many points; they must be compact."""
        ends = self.starts + self.lengths
        first = 0
        while first < len(self):
            begin = int(self.starts[first])
            last = int(np.searchsorted(ends, begin + points, "right"))
            last = max(last, first + 1)
            yield self.part(first, last)
            first = last
