"""How well each dtype of a format would hold an array."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from math import isfinite

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import (
    WIDELY_READ,
    Array,
    DType,
    always_exact,
    digits,
    dtype_name,
    integer_limits,
    native,
)
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.survey import Survey, grid_share, survey
from volio.arrays.scaling import Scaling, ScalingKind, fit_scaling
from volio.errors import CastingError

__all__ = ["Case"]


class Case:
    """An array and what a format can do with it.

    Parameters
    ----------
    data : LazyArray or ndarray
    supported : iterable of numpy dtype
    can_scale : {"slope+inter", "slope", "none"}
    factor_dtype : numpy.dtype
    keep : (float, float), optional
        Slope and intercept that the values were read with.
    """

    def __init__(
        self,
        data: LazyArray | Array,
        supported: Iterable[npt.DTypeLike],
        can_scale: ScalingKind,
        factor_dtype: DType,
        keep: tuple[float, float] | None = None,
    ) -> None:
        self.data = data
        self.source = native(np.uint8 if data.dtype.kind == "b" else data.dtype)
        self.supported = [native(dtype) for dtype in supported]
        self.can_scale = can_scale
        self.factor_dtype = factor_dtype
        self.keep = keep if self._can_keep(keep) else None

    @cached_property
    def values(self) -> Survey:
        """Facts about the values; one pass, on first use."""
        return survey(self.data)

    def fits_whole(self, dtype: DType) -> bool:
        """Return whether an integer dtype holds the finite values without scaling."""
        least, greatest = integer_limits(dtype)
        if self.source.kind == "c" or not self.values.whole:
            return False
        return least <= self.values.low and self.values.high <= greatest

    def holds(self, dtype: DType) -> bool:
        """Return whether a dtype holds every value exactly, without scaling."""
        if self.source == dtype or always_exact(self.source, dtype):
            return True
        if dtype.kind in "iu":
            return self.fits_whole(dtype) and self.values.finite
        if dtype.kind not in "fc" or (self.source.kind == "c" and dtype.kind == "f"):
            return False
        if digits(dtype) >= digits(np.float64):
            return self.values.double
        return digits(dtype) >= digits(np.float32) and self.values.single

    def rounding(self, dtype: DType) -> float | None:
        """Return the largest error of a float or complex dtype, or None if values overflow."""
        if self.holds(dtype):
            return 0.0
        info = np.finfo(dtype)
        if self.values.magnitude > float(info.max):
            return None
        return self.values.magnitude * float(info.eps) / 2 + float(info.smallest_subnormal)

    def scaling(self, dtype: DType) -> Scaling:
        """Return the slope and intercept for an integer dtype; NaN takes the place of zero."""
        return fit_scaling(*self._range(), dtype, self.can_scale, self.factor_dtype)

    def kept_scaling(self, dtype: DType) -> Scaling | None:
        """Return the slope and intercept of before, if most values come back by them unchanged."""
        if self.keep is None or self.source.kind not in "iuf":
            return None
        slope, inter = self.keep
        least, greatest = integer_limits(dtype)
        low, high = self._range()
        ends = [(end - inter) / slope for end in (low, high)]
        if min(ends) < least - 0.5 or max(ends) > greatest + 0.5:
            return None
        if self._share == 1:
            return Scaling(slope, inter)
        # Few values lie between the steps, and the steps are small: some voxels were edited.
        few, fine = self._share >= 0.9, abs(slope) <= 0.1 * (high - low)
        return Scaling(slope, inter, abs(slope) / 2) if few and fine else None

    def kept_float_scaling(self, dtype: DType) -> Scaling | None:
        """Return the slope and intercept of before, if most values come back from floats by them.

        None also where they change nothing, or the dtype holds the values as they are.
        """
        slope, inter = self.keep or (1.0, 0.0)
        if (slope, inter) == (1.0, 0.0) or {self.source.kind, dtype.kind} != {"f"}:
            return None
        most, info = (self.values.magnitude + abs(inter)) / abs(slope), np.finfo(dtype)
        if self.holds(dtype) or most > float(info.max):
            return None
        share = grid_share(self.data, slope, inter, dtype)
        error = most * abs(slope) * float(info.eps) / 2
        return Scaling(slope, inter, error if share < 1 else 0.0) if share >= 0.9 else None

    @cached_property
    def _share(self) -> float:
        return grid_share(self.data, *self.keep) if self.keep else 0.0

    def _range(self) -> tuple[float, float]:
        """Return the ends of the values, zero included where it must stand for NaN."""
        low, high = float(self.values.low), float(self.values.high)
        return (min(low, 0.0), max(high, 0.0)) if self.values.nan else (low, high)

    def _can_keep(self, keep: tuple[float, float] | None) -> bool:
        if keep is None or self.can_scale == "none" or (self.can_scale == "slope" and keep[1]):
            return False
        with np.errstate(over="ignore"):
            same = [float(self.factor_dtype.type(factor)) == factor for factor in keep]
        return all(same) and all(map(isfinite, keep)) and keep[0] != 0

    def integers(self) -> list[DType]:
        """Return the integer dtypes of the format, widely read ones first."""
        return [dtype for dtype in WIDELY_READ if dtype in self.supported]

    def floats(self) -> list[DType]:
        """Return the float dtypes of the format (complex ones for complex values), by size."""
        kind = "c" if self.source.kind == "c" else "f"
        return sorted(
            (dtype for dtype in self.supported if dtype.kind == kind), key=lambda d: d.itemsize
        )

    def no_dtype(self, why: str) -> CastingError:
        """Return the error for values that nothing holds."""
        names = ", ".join(dtype_name(dtype) for dtype in self.supported)
        return CastingError(f"{self.source} values: {why}; this format stores {names}")
