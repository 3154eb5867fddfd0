"""Statistics of each index of an axis, in one pass over a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AxisMoments", "PartStatistics"]

Values = NDArray[Any]


@dataclass(frozen=True)
class PartStatistics:
    """Statistics of some values; NaN and infinite ones do not count.

    Attributes
    ----------
    count : int
        Finite values.
    minimum, maximum, mean, std : float
        NaN where there are no finite values.
    nan, infinite : int
    """

    count: int
    minimum: float
    maximum: float
    mean: float
    std: float
    nan: int
    infinite: int


class AxisMoments:
    """Statistics of the values at each index of an axis, added slab by slab.

    Parameters
    ----------
    length : int
        Of the axis.
    """

    def __init__(self, length: int) -> None:
        self.count = np.zeros(length)
        self.mean = np.zeros(length)
        self.squares = np.zeros(length)  # sums of squared distances from the mean
        self.minimum = np.full(length, np.inf)
        self.maximum = np.full(length, -np.inf)
        self.nan = np.zeros(length, np.int64)
        self.infinite = np.zeros(length, np.int64)

    def add(self, values: Values, axis: int, start: int) -> None:
        """Add a slab, whose first index along the axis is `start`."""
        # A row for each index of the axis, with all values of the slab at it.
        rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
        where = slice(start, start + len(rows))
        numbers = rows.astype(np.float64)
        is_finite = np.isfinite(numbers)
        self.nan[where] += np.isnan(numbers).sum(axis=1)
        self.infinite[where] += np.isinf(numbers).sum(axis=1)
        lowest = numbers.min(axis=1, initial=np.inf, where=is_finite)
        highest = numbers.max(axis=1, initial=-np.inf, where=is_finite)
        self.minimum[where] = np.minimum(self.minimum[where], lowest)
        self.maximum[where] = np.maximum(self.maximum[where], highest)
        count = is_finite.sum(axis=1)
        mean = numbers.sum(axis=1, where=is_finite) / np.maximum(count, 1)
        # Distances from the mean of the slab, in place: a slab may be large.
        numbers -= mean[:, np.newaxis]
        np.square(numbers, out=numbers)
        squares = numbers.sum(axis=1, where=is_finite)
        self._merge(where, count, mean, squares)

    def _merge(self, where: slice, count: Values, mean: Values, squares: Values) -> None:
        """Merge counts, means and squares: the update of Chan, Golub and LeVeque."""
        before = self.count[where]
        total = np.maximum(before + count, 1)
        apart = mean - self.mean[where]
        self.squares[where] += squares + apart**2 * before * count / total
        self.mean[where] += apart * count / total
        self.count[where] += count

    def of(self, where: slice | int | Values) -> PartStatistics:
        """Return the statistics of all values at some indices."""
        count = np.atleast_1d(self.count[where])
        total = count.sum()
        if not total:
            nothing = float("nan")
            return PartStatistics(0, nothing, nothing, nothing, nothing, *self._not_finite(where))
        means = np.atleast_1d(self.mean[where])
        mean = (means * count).sum() / total
        within = np.sum(self.squares[where])
        between = ((means - mean) ** 2 * count).sum()
        return PartStatistics(
            int(total),
            float(np.min(self.minimum[where])),
            float(np.max(self.maximum[where])),
            float(mean),
            float(np.sqrt((within + between) / total)),
            *self._not_finite(where),
        )

    def _not_finite(self, where: slice | int | Values) -> tuple[int, int]:
        return int(np.sum(self.nan[where])), int(np.sum(self.infinite[where]))
