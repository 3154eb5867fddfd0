"""How well each dtype of a format would hold an array."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import WIDELY_READ, Array, DType, integer_limits, native
from volio.arrays.lazy import LazyArray
from volio.arrays.scaling import Scaling, ScalingKind, fit_scaling
from volio.arrays.survey import Survey, survey
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
    """

    def __init__(
        self,
        data: LazyArray | Array,
        supported: Iterable[npt.DTypeLike],
        can_scale: ScalingKind,
        factor_dtype: DType,
    ) -> None:
        self.data = data
        self.source = native(np.uint8 if data.dtype.kind == "b" else data.dtype)
        self.supported = [native(dtype) for dtype in supported]
        self.can_scale = can_scale
        self.factor_dtype = factor_dtype

    @cached_property
    def values(self) -> Survey:
        """Facts about the values; one pass, on first use."""
        return survey(self.data)

    def fits_whole(self, dtype: DType) -> bool:
        """Tell whether an integer dtype holds the finite values without scaling."""
        least, greatest = integer_limits(dtype)
        if self.source.kind == "c" or not self.values.whole:
            return False
        return least <= self.values.low and self.values.high <= greatest

    def holds(self, dtype: DType) -> bool:
        """Tell whether a dtype holds every value exactly, without scaling."""
        if self.source == dtype or np.can_cast(self.source, dtype, "safe"):
            return True
        if dtype.kind in "iu":
            return self.fits_whole(dtype) and self.values.finite
        if dtype.kind not in "fc" or (self.source.kind == "c" and dtype.kind == "f"):
            return False
        digits = np.finfo(dtype).nmant
        return self.values.double if digits >= 52 else digits >= 23 and self.values.single

    def rounding(self, dtype: DType) -> float | None:
        """Return the largest error of a float or complex dtype, or None if values overflow."""
        if self.holds(dtype):
            return 0.0
        info = np.finfo(dtype)
        if self.values.magnitude > float(info.max):
            return None
        return self.values.magnitude * float(info.eps) / 2

    def scaling(self, dtype: DType) -> Scaling:
        """Return the slope and intercept for an integer dtype; NaN takes the place of zero."""
        low, high = float(self.values.low), float(self.values.high)
        if self.values.nan:
            low, high = min(low, 0.0), max(high, 0.0)
        return fit_scaling(low, high, dtype, self.can_scale, self.factor_dtype)

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
        names = ", ".join(str(dtype) for dtype in self.supported)
        return CastingError(f"{self.source} values: {why}; this format stores {names}")
