"""Storing voxels as MINC does: integers with a slope and an intercept for each slice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.array_spec import ArraySpec
from volio.arrays.saving.survey import survey
from volio.arrays.scaled import ScaledArray
from volio.files.sources.source import ByteSource
from volio.formats.minc.header import MincHeader
from volio.formats.minc.scaling import write_range, write_scaling
from volio.images.saving.plan import SavePlan
from volio.images.saving.scaling_history import NO_SCALING
from volio.images.saving.slice_scaling import plan_slices
from volio.images.slab import SlabImage

__all__ = ["MincImage"]

SWALLOWED = 1e-9  # part of an intercept that it may lose
ROUNDS = 4  # after which slope and intercept come back as they were


class MincImage(SlabImage):
    """What images of both kinds of MINC share; parameters are those of `SlabImage`."""

    files_types = (("image", ".mnc"),)
    valid_exts = (".mnc",)
    ends_with_voxels = False
    header: MincHeader

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> ScaledArray:
        """Return the voxels of a file, in the order of its dimensions; see `SlabImage`."""
        voxels, dtype, offset = header.voxels
        spec = ArraySpec(header.stored_shape, dtype, offset, *header.get_slope_inter())
        options["valid_range"] = header.valid_range
        return cls.ImageArrayProxy(voxels, spec, order="C", **options)

    def _plan(self, header: Any, request: DTypeLike | None = None) -> SavePlan:
        """Plan, and set valid_range to that of the dtype for other values than were read."""
        plan = super()._plan(header, request)
        if plan.raw or plan.keeps_header_scaling:
            return plan
        if plan.dtype.kind == "f":
            _write_float_range(plan, header)
            return plan
        if header.valid_range is not None:
            write_scaling(header.dataset, *header.get_slope_inter())
        return plan if (plan.slope, plan.inter) == NO_SCALING else _as_kept(plan, header)


def _as_kept(plan: SavePlan, header: MincHeader) -> SavePlan:
    """Return a plan with the slopes and intercepts that MINC gives back for those of a plan."""
    if not plan.notes:
        kept = plan.as_kept_by(header.copy(), ROUNDS)
        if np.allclose(kept.inter, plan.inter, rtol=SWALLOWED, atol=0):
            return kept
        found = survey(plan.voxels)
        if found.low != found.high:
            return kept
    # One slope and intercept for all round, or the ends of the range swallow the one value.
    by_slice = plan_slices(plan, _count_slice_axes(header), header.scaling_history)
    return by_slice.as_kept_by(header.copy(), ROUNDS)


def _write_float_range(plan: SavePlan, header: MincHeader) -> None:
    """Store the range of floats twice, as stored and as values: they mean themselves."""
    found = survey(plan.voxels)
    ends = (found.low, found.high) if found.low < found.high else (0.0, 1.0)
    header.set_data_dtype(plan.dtype)
    write_range(header.dataset, ends, ends)


def _count_slice_axes(header: MincHeader) -> int:
    """Return how many dimensions count slices: two are within one, and so are vectors."""
    dims = [name for name in header.image.dims if name != "vector_dimension"]
    return header.image.dims.index(dims[-2])
