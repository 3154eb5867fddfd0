"""Slope and intercept: from stored values to values, and the pair that fits values to integers."""

from __future__ import annotations

from math import ceil, frexp, inf, isfinite, ldexp
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, DType, cast_into, digits, integer_limits, native
from volio.errors import ScalingError

__all__ = [
    "SMALLEST_SLOPE",
    "Conversion",
    "Factor",
    "Scaling",
    "ScalingKind",
    "apply_scaling",
    "fit_scaling",
    "is_all",
    "scale_factor",
    "scaled_dtype",
]

ScalingKind = Literal["slope+inter", "slope", "none"]
Factor = float | Array

# Of a header; None where it has none.
SlopeIntercept = tuple[float | None, float | None]

# Significant bits of the stored value that stands for zero. What they leave of the factors'
# mantissa goes to the slope, so that slope times that value has no rounding error.
ZERO_BITS = 12

#: Programs (ITK, and those that stand on it) take smaller slopes and intercepts for 0, for none.
SMALLEST_SLOPE = float(np.finfo(np.float64).eps)

#: Slopes of single values are not made smaller than this.
ORDINARY_SLOPE = 2.0**-20
#: Of so many parts of a single value one is the slope.
MOST_PARTS = 2**15 - 1

# Up to here float64, in which values are computed, has all integers.
LARGEST_INTEGER = 2**53


class Scaling(NamedTuple):
    """A slope and an intercept: value = stored * slope + inter.

    Attributes
    ----------
    slope, inter : float
    error : float
        The largest difference that rounding to integers can make to a value.
    """

    slope: float = 1.0
    inter: float = 0.0
    error: float = 0.0


def scaled_dtype(dtype: npt.DTypeLike) -> DType:
    """Return the dtype in which scaled values are computed: float64 or what is wider."""
    return np.result_type(native(dtype), np.float64)


def scale_factor(value: Any, default: float) -> Factor:
    """Return a slope or intercept as a float, or as an array of float64 where it is one."""
    if isinstance(value, float):
        return float(value)
    array = np.asarray(default if value is None else value, dtype=np.float64)
    return array if array.ndim else float(array)


def is_all(factor: Factor, value: float) -> bool:
    """Return whether a slope or intercept is this number everywhere."""
    return factor == value if isinstance(factor, float) else bool(np.all(factor == value))


def apply_scaling(out: Array, stored: Array, slope: Factor, inter: Factor) -> None:
    """Fill an array with ``stored * slope + inter``, computed in float64 or wider.

    Parameters
    ----------
    out : ndarray
        Any numeric dtype; must hold the values (see `volio.arrays.dtypes.cast_into`).
    stored : ndarray
        Same shape.
    slope, inter : float or ndarray
        Broadcastable to the shape.
    """
    work = scaled_dtype(stored.dtype)
    scaled = out if out.dtype == work else np.empty(out.shape, work)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(stored, slope, out=scaled, dtype=work)
        if not (isinstance(inter, float) and inter == 0):
            np.add(scaled, inter, out=scaled)
    if scaled is not out:
        cast_into(out, scaled)


class Conversion(NamedTuple):
    """How what a file stores becomes values: ``stored * slope + inter``, or as it is.

    Attributes
    ----------
    scaled : bool
        Whether slope and intercept are applied.
    slope, inter : float or ndarray
        Arrays have the shape of the stored array.
    valid_range : (int, int) or None
        What is stored below the first or above the second counts as these.
    """

    scaled: bool = False
    slope: Factor = 1.0
    inter: Factor = 0.0
    valid_range: tuple[int, int] | None = None

    @property
    def changes_nothing(self) -> bool:
        """Whether values are what is stored."""
        return not self.scaled and self.valid_range is None

    @property
    def is_uniform(self) -> bool:
        """Whether it is the same for all voxels."""
        return isinstance(self.slope, float) and isinstance(self.inter, float)

    def of(self, part: tuple[slice, ...]) -> Conversion:
        """Return the conversion of a part of the stored array."""
        if self.is_uniform:
            return self
        slope = self.slope if isinstance(self.slope, float) else self.slope[part]
        inter = self.inter if isinstance(self.inter, float) else self.inter[part]
        return self._replace(slope=slope, inter=inter)

    def convert(self, out: Array, stored: Array) -> None:
        """Fill an array with the values of what is stored.

        Parameters
        ----------
        out : ndarray
            Any dtype that holds the values (see `volio.arrays.dtypes.cast_into`), any strides.
        stored : ndarray
            Same shape.

        Raises
        ------
        ImageDataError
            If the dtype of `out` cannot hold the values.
        """
        if self.valid_range is not None:
            stored = np.clip(stored, *self.valid_range)
        if self.scaled:
            apply_scaling(out, stored, self.slope, self.inter)
        else:
            cast_into(out, stored)


def fit_scaling(
    low: float,
    high: float,
    dtype: npt.DTypeLike,
    kind: ScalingKind = "slope+inter",
    factor_dtype: npt.DTypeLike = np.float32,
) -> Scaling:
    """Find slope and intercept that bring a range of floats into an integer dtype.

    All of the integer range is used. Where zero is within the values (or not far from them)
    it is stored as an integer that comes back as exactly zero. A single value has a slope of 1
    or a part of itself: some programs take tiny slopes for none.

    Parameters
    ----------
    low, high : float
        The smallest and the largest finite value.
    dtype : numpy dtype
        An integer one.
    kind : {"slope+inter", "slope", "none"}
        What the format can store.
    factor_dtype : numpy dtype, optional
        The float dtype in which the format stores slope and intercept; the result is exact in it.

    Returns
    -------
    Scaling

    Raises
    ------
    ScalingError
        If no such pair exists.
    """
    if kind == "none":
        raise ScalingError(
            f"values from {low} to {high} need scaling to be stored as {np.dtype(dtype)}, and this "
            "format has none; save with a float dtype"
        )
    if not (isfinite(low) and isfinite(high)):
        raise ScalingError("values exceed the range of float64, in which scaling is computed")
    if low == high == 0:
        return Scaling()
    fit = _Fit(low, high, *_exact_limits(dtype), np.dtype(factor_dtype))
    if low == high:
        return fit.of_one_value(kind)
    if kind == "slope":
        return fit.around_zero(0)
    # The range is narrower than its distance from zero.
    if high - low < low or high - low < -high:
        return fit.far_from_zero()
    return fit.around_zero(fit.stored_zero())


def _exact_limits(dtype: npt.DTypeLike) -> tuple[int, int]:
    """Return the lowest and the highest integer of a dtype up to which float64 has them all."""
    least, greatest = integer_limits(dtype)
    return max(least, -LARGEST_INTEGER), min(greatest, LARGEST_INTEGER)


class _Fit(NamedTuple):
    """A range of floats, and the integers that they are to be stored as.

    Attributes
    ----------
    low, high : float
        Of the values.
    least, greatest : int
        Of the integers.
    factors : numpy.dtype
        Of slope and intercept.
    """

    low: float
    high: float
    least: int
    greatest: int
    factors: DType

    def stored_zero(self) -> int:
        """Return the integer that stands for zero when the values fill all integers."""
        low = min(self.low, 0.0)
        high = max(self.high, 0.0)
        share = (-low / 2) / (high / 2 - low / 2)  # halves: high - low may overflow
        zero = self.least + round(share * (self.greatest - self.least))
        # Where there are values on one side of zero there must be integers on that side.
        zero = min(self.greatest - (high > 0), max(self.least + (low < 0), zero))
        dropped = max(0, abs(zero).bit_length() - ZERO_BITS)
        rounded = abs(zero) >> dropped << dropped
        return rounded if zero > 0 else -rounded

    def of_one_value(self, kind: ScalingKind) -> Scaling:
        """Return the scaling of values that are all the same and not zero.

        The slope is of an ordinary size, as some programs take tiny ones for none.
        """
        value = self.low
        self._check_not_tiny(abs(value))
        if kind == "slope+inter" and (abs(value) < ORDINARY_SLOPE or value.is_integer()):
            around_one = self._with_slope_one()
            if around_one is not None:
                return around_one
        inter = 0.0
        if value < 0 and self.least == 0 and kind == "slope+inter":
            inter = -ldexp(1.0, frexp(value)[1])  # exact in any dtype, and below the value
        else:
            self._check_signs(0)
        slope = _check_finite(self._best_part_of(abs(value - inter)), self.factors)
        return Scaling(slope, inter, self._error_of_one(slope, inter))

    def _with_slope_one(self) -> Scaling | None:
        """Return the scaling of one value with a slope of 1; None if it would lose digits."""
        value = self.low
        with np.errstate(over="ignore"):
            nearest = self.factors.type(value)
        _check_finite(float(nearest), self.factors)
        is_above = round(value - float(nearest)) < 0  # the integers may have one sign
        inter = float(np.nextafter(nearest, self.factors.type(-inf)) if is_above else nearest)
        stored = round(value - inter)
        is_exact = stored + inter == value
        if stored > self.greatest or not (is_exact or abs(value) < ORDINARY_SLOPE):
            return None
        return Scaling(1.0, inter, self._error_of_one(1.0, inter))

    def _best_part_of(self, size: float) -> float:
        """Return the slope of which a multiple is nearest to a positive number."""
        largest = min(self.greatest, MOST_PARTS, max(1, int(size / ORDINARY_SLOPE)))
        parts = np.arange(1, largest + 1)
        with np.errstate(over="ignore"):
            slopes = (size / parts).astype(self.factors).astype(np.float64)
            return float(slopes[np.argmin(np.abs(slopes * parts - size))])

    def _error_of_one(self, slope: float, inter: float) -> float:
        """Return the error of a single value, and what computing in float64 adds."""
        value = self.low
        stored = round((value - inter) / slope)
        return abs(stored * slope + inter - value) + abs(value) * 2**-52

    def _check_not_tiny(self, size: float) -> None:
        if size < float(np.finfo(self.factors).tiny):
            raise ScalingError(
                f"values from {self.low} to {self.high} are too small: they do not fit "
                f"{self.factors}, in which this format stores slope and intercept; save as float64"
            )

    def _check_signs(self, zero: int) -> None:
        """Refuse values on a side of zero where there are no integers."""
        low, high, least, greatest, _ = self
        if (low < 0 and least == zero) or (high > 0 and greatest == zero):
            raise ScalingError(
                f"values from {low} to {high} have both signs and the integers {least} to "
                f"{greatest} have one, with no intercept in this format; save as int16, int32 or "
                "a float dtype"
            )

    def around_zero(self, zero: int) -> Scaling:
        """Return the scaling under which the integer `zero` is exactly zero."""
        low, high, least, greatest, factors = self
        self._check_signs(zero)
        below = low / (least - zero) if low < 0 else 0.0
        above = high / (greatest - zero) if high > 0 else 0.0
        slope = max(below, above)
        self._check_not_tiny(slope)
        # The product of slope and zero must have no more bits than the intercept can have. A
        # power of two takes none of them.
        needed = _odd_part(zero).bit_length()
        bits = digits(factors) - (needed if needed > 1 else 0)
        slope = _rounded_up(slope, bits, factors)
        return Scaling(slope, _check_finite(-zero * slope, factors), self.error(slope))

    def far_from_zero(self) -> Scaling:
        """Return the scaling of values that are all far from zero: the intercept is near them."""
        inter = self._intercept()
        _check_finite(inter, self.factors)
        above = (self.high - inter) / self.greatest
        below = (self.low - inter) / self.least if self.least else 0.0
        slope = max(above, below, float(np.finfo(self.factors).tiny))
        slope = _rounded_up(slope, digits(self.factors), self.factors)
        return Scaling(slope, inter, self.error(slope))

    def _intercept(self) -> float:
        """Return the value of the stored 0, as the format has it, with the range over all integers.

        It is not above the lowest value where no integer is below 0.
        """
        low, high, least, greatest, factors = self
        with np.errstate(over="ignore"):
            inter = float(factors.type(low - least * ((high - low) / (greatest - least))))
            if least == 0 and inter > low:  # rounded up
                inter = float(np.nextafter(factors.type(inter), factors.type(-inf)))
        return inter

    def error(self, slope: float) -> float:
        """Return half a step, and what computing in float64 adds."""
        return slope / 2 + max(abs(self.low), abs(self.high)) * 2**-52


def _odd_part(value: int) -> int:
    """Return what is left of a number without its factors of two; 0 for 0."""
    value = abs(value)
    return value // (value & -value) if value else 0


def _rounded_up(value: float, bits: int, factors: DType) -> float:
    """Round a positive number up to so many significant bits, within the range of a dtype."""
    mantissa, exponent = frexp(value)
    whole_bits = ceil(ldexp(mantissa, bits))
    return _check_finite(ldexp(float(whole_bits), exponent - bits), factors)


def _check_finite(value: float, factors: DType) -> float:
    if not isfinite(value) or abs(value) > float(np.finfo(factors).max):
        raise ScalingError(
            f"the values are too large: slope or intercept {value} does not fit {factors}, in "
            "which this format stores them; save as float64"
        )
    return value
