"""Lines of tracts as compressed text: positions in steps, one packed block."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.display.page.packing import as_text, byte_planes, pack, zigzag

__all__ = ["LineGrid", "pack_lines", "thinned"]


@dataclass(frozen=True)
class LineGrid:
    """The box around points, whose longest side is all steps.

    Parameters
    ----------
    low : array, shape (3,)
        Lowest coordinates, mm.
    longest : float
        Side, mm.
    """

    low: NDArray[np.float64]
    longest: float

    @classmethod
    def around(cls, points: NDArray[Any]) -> Self:
        """Return the box around points, shape (N, 3); those that are NaN do not count."""
        finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
        if not len(finite):
            return cls(np.zeros(3), 1.0)
        return cls(finite.min(axis=0), float(np.ptp(finite, axis=0).max()) or 1.0)

    def step(self, bits: int) -> float:
        """Return the step of coordinates of so many bits, mm."""
        return float(self.longest / (2**bits - 1))


def thinned(lengths: NDArray[np.int64], step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which points are kept of lines, one of so many and the last one, and how many of each.

    Parameters
    ----------
    lengths : array of int, shape (n,)
        Points of each line, one line after the other.
    step : int

    Returns
    -------
    points : array of int
        Numbers of the points.
    lengths : array of int, shape (n,)
    """
    starts = np.cumsum(lengths) - lengths
    place = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
    is_last = place == np.repeat(lengths, lengths) - 1
    is_kept = (place % step == 0) | is_last
    line = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(line[is_kept], minlength=len(lengths))
    return np.flatnonzero(is_kept), counts.astype(np.int64)


def pack_lines(
    points: NDArray[Any], lengths: NDArray[np.int64], grid: LineGrid, bits: int
) -> dict[str, Any]:
    """Pack the points of lines for a page.

    Parameters
    ----------
    points : array, shape (N, 3)
        mm, one line after the other; NaN is put where the point before is.
    lengths : array of int, shape (n,)
    grid : LineGrid
    bits : int
        Of a coordinate.

    Returns
    -------
    dict
        ``count`` of points and of ``lines``; ``lengths`` (packed); ``low`` and ``unit``: a
        coordinate is ``low + unit * n`` with whole numbers n; ``positions`` (text): base64 of
        deflated bytes, the lowest bytes of all numbers first, of zigzag differences modulo 65536,
        column by column: of the first point of a line from that of the line before, of the second
        one from the first, of others from where the two before lead to.
    """
    unit = grid.step(bits)
    near = np.nan_to_num((points - grid.low) / unit)
    numbers = np.clip(np.rint(near), 0, 2**bits - 1).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(len(points)) - np.repeat(starts, lengths)
    before = np.vstack([np.zeros((1, 3), np.int64), numbers[:-1]])
    twice_before = np.vstack([np.zeros((2, 3), np.int64), numbers[:-2]])[: len(points)]
    foretold = np.where((place > 1)[:, np.newaxis], 2 * before - twice_before, before)
    firsts = starts[lengths > 0]
    first_points = numbers[firsts]
    foretold[firsts] = np.vstack([np.zeros((1, 3), np.int64), first_points[:-1]])[: len(firsts)]
    residuals = zigzag((numbers - foretold).astype(np.uint16))
    planes = byte_planes(np.ascontiguousarray(residuals.T).ravel())
    return {
        "count": len(points),
        "lines": len(lengths),
        "lengths": pack(lengths),
        "low": grid.low.tolist(),
        "unit": unit,
        "positions": as_text(zlib.compress(planes, 9)),
    }
