"""Statistics of tracts: their lines, and values per point and per line, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.decimals import shown_sizes
from volio.tracts.geometry import line_bounds, millimetres
from volio.tracts.tractogram import Tractogram

__all__ = ["TractStatistics", "ValueStatistics", "describe_tracts", "describe_values"]

NOTHING = np.full((2, 3), np.nan)


@dataclass(frozen=True)
class TractStatistics:
    """Facts of the lines of tracts.

    Attributes
    ----------
    lines, points : int
    points_per_line : tuple of float
        Least, mean and most.
    length : tuple of float
        Of a line in mm: least, mean and most; NaN without lines.
    total_length : float
        mm, of all lines.
    bounds : list of list of float
        Lowest and highest coordinates, mm; NaN without points.
    """

    lines: int
    points: int
    points_per_line: tuple[float, float, float]
    length: tuple[float, float, float]
    total_length: float
    bounds: list[list[float]]


@dataclass(frozen=True)
class ValueStatistics:
    """Statistics of the values of a name; NaN does not count.

    Attributes
    ----------
    name : str
    per : str
        'point' or 'line'.
    dtype : str
    columns : int
    minimum, maximum, mean : float
        NaN where there are no values.
    nan : int
        How many values are NaN.
    """

    name: str
    per: str
    dtype: str
    columns: int
    minimum: float
    maximum: float
    mean: float
    nan: int


def describe_tracts(tracts: Tractogram) -> TractStatistics:
    """Return the facts of the lines of tracts."""
    counts = [np.zeros(0, np.int64)]
    lengths = [np.zeros(0)]
    corners = [NOTHING]
    for block in tracts.lines.blocks():
        counts.append(block.lengths)
        lengths.append(millimetres(block))
        corners.append(line_bounds(block))
    points = np.concatenate(counts)
    return TractStatistics(
        len(points),
        int(points.sum()),
        _spread(points),
        _spread(np.concatenate(lengths)),
        float(np.nansum(np.concatenate(lengths))),
        _joined_bounds(corners),
    )


def _spread(values: NDArray[Any]) -> tuple[float, float, float]:
    """Return the least value, the mean and the largest; NaN without any."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.nan, np.nan, np.nan
    return float(known.min()), float(known.mean()), float(known.max())


def _joined_bounds(corners: list[NDArray[np.float64]]) -> list[list[float]]:
    known = [each for each in corners if np.isfinite(each).all()] or [NOTHING]
    lowest = np.min([each[0] for each in known], axis=0)
    highest = np.max([each[1] for each in known], axis=0)
    return [shown_sizes(lowest), shown_sizes(highest)]


class RunningStatistics:
    """Running statistics of values that come in blocks."""

    def __init__(self) -> None:
        self.count = 0
        self.nan = 0
        self.total = 0.0
        self.minimum = np.inf
        self.maximum = -np.inf

    def add(self, values: NDArray[Any]) -> None:
        """Count the values of a block."""
        known = values[~np.isnan(values)] if values.dtype.kind == "f" else values.ravel()
        self.nan += values.size - known.size
        if not known.size:
            return
        self.count += known.size
        self.total += float(known.sum(dtype=np.float64))
        self.minimum = min(self.minimum, float(known.min()))
        self.maximum = max(self.maximum, float(known.max()))


def describe_values(tracts: Tractogram) -> Iterator[ValueStatistics]:
    """Go through the statistics of the values of tracts: per point, then per line."""
    layout = tracts.lines.layout
    of_points = {name: RunningStatistics() for name in layout.per_point}
    of_lines = {name: RunningStatistics() for name in layout.per_line}
    if not of_points and not of_lines:
        return
    for block in tracts.lines.blocks():
        _add(of_points, block.per_point)
        _add(of_lines, block.per_line)
    for per, tallies, columns in (
        ("point", of_points, layout.per_point),
        ("line", of_lines, layout.per_line),
    ):
        for name, tally in tallies.items():
            column = columns[name]
            yield ValueStatistics(
                name,
                per,
                column.dtype.name,
                max(column.width, 1),
                tally.minimum if tally.count else np.nan,
                tally.maximum if tally.count else np.nan,
                tally.total / tally.count if tally.count else np.nan,
                tally.nan,
            )


def _add(tallies: Mapping[str, RunningStatistics], values: Mapping[str, NDArray[Any]]) -> None:
    for name, tally in tallies.items():
        tally.add(values[name])
