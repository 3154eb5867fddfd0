"""Lines of tracts as compressed text: positions in steps, one packed block."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.display.page.packing import as_text, byte_planes, pack, zigzag
from volio.pieces import piece_and_place

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
    line, place = piece_and_place(lengths)
    is_last = place == lengths[line] - 1
    is_kept = (place % step == 0) | is_last
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
    differences = (numbers - _foretold(numbers, lengths)).astype(np.uint16)  # modulo 65536
    planes = byte_planes(np.ascontiguousarray(zigzag(differences).T).ravel())
    return {
        "count": len(points),
        "lines": len(lengths),
        "lengths": pack(lengths),
        "low": grid.low.tolist(),
        "unit": unit,
        "positions": as_text(zlib.compress(planes, 9)),
    }


def _foretold(numbers: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the points before each point let expect of it, shape (N, 3).

    The first point of a line is expected where the line before begins, or at 0; the second one
    where the first is, and each further one as far from the last as that is from the one before.
    """
    _, place = piece_and_place(lengths)
    before = _moved_down(numbers, 1)
    straight_on = 2 * before - _moved_down(numbers, 2)
    expected = np.where((place > 1)[:, np.newaxis], straight_on, before)
    is_first = place == 0
    expected[is_first] = _moved_down(numbers[is_first], 1)
    return expected


def _moved_down(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return rows moved down by some places, with zeros where nothing comes from."""
    moved = np.zeros_like(rows)
    moved[count:] = rows[:-count]
    return moved
