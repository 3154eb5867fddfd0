"""Between floats and integers without losing what can be kept: nibabel's ``casting`` names."""

from __future__ import annotations

import math
import operator
import platform
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.errors import CastingError, UsageError

__all__ = [
    "OK_FLOATS",
    "TRUNC_UINT64",
    "CastingError",
    "FloatingError",
    "able_int_type",
    "as_int",
    "best_float",
    "ceil_exact",
    "float_to_int",
    "floor_exact",
    "floor_log2",
    "have_binary128",
    "int_abs",
    "int_to_float",
    "longdouble_lte_float64",
    "longdouble_precision_improved",
    "ok_floats",
    "on_powerpc",
    "sctypes",
    "sctypes_aliases",
    "shared_range",
    "type_info",
    "ulp",
]

FloatingError = UsageError
"""Raised for a float that is not an integer."""

sctypes: dict[str, list[type]] = {
    "int": [np.int8, np.int16, np.int32, np.int64],
    "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    "float": [np.float16, np.float32, np.float64],
    "complex": [np.complex64, np.complex128],
    "others": [bool, object, bytes, str, np.void],
}
"""Numeric types by kind, narrow to wide."""

if np.dtype(np.longdouble) != np.dtype(np.float64):  # on Windows the two are one type
    sctypes["float"].append(np.longdouble)
    sctypes["complex"].append(np.clongdouble)

sctypes_aliases: set[type] = {np.dtype(code).type for code in np.typecodes["All"]}
"""Every scalar type of numpy."""

TRUNC_UINT64 = bool(np.uint64(np.float64(2**63)) != 2**63)
"""Whether this platform loses bits when it casts a large float64 to uint64."""


def type_info(np_type: npt.DTypeLike) -> dict[str, Any]:
    """Describe a numeric type: range, bits of mantissa and exponent, exponent range, bytes.

    Returns
    -------
    dict
        Keys ``min, max, nmant, nexp, minexp, maxexp, width``; the middle four are None for
        integers. The limits of a complex type are complex.
    """
    dtype = np.dtype(np_type)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low = dtype.type(limits.min)
        high = dtype.type(limits.max)
        return dict.fromkeys(("nmant", "nexp", "minexp", "maxexp")) | {
            "min": low,
            "max": high,
            "width": dtype.itemsize,
        }
    info = _float_limits(dtype)
    parts = {name: getattr(info, name) for name in ("nmant", "nexp", "minexp", "maxexp")}
    low = dtype.type(info.min)
    high = dtype.type(info.max)
    return {"min": low, "max": high, "width": dtype.itemsize} | parts


def _float_limits(dtype: np.dtype[Any]) -> Any:
    if dtype.kind not in "fc":
        raise UsageError(f"dtype: must be an integer, float or complex type, got {dtype}")
    return np.finfo(dtype)


def shared_range(flt_type: npt.DTypeLike, int_type: npt.DTypeLike) -> tuple[Any, Any]:
    """Return the lowest and highest float that an integer type can hold.

    Both are scalars of `flt_type` and inside its finite range.
    """
    floats = _float_limits(np.dtype(flt_type))
    ints = np.iinfo(np.dtype(int_type))
    low = max(int(floats.min), ints.min)
    high = min(int(floats.max), ints.max)
    return ceil_exact(low, flt_type), floor_exact(high, flt_type)


def float_to_int(
    arr: npt.ArrayLike,
    int_type: npt.DTypeLike,
    nan2zero: bool | None = True,
    infmax: bool = False,
) -> np.ndarray:
    """Round floats to the nearest integer and clip them to an integer type.

    Parameters
    ----------
    arr : array-like of float
        Of complex numbers the real part is taken.
    int_type : dtype-like
        Integer type of the result.
    nan2zero : bool or None, optional
        NaN becomes 0; when False, NaN is an error; when None, what the processor makes of it.
    infmax : bool, optional
        Infinities become the extremes of the integer type itself; otherwise they become the
        last integers that the float type can express too.

    Raises
    ------
    CastingError
        For NaN when `nan2zero` is False.
    """
    values = np.asarray(arr)
    target = np.dtype(int_type)
    low, high = shared_range(values.dtype, target)
    values = values.real
    missing = np.isnan(values)
    if missing.any() and nan2zero is False:
        raise CastingError("values: there are NaNs, which no integer can stand for")
    rounded = np.rint(np.where(missing, 0, values))
    integers = np.clip(rounded, low.real, high.real).astype(target)
    if infmax:
        _set_infinities(integers, values)
    if nan2zero is None:
        with np.errstate(invalid="ignore"):
            integers[missing] = values[missing].astype(target)
    return integers


def _set_infinities(integers: np.ndarray, values: np.ndarray) -> None:
    """Store the ends of the type for infinite values."""
    limits = np.iinfo(integers.dtype)
    integers[values == np.inf] = limits.max
    integers[values == -np.inf] = limits.min


def as_int(x: Any, check: bool = True) -> int:
    """Return a number as a Python integer.

    Raises
    ------
    UsageError
        If `check` is True and the number has a fractional part.
    """
    try:
        return operator.index(x)
    except TypeError:
        whole = int(x)
    if check and whole != x:
        raise FloatingError(f"value: must be a whole number, got {x}")
    return whole


def int_to_float(val: int, flt_type: npt.DTypeLike) -> Any:
    """Return an integer as a scalar of a float type; infinite when it is out of range."""
    kind = np.dtype(flt_type).type
    if not issubclass(kind, np.floating):
        return kind(val)
    exponent = max(0, val.bit_length() - 1000)  # the rest fits a double
    high = float(val >> exponent)
    low = (val >> exponent) - int(high)
    with np.errstate(over="ignore"):
        return np.ldexp(kind(high) + kind(low), exponent)


def floor_exact(val: int, flt_type: npt.DTypeLike) -> Any:
    """Return the largest value of a type that is not above an integer; infinite out of range."""
    return _neighbour(val, flt_type, below=True)


def ceil_exact(val: int, flt_type: npt.DTypeLike) -> Any:
    """Return the smallest value of a type that is not below an integer; infinite out of range."""
    return _neighbour(val, flt_type, below=False)


def _neighbour(val: int, flt_type: npt.DTypeLike, below: bool) -> Any:
    val = int(val)
    near = int_to_float(val, np.dtype(flt_type).type(0).real.dtype)
    if not isinstance(near, np.floating) or not np.isfinite(near):
        return near
    wrong = int(near) > val if below else int(near) < val
    return np.nextafter(near, near.dtype.type(-np.inf if below else np.inf)) if wrong else near


def int_abs(arr: npt.ArrayLike) -> Any:
    """Return absolute values, in the unsigned type for signed integers so that none overflows."""
    values = np.asarray(arr)
    if values.dtype.kind != "i":
        return np.absolute(values)
    unsigned = np.dtype(f"u{values.dtype.itemsize}")
    # Wrapping turns the lowest integer into itself, whose bits are its absolute value.
    with np.errstate(over="ignore"):
        return np.absolute(values).astype(unsigned)[()]


def floor_log2(x: Any) -> int | None:
    """Return the exponent of the highest power of two not above ``abs(x)``; None for 0."""
    if not x:
        return None
    if isinstance(x, int):
        return abs(x).bit_length() - 1
    return int(np.frexp(np.abs(x))[1]) - 1


def best_float() -> type:
    """Return the float type with the most digits that this platform computes quickly."""
    if longdouble_lte_float64() or have_binary128() or on_powerpc():
        return np.float64  # no gain, or computed in software
    return np.longdouble


def longdouble_lte_float64() -> bool:
    """Return whether the platform's long double has no more digits than a double."""
    return bool(np.finfo(np.longdouble).nmant <= np.finfo(np.float64).nmant)


def longdouble_precision_improved() -> bool:
    """Return whether long doubles gained digits since the import: never, with today's numpy."""
    return False


def have_binary128() -> bool:
    """Return whether the platform's long double is the IEEE 128-bit float."""
    info = np.finfo(np.longdouble)
    return bool(info.nmant == 112 and info.maxexp == 16384)


def on_powerpc() -> bool:
    """Return whether this is a Power machine."""
    return "ppc" in platform.machine() or "powerpc" in platform.processor()


def ok_floats() -> list[type]:
    """List the float types of this platform, narrow to wide."""
    return list(sctypes["float"])


OK_FLOATS = ok_floats()
"""The float types of this platform, narrow to wide."""


def able_int_type(values: Iterable[Any]) -> type | None:
    """Return the smallest integer type that holds all values, unsigned if none is negative.

    Returns
    -------
    type or None
        None when a value is not a whole number, or beyond every type.
    """
    numbers = list(values)
    if not all(math.isfinite(value) and value == int(value) for value in numbers):
        return None
    low = min(numbers)
    high = max(numbers)
    for kind in sctypes["uint" if low >= 0 else "int"]:
        limits = np.iinfo(kind)
        if limits.min <= low and high <= limits.max:
            return kind
    return None


def ulp(val: Any = np.float64(1.0)) -> Any:  # noqa: B008 - a scalar cannot change
    """Return the distance from a number to its next neighbour in its type; 1 for integers."""
    value = np.abs(np.asarray(val)[()])
    if np.issubdtype(value.dtype, np.integer):
        return 1
    return np.spacing(value)
