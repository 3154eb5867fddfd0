"""How the voxels of an image go into its file: copied as they are stored, or converted."""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.dtypes import native
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.writing import WritePlan, copy_raw, plan, write_array
from volio.arrays.scaled import ScaledArray
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import HeaderError, PrecisionWarning
from volio.images.saving.outline import Blank

__all__ = [
    "NO_SCALING",
    "Known",
    "Storing",
    "known_scaling",
    "plan_storing",
    "plan_volumes",
    "same_values",
]

#: The slope and intercept that change nothing.
NO_SCALING = (1.0, 0.0)

COMPATIBLE = (np.uint8, np.int16, np.int32, np.float32, np.complex64)


#: A slope or intercept, or one for each volume.
Known = float | tuple[float, ...]


class Storing(NamedTuple):
    """What will be written: voxels, and the dtype, slope and intercept they are stored with.

    Slope and intercept may be arrays that broadcast to the voxels.
    """

    voxels: Any
    dtype: np.dtype[Any]
    slope: Any
    inter: Any
    order: str
    raw: bool
    stated: bool = False  # slope and intercept of the header stay, whatever the voxels are
    notes: tuple[str, ...] = ()  # what storing changes in the values

    def write(self, stream: BinaryIO, dtype: DTypeLike) -> None:
        """Write the voxels; `dtype` is that of the plan in the byte order of the file."""
        if isinstance(self.voxels, Blank):
            self.voxels.leave_room(stream, dtype, self.order)
        elif self.raw:
            copy_raw(self.voxels, stream, dtype)
        else:
            write_array(stream, self.voxels, dtype, self.slope, self.inter, self.order)

    def _factors(self) -> tuple[Known, Known]:
        return _known(self.slope, 1.0), _known(self.inter, 0.0)

    def warn(self) -> None:
        """Give a PrecisionWarning for each note: what storing changes in the values."""
        for note in self.notes:
            warn_caller(note, PrecisionWarning)

    def describe_in(self, header: Any) -> None:
        """Set dtype, slope and intercept in a header; what says the same already is left."""
        if native(header.get_data_dtype()) != self.dtype:
            header.set_data_dtype(self.dtype)
        scaled = header.can_scale != "none" and not self.stated
        if scaled and known_scaling(header) != self._factors():
            header.set_slope_inter(self.slope, self.inter)


def plan_storing(
    voxels: Any, header: Any, request: DTypeLike | None = None, *, implied: bool = False
) -> Storing:
    """Decide how voxels are stored in a file with this header.

    Parameters
    ----------
    voxels : array-like
        An array or a lazy array. The voxels of an untouched file are copied as they are stored.
    header : Header
        Says dtype, order of axes, and what the format can store beside the voxels.
    request : dtype-like, 'exact', 'smallest' or 'compat', optional
        As for `volio.save`; 'compat' takes a dtype that Analyze has too.
    implied : bool
        The header's dtype was only taken from the array: 64-bit integers may be narrowed.

    Raises
    ------
    SaveError
        If the format cannot hold the values.

    Returns
    -------
    Storing
        With notes where values will be rounded; nothing has been warned of yet.
    """
    stored = native(header.get_data_dtype())
    narrow = isinstance(request, str) and request == "compat"
    supported = header.supported_dtypes()
    if narrow:
        request, stored = None, native(voxels.dtype)
        supported = [dtype for dtype in supported if is_compatible(dtype)]
    elif not implied and request is None and _both_long(stored, voxels):
        request = stored
    if header.can_scale != "none" and header.states_new_scaling():
        found = plan(voxels, stored, supported=supported, can_scale="none", request=request)
        return Storing(
            voxels,
            found.dtype,
            *NO_SCALING,
            header.data_layout,
            raw=False,
            stated=True,
            notes=found.notes,
        )
    if not narrow and _is_raw(voxels, header, stored, request):
        voxels.check()
        order = header.data_layout
        if not isinstance(voxels, ArrayProxy):
            return Storing(voxels.unscaled(), stored, *NO_SCALING, order, raw=False, stated=True)
        return Storing(voxels, stored, voxels.slope, voxels.inter, order, raw=True)
    keep = known_scaling(header)
    if keep == NO_SCALING and header.scaling_before is not None:
        keep = header.scaling_before
    found = plan(
        voxels,
        stored,
        supported=supported,
        can_scale=header.can_scale,
        request=request,
        factor_dtype=header.factor_dtype,
        keep=_one_for_all(keep),
    )
    slope: Any = found.slope
    notes = found.notes
    if header.scales_volumes and slope != 1 and len(voxels.shape) > 3:
        slope, notes = plan_volumes(voxels, found.dtype, header.factor_dtype, keep)
    notes += _rounding_notes(found, native(voxels.dtype), header)
    order = header.data_layout
    return Storing(voxels, found.dtype, slope, found.inter, order, raw=False, notes=notes)


def _one_for_all(keep: tuple[Known, Known] | None) -> tuple[float, float] | None:
    """Return a slope and an intercept, None where volumes have their own."""
    if keep is None or isinstance(keep[0], tuple) or isinstance(keep[1], tuple):
        return None
    return keep[0], keep[1]


def plan_volumes(
    voxels: Any,
    dtype: np.dtype[Any],
    factor_dtype: DTypeLike,
    keep: tuple[Known, Known] | None,
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return a slope for each volume (each index of the last axis), as its own range needs it.

    `keep` are the factors that were read: those of volumes that come back by them stay. The second
    result is a note with the largest error of all volumes, if there is any.
    """
    count = voxels.shape[-1]
    before = keep[0] if keep else 1.0
    slopes = before if isinstance(before, tuple) and len(before) == count else (before,) * count
    plans = []
    for volume in range(count):
        known = slopes[volume] if isinstance(slopes[volume], float) else 1.0
        plans.append(
            plan(
                lazy_slice(voxels, (..., volume)),
                dtype,
                supported=[dtype],
                can_scale="slope",
                request=dtype,
                factor_dtype=factor_dtype,
                keep=(known, 0.0),
            )
        )
    found = np.array([each.slope for each in plans])
    error = max((each.error for each in plans), default=0.0)
    if not error:
        return found, ()
    what = f"values are rounded to {dtype}, one slope for each volume"
    return found, (f"{what}, largest error {error:.3g}",)


def is_compatible(dtype: np.dtype[Any]) -> bool:
    """Tell whether nearly every program reads a dtype: those of Analyze up to 32 bits, and RGB."""
    return dtype in COMPATIBLE or dtype.names is not None


def _rounding_notes(found: WritePlan, wanted: np.dtype[Any], header: Any) -> tuple[str, ...]:
    """Return a note where floats are rounded because the format has no wider ones."""
    if not found.error or found.dtype.kind not in "fc" or wanted in header.supported_dtypes():
        return ()
    what = f"{type(header).__name__} has no {wanted}: values are rounded to {found.dtype}"
    return (f"{what}, largest error {found.error:.3g}",)


def known_scaling(header: Any) -> tuple[Known, Known] | None:
    """Return the slope and intercept that a header states, 1 and 0 for none, None for nonsense.

    Where it states one for each volume that is a tuple.
    """
    try:
        slope, inter = header.get_slope_inter()
    except HeaderError:
        return None
    return _known(slope, 1.0), _known(inter, 0.0)


def _known(factor: Any, default: float) -> Known:
    if factor is None:
        return default
    return tuple(np.ravel(factor).tolist()) if np.ndim(factor) else float(factor)


def _both_long(stored: np.dtype[Any], voxels: Any) -> bool:
    long = stored.kind in "iu" and stored.itemsize == 8
    return long and np.can_cast(voxels.dtype, stored, "safe")


def _is_raw(voxels: Any, header: Any, stored: np.dtype[Any], request: Any) -> bool:
    """Tell whether stored bytes can be copied, slope and intercept kept bit for bit."""
    if not isinstance(voxels, ScaledArray) or native(voxels.on_disk_dtype) != stored:
        return False
    if voxels.order != header.data_layout or (request is not None and request != stored):
        return False
    if not voxels.is_scaled:
        return True
    factors = _known(voxels.slope, 1.0), _known(voxels.inter, 0.0)
    if known_scaling(header) == factors and _of_same_axes(voxels, header):
        return True
    if any(isinstance(factor, tuple) for factor in factors):
        return False
    if any(float(header.factor_dtype(factor)) != factor for factor in factors):
        return False
    return header.can_scale == "slope+inter" or (header.can_scale == "slope" and not factors[1])


def _of_same_axes(voxels: ScaledArray, header: Any) -> bool:
    """Tell whether factors of a header are for the same parts as those of voxels."""
    pairs = zip(header.get_slope_inter(), (voxels.slope, voxels.inter), strict=True)
    return all(not np.ndim(each) or np.shape(own) == np.shape(each) for own, each in pairs)


def same_values(lazy: LazyArray, array: NDArray[Any]) -> bool:
    """Tell whether an array that was read from a lazy one still holds what it reads."""
    for where, values in iterate_slabs(lazy):
        part = array[where]
        nan = part.dtype.kind in "fc"
        if not np.array_equal(values.astype(part.dtype, copy=False), part, equal_nan=nan):
            return False
    return True
