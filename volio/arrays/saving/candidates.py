"""The dtypes in which a format can store an array, and how exactly each does."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite

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
from volio.arrays.saving.survey import Survey, binary_step, grid_share, survey
from volio.arrays.scaling import SMALLEST_SLOPE, Scaling, ScalingKind, fit_scaling
from volio.cached import cached_property
from volio.errors import CastingError, ScalingError

__all__ = ["Candidates"]

#: Part of the values that must come back unchanged for an earlier scaling to be used again.
MOSTLY = 0.9
#: Largest slope that is used again for values that changed, as a part of their range.
FINE_STEP = 0.1
#: Rounding of a quotient of two floats, as a part of it.
NOISE = 1e-12
#: Part of a step that an intercept may be off a multiple of the slope, to become one.
NEARLY = 1e-3


class Candidates:
    """An array, and the dtypes in which a format can store it.

    Parameters
    ----------
    data : LazyArray or ndarray
    supported : iterable of numpy dtype
        Those of the format.
    can_scale : {"slope+inter", "slope", "none"}
        Which factors the format stores.
    factor_dtype : numpy.dtype
        The float dtype in which the format stores them.
    earlier : (float, float), optional
        Slope and intercept that the values were read with.

    Attributes
    ----------
    source : numpy.dtype
        Of the values: that of the array, uint8 for booleans.
    """

    def __init__(
        self,
        data: LazyArray | Array,
        supported: Iterable[npt.DTypeLike],
        can_scale: ScalingKind,
        factor_dtype: DType,
        earlier: tuple[float, float] | None = None,
    ) -> None:
        self.data = data
        self.source = native(np.uint8 if data.dtype.kind == "b" else data.dtype)
        self.supported = [native(dtype) for dtype in supported]
        self.can_scale = can_scale
        self.factor_dtype = factor_dtype
        is_usable = earlier is not None and earlier[0] != 0 and all(map(isfinite, earlier))
        self.earlier = earlier if is_usable else None

    @cached_property
    def values(self) -> Survey:
        """Facts about the values; one pass, on first use."""
        return survey(self.data)

    # Dtypes.

    def integers(self) -> list[DType]:
        """Return the integer dtypes of the format, widely read ones first."""
        return [dtype for dtype in WIDELY_READ if dtype in self.supported]

    def floats(self) -> list[DType]:
        """Return the float dtypes of the format (complex ones for complex values), by size."""
        kind = "c" if self.source.kind == "c" else "f"
        found = [dtype for dtype in self.supported if dtype.kind == kind]
        return sorted(found, key=lambda dtype: dtype.itemsize)

    def no_dtype(self, why: str) -> CastingError:
        """Return the error for values that no dtype holds."""
        names = ", ".join(dtype_name(dtype) for dtype in self.supported)
        return CastingError(f"{self.source} values: {why}; this format stores {names}")

    # How exactly a dtype stores the values.

    def finite_exact_in(self, dtype: DType) -> bool:
        """Return whether an integer dtype holds the finite values exactly, without scaling."""
        if self.source.kind == "c" or not self.values.integer_valued:
            return False
        least, greatest = integer_limits(dtype)
        return least <= self.values.low and self.values.high <= greatest

    def exact_in(self, dtype: DType) -> bool:
        """Return whether a dtype holds every value exactly, without scaling."""
        if self.source == dtype or always_exact(self.source, dtype):
            return True
        if dtype.kind in "iu":
            return self.finite_exact_in(dtype) and self.values.finite
        if dtype.kind not in "fc" or (self.source.kind == "c" and dtype.kind == "f"):
            return False
        if digits(dtype) >= digits(np.float64):
            return self.values.fits_float64
        if digits(dtype) >= digits(np.float32):
            return self.values.fits_float32
        return dtype == np.float16 and self._fits_float16

    @cached_property
    def _fits_float16(self) -> bool:
        """Whether float16, which few formats have, holds every value exactly; one pass."""
        return self.source.kind != "c" and grid_share(self.data, 1.0, 0.0, np.dtype("f2")) == 1

    def rounding(self, dtype: DType) -> float | None:
        """Return the largest error of a float or complex dtype, or None if values overflow."""
        if self.exact_in(dtype):
            return 0.0
        if dtype.kind not in "fc":  # bool and colours hold values exactly or not at all
            return None
        info = np.finfo(dtype)
        if self.values.magnitude > float(info.max):
            return None
        # Half a step between neighbours, which is the smallest subnormal close to 0.
        return self.values.magnitude * float(info.eps) / 2 + float(info.smallest_subnormal)

    def scaling(self, dtype: DType) -> Scaling:
        """Return the slope and intercept for an integer dtype; NaN takes the place of zero."""
        return fit_scaling(*self._range(), dtype, self.can_scale, self.factor_dtype)

    def _range(self) -> tuple[float, float]:
        """Return the ends of the values, zero included where it must stand for NaN."""
        low = float(self.values.low)
        high = float(self.values.high)
        return (min(low, 0.0), max(high, 0.0)) if self.values.nan else (low, high)

    def exact_scaling(self, dtype: DType) -> Scaling | None:
        """Return the scaling that keeps every value, for values in steps of a power of two.

        None where the values have no such steps, there are too many of them for the dtype, or the
        values are all the same, or not all finite.
        """
        step = self._step
        low, high = self._range()
        if step is None or low == high or not self.values.finite:
            return None
        least, greatest = integer_limits(dtype)
        inters = [0.0] if self.can_scale == "slope" else [0.0, low - least * step]
        for inter in inters:
            fits = least <= (low - inter) / step and (high - inter) / step <= greatest
            if fits and self._is_stored_exactly(step) and self._is_stored_exactly(inter):
                return Scaling(step, inter)
        return None

    @cached_property
    def _step(self) -> float | None:
        """The power of two that all values are multiples of, as far as 32 bits can count them."""
        is_float = self.source.kind == "f" and self.source.itemsize <= 8
        if not is_float or self.can_scale == "none":
            return None
        finest = max((self.values.high - self.values.low) / 2**32, SMALLEST_SLOPE)
        return binary_step(self.data, finest)

    def _is_stored_exactly(self, factor: float) -> bool:
        with np.errstate(over="ignore", under="ignore"):
            return float(self.factor_dtype.type(factor)) == factor

    # The scaling that the values were read with.

    @cached_property
    def earlier_as_stored(self) -> tuple[float, float] | None:
        """The earlier slope and intercept as the format stores them; None where it cannot.

        They are rounded to the dtype of its factors. Without a place for an intercept, one that
        is a multiple of the slope becomes part of the stored integers.
        """
        if self.earlier is None or self.can_scale == "none":
            return None
        slope, inter = self.earlier
        with np.errstate(over="ignore", under="ignore"):
            slope_as_stored = float(self.factor_dtype.type(slope))
            inter_as_stored = float(self.factor_dtype.type(inter))
        if not slope_as_stored or not isfinite(slope_as_stored) or not isfinite(inter_as_stored):
            return None
        if self.can_scale == "slope" and inter:
            steps = inter / slope
            # Factors may have been rounded to float32: what that moves is looked at later.
            is_multiple = abs(steps - round(steps)) <= max(NEARLY, abs(steps) * NOISE)
            return (slope_as_stored, 0.0) if is_multiple else None
        return slope_as_stored, inter_as_stored

    def loses_earlier_integers(self, error: float) -> bool:
        """Return whether all values are integers with an earlier scaling, and an error is larger.

        Larger than that of storing these integers with the nearest slope and intercept, in a
        dtype that holds them; any is, where the format has no place for the intercept.
        """
        if self.earlier is None or self._share_unchanged < 1:
            return False
        factors = self.earlier_as_stored
        return factors is None or error > self._moved(*factors)

    def earlier_scaling(self, dtype: DType) -> Scaling | None:
        """Return the earlier slope and intercept where they serve for integers, else None.

        They do where all values fit and all come back bit for bit; or nearly all, if the step
        between stored values is small: then some voxels were edited. Where the format rounds
        them, they serve if that moves values less than a new scaling would.
        """
        factors = self.earlier_as_stored
        if factors is None or self.source.kind not in "iuf":
            return None
        slope, inter = factors
        low, high = self._range()
        step = abs(slope)
        if not self._range_fits(dtype, slope, inter) or self._share_unchanged < MOSTLY:
            return None
        if low == high and step < SMALLEST_SLOPE:
            return None
        moved = self._moved(slope, inter)
        if moved and moved > self._error_of_new_scaling(dtype):
            return None
        if self._share_unchanged == 1:
            return Scaling(slope, inter, moved)
        if step > FINE_STEP * (high - low):
            return None
        return Scaling(slope, inter, error=max(moved, step / 2))

    def _moved(self, slope: float, inter: float) -> float:
        """Return how far values on the earlier grid are moved by factors as they are stored.

        That is a linear function of the stored integer, so it is largest at one of the ends; it
        is no more than half a step, as values are rounded to the nearest integer.
        """
        if self.earlier is None or self.earlier == (slope, inter):
            return 0.0
        before, inter_before = self.earlier
        shift = round((inter_before - inter) / slope)
        moved = 0.0
        for end in (float(self.values.low), float(self.values.high)):
            stored = round((end - inter_before) / before) + shift
            moved = max(moved, abs(stored * slope + inter - end))
        return min(moved, abs(slope) / 2)

    def _error_of_new_scaling(self, dtype: DType) -> float:
        try:
            return self.scaling(dtype).error
        except ScalingError:
            return inf

    def _range_fits(self, dtype: DType, slope: float, inter: float) -> bool:
        """Return whether all values fit an integer dtype once they are scaled and rounded."""
        least, greatest = integer_limits(dtype)
        stored = [(end - inter) / slope for end in self._range()]
        return least - 0.5 <= min(stored) and max(stored) <= greatest + 0.5

    @cached_property
    def _share_unchanged(self) -> float:
        """Part of the values that integers give back by the earlier scaling."""
        return grid_share(self.data, *self.earlier) if self.earlier else 0.0

    def earlier_float_scaling(self, dtype: DType) -> Scaling | None:
        """Return the earlier slope and intercept where they serve for floats, else None.

        They do where they change anything, the dtype does not hold the values without them, and
        most values come back bit for bit.
        """
        if self.earlier is None or self.earlier == (1.0, 0.0):
            return None
        if self.earlier_as_stored != self.earlier:
            return None
        if self.source.kind != "f" or dtype.kind != "f" or self.exact_in(dtype):
            return None
        slope, inter = self.earlier
        info = np.finfo(dtype)
        largest_value = self.values.magnitude + abs(inter)
        if largest_value / abs(slope) > float(info.max):
            return None
        share = grid_share(self.data, slope, inter, dtype)
        if share < MOSTLY:
            return None
        error = 0.0 if share == 1 else largest_value * float(info.eps) / 2
        return Scaling(slope, inter, error=error)
