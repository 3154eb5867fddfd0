"""Storing voxels as MINC does: integers with a slope and an intercept for each slice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array, DType, integer_limits
from volio.arrays.saving.survey import survey
from volio.arrays.scaling import fit_scaling
from volio.arrays.views import lazy_slice
from volio.formats.minc.header import MincHeader
from volio.formats.minc.scaling import write_range, write_scaling
from volio.images.saving.plan import SavePlan
from volio.images.saving.scaling_history import NO_SCALING
from volio.images.slab import SlabImage

__all__ = ["MincImage"]

MOST_TRIED = 256  # pairs that were read, tried for each slice
FEW = 512  # values that rule out most pairs
ROUNDS = 4  # after which slope and intercept come back as they were

#: Slope and intercept.
Pair = tuple[float, float]


class MincImage(SlabImage):
    """What images of both kinds of MINC share; parameters are those of `SlabImage`."""

    files_types = (("image", ".mnc"),)
    valid_exts = (".mnc",)
    header: MincHeader

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        return plan_minc(super()._plan(header, request), header)


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
    if header.valid_range is not None:
        write_scaling(header.dataset, *header.get_slope_inter())
    if (plan.slope, plan.inter) == NO_SCALING:
        return plan
    return _as_read_back(_plan_slices(plan, header) if plan.notes else plan, header)


def _write_float_range(plan: SavePlan, header: MincHeader) -> None:
    """Store the range of floats twice, as stored and as values: they mean themselves."""
    found = survey(plan.voxels)
    ends = (found.low, found.high) if found.low < found.high else (0.0, 1.0)
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
    """Return a plan with a slope and an intercept for each slice."""
    dims = [axis for axis, name in enumerate(header.image.dims) if name != "vector_dimension"]
    # The last two dimensions are within a slice, and so are vectors.
    shape = plan.voxels.shape[: dims[-2]]
    later = plan.voxels.ndim - len(shape)
    known = [pair for pair in header.scaling_history.pairs() if pair[0]][:MOST_TRIED]
    fits = [
        _fit(np.asarray(lazy_slice(plan.voxels, index)), plan.dtype, known)
        for index in np.ndindex(*shape)
    ]
    slope, inter, error, replaced = np.transpose(fits).reshape(4, *shape, *[1] * later)
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


def _fit(values: Array, dtype: DType, known: list[Pair]) -> tuple[float, float, float, int]:
    """Return slope and intercept of a slice, the largest error, and how many are not finite."""
    finite = values[np.isfinite(values)]
    replaced = values.size - finite.size
    if pair := _exact_pair(finite, dtype, known):
        return *pair, 0.0, replaced
    low = float(finite.min())
    high = float(finite.max())
    slope, inter, _ = fit_scaling(low, high, dtype, "slope+inter", np.float32)
    return slope, inter, _error(finite, dtype, (slope, inter)), replaced


def _exact_pair(values: Array, dtype: DType, known: list[Pair]) -> Pair | None:
    """Return the first pair by which values come back bit for bit, those that were read first."""
    constant = [(1.0, float(value)) for value in values[:1]]
    for pair in (*known, NO_SCALING, *constant):
        if not _error(values[:FEW], dtype, pair) and not _error(values, dtype, pair):
            return pair
    return None


def _error(values: Array, dtype: DType, pair: Pair) -> float:
    """Return the largest difference that storing by a pair makes to values."""
    slope, inter = pair
    with np.errstate(over="ignore", invalid="ignore"):
        stored = np.clip(np.rint((values - inter) / slope), *integer_limits(dtype))
        differences = np.abs(stored * slope + inter - values)
    return float(differences.max(initial=0.0))
