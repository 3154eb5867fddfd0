"""How two tractograms differ: in lines, space, values and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.images.kinds import check_kind
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
    if not (rtol >= 0 and atol >= 0):
        raise UsageError(f"rtol, atol: must not be negative, got {rtol} and {atol}")
    for tracts in (a, b):
        check_kind(tracts, "tracts", "compare_tracts")
    is_same = np.array_equal(a.lengths_in_points, b.lengths_in_points)
    return TractDifference(
        (type(a).__name__, type(b).__name__),
        (a.space, b.space),
        (_told(a.reference), _told(b.reference)),
        (len(a), len(b)),
        (len(a.points), len(b.points)),
        is_same,
        _distance(a.points, b.points) if is_same else None,
        dict(_differing_values(a, b, rtol, atol)),
        dict(_differing_groups(a.groups, b.groups)),
        dict(_differing_texts(a.texts(), b.texts())),
    )


def _told(grid: Grid | None) -> str:
    """Return a grid as text, rounded so that single precision makes no difference."""
    if grid is None:
        return ""
    shape = "x".join(str(length) for length in grid.shape)
    return f"{shape} {np.round(grid.affine[:3], 3).tolist()}"


def _distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the largest distance between two positions of a point, mm; NaN equals NaN."""
    apart = np.abs(one.astype(np.float64) - other)
    is_same = (one == other) | (np.isnan(one) & np.isnan(other))
    apart[is_same] = 0
    return float(np.nan_to_num(np.linalg.norm(apart, axis=1), nan=np.inf).max(initial=0))


def _differing_values(
    a: Tractogram, b: Tractogram, rtol: float, atol: float
) -> Iterator[tuple[str, str]]:
    """Yield what differs in the values of each name."""
    for one, other in ((a.per_point, b.per_point), (a.per_line, b.per_line)):
        for name in dict.fromkeys([*one, *other]):
            if name not in other:
                yield name, "in the first only"
            elif name not in one:
                yield name, "in the second only"
            elif told := _difference(one[name], other[name], rtol, atol):
                yield name, told


def _difference(one: NDArray[Any], other: NDArray[Any], rtol: float, atol: float) -> str:
    """Return what differs in values; "" for nothing."""
    if one.shape != other.shape:
        return f"shapes {one.shape} and {other.shape}"
    close = np.isclose(one, other, rtol, atol, equal_nan=True)
    if close.all():
        return ""
    apart = np.abs(one.astype(float) - other)[~close]
    return f"{(~close).sum()} of {close.size} differ, by {np.nanmax(apart, initial=0):.6g} at most"


def _differing_groups(
    one: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]
) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys([*one, *other]):
        if name not in other:
            yield name, "in the first only"
        elif name not in one:
            yield name, "in the second only"
        elif not np.array_equal(np.sort(one[name]), np.sort(other[name])):
            yield name, "other lines"


def _differing_texts(
    one: Mapping[str, str], other: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in dict.fromkeys([*one, *other]):
        pair = one.get(name, ""), other.get(name, "")
        if pair[0] != pair[1]:
            yield name, pair
