"""A slope and an intercept for each slice: where one pair for all values would round them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType, integer_limits
from volio.arrays.scaling import fit_scaling
from volio.arrays.views import lazy_slice
from volio.images.saving.plan import SavePlan
from volio.images.saving.scaling_history import NO_SCALING, ScalingHistory

__all__ = ["plan_slices"]

MOST_TRIED = 256  # earlier pairs that are tried for each slice
FEW = 512  # values that rule out most pairs

#: Slope and intercept.
Pair = tuple[float, float]


class SliceFit(NamedTuple):
    """How the values of a slice are stored.

    Attributes
    ----------
    slope, inter : float
    error : float
        The largest difference that rounding makes to a finite value.
    replaced : int
        How many values are not finite.
    """

    slope: float
    inter: float
    error: float
    replaced: int


def plan_slices(plan: SavePlan, axes: int, history: ScalingHistory) -> SavePlan:
    """Return a plan with a slope and an intercept for each slice, as its own range needs them.

    Parameters
    ----------
    plan : SavePlan
        To store integers.
    axes : int
        How many axes of the voxels count slices: each index along the first ones is a slice.
    history : ScalingHistory
        Of the header: a slice that comes back by a pair that was read has this pair again.
    """
    shape = plan.voxels.shape
    counted = shape[:axes]
    known = [pair for pair in history.pairs() if pair[0]][:MOST_TRIED]
    fits = []
    for index in np.ndindex(*counted):
        values = np.asarray(lazy_slice(plan.voxels, index))
        fits.append(_fit(values, plan.dtype, known))
    broadcastable = (*counted, *[1] * (len(shape) - axes))
    slope, inter, error, replaced = np.transpose(fits).reshape(4, *broadcastable)
    return plan._replace(slope=slope, inter=inter, notes=_notes(plan.dtype, error, replaced))


def _notes(dtype: DType, error: Array, replaced: Array) -> tuple[str, ...]:
    """Return one note about rounded and replaced values, if there are any."""
    notes = []
    if error.any():
        how = f"values are rounded to {dtype}, a slope and an intercept for each slice"
        notes.append(f"{how}, largest error {error.max():.3g}")
    if replaced.any():
        notes.append("NaN is stored as zero is, infinite values as the ends of their slice")
    return (f"{'; '.join(notes)}. dtype='exact' keeps every value.",) if notes else ()


def _fit(values: Array, dtype: DType, known: Iterable[Pair]) -> SliceFit:
    """Return how a slice is stored: by an earlier pair where that is exact, else by a new one."""
    finite = values[np.isfinite(values)]
    replaced = values.size - finite.size
    if pair := _exact_pair(finite, dtype, known):
        return SliceFit(*pair, 0.0, replaced)
    low = float(finite.min())
    high = float(finite.max())
    slope, inter, _ = fit_scaling(low, high, dtype, "slope+inter", np.float32)
    return SliceFit(slope, inter, _error(finite, dtype, (slope, inter)), replaced)


def _exact_pair(values: Array, dtype: DType, known: Iterable[Pair]) -> Pair | None:
    """Return the first pair by which values come back bit for bit, those that were read first."""
    for pair in (*known, NO_SCALING, *_pairs_of_one_value(values, dtype)):
        if not _error(values[:FEW], dtype, pair) and not _error(values, dtype, pair):
            return pair
    return None


def _pairs_of_one_value(values: Array, dtype: DType) -> list[Pair]:
    """Return the pair that would suit values that are all as the first one.

    The ends of the range, which are what the file holds, must not swallow a small value: below
    zero there are thousands of steps of the slope.
    """
    if not values.size:
        return []
    value = float(values[0])
    is_swallowed = dtype.kind == "i" and value != 0 and not value.is_integer()
    return [(abs(value), 0.0)] if is_swallowed else [(1.0, value)]


def _error(values: Array, dtype: DType, pair: Pair) -> float:
    """Return the largest difference that storing by a pair makes to values."""
    slope, inter = pair
    with np.errstate(over="ignore", invalid="ignore"):
        stored = np.clip(np.rint((values - inter) / slope), *integer_limits(dtype))
        differences = np.abs(stored * slope + inter - values)
    return float(differences.max(initial=0.0))
