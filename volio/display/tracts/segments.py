"""The straight parts of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.pieces import piece_and_place

__all__ = ["LineSegments"]

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class LineSegments:
    """Straight parts of lines.

    Parameters
    ----------
    starts, ends : float array, shape (n, 3)
        mm.
    first : int array, shape (n,)
        Number of the point that each starts at, of all points.
    line : int array, shape (n,)
        Number of the line that each is a part of.
    """

    starts: Floats
    ends: Floats
    first: NDArray[np.int64]
    line: NDArray[np.int64]

    @classmethod
    def of(cls, tracts: Any) -> Self:
        """Return the segments of tracts; those at points without a position are left out.

        Raises
        ------
        UsageError
            If there are none.
        """
        points = np.asarray(tracts.points)
        lengths = np.asarray(tracts.lengths_in_points)
        line, _ = piece_and_place(lengths)
        is_finite = np.isfinite(points).all(axis=1)
        is_joined = (line[1:] == line[:-1]) & is_finite[1:] & is_finite[:-1]
        first = np.flatnonzero(is_joined)
        if not len(first):
            raise UsageError("tracts: a picture needs lines of two points or more")
        return cls(points[first], points[first + 1], first, line[first])

    @property
    def box(self) -> NDArray[np.float64]:
        """Lowest and highest coordinates, shape (2, 3)."""
        low = np.minimum(self.starts.min(axis=0), self.ends.min(axis=0))
        high = np.maximum(self.starts.max(axis=0), self.ends.max(axis=0))
        return np.array([low, high], np.float64)
