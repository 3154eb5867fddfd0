"""Deciding how an array is stored: its dtype in the file, slope and intercept.

The decision reads the values at most once and writes nothing, so a save that cannot succeed is
refused before anything is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.candidates import Case
from volio.arrays.dtypes import (
    WIDELY_READ,
    DType,
    always_exact,
    native,
    smallest_integer_dtype,
)
from volio.arrays.scaling import ScalingKind
from volio.arrays.slabs import as_array
from volio.errors import CastingError, ScalingError, UsageError

__all__ = ["TOLERANCE", "WritePlan", "plan"]

# Largest error, as a part of the largest magnitude, that dtype="smallest" takes: int16 with
# slope and intercept has 0.76e-5 of the range of the values.
TOLERANCE = 1e-5


class WritePlan(NamedTuple):
    """How an array is to be stored: stored = (value - inter) / slope.

    Attributes
    ----------
    dtype : numpy.dtype
        In the byte order of the machine.
    slope, inter : float
    error : float
        The largest difference between a finite value and what will be read back.
    notes : tuple of str
        What storing changes, in the words of a PrecisionWarning.
    """

    dtype: DType
    slope: float = 1.0
    inter: float = 0.0
    error: float = 0.0
    notes: tuple[str, ...] = ()


def plan(
    data: Any,
    header_dtype: npt.DTypeLike,
    *,
    supported: Iterable[npt.DTypeLike],
    can_scale: ScalingKind = "slope+inter",
    request: npt.DTypeLike | Literal["exact", "smallest"] | None = None,
    tolerance: float = TOLERANCE,
    factor_dtype: npt.DTypeLike = np.float32,
    keep: tuple[float, float] | None = None,
) -> WritePlan:
    """Decide how an array is stored.

    Parameters
    ----------
    data : LazyArray or array_like
    header_dtype : numpy dtype
        What the header has now: kept where it can hold the values.
    supported : iterable of numpy dtype
        What the format can store.
    can_scale : {"slope+inter", "slope", "none"}, optional
        Which factors the format stores.
    request : None, "exact", "smallest" or numpy dtype, optional
        None: integers stay integers, in the header's dtype or the smallest widely read one that
        holds them (int64 and uint64 in a header are narrowed like this); floats that an integer
        header dtype cannot hold are scaled, or stored as floats if the format cannot scale.
        "exact": the smallest dtype that keeps every value. "smallest": the smallest whose error
        stays within `tolerance`. A dtype: that one, scaled if it must be.
    tolerance : float, optional
        For "smallest": largest error divided by the largest magnitude.
    factor_dtype : numpy dtype, optional
        The float dtype in which the format stores slope and intercept.
    keep : (float, float), optional
        Slope and intercept that the values were read with. They are used again where at least
        nine in ten nonzero values come back by them bit for bit, the slope is no more than a
        tenth of the range, and all values fit (into a wider integer dtype if need be), so that
        editing some voxels leaves the others as they were.

    Returns
    -------
    WritePlan
        With a note where values are rounded to integers, or NaN or infinite values are replaced.

    Raises
    ------
    CastingError
        If no dtype of the format holds the values, or the requested one cannot.
    ScalingError
        If no slope and intercept bring the values into the requested dtype.
    """
    case = Case(as_array(data), supported, can_scale, np.dtype(factor_dtype), keep)
    if case.source.names:
        return _for_records(case, request)
    if request is None:
        return _for_header(case, native(header_dtype))
    if isinstance(request, str) and request == "exact":
        return _best(case, 0.0, "exact")
    if isinstance(request, str) and request == "smallest":
        return _best(case, tolerance, "smallest")
    return _for_request(case, _dtype(request))


def _dtype(request: Any) -> DType:
    try:
        return native(request)
    except TypeError:
        raise UsageError(
            f"dtype: must be None, 'exact', 'smallest' or a numpy dtype, got {request!r}"
        ) from None


def _for_records(case: Case, request: Any) -> WritePlan:
    """Store records, such as RGB, as they are."""
    same = (
        request in (None, "exact", "smallest")
        if isinstance(request, str | None)
        else (native(request) == case.source)
    )
    if case.source not in case.supported or not same:
        raise case.no_dtype("records cannot be stored as another dtype; save one field of them")
    return WritePlan(case.source)


def _for_header(case: Case, header: DType) -> WritePlan:
    """Keep the dtype of the header where it holds the values."""
    if header not in case.supported or header.names:
        header = case.source
    if case.source.kind == "c" and header.kind != "c":
        header = case.source
    if header.kind in "fc" and not (case.source.kind in "iu" and not case.holds(header)):
        return _as_float(case, header)
    if case.source.kind in "iu":
        return _as_integer(case, header)
    return _scaled_or_float(case, _narrowed(case, header))


def _as_float(case: Case, wanted: DType) -> WritePlan:
    """Take the wanted float dtype, or else the next wider or narrower one without overflow."""
    if wanted in case.supported and (kept := case.kept_float_scaling(wanted)):
        return WritePlan(wanted, *kept)
    wider = [dtype for dtype in case.floats() if dtype.itemsize > wanted.itemsize]
    narrower = [dtype for dtype in case.floats()[::-1] if dtype.itemsize < wanted.itemsize]
    for dtype in [wanted, *wider, *narrower]:
        if dtype in case.supported and (error := case.rounding(dtype)) is not None:
            return WritePlan(dtype, error=error)
    fix = "save their real part or abs()" if case.source.kind == "c" else "scale them down"
    raise case.no_dtype(f"no dtype holds values up to {case.values.magnitude}; {fix}")


def _as_integer(case: Case, header: DType) -> WritePlan:
    """Integers: the header's dtype, or the first that holds them."""
    narrow = header in case.supported and header.kind in "iu" and header.itemsize < 8
    first = [header] if narrow else []
    if first and always_exact(case.source, header):
        return WritePlan(header)
    low, high = int(case.values.low), int(case.values.high)
    found = smallest_integer_dtype(low, high, [*first, *case.integers()])
    found = found or next(filter(case.holds, case.floats()), None)
    if found is None:
        raise case.no_dtype(f"{low} to {high} fit none; save them as a float array")
    return WritePlan(found)


def _narrowed(case: Case, header: DType) -> DType:
    """Another integer dtype for 64-bit ones, which few programs read."""
    small = [dtype for dtype in case.integers() if dtype.itemsize < 8]
    if header.itemsize < 8 or not small:
        return header
    whole = next(filter(case.fits_whole, small), None)
    return whole or max(small, key=lambda dtype: (dtype.itemsize, dtype.kind == "i"))


def _scaled_or_float(case: Case, header: DType) -> WritePlan:
    """Floats for an integer header: exactly, with scaling, or as floats, in this order."""
    if case.holds(header):
        return WritePlan(header)
    for dtype in [header, *(d for d in case.integers() if header.itemsize < d.itemsize < 8)]:
        if not case.fits_whole(header) and (kept := case.kept_scaling(dtype)):
            return _with_notes(case, WritePlan(dtype, *kept))
    try:
        if case.can_scale == "none":
            raise case.no_dtype("need scaling or a float dtype, and this format has neither")
        return _with_notes(case, _in_integers(case, header))
    except (CastingError, ScalingError):
        found = next(filter(case.holds, case.floats()), None)
        if found is None and not case.floats():
            raise
        return WritePlan(found) if found else _as_float(case, case.floats()[-1])


def _in_integers(case: Case, dtype: DType) -> WritePlan:
    if case.fits_whole(dtype):
        return WritePlan(dtype)
    return WritePlan(dtype, *(case.kept_scaling(dtype) or case.scaling(dtype)))


def _for_request(case: Case, dtype: DType) -> WritePlan:
    """Take the dtype that was asked for."""
    if dtype not in case.supported:
        raise case.no_dtype(f"dtype {dtype} was asked for")
    if case.holds(dtype):
        return WritePlan(dtype)
    if case.source.kind == "c" and dtype.kind != "c":
        raise case.no_dtype(f"{dtype} was asked for, which is real; save the real part or abs()")
    if dtype.kind in "iu":
        return _with_notes(case, _in_integers(case, dtype))
    error = case.rounding(dtype)
    if error is None:
        raise case.no_dtype(f"{dtype} was asked for, values reach {case.values.magnitude}")
    found = WritePlan(dtype, error=error)
    return _with_notes(case, found) if case.source.kind in "iu" else found


def _best(case: Case, tolerance: float, request: str) -> WritePlan:
    """Find the smallest dtype whose error is within the tolerance."""
    most = tolerance * case.values.magnitude
    options = [found for dtype in case.supported if (found := _option(case, dtype, most))]
    if not options:
        raise case.no_dtype(f"dtype={request!r} was asked for and no dtype is exact enough")
    best = min(options, key=_preference)
    return _with_notes(case, best) if best.dtype.kind in "iu" else best


def _preference(option: WritePlan) -> tuple[int, bool, bool, int]:
    """Sort by size; of one size exact ones first, then floats, then widely read ones."""
    rounded = option.error > 0
    rank = WIDELY_READ.index(option.dtype) if option.dtype in WIDELY_READ else len(WIDELY_READ)
    return option.dtype.itemsize, rounded, rounded and option.dtype.kind in "iu", rank


def _option(case: Case, dtype: DType, most: float) -> WritePlan | None:
    """Say how a dtype would hold the values, if its error is small enough."""
    if case.holds(dtype):
        return WritePlan(dtype)
    if case.source.kind not in "fc" or most == 0 or dtype.names:
        return None
    if dtype.kind in "iu":
        found = _scaled_option(case, dtype)
    elif case.source.kind == "c" and dtype.kind == "f":
        return None
    else:
        error = case.rounding(dtype)
        found = None if error is None else WritePlan(dtype, error=error)
    return found if found is not None and found.error <= most else None


def _scaled_option(case: Case, dtype: DType) -> WritePlan | None:
    if case.source.kind == "c" or not case.values.finite:
        return None
    try:
        return _in_integers(case, dtype)
    except ScalingError:
        return None


def _with_notes(case: Case, found: WritePlan) -> WritePlan:
    """Return a plan with a note on what it changes in the values."""
    notes = []
    if found.error:
        notes.append(
            f"values are rounded to fit {found.dtype} (slope {found.slope:g}, intercept "
            f"{found.inter:g}), largest error {found.error:.3g}"
        )
    if found.dtype.kind in "iu" and case.values.nan:
        notes.append("NaN is stored as 0")
    if found.dtype.kind in "iu" and case.values.infinite:
        notes.append("infinite values are stored as the largest and smallest value")
    if not notes:
        return found
    return found._replace(notes=(f"{'; '.join(notes)}. dtype='exact' keeps every value.",))
