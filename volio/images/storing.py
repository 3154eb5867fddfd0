"""How the voxels of an image go into its file: copied as they are stored, or converted."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.dtypes import native
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.slabs import iterate_slabs
from volio.arrays.writing import WritePlan, copy_raw, plan, write_array
from volio.errors import HeaderError, PrecisionWarning

__all__ = ["NO_SCALING", "Storing", "known_scaling", "plan_storing", "same_values"]

#: The slope and intercept that change nothing.
NO_SCALING = (1.0, 0.0)

COMPATIBLE = (np.uint8, np.int16, np.int32, np.float32, np.complex64)


class Storing(NamedTuple):
    """What will be written: voxels, and the dtype, slope and intercept they are stored with."""

    voxels: Any
    dtype: np.dtype[Any]
    slope: float
    inter: float
    order: str
    raw: bool
    stated: bool = False  # slope and intercept of the header stay, whatever the voxels are

    def write(self, stream: BinaryIO, dtype: DTypeLike) -> None:
        """Write the voxels; `dtype` is that of the plan in the byte order of the file."""
        if self.raw:
            copy_raw(self.voxels, stream, dtype)
        else:
            write_array(stream, self.voxels, dtype, self.slope, self.inter, self.order)

    def describe_in(self, header: Any) -> None:
        """Set dtype, slope and intercept in a header; what says the same already is left."""
        if native(header.get_data_dtype()) != self.dtype:
            header.set_data_dtype(self.dtype)
        scaled = header.can_scale != "none" and not self.stated
        if scaled and known_scaling(header) != (self.slope, self.inter):
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

    Warns
    -----
    PrecisionWarning
        If values will be rounded.
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
        return Storing(voxels, found.dtype, *NO_SCALING, header.data_layout, raw=False, stated=True)
    if not narrow and _is_raw(voxels, header, stored, request):
        voxels.check()
        order = header.data_layout
        return Storing(voxels, stored, voxels.slope, voxels.inter, order, raw=True)
    found = plan(
        voxels,
        stored,
        supported=supported,
        can_scale=header.can_scale,
        request=request,
        factor_dtype=header.factor_dtype,
        keep=known_scaling(header),
    )
    _tell_rounding(found, native(voxels.dtype), header)
    return Storing(voxels, found.dtype, found.slope, found.inter, header.data_layout, raw=False)


def is_compatible(dtype: np.dtype[Any]) -> bool:
    """Tell whether nearly every program reads a dtype: those of Analyze up to 32 bits, and RGB."""
    return dtype in COMPATIBLE or dtype.names is not None


def _tell_rounding(found: WritePlan, wanted: np.dtype[Any], header: Any) -> None:
    """Warn where floats are rounded because the format has no wider ones."""
    if found.error and found.dtype.kind in "fc" and wanted not in header.supported_dtypes():
        warnings.warn(
            f"{type(header).__name__} has no {wanted}: values are rounded to {found.dtype}, "
            f"largest error {found.error:.3g}",
            PrecisionWarning,
            stacklevel=4,
        )


def known_scaling(header: Any) -> tuple[float, float] | None:
    """Return the slope and intercept that a header states, 1 and 0 for none, None for nonsense."""
    try:
        slope, inter = header.get_slope_inter()
    except HeaderError:
        return None
    return 1.0 if slope is None else float(slope), 0.0 if inter is None else float(inter)


def _both_long(stored: np.dtype[Any], voxels: Any) -> bool:
    long = stored.kind in "iu" and stored.itemsize == 8
    return long and np.can_cast(voxels.dtype, stored, "safe")


def _is_raw(voxels: Any, header: Any, stored: np.dtype[Any], request: Any) -> bool:
    """Tell whether stored bytes can be copied, slope and intercept kept bit for bit."""
    if not isinstance(voxels, ArrayProxy) or native(voxels.on_disk_dtype) != stored:
        return False
    if voxels.order != header.data_layout or (request is not None and request != stored):
        return False
    if not voxels.is_scaled:
        return True
    factors = voxels.slope, voxels.inter
    if any(np.ndim(factor) for factor in factors):
        return False
    if known_scaling(header) == factors:
        return True
    if any(float(header.factor_dtype(factor)) != factor for factor in factors):
        return False
    return header.can_scale == "slope+inter" or (header.can_scale == "slope" and not factors[1])


def same_values(lazy: LazyArray, array: NDArray[Any]) -> bool:
    """Tell whether an array that was read from a lazy one still holds what it reads."""
    for where, values in iterate_slabs(lazy):
        part = array[where]
        nan = part.dtype.kind in "fc"
        if not np.array_equal(values.astype(part.dtype, copy=False), part, equal_nan=nan):
            return False
    return True
