"""Storing voxels as MINC does: integers with a slope and an intercept for each slice."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.arrays.dtypes import integer_limits
from volio.arrays.slabs import iterate_slabs
from volio.formats.minc.header import MincHeader
from volio.formats.minc.scaling import put_factors, valid_range
from volio.formats.minc.slices import plan_slices, slice_axes
from volio.images.saving.plan import NO_SCALING, Storing

__all__ = ["plan_minc"]

ROUNDS = 4


def plan_minc(found: Storing, header: MincHeader) -> Storing:
    """Refine a plan: where one slope and intercept for all would round, each slice has its own.

    Parameters
    ----------
    found : Storing
        The plan of `volio.images.saving.plan.plan_storing`.
    header : MincHeader
        What will be written; its valid_range is made the dtype's, for other values than were read.
    """
    if found.raw or found.stated:
        return found
    if found.dtype.kind == "f":
        _state_range_of_floats(header, found)
    scaled = found.dtype.kind in "iu" and (found.slope, found.inter) != NO_SCALING
    if scaled and found.notes:
        axes = slice_axes(header.image.dims)
        slope, inter, notes = plan_slices(found.voxels, found.dtype, axes, header.pairs)
        found = found._replace(slope=slope, inter=inter, notes=notes)
    _use_whole_range(header)
    return _as_read_back(found, header) if scaled else found


def _state_range_of_floats(header: MincHeader, found: Storing) -> None:
    """State the range of floats twice, stored and meant, so that they mean themselves."""
    low, high = np.inf, -np.inf
    for _, values in iterate_slabs(found.voxels, order="C"):
        finite = values[np.isfinite(values)].astype(np.float64)  # integers may be stored as floats
        low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
    ends = (float(low), float(high)) if low < high else (0.0, 1.0)
    header.set_data_dtype(found.dtype)
    header.state_range(*ends)


def _use_whole_range(header: MincHeader) -> None:
    if header.dtype.kind in "iu" and valid_range(header.image) != integer_limits(header.dtype):
        put_factors(header.dataset, *header.get_slope_inter())


def _as_read_back(found: Storing, header: MincHeader) -> Storing:
    """Return a plan with the slope and intercept that image-min and image-max will give."""
    target: Any = header.copy()
    target.set_data_dtype(found.dtype)
    factors: Any = (found.slope, found.inter)
    for _ in range(ROUNDS):
        put_factors(target.dataset, *factors)
        before, factors = factors, target.get_slope_inter()
        if all(np.array_equal(*pair) for pair in zip(before, factors, strict=True)):
            break
    return found._replace(slope=factors[0], inter=factors[1])
