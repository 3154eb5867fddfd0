"""Choosing how an array is stored: its dtype in the file, slope and intercept.

The choice reads the values at most once and writes nothing, so a save that cannot succeed is
refused before anything is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import (
    WIDELY_READ,
    DType,
    always_exact,
    native,
    smallest_integer_dtype,
)
from volio.arrays.saving.candidates import Candidates
from volio.arrays.saving.writing import rounding_error
from volio.arrays.scaling import SMALLEST_SLOPE, ScalingKind
from volio.arrays.slabs import as_array
from volio.errors import ScalingError, UsageError

__all__ = ["TOLERANCE", "DtypeChoice", "choose_dtype"]

# Largest error, as a part of the largest magnitude, that dtype="smallest" takes: int16 with
# slope and intercept has 0.76e-5 of the range of the values.
TOLERANCE = 1e-5


class DtypeChoice(NamedTuple):
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


def choose_dtype(
    data: Any,
    header_dtype: npt.DTypeLike,
    *,
    supported: Iterable[npt.DTypeLike],
    can_scale: ScalingKind = "slope+inter",
    request: npt.DTypeLike | Literal["exact", "smallest"] | None = None,
    tolerance: float = TOLERANCE,
    factor_dtype: npt.DTypeLike = np.float32,
    earlier: tuple[float, float] | None = None,
) -> DtypeChoice:
    """Choose dtype, slope and intercept with which an array is stored.

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
    earlier : (float, float), optional
        Slope and intercept that the values were read with. They are used again where at least
        nine in ten nonzero values come back by them bit for bit, the slope is no more than a
        tenth of the range, and all values fit (into a wider integer dtype if need be), so that
        editing some voxels leaves the others as they were.

    Returns
    -------
    DtypeChoice
        With a note where values are rounded to integers, or NaN or infinite values are replaced.

    Raises
    ------
    CastingError
        If no dtype of the format holds the values, or the requested one cannot.
    ScalingError
        If no slope and intercept bring the values into the requested dtype.
    UsageError
        If the request is not one of these.
    """
    array = as_array(data)
    candidates = Candidates(array, supported, can_scale, np.dtype(factor_dtype), earlier)
    if candidates.source.names:
        return _for_records(candidates, request)
    if request is None:
        return _for_header(candidates, native(header_dtype))
    if isinstance(request, str) and request == "exact":
        return _smallest(candidates, 0.0, request)
    if isinstance(request, str) and request == "smallest":
        return _smallest(candidates, tolerance, request)
    return _for_request(candidates, _as_dtype(request))


def _as_dtype(request: Any) -> DType:
    try:
        return native(request)
    except TypeError:
        raise UsageError(
            f"dtype: must be None, 'exact', 'smallest' or a numpy dtype, got {request!r}"
        ) from None


def _for_records(candidates: Candidates, request: Any) -> DtypeChoice:
    """Store records, such as RGB, as they are."""
    if isinstance(request, str | None):
        leaves_open = request in (None, "exact", "smallest")
    else:
        leaves_open = native(request) == candidates.source
    if candidates.source not in candidates.supported or not leaves_open:
        why = "records cannot be stored as another dtype; save one field of them"
        raise candidates.no_dtype(why)
    return DtypeChoice(candidates.source)


# Without a request: the dtype of the header, where it holds the values.


def _for_header(candidates: Candidates, header: DType) -> DtypeChoice:
    source = candidates.source
    if header not in candidates.supported or header.names:
        header = source
    if source.kind == "c" and header.kind != "c":
        header = source
    header_is_float = header.kind in "fc"
    if source.kind in "iu" and not (header_is_float and candidates.exact_in(header)):
        return _as_integer(candidates, header)
    if header_is_float:
        return _as_float(candidates, header)
    return _scaled_or_float(candidates, _narrowed(candidates, header))


def _as_integer(candidates: Candidates, header: DType) -> DtypeChoice:
    """Store integers in the header's dtype, or the first that holds them."""
    allowed = candidates.integers()
    if header in candidates.supported and header.kind in "iu" and header.itemsize < 8:
        if always_exact(candidates.source, header):
            return DtypeChoice(header)
        allowed = [header, *allowed]
    low = int(candidates.values.low)
    high = int(candidates.values.high)
    found = smallest_integer_dtype(low, high, allowed) or _exact_float(candidates)
    if found is None:
        raise candidates.no_dtype(f"{low} to {high} fit none; save them as a float array")
    return DtypeChoice(found)


def _exact_float(candidates: Candidates) -> DType | None:
    """Return the smallest float dtype that holds every value; None if there is none."""
    return next(filter(candidates.exact_in, candidates.floats()), None)


def _as_float(candidates: Candidates, wanted: DType) -> DtypeChoice:
    """Take the wanted float dtype, or else the next wider or narrower one without overflow."""
    earlier = candidates.earlier_float_scaling(wanted)
    if earlier is not None:
        return DtypeChoice(wanted, *earlier)
    for dtype in _floats_near(candidates, wanted):
        error = candidates.rounding(dtype)
        if error is not None:
            return DtypeChoice(dtype, error=error)
    largest = candidates.values.magnitude
    fix = "save their real part or abs()" if candidates.source.kind == "c" else "scale them down"
    raise candidates.no_dtype(f"no dtype holds values up to {largest}; {fix}")


def _floats_near(candidates: Candidates, wanted: DType) -> Iterator[DType]:
    """Yield the wanted dtype, if the format has it, wider ones, and then narrower ones."""
    floats = candidates.floats()
    if wanted in candidates.supported:
        yield wanted
    yield from (dtype for dtype in floats if dtype.itemsize > wanted.itemsize)
    yield from (dtype for dtype in reversed(floats) if dtype.itemsize < wanted.itemsize)


def _narrowed(candidates: Candidates, header: DType) -> DType:
    """Return another integer dtype for one of 64 bits, which few programs read."""
    narrow = [dtype for dtype in candidates.integers() if dtype.itemsize < 8]
    if header.itemsize < 8 or not narrow:
        return header
    exact = next(filter(candidates.finite_exact_in, narrow), None)
    return exact or max(narrow, key=lambda dtype: (dtype.itemsize, dtype.kind == "i"))


def _scaled_or_float(candidates: Candidates, header: DType) -> DtypeChoice:
    """Store floats under an integer header: exactly, with scaling, or as floats, in this order."""
    if candidates.exact_in(header):
        return DtypeChoice(header)
    earlier = _with_earlier_scaling(candidates, header)
    if earlier is not None:
        return _with_notes(candidates, earlier)
    if candidates.can_scale == "none":
        if not candidates.floats():
            raise candidates.no_dtype("need scaling or a float dtype, and this format has neither")
        return _as_smallest_float(candidates)
    try:
        scaled = _in_integers(candidates, header)
    except ScalingError:
        if not candidates.floats():
            raise
        return _as_smallest_float(candidates)
    if candidates.floats() and _suits_floats(candidates, scaled):
        return _as_smallest_float(candidates)
    return _with_notes(candidates, scaled)


def _suits_floats(candidates: Candidates, scaled: DtypeChoice) -> bool:
    """Return whether floats are better than a new scaling.

    They are where other programs take slope or intercept for none; and for integers with a
    scaling that this format cannot store, if they lose less of them.
    """
    is_tiny = abs(scaled.slope) < SMALLEST_SLOPE or 0 < abs(scaled.inter) < SMALLEST_SLOPE
    if is_tiny and scaled.dtype.itemsize < 8:
        return True
    if not candidates.loses_earlier_integers(scaled.error):
        return False
    return any(
        error is not None and error < scaled.error
        for error in map(candidates.rounding, candidates.floats())
    )


def _with_earlier_scaling(candidates: Candidates, header: DType) -> DtypeChoice | None:
    """Use the earlier slope and intercept, in a wider integer dtype if need be."""
    if candidates.finite_exact_in(header):
        return None
    for dtype in _as_wide_or_wider(candidates, header):
        earlier = candidates.earlier_scaling(dtype)
        if earlier is not None:
            return DtypeChoice(dtype, *earlier)
    return None


def _as_wide_or_wider(candidates: Candidates, header: DType) -> list[DType]:
    """Return an integer dtype and the wider ones of the format, up to 32 bits."""
    wider = [dtype for dtype in candidates.integers() if header.itemsize < dtype.itemsize < 8]
    return [header, *wider]


def _as_smallest_float(candidates: Candidates) -> DtypeChoice:
    """Take the smallest float dtype that holds every value, else the widest that there is."""
    exact = _exact_float(candidates)
    return DtypeChoice(exact) if exact else _as_float(candidates, candidates.floats()[-1])


def _in_integers(candidates: Candidates, dtype: DType) -> DtypeChoice:
    """Store the values in an integer dtype, with a scaling if they need one."""
    if candidates.finite_exact_in(dtype):
        return DtypeChoice(dtype)
    scaling = (
        candidates.earlier_scaling(dtype)
        or candidates.exact_scaling(dtype)
        or candidates.scaling(dtype)
    )
    return DtypeChoice(dtype, *scaling)


# With a request.


def _for_request(candidates: Candidates, dtype: DType) -> DtypeChoice:
    """Take the dtype that was asked for."""
    if dtype not in candidates.supported:
        raise candidates.no_dtype(f"dtype {dtype} was asked for")
    if candidates.exact_in(dtype):
        return DtypeChoice(dtype)
    if candidates.source.kind == "c" and dtype.kind != "c":
        why = f"{dtype} was asked for, which is real; save the real part or abs()"
        raise candidates.no_dtype(why)
    if dtype.kind in "iu":
        return _with_notes(candidates, _in_integers(candidates, dtype))
    error = candidates.rounding(dtype)
    if error is None:
        largest = candidates.values.magnitude
        raise candidates.no_dtype(f"{dtype} was asked for, values reach {largest}")
    rounded = DtypeChoice(dtype, error=error)
    # Who asks for narrower floats knows what they do to floats.
    return _with_notes(candidates, rounded) if candidates.source.kind in "iu" else rounded


def _smallest(candidates: Candidates, tolerance: float, request: str) -> DtypeChoice:
    """Find the smallest dtype whose error is within a part of the largest magnitude."""
    largest_error = tolerance * candidates.values.magnitude
    options = [_option(candidates, dtype, largest_error) for dtype in candidates.supported]
    good = [option for option in options if option is not None and option.error <= largest_error]
    if not good:
        why = f"dtype={request!r} was asked for and no dtype is exact enough"
        raise candidates.no_dtype(why)
    best = min(good, key=_preference)
    return _with_notes(candidates, best) if best.dtype.kind in "iu" else best


def _preference(option: DtypeChoice) -> tuple[int, bool, bool, int]:
    """Sort by size; of one size exact ones first, then unscaled, then widely read ones."""
    is_scaled = (option.slope, option.inter) != (1.0, 0.0)
    rank = WIDELY_READ.index(option.dtype) if option.dtype in WIDELY_READ else len(WIDELY_READ)
    return option.dtype.itemsize, option.error > 0, is_scaled, rank


def _option(candidates: Candidates, dtype: DType, largest_error: float) -> DtypeChoice | None:
    """Return how a dtype stores the values, with its error; None where it cannot."""
    if candidates.exact_in(dtype):
        return DtypeChoice(dtype)
    source = candidates.source
    if source.kind not in "fc" or largest_error == 0 or dtype.names:
        return None
    if dtype.kind in "iu":
        return _scaled_option(candidates, dtype)
    if source.kind == "c" and dtype.kind == "f":
        return None
    error = candidates.rounding(dtype)
    return None if error is None else DtypeChoice(dtype, error=error)


def _scaled_option(candidates: Candidates, dtype: DType) -> DtypeChoice | None:
    if candidates.source.kind == "c" or not candidates.values.finite:
        return None
    try:
        return _in_integers(candidates, dtype)
    except ScalingError:
        return None


def _measured(candidates: Candidates, choice: DtypeChoice) -> DtypeChoice:
    """Return a choice with the error that it makes, in place of the largest that it could."""
    if not choice.error:
        return choice
    error = rounding_error(candidates.data, choice.dtype, choice.slope, choice.inter)
    return choice._replace(error=error)


def _with_notes(candidates: Candidates, choice: DtypeChoice) -> DtypeChoice:
    """Return a choice of integers, or for integers, with a note on what it changes."""
    changes = []
    choice = _measured(candidates, choice)
    if choice.error:
        changes.append(
            f"values are rounded to fit {choice.dtype} (slope {choice.slope:g}, intercept "
            f"{choice.inter:g}), largest error {choice.error:.3g}"
        )
    if candidates.values.nan:
        changes.append("NaN is stored as 0")
    if candidates.values.infinite:
        changes.append("infinite values are stored as the largest and smallest value")
    if not changes:
        return choice
    return choice._replace(notes=(f"{'; '.join(changes)}. dtype='exact' keeps every value.",))
