"""Arrays to bytes, slab by slab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, DType, always_exact, cast_into, integer_limits, native
from volio.arrays.indexing.runs import BLOCK
from volio.arrays.proxy import ArrayProxy
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.arrays.slabs import as_array, iterate_slabs, natural_order
from volio.errors import ImageDataError, UsageError, WriterError
from volio.progress import report_progress

__all__ = ["copy_raw", "fitted", "rounding_error", "scaling_for", "to_stored", "write_array"]


class Stream(Protocol):
    """Where bytes go."""

    def write(self, data: Any, /) -> Any:
        """Take all of the bytes."""


def write_array(
    stream: Stream,
    data: Any,
    dtype: npt.DTypeLike,
    slope: Any = 1.0,
    inter: Any = 0.0,
    order: str = "F",
) -> None:
    """Write an array as stored values: ``(value - inter) / slope``.

    Memory stays bounded by a few MiB, whatever the size of the array.

    Parameters
    ----------
    stream : binary file object
        Written from where it stands.
    data : LazyArray or array_like
    dtype : numpy dtype
        As stored, with its byte order. For integers values are rounded to the nearest; NaN is
        stored as zero is, infinite values and what rounding brings out of the range as its ends.
    slope, inter : float or ndarray, optional
        Arrays broadcast to the shape of the data.
    order : {"F", "C"}, optional
        Whether the first or the last axis varies fastest in the file.

    Raises
    ------
    WriterError
        If `dtype` cannot hold the values.
    """
    values = as_array(data)
    target = np.dtype(dtype)
    factors = scaling_for(values.shape, slope, inter)
    done = 0
    for where, slab in iterate_slabs(values, order=order):
        part = factors.of(where)
        stored = to_stored(slab, target, part.slope, part.inter)
        in_file = np.ascontiguousarray(stored if order == "C" else stored.T)
        stream.write(in_file.reshape(-1).view(np.uint8).data)
        done += in_file.nbytes
        report_progress(done, values.size * target.itemsize)


def scaling_for(shape: tuple[int, ...], slope: Any, inter: Any) -> Conversion:
    """Return slope and intercept for an array of a shape, to which they are broadcast."""
    return Conversion(
        scaled=True,
        slope=_to_shape(scale_factor(slope, 1.0), shape),
        inter=_to_shape(scale_factor(inter, 0.0), shape),
    )


def copy_raw(proxy: ArrayProxy, stream: Stream, dtype: npt.DTypeLike | None = None) -> None:
    """Copy the stored bytes of a proxy, without slope and intercept, in the order of its file.

    Parameters
    ----------
    proxy : ArrayProxy
    stream : binary file object
    dtype : numpy dtype, optional
        The stored dtype, in the byte order to write; by default that of the file.

    Raises
    ------
    UsageError
        If `dtype` differs in more than the byte order.
    """
    disk = proxy.on_disk_dtype
    target = disk if dtype is None else np.dtype(dtype)
    if native(target) != native(disk):
        raise UsageError(f"dtype: stored values are {disk}, cannot be copied as {target}")
    proxy.check()
    nbytes = proxy.size * disk.itemsize
    done = 0
    for piece in _stored_pieces(proxy, nbytes):
        stream.write(piece.astype(target, copy=False).view(np.uint8).data)
        done += piece.nbytes
        report_progress(done, nbytes)


def _stored_pieces(proxy: ArrayProxy, nbytes: int) -> Iterator[Array]:
    """Yield the stored voxels of a proxy, flat and in the order of its file, piece by piece."""
    dtype = proxy.on_disk_dtype
    per_piece = max(1, BLOCK // dtype.itemsize) * dtype.itemsize  # whole voxels
    with proxy.source.open() as reader:
        for start in range(0, nbytes, per_piece):
            piece = np.empty(min(per_piece, nbytes - start), np.uint8)
            reader.read_into(proxy.offset + start, piece)
            yield piece.view(dtype)
        reader.finish()


def to_stored(values: Array, dtype: npt.DTypeLike, slope: Any = 1.0, inter: Any = 0.0) -> Array:
    """Return values as they are stored; see `write_array`.

    Raises
    ------
    WriterError
        If `dtype` cannot hold the values.
    """
    target = np.dtype(dtype)
    scaled = bool(np.any(slope != 1) or np.any(inter != 0))
    if scaled:
        work = scaled_dtype(values.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.subtract(values, inter, dtype=work)
            values /= slope
    if target.kind in "iu" and values.dtype.kind == "f":
        zero = np.rint(np.divide(-np.asarray(inter, float), slope))
        return _rounded(values, target, zero, clip=scaled)
    return _cast(values, target)


def rounding_error(
    data: Any, dtype: npt.DTypeLike, slope: float = 1.0, inter: float = 0.0
) -> float:
    """Return the largest difference between finite values and what is read back of them.

    Parameters
    ----------
    data : LazyArray or array_like
    dtype : numpy dtype
        As stored; see `write_array`.
    slope, inter : float
        Value = stored * slope + inter.

    Returns
    -------
    float
        Of complex values the largest of real and imaginary parts.
    """
    target = np.dtype(dtype)
    largest = 0.0
    for slab in iterate_slabs(as_array(data), order=natural_order(data)):
        finite = slab.values
        if not np.isfinite(finite).all():
            finite = finite[np.isfinite(finite)]
        if target.kind in "iu" and always_exact(finite.dtype, np.dtype(np.float64)):
            error = _error_of_integers(finite, target, slope, inter)
        else:
            error = _error_of_others(finite, target, slope, inter)
        largest = max(largest, error)
    return largest * (1 + 2**-52)  # differences are rounded themselves


def _error_of_integers(values: Array, target: DType, slope: float, inter: float) -> float:
    """Return the largest error of `to_stored`, step by step in one array: this is quick."""
    if not values.size:
        return 0.0
    steps = np.subtract(values, inter, dtype=np.float64)
    steps /= slope
    np.rint(steps, out=steps)
    np.clip(steps, *_float_limits(target, steps.dtype), out=steps)
    steps *= slope
    steps += inter
    steps -= values
    return max(float(steps.max()), -float(steps.min()))


def _error_of_others(values: Array, target: DType, slope: float, inter: float) -> float:
    stored = to_stored(values, target, slope, inter)
    back = np.empty(stored.shape, scaled_dtype(stored.dtype))
    Conversion(slope != 1 or inter != 0, slope, inter).convert(back, stored)
    wide = np.result_type(back.dtype, np.longdouble)
    difference = back.astype(wide) - values.astype(wide)
    parts = (difference.real, difference.imag)
    return max(float(np.abs(part).max(initial=0.0)) for part in parts)


def fitted(values: Array, dtype: npt.DTypeLike, slope: float, inter: float) -> tuple[Array, float]:
    """Return values as they are stored, and the largest error that rounding makes.

    Parameters
    ----------
    values : ndarray
    dtype : numpy dtype
        As stored.
    slope, inter : float
        Value = stored * slope + inter.

    Returns
    -------
    stored : ndarray
    error : float
        Of integers; 0.0 where floats become other floats.

    Raises
    ------
    WriterError
        If the dtype cannot hold the values: none is clipped and none wraps.
    """
    target = np.dtype(dtype)
    is_scaled = slope != 1 or inter != 0
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if target.kind not in "iu" or values.dtype.kind not in ("iuf" if is_scaled else "f"):
        stored = to_stored(values, target, slope, inter)
        return stored, 0.0 if is_scaled else _cast_error(values, stored)
    unrounded = values
    if is_scaled:
        unrounded = np.subtract(values, inter, dtype=scaled_dtype(values.dtype)) / slope
    rounded = np.rint(unrounded)
    _check_inside(rounded, values, target, slope, inter)
    error = np.abs(unrounded - rounded).max(initial=0) * abs(slope)
    return rounded.astype(target), float(error)


def _check_inside(rounded: Array, values: Array, target: DType, slope: float, inter: float) -> None:
    """Refuse values whose rounded ones are outside a dtype."""
    outside = _outside(rounded, target)
    if outside.any():
        raise _unfit(values[outside].flat[0], target, slope, inter)


def _unfit(value: Any, target: DType, slope: float, inter: float) -> WriterError:
    ends = sorted(bound * slope + inter for bound in integer_limits(target))
    return WriterError(
        f"values: {value} does not fit {target}, which holds {ends[0]:g} to {ends[1]:g} here; "
        "create the file with a wider dtype, float32 perhaps, or with another slope and intercept"
    )


def _cast_error(values: Array, stored: Array) -> float:
    """Return the largest difference that floats make of integers."""
    if values.dtype.kind not in "iu" or stored.dtype.kind != "f" or not values.size:
        return 0.0
    if always_exact(values.dtype, stored.dtype):
        return 0.0
    wide = np.longdouble
    return float(np.abs(stored.astype(wide) - values.astype(wide)).max())


def _rounded(values: Array, target: DType, zero: Any, *, clip: bool) -> Array:
    """Round floats to integers; `clip` allows those that rounding brings out of the range."""
    rounded = np.rint(values)
    nan = np.isnan(values)
    if nan.any():
        np.copyto(rounded, zero, where=nan)
    if not clip:
        outside = np.isfinite(values) & _outside(rounded, target)
        if outside.any():
            raise WriterError(
                f"dtype: {values[outside].flat[0]} cannot be stored as {target} without scaling"
            )
    least, greatest = _float_limits(target, values.dtype)
    np.clip(rounded, least, greatest, out=rounded)
    return rounded.astype(target)


def _outside(rounded: Array, target: DType) -> npt.NDArray[np.bool_]:
    """Return where floats are outside the range of an integer dtype, or NaN."""
    least, greatest = _float_limits(target, rounded.dtype)
    inside: npt.NDArray[np.bool_] = (rounded >= least) & (rounded <= greatest)
    return ~inside


def _float_limits(target: DType, dtype: DType) -> tuple[Any, Any]:
    """Return the least and the greatest float within an integer dtype."""
    least, greatest = integer_limits(target)
    return _inside(least, dtype), _inside(greatest, dtype)


def _inside(bound: int, dtype: DType) -> Any:
    """Return the float that is an integer bound, or the next one towards zero."""
    kind = dtype.type
    with np.errstate(over="ignore"):  # float16 ends before uint16
        nearest = kind(bound)
    beyond = np.isinf(nearest) or abs(int(nearest)) > abs(bound)
    return np.nextafter(nearest, kind(0)) if beyond else nearest


def _cast(values: Array, target: DType) -> Array:
    if values.dtype == target:
        return values
    stored = np.empty_like(values, target, subok=False)  # in the same order of axes
    try:
        cast_into(stored, values)
    except ImageDataError as error:
        raise WriterError(f"cannot be stored: {error}") from error
    return stored


def _to_shape(factor: Factor, shape: tuple[int, ...]) -> Factor:
    return factor if isinstance(factor, float) else np.broadcast_to(factor, shape)
