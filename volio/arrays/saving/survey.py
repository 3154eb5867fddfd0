"""What values an array holds, found in one pass: what decides how it can be stored."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, holds_exactly
from volio.arrays.lazy import LazyArray
from volio.arrays.slabs import iterate_slabs, natural_order

__all__ = ["Survey", "binary_step", "grid_share", "survey"]


#: Bits of the mantissa of a float64, the hidden one included.
MANTISSA_BITS = 53


class Survey(NamedTuple):
    """Facts about the values of an array.

    Attributes
    ----------
    low, high : int or float
        The smallest and the largest finite value; for complex values of all real and imaginary
        parts. Both 0 if there are none.
    nan, infinite : bool
        Whether there are such values.
    integer_valued : bool
        Whether all finite values are integers.
    fits_float32, fits_float64 : bool
        Whether all values are the same after a cast to float32 or float64 (or the complex
        dtypes of these).
    """

    low: int | float = 0
    high: int | float = 0
    nan: bool = False
    infinite: bool = False
    integer_valued: bool = True
    fits_float32: bool = True
    fits_float64: bool = True

    @property
    def finite(self) -> bool:
        """Whether all values are finite."""
        return not (self.nan or self.infinite)

    @property
    def magnitude(self) -> float:
        """The largest absolute value."""
        return float(max(abs(self.low), abs(self.high)))


def survey(data: LazyArray | Array) -> Survey:
    """Go through the values of a numeric array, piece by piece.

    Parameters
    ----------
    data : LazyArray or ndarray

    Returns
    -------
    Survey
    """
    lows: list[int | float] = []
    highs: list[int | float] = []
    flags = Survey()
    for slab in iterate_slabs(data, order=natural_order(data)):
        values = _real(slab.values)
        flags = _flags(flags, slab.values, values)
        if flags.nan or flags.infinite:
            values = values[np.isfinite(values)]
        if values.size:
            lows.append(values.min().item())
            highs.append(values.max().item())
    return flags._replace(low=min(lows, default=0), high=max(highs, default=0))


def grid_share(
    data: LazyArray | Array, slope: float, inter: float, dtype: np.dtype[Any] | None = None
) -> float:
    """Return which part of the values a slope and intercept give back bit for bit.

    Zeros do not count, as most voxels of many images are zero, nor do NaN and infinite values.

    Parameters
    ----------
    data : LazyArray or ndarray
        Real values.
    slope, inter : float
    dtype : numpy dtype, optional
        The float dtype in which values are stored (default: integers).

    Returns
    -------
    float
        From 0 to 1; 1 if there is nothing to count.
    """
    count = same = 0
    for slab in iterate_slabs(data, order=natural_order(data)):
        values = slab.values[np.isfinite(slab.values) & (slab.values != 0)]
        with np.errstate(all="ignore"):
            stored = np.subtract(values, inter, dtype=np.float64) / slope
            stored = np.rint(stored) if dtype is None else stored.astype(dtype).astype(np.float64)
            back = (stored * slope + inter).astype(values.dtype)
        count += values.size
        same += int(np.count_nonzero(back == values))
    return same / count if count else 1.0


def binary_step(data: LazyArray | Array, finest: float) -> float | None:
    """Find the largest power of two of which all finite values are multiples.

    Parameters
    ----------
    data : LazyArray or ndarray
        Real floats.
    finest : float
        Where only smaller steps would do, the search ends at once.

    Returns
    -------
    float or None
        None if there is no step of at least `finest`, or no value but zeros.
    """
    step: float | None = None
    for slab in iterate_slabs(data, order=natural_order(data)):
        values = slab.values[np.isfinite(slab.values) & (slab.values != 0)]
        if not values.size:
            continue
        mantissas, exponents = np.frexp(values.astype(np.float64))
        bits = np.ldexp(mantissas, MANTISSA_BITS).astype(np.int64)
        lowest = (bits & -bits).astype(np.float64)  # the lowest bit that is set
        of_slab = float(np.ldexp(lowest, exponents - MANTISSA_BITS).min())
        step = of_slab if step is None else min(step, of_slab)
        if step < finest:
            return None
    return step


def _real(values: Array) -> Array:
    """Return real numbers: True and False as 1 and 0, both parts of complex ones."""
    if values.dtype.kind == "c":
        return np.stack([values.real, values.imag])
    return values.astype(np.uint8) if values.dtype.kind == "b" else values


def _flags(before: Survey, values: Array, real: Array) -> Survey:
    """Return the flags of all pieces so far; what is settled is not looked at again."""
    flags = before
    if real.dtype.kind == "f":
        flags = flags._replace(
            nan=flags.nan or bool(np.isnan(real).any()),
            infinite=flags.infinite or bool(np.isinf(real).any()),
            integer_valued=flags.integer_valued and _is_integer_valued(real),
        )
    return flags._replace(
        fits_float32=flags.fits_float32 and _fits(values, np.float32),
        fits_float64=flags.fits_float64 and _fits(values, np.float64),
    )


def _is_integer_valued(values: Array) -> bool:
    return bool(np.all((np.trunc(values) == values) | ~np.isfinite(values)))


def _fits(values: Array, dtype: type[np.floating]) -> bool:
    target = np.result_type(dtype, np.complex64) if values.dtype.kind == "c" else np.dtype(dtype)
    return holds_exactly(values, target)
