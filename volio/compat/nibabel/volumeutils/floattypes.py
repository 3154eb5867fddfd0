"""Which float type scaling should be computed in: another part of nibabel's ``volumeutils``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from volio.compat.nibabel.casting import OK_FLOATS
from volio.errors import UsageError

__all__ = [
    "apply_read_scaling",
    "best_write_scale_ftype",
    "better_float_of",
    "finite_range",
    "int_scinter_ftype",
    "working_type",
]


def better_float_of(
    first: npt.DTypeLike, second: npt.DTypeLike, default: type[np.floating[Any]] = np.float32
) -> type:
    """Return the wider of two types, looking at real float types only; `default` if neither is."""
    floats = [dtype for dtype in (np.dtype(first), np.dtype(second)) if dtype.kind == "f"]
    return max(floats or [np.dtype(default)], key=lambda dtype: dtype.itemsize).type


def working_type(
    in_type: npt.DTypeLike, slope: npt.ArrayLike = 1.0, inter: npt.ArrayLike = 0.0
) -> type:
    """Return the type in which numpy computes ``(values - inter) / slope``.

    A slope of 1 and an intercept of 0 are left out of the computation.
    """
    value = np.ones(1, in_type)
    if np.any(np.asarray(inter) != 0):
        value = value - np.ravel(inter).astype(np.asarray(inter).dtype)
    if np.any(np.asarray(slope) != 1):
        value = value / np.ravel(slope)
    return value.dtype.type


def int_scinter_ftype(
    ifmt: npt.DTypeLike,
    slope: npt.ArrayLike = 1.0,
    inter: npt.ArrayLike = 0.0,
    default: type[np.floating[Any]] = np.float32,
) -> type:
    """Return the narrowest float type, from `default` on, that holds all scaled integers.

    Parameters
    ----------
    ifmt : dtype-like
        Integer type of the stored values.
    slope, inter : array-like, optional
        The scaling.
    default : type, optional
        Where to begin.

    Raises
    ------
    UsageError
        If no float type is wide enough, or `ifmt` is not an integer type.
    """
    if np.dtype(ifmt).kind not in "iu":
        raise UsageError(f"ifmt: must be an integer type, got {np.dtype(ifmt)}")
    limits = np.iinfo(np.dtype(ifmt))
    ends = np.array([[[limits.min]], [[limits.max]]], ifmt)
    for kind in _from(default):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = ends * _extremes(slope, kind)[:, None] + _extremes(inter, kind)
        if np.isfinite(scaled).all():
            return kind
    raise UsageError(f"slope: {slope!r} with intercept {inter!r} exceeds every float type")


def best_write_scale_ftype(
    arr: npt.ArrayLike,
    slope: npt.ArrayLike = 1.0,
    inter: npt.ArrayLike = 0.0,
    default: type[np.floating[Any]] = np.float32,
) -> type:
    """Return the narrowest float type in which ``(arr - inter) / slope`` stays finite.

    It is not narrower than `default` nor than the type of `arr`, and no wider when `arr` has
    infinite values itself.
    """
    values = np.asarray(arr)
    start = better_float_of(values.dtype, default)
    neutral = np.all(np.asarray(slope) == 1) and np.all(np.asarray(inter) == 0)
    if neutral or not values.size or np.isinf(values).any():
        return start
    ends = np.array(finite_range(values)).astype(values.dtype)[:, None, None]
    for kind in _from(start):
        with np.errstate(all="ignore"):
            scaled = (ends - _extremes(inter, kind)[:, None]) / _extremes(slope, kind)
        if np.isfinite(scaled).all():
            return kind
    return OK_FLOATS[-1]


def _extremes(value: npt.ArrayLike, kind: type) -> Any:
    """Return the lowest and highest number as an array, whose type numpy heeds in a product."""
    numbers: Any = np.ravel(value).astype(kind)
    return numbers if numbers.size == 1 else np.array([numbers.min(), numbers.max()])


def _from(start: npt.DTypeLike) -> list[type]:
    width = np.dtype(start).itemsize
    return [kind for kind in OK_FLOATS if np.dtype(kind).itemsize >= width]


def finite_range(arr: npt.ArrayLike, check_nan: bool = False) -> tuple[Any, ...]:
    """Return the lowest and the highest finite value.

    Parameters
    ----------
    arr : array-like
        Any numbers; complex ones are ordered by their real part first.
    check_nan : bool, optional
        Also return whether there are NaNs.

    Returns
    -------
    tuple
        ``(lowest, highest)``, which is ``(inf, -inf)`` when nothing is finite, and with
        `check_nan` a bool after them.

    Raises
    ------
    UsageError
        If the values are not numbers.
    """
    values = np.asarray(arr)
    if values.dtype.kind not in "iufcb":
        raise UsageError(f"values: must be numbers, got dtype {values.dtype}")
    finite = values
    nans = False
    if values.dtype.kind in "fc":
        finite = values[np.isfinite(values)]
        nans = bool(np.isnan(values).any()) if check_nan else False
    kind = values.dtype.type if values.dtype.kind in "fc" else float
    ends = (finite.min(), finite.max()) if finite.size else (kind(np.inf), kind(-np.inf))
    return (*ends, nans) if check_nan else ends


def apply_read_scaling(arr: Any, slope: Any = None, inter: Any = None) -> Any:
    """Return ``arr * slope + inter`` in a float type that does not overflow.

    Parameters
    ----------
    arr : array
        The stored values; returned as they are when there is nothing to do.
    slope, inter : None or array-like, optional
        None stands for 1 and 0. Python numbers count as float64, so only a numpy float32 as
        slope gives float32 results.
    """
    factor = np.atleast_1d(1 if slope is None else slope)
    shift = np.atleast_1d(0 if inter is None else inter)
    is_multiplied = bool(np.any(factor != 1))
    is_shifted = bool(np.any(shift != 0))
    if not is_multiplied and not is_shifted:
        return arr
    if arr.dtype.kind in "iu":
        kind = _float_type_for(arr.dtype, factor, shift)
        factor = factor.astype(kind)
        shift = shift.astype(kind)
    result = np.atleast_1d(arr)
    if is_multiplied:
        result = result * factor
    if is_shifted:
        result = result + shift
    return result if np.ndim(arr) or result.size > 1 else result.reshape(())


def _float_type_for(dtype: Any, factor: Any, shift: Any) -> Any:
    """Return the float type in which integers are scaled without an overflow."""
    least = factor.dtype.type if factor.dtype.kind == "f" else np.float64
    return int_scinter_ftype(dtype, factor, shift, least)
