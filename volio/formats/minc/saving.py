"""SavePlan voxels as MINC does: integers with a slope and an intercept for each slice."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType, integer_limits
from volio.arrays.scaling import fit_scaling
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import lazy_slice
from volio.formats.minc.header import MincHeader
from volio.formats.minc.scaling import write_range, write_scaling
from volio.images.saving.plan import SavePlan
from volio.images.saving.scaling_history import NO_SCALING

__all__ = ["plan_minc"]

MOST_TRIED = 256  # pairs that were read, tried for each slice
FEW = 512  # values that rule out most pairs
ROUNDS = 4  # after which slope and intercept come back as they were

#: Slope and intercept.
Pair = tuple[float, float]


def plan_minc(plan: SavePlan, header: MincHeader) -> SavePlan:
    """Refine a plan: where one slope and intercept for all would round, each slice has its own.

    Parameters
    ----------
    plan : SavePlan
        Of `volio.images.saving.plan.plan_save`.
    header : MincHeader
        What will be written; its valid_range is made the dtype's, for other values than were read.
    """
    if plan.raw or plan.keeps_header_scaling:
        return plan
    if plan.dtype.kind == "f":
        _write_float_range(plan, header)
        return plan
    if header.limits is not None:
        write_scaling(header.dataset, *header.get_slope_inter())
    if (plan.slope, plan.inter) == NO_SCALING:
        return plan
    return _as_read_back(_plan_slices(plan, header) if plan.notes else plan, header)


def _write_float_range(plan: SavePlan, header: MincHeader) -> None:
    """Store the range of floats twice, as stored and as values: they mean themselves."""
    low, high = np.inf, -np.inf
    for _, values in iterate_slabs(plan.voxels, order="C"):
        finite = values[np.isfinite(values)].astype(float)  # integers may be stored as floats
        low = finite.min(initial=low)
        high = finite.max(initial=high)
    ends = (float(low), float(high)) if low < high else (0.0, 1.0)
    header.set_data_dtype(plan.dtype)
    write_range(header.dataset, ends, ends)


def _as_read_back(plan: SavePlan, header: MincHeader) -> SavePlan:
    """Return a plan with the slope and intercept that image-min and image-max will give."""
    target = header.copy()
    target.set_data_dtype(plan.dtype)
    factors: Any = (plan.slope, plan.inter)
    for _ in range(ROUNDS):
        target.set_slope_inter(*factors)
        factors = target.get_slope_inter()
    return plan._replace(slope=factors[0], inter=factors[1])


def _plan_slices(plan: SavePlan, header: MincHeader) -> SavePlan:
    """Return a plan with a slope and an intercept for each slice.

    A slice that comes back bit for bit by a pair that was read gets this pair.
    """
    places = [place for place, name in enumerate(header.image.dims) if name != "vector_dimension"]
    axes = places[-2]  # the last two dimensions are within a slice, and vectors
    shape = plan.voxels.shape[:axes]
    known = [pair for pair in header.scaling_history.pairs() if pair[0]][:MOST_TRIED]
    fits = []
    all_finite = True
    for index in np.ndindex(*shape):
        values = np.asarray(lazy_slice(plan.voxels, index))
        finite = values[np.isfinite(values)]
        all_finite &= finite.size == values.size
        pair, error = _fit(finite, plan.dtype, known)
        fits.append((*pair, error))
        if pair in known:  # the next slice has probably the same, or the one after it
            place = known.index(pair)
            known = known[place:] + known[:place]
    later = [1] * (len(plan.voxels.shape) - axes)
    slope, inter, errors = np.transpose(fits).reshape(3, *shape, *later)
    notes = []
    if errors.any():
        how = f"values are rounded to {plan.dtype}, a slope and an intercept for each slice"
        notes.append(f"{how}, largest error {errors.max():.3g}")
    if not all_finite:
        notes.append("NaN is stored as zero is, infinite values as the ends of their slice")
    note = f"{'; '.join(notes)}. dtype='exact' keeps every value."
    return plan._replace(slope=slope, inter=inter, notes=(note,) if notes else ())


def _fit(values: Array, dtype: DType, known: list[Pair]) -> tuple[Pair, float]:
    """Return slope and intercept for finite values, and the largest error that they make."""
    constant = [(1.0, float(value)) for value in values[:1]]
    for pair in (*known, NO_SCALING, *constant):
        if not _error(values[:FEW], dtype, pair) and not _error(values, dtype, pair):
            return pair, 0.0
    found = fit_scaling(float(values.min()), float(values.max()), dtype, "slope+inter", np.float32)
    pair = found.slope, found.inter
    return pair, _error(values, dtype, pair)


def _error(values: Array, dtype: DType, pair: Pair) -> float:
    """Return the largest difference that storing by a pair makes to values."""
    slope, inter = pair
    with np.errstate(over="ignore", invalid="ignore"):
        stored = np.clip(np.rint((values - inter) / slope), *integer_limits(dtype))
        differences = np.abs(stored * slope + inter - values)
    return float(differences.max(initial=0.0))
