"""How two tractograms differ: in lines, space, values and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.ops.comparison.differences import (
    check_comparable,
    differing_names,
    differing_texts,
    differing_values,
)
from volio.tracts.grid import Grid
from volio.tracts.tractogram import Tractogram

__all__ = ["TractDifference", "compare_tracts"]


@dataclass(frozen=True)
class TractDifference:
    """What `compare_tracts` finds; pairs hold what the first and the second have.

    Attributes
    ----------
    formats, spaces : pair of str
    grids : pair of str
        Shape and affine of the references; "" without one.
    lines, points : pair of int
    same_lengths : bool
        Whether each line has as many points as in the other.
    mm : float or None
        Largest distance between the two positions of one point; None where lines have other numbers
        of points.
    values : mapping of str to str
        What differs in the values of a name.
    groups : mapping of str to str
        What differs in a group.
    fields : mapping of str to pair of str
        Texts that are not the same, or in one only ("").
    """

    formats: tuple[str, str]
    spaces: tuple[str, str]
    grids: tuple[str, str]
    lines: tuple[int, int]
    points: tuple[int, int]
    same_lengths: bool
    mm: float | None
    values: dict[str, str]
    groups: dict[str, str]
    fields: dict[str, tuple[str, str]]


def compare_tracts(
    a: Tractogram, b: Tractogram, rtol: float = 0.0, atol: float = 0.0
) -> TractDifference:
    """Compare two tractograms, line by line in their order; all lines are read.

    Parameters
    ----------
    a, b : Tractogram
    rtol, atol : float, optional
        A value differs if ``|a - b| > atol + rtol * |b|``, or if just one of the two is NaN.

    Returns
    -------
    TractDifference

    Raises
    ------
    UsageError
        If a tolerance is negative, or one of them is not a tractogram.
    """
    check_comparable((a, b), "tracts", "compare_tracts", rtol, atol)
    is_same = np.array_equal(a.lengths_in_points, b.lengths_in_points)
    return TractDifference(
        (type(a).__name__, type(b).__name__),
        (a.space, b.space),
        (_grid_text(a.reference), _grid_text(b.reference)),
        (len(a), len(b)),
        (len(a.points), len(b.points)),
        is_same,
        _distance(a.points, b.points) if is_same else None,
        _differing_values(a, b, rtol, atol),
        _differing_groups(a.groups, b.groups),
        differing_texts(a.texts(), b.texts()),
    )


def _grid_text(grid: Grid | None) -> str:
    """Return a grid as text, rounded so that single precision makes no difference."""
    if grid is None:
        return ""
    shape = "x".join(str(length) for length in grid.shape)
    return f"{shape} {np.round(grid.affine[:3], 3).tolist()}"


def _distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the largest distance between two positions of a point, mm; NaN equals NaN."""
    with np.errstate(invalid="ignore"):  # infinity less itself
        apart = np.abs(one.astype(np.float64) - other)
    is_same = (one == other) | (np.isnan(one) & np.isnan(other))
    apart[is_same] = 0
    return float(np.nan_to_num(np.linalg.norm(apart, axis=1), nan=np.inf).max(initial=0))


def _differing_values(a: Tractogram, b: Tractogram, rtol: float, atol: float) -> dict[str, str]:
    """Return what differs in the values of each name, per point and then per line."""
    found: dict[str, str] = {}
    for one, other in ((a.per_point, b.per_point), (a.per_line, b.per_line)):

        def difference(name: str, one: Any = one, other: Any = other) -> str:
            return differing_values(one[name], other[name], rtol, atol)

        found.update(differing_names(one, other, difference))
    return found


def _differing_groups(
    one: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]
) -> dict[str, str]:
    """Return what differs in the lines of each group, whatever their order."""

    def difference(name: str) -> str:
        is_same = np.array_equal(np.sort(one[name]), np.sort(other[name]))
        return "" if is_same else "other lines"

    return dict(differing_names(one, other, difference))
