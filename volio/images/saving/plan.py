"""How the voxels of an image go into its file: copied as they are stored, or converted."""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array, DType, native
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.dtype_choice import DtypeChoice, choose_dtype
from volio.arrays.saving.writing import (
    copy_raw,
    rounding_error,
    scaling_for,
    to_stored,
    write_array,
)
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Factor, ScalingKind, scale_factor
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import PrecisionWarning
from volio.images.saving.outline import Blank
from volio.images.saving.scaling_history import (
    NO_SCALING,
    HasScaling,
    ScalingFactors,
    ScalingHistory,
    factors,
    for_all,
    scaling_of,
)

__all__ = ["SavePlan", "plan_save", "same_values"]

#: Dtypes that nearly every program reads: those of Analyze of up to 32 bits.
COMPATIBLE = [np.dtype(code) for code in ("u1", "i2", "i4", "f4", "c8")]


class VoxelFields(HasScaling, Protocol):
    """What a header says of how its file holds voxels."""

    @property
    def can_scale(self) -> ScalingKind:
        """Which factors the format stores."""

    @property
    def scales_volumes(self) -> bool:
        """Whether each volume has a slope of its own."""

    @property
    def factor_dtype(self) -> type[np.floating[Any]]:
        """The dtype in which slope and intercept are stored."""

    @property
    def data_layout(self) -> str:
        """Order of the voxel axes on disk, "F" or "C"."""

    @property
    def scaling_history(self) -> ScalingHistory:
        """The slope and intercept that the header had before."""

    def get_data_dtype(self) -> DType:
        """Return the dtype of stored voxels."""

    def set_data_dtype(self, datatype: Any) -> None:
        """Set the dtype of stored voxels."""

    def set_slope_inter(self, slope: Any, inter: Any = None) -> None:
        """Set slope and intercept, numbers or arrays."""

    def supported_dtypes(self) -> list[DType]:
        """Return the dtypes that the format has."""


class SavePlan(NamedTuple):
    """What will be written: voxels, and the dtype, slope and intercept they are stored with.

    Attributes
    ----------
    voxels : LazyArray or ndarray
    dtype : numpy.dtype
        As stored, in the byte order of the machine.
    slope, inter : float or ndarray
        Value = stored * slope + inter; arrays broadcast to the voxels.
    order : {"F", "C"}
        Whether the first or the last axis varies fastest in the file.
    raw : bool
        Whether stored voxels are copied from their file.
    keeps_header_scaling : bool
        Whether slope and intercept of the header stay, whatever those of the plan.
    notes : tuple of str
        What storing changes in the values, in the words of a PrecisionWarning.
    """

    voxels: Any
    dtype: DType
    slope: Factor
    inter: Factor
    order: str
    raw: bool
    keeps_header_scaling: bool = False
    notes: tuple[str, ...] = ()

    def warn(self) -> None:
        """Warn of what storing changes in the values, a PrecisionWarning for each note."""
        for note in self.notes:
            warn_caller(note, PrecisionWarning)

    def apply_to(self, header: VoxelFields) -> None:
        """Set dtype, slope and intercept in a header, where they are others than it has."""
        if native(header.get_data_dtype()) != self.dtype:
            header.set_data_dtype(self.dtype)
        if header.can_scale == "none" or self.keeps_header_scaling:
            return
        if scaling_of(header) != factors(self.slope, self.inter):
            header.set_slope_inter(self.slope, self.inter)

    def as_kept_by(self, header: VoxelFields, rounds: int = 1) -> SavePlan:
        """Return a plan with the slope and intercept that a header gives back.

        Parameters
        ----------
        header : FormatHeader
            A copy; it is changed.
        rounds : int
            How often they are stored and read: until they come back as they were.
        """
        header.set_data_dtype(self.dtype)
        slope: Any = self.slope
        inter: Any = self.inter
        for _ in range(rounds):
            header.set_slope_inter(slope, inter)
            slope, inter = header.get_slope_inter()
        return self._replace(slope=scale_factor(slope, 1.0), inter=scale_factor(inter, 0.0))

    @property
    def is_random_access(self) -> bool:
        """Whether any part of the voxels is read as cheaply as the next one."""
        if isinstance(self.voxels, LazyArray):
            return not self.voxels.layout.forward
        return True

    def stored(self, where: tuple[slice, ...]) -> Array:
        """Return a part of the voxels as they are stored, in the byte order of the machine.

        Parameters
        ----------
        where : tuple of slice
            One per axis.
        """
        if self.raw:
            copied: Array = self.voxels.unscaled()[where].astype(self.dtype, copy=False)
            return copied
        part = scaling_for(self.voxels.shape, self.slope, self.inter).of(where)
        return to_stored(self.voxels[where], self.dtype, part.slope, part.inter)

    def write(self, stream: BinaryIO, dtype: DTypeLike) -> None:
        """Write the voxels; `dtype` is that of the plan in the byte order of the file."""
        if isinstance(self.voxels, Blank):
            self.voxels.leave_room(stream, dtype, self.order)
        elif self.raw:
            copy_raw(self.voxels, stream, dtype)
        else:
            write_array(stream, self.voxels, dtype, self.slope, self.inter, self.order)


def plan_save(
    voxels: Any, header: VoxelFields, request: DTypeLike | None = None, *, implied: bool = False
) -> SavePlan:
    """Decide how voxels are stored in a file with this header.

    Parameters
    ----------
    voxels : array-like
        An array or a lazy array. The voxels of an untouched file are copied as they are stored.
    header : FormatHeader
        Says dtype, order of axes, and what the format can store besides the voxels.
    request : dtype-like, 'exact', 'smallest' or 'compat', optional
        As for `volio.save`; 'compat' takes a dtype that Analyze has too.
    implied : bool
        The header's dtype was only taken from the array: 64-bit integers may be narrowed.

    Returns
    -------
    SavePlan
        With notes where values will be rounded; nothing has been warned of yet.

    Raises
    ------
    SaveError
        If the format cannot hold the values.
    TruncatedFileError, LimitError
        If the file of voxels that are copied cannot hold as many.
    """
    wanted = _wanted_dtypes(voxels, header, request, implied)
    if header.scaling_history.is_set(scaling_of(header)):
        return _plan_with_header_scaling(voxels, header, wanted)
    if wanted.may_copy and _can_copy(voxels, header, wanted):
        return _plan_copy(voxels, header)
    return _plan_conversion(voxels, header, wanted)


class _Wanted(NamedTuple):
    """Which dtypes may be stored."""

    dtype: DType  # if the values allow it
    supported: list[DType]
    request: Any
    may_copy: bool = True


def _wanted_dtypes(voxels: Any, header: VoxelFields, request: Any, implied: bool) -> _Wanted:
    stored = native(header.get_data_dtype())
    supported = header.supported_dtypes()
    if isinstance(request, str) and request == "compat":
        compatible = [dtype for dtype in supported if dtype in COMPATIBLE or dtype.names]
        return _Wanted(native(voxels.dtype), compatible, request=None, may_copy=False)
    if request is None and not implied and _is_chosen_long(stored, voxels):
        return _Wanted(stored, supported, request=stored)
    return _Wanted(stored, supported, request)


def _is_chosen_long(stored: DType, voxels: Any) -> bool:
    """Return whether a header has 64-bit integers for integers: it was chosen, and stays."""
    is_long = stored.kind in "iu" and stored.itemsize == 8
    return is_long and np.can_cast(voxels.dtype, stored, "safe")


def _plan_with_header_scaling(voxels: Any, header: VoxelFields, wanted: _Wanted) -> SavePlan:
    """Take the array as stored values: slope and intercept of the header were set by the user."""
    found = choose_dtype(
        voxels,
        wanted.dtype,
        supported=wanted.supported,
        can_scale="none",
        request=wanted.request,
    )
    return SavePlan(
        voxels,
        found.dtype,
        *NO_SCALING,
        header.data_layout,
        raw=False,
        keeps_header_scaling=True,
        notes=found.notes,
    )


# Voxels that are copied as they are stored.


def _can_copy(voxels: Any, header: VoxelFields, wanted: _Wanted) -> bool:
    """Return whether stored voxels can be copied, with slope and intercept bit for bit."""
    if not isinstance(voxels, ScaledArray) or voxels.order != header.data_layout:
        return False
    if native(voxels.on_disk_dtype) != wanted.dtype or wanted.request not in (None, wanted.dtype):
        return False
    return not voxels.is_scaled or _can_copy_scaling(voxels, header)


def _can_copy_scaling(voxels: ScaledArray, header: VoxelFields) -> bool:
    """Return whether a header has the slope and intercept of voxels, or a place for them."""
    slope, inter = factors(voxels.slope, voxels.inter)
    if scaling_of(header) == (slope, inter) and _scales_same_axes(voxels, header):
        return True
    if isinstance(slope, tuple) or isinstance(inter, tuple):
        return False
    if any(float(header.factor_dtype(factor)) != factor for factor in (slope, inter)):
        return False
    return header.can_scale == "slope+inter" or (header.can_scale == "slope" and not inter)


def _scales_same_axes(voxels: ScaledArray, header: VoxelFields) -> bool:
    """Return whether slopes and intercepts of a header and of voxels are those of the same parts.

    As many of them may belong to slices in the one and to volumes in the other.
    """
    pairs = zip(header.get_slope_inter(), (voxels.slope, voxels.inter), strict=True)
    return all(np.shape(theirs) == np.shape(own) for theirs, own in pairs)


def _plan_copy(voxels: ScaledArray, header: VoxelFields) -> SavePlan:
    voxels.check()  # a file that is too short is refused before the target is opened
    dtype = native(voxels.on_disk_dtype)
    order = header.data_layout
    if not isinstance(voxels, ArrayProxy):
        stored = voxels.unscaled()
        return SavePlan(stored, dtype, *NO_SCALING, order, raw=False, keeps_header_scaling=True)
    return SavePlan(voxels, dtype, voxels.slope, voxels.inter, order, raw=True)


# Voxels that are converted.


def _plan_conversion(voxels: Any, header: VoxelFields, wanted: _Wanted) -> SavePlan:
    earlier = _earlier_scaling(voxels, header)
    found = choose_dtype(
        voxels,
        wanted.dtype,
        supported=wanted.supported,
        can_scale=header.can_scale,
        request=wanted.request,
        factor_dtype=header.factor_dtype,
        earlier=for_all(earlier),
    )
    slope: Factor = found.slope
    notes = found.notes
    if header.scales_volumes and slope != 1 and len(voxels.shape) > 3:
        slope, notes = _plan_volumes(voxels, found.dtype, header.factor_dtype, earlier)
    notes += _rounding_notes(voxels, found, header)
    order = header.data_layout
    return SavePlan(voxels, found.dtype, slope, found.inter, order, raw=False, notes=notes)


def _earlier_scaling(voxels: Any, header: VoxelFields) -> ScalingFactors | None:
    """Return the slope and intercept of voxels in a file, else those their header was read with."""
    if isinstance(voxels, ScaledArray) and voxels.is_scaled:
        return factors(voxels.slope, voxels.inter)
    return header.scaling_history.to_reuse(scaling_of(header))


def _plan_volumes(
    voxels: Any, dtype: DType, factor_dtype: DTypeLike, earlier: ScalingFactors | None
) -> tuple[Array, tuple[str, ...]]:
    """Return a slope for each volume (each index of the last axis), as its own range needs it.

    Volumes that come back by the slopes they were read with keep these. The second result is a note
    with the largest error of all volumes, if there is any.
    """
    count = voxels.shape[-1]
    found = [
        choose_dtype(
            lazy_slice(voxels, (..., volume)),
            dtype,
            supported=[dtype],
            can_scale="slope",
            request=dtype,
            factor_dtype=factor_dtype,
            earlier=(slope, 0.0),
        )
        for volume, slope in enumerate(_slopes_of_volumes(earlier, count))
    ]
    slopes = np.array([choice.slope for choice in found])
    error = max((choice.error for choice in found), default=0.0)
    if not error:
        return slopes, ()
    what = f"values are rounded to {dtype}, one slope for each volume"
    return slopes, (f"{what}, largest error {error:.3g}",)


def _slopes_of_volumes(scaling: ScalingFactors | None, count: int) -> tuple[float, ...]:
    """Return a slope for each volume: those that were read, or 1 where these are of other parts."""
    shared = for_all(scaling)
    if shared is not None:
        return (shared[0],) * count
    slope, _ = scaling or NO_SCALING
    if isinstance(slope, float):
        return (slope,) * count
    return slope if len(slope) == count else (1.0,) * count


def _rounding_notes(voxels: Any, found: DtypeChoice, header: VoxelFields) -> tuple[str, ...]:
    """Return a note where floats are rounded because the format has no wider ones."""
    wanted = native(voxels.dtype)
    if not found.error or found.dtype.kind not in "fc" or wanted in header.supported_dtypes():
        return ()
    error = rounding_error(voxels, found.dtype, found.slope, found.inter)
    if not error:
        return ()
    what = f"{type(header).__name__} has no {wanted}: values are rounded to {found.dtype}"
    return (f"{what}, largest error {error:.3g}",)


def same_values(lazy: LazyArray, array: Array) -> bool:
    """Return whether an array that was read from a lazy one still holds what it reads."""
    for where, values in iterate_slabs(lazy):
        part = array[where]
        nan_equal = part.dtype.kind in "fc"
        if not np.array_equal(values.astype(part.dtype, copy=False), part, equal_nan=nan_equal):
            return False
    return True
