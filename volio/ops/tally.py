"""What statistics are made of, gathered block by block: moments, distinct values, a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Moments", "Tally", "ValueSample"]

Values = NDArray[Any]


class Moments:
    """Number, extremes, mean and spread of values that come in blocks.

    Blocks are merged with the formula of T. Chan, G. Golub and R. LeVeque (1979), which keeps
    the precision that sums of squares lose.
    """

    def __init__(self) -> None:
        self.count = 0
        self.minimum = np.inf
        self.maximum = -np.inf
        # Mean and sum of squares are kept in units of a power of two, so that squares of values
        # beyond 1e154 stay finite, and those of values below 1e-154 above 0.
        self._unit = 0.0
        self._mean = 0.0
        self._squares = 0.0

    def add(self, values: Values) -> None:
        """Take a block of finite values, shape (n,)."""
        if not values.size:
            return
        lowest = values.min().item()
        highest = values.max().item()
        self.minimum = min(self.minimum, lowest)
        self.maximum = max(self.maximum, highest)
        self._set_unit(_unit_for(max(abs(lowest), abs(highest))))
        if self._unit != 1:
            values = np.divide(values, self._unit, dtype=np.float64)
        self._merge(values)

    def _merge(self, values: Values) -> None:
        """Add the mean and the sum of squares of values, in the unit that is kept."""
        mean = float(values.mean(dtype=np.float64))
        squares = float(np.square(np.subtract(values, mean, dtype=np.float64)).sum())
        total = self.count + values.size
        step = mean - self._mean
        self._squares += squares + step**2 * self.count * values.size / total
        self._mean += step * values.size / total
        self.count = total

    def _set_unit(self, unit: float) -> None:
        """Express what was gathered in a larger unit; a smaller one changes nothing."""
        if unit <= self._unit:
            return
        ratio = self._unit / unit
        self._mean *= ratio
        self._squares *= ratio**2
        self._unit = unit

    @property
    def mean(self) -> float:
        """Mean of the values; 0 if there are none."""
        return self._mean * self._unit

    @property
    def std(self) -> float:
        """Standard deviation of the values themselves (divided by their number)."""
        if not self.count:
            return np.nan
        return float(np.sqrt(self._squares / self.count)) * self._unit


def _unit_for(magnitude: float) -> float:
    """Return the power of two in which values up to a magnitude can be squared; 1 for most."""
    if magnitude == 0 or 1e-100 < magnitude < 1e100:
        return 1.0
    return float(np.ldexp(1.0, int(np.frexp(magnitude)[1]) - 1))


class Tally:
    """How often each value occurs, as long as there are few different ones.

    Parameters
    ----------
    most : int
        Different values up to which they are counted.
    """

    def __init__(self, most: int = 1 << 16) -> None:
        self.most = most
        self.values: Values = np.empty(0, np.int64)
        self.counts: NDArray[np.int64] = np.empty(0, np.int64)
        self.complete = True

    def add(self, values: Values) -> None:
        """Take a block of integers, shape (n,)."""
        if not self.complete or not values.size:
            return
        found, counts = _distinct(values)
        both = np.concatenate([self.values.astype(found.dtype), found])
        self.values, places = np.unique(both, return_inverse=True)
        weights = np.concatenate([self.counts, counts])
        self.counts = np.zeros(len(self.values), np.int64)
        np.add.at(self.counts, places, weights)
        self.complete = len(self.values) <= self.most

    def percentiles(self, wanted: Sequence[float]) -> list[float]:
        """Return percentiles, interpolated between values as numpy does."""
        ends = np.cumsum(self.counts)
        places = _Ranks(wanted, int(ends[-1]))
        low, high = (
            self.values[np.searchsorted(ends, rank, side="right")]
            for rank in (places.low, places.high)
        )
        return places.between(low, high)


class _Ranks:
    """Ranks of percentiles in a sorted array: those of the values below and above."""

    def __init__(self, percentiles: Sequence[float], count: int) -> None:
        exact = np.asarray(percentiles, np.float64) / 100 * (count - 1)
        self.low = np.floor(exact).astype(np.int64)
        self.high = np.ceil(exact).astype(np.int64)
        self._share = exact - self.low

    def between(self, low: Values, high: Values) -> list[float]:
        """Interpolate between the values at the two ranks."""
        first = low.astype(np.float64)
        last = high.astype(np.float64)
        half = (last / 2 - first / 2) * self._share  # last - first may exceed the largest float
        values: list[float] = (first + half + half).tolist()
        return values


def _distinct(values: Values) -> tuple[Values, NDArray[np.int64]]:
    """Return the different values and how often each occurs; quick where they lie close."""
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    low = int(values.min())
    high = int(values.max())
    if high - low < 1 << 16 and low > -(2**62) and high < 2**62:
        return _distinct_near(values, low)
    found, counts = np.unique(values, return_counts=True)
    return found, counts.astype(np.int64)


def _distinct_near(values: Values, low: int) -> tuple[Values, NDArray[np.int64]]:
    """Return the different values and how often each occurs, of values not far above `low`."""
    counts = np.bincount(values.astype(np.int64) - low)
    found = np.flatnonzero(counts)
    return (found + low).astype(values.dtype), counts[found].astype(np.int64)


class ValueSample:
    """All of the values that come in blocks, or an even sample of them.

    Parameters
    ----------
    size : int
        How many values will come at most.
    dtype : dtype-like
        Of the values.
    most : int
        How many of them are kept.
    """

    def __init__(self, size: int, dtype: DTypeLike, most: int = 1 << 24) -> None:
        self.share = min(1.0, most / max(size, 1))
        self.kept: list[Values] = []
        self.dtype = np.dtype(dtype)
        # A fixed seed: the same image gives the same figures each time.
        self._random = np.random.default_rng(0)

    def add(self, values: Values) -> None:
        """Take a block of values, shape (n,)."""
        if self.share < 1:
            values = values[self._random.random(values.size, np.float32) < self.share]
        self.kept.append(values.astype(self.dtype))

    @property
    def count(self) -> int:
        """How many values are kept."""
        return sum(values.size for values in self.kept)

    def percentiles(self, wanted: Sequence[float]) -> list[float]:
        """Return percentiles of the values that are kept, interpolated as numpy does."""
        values = np.concatenate(self.kept)
        places = _Ranks(wanted, values.size)
        values.partition(np.union1d(places.low, places.high))
        return places.between(values[places.low], values[places.high])
