"""Arrays from and to file objects: the last part of nibabel's ``volumeutils``."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.compat.nibabel.casting import float_to_int
from volio.compat.nibabel.volumeutils.headers import seek_tell, write_zeros
from volio.errors import TruncatedFileError, UsageError, WriterError

__all__ = ["array_from_file", "array_to_file"]

SLAB = 1 << 24  # bytes converted at a time


def array_from_file(
    shape: tuple[int, ...],
    in_dtype: npt.DTypeLike,
    infile: Any,
    offset: int = 0,
    order: str = "F",
    mmap: bool | Literal["c", "r", "r+"] = True,
) -> NDArray[Any]:
    """Read an array from a file object.

    Parameters
    ----------
    shape : tuple of int
    in_dtype : dtype-like
        Type of the values in the file.
    infile : file object
        Open for reading.
    offset : int, optional
        Byte at which the values begin.
    order : {'F', 'C'}, optional
        Which axis varies fastest: the first ('F') or the last.
    mmap : {True, False, 'c', 'r', 'r+'}, optional
        Map a plain file into memory instead of reading it; True means 'c', changes stay private.

    Returns
    -------
    array
        Writable unless mapped with 'r'. Empty for an empty `shape`.

    Raises
    ------
    TruncatedFileError
        If the file ends too early.
    """
    if mmap not in (True, False, "c", "r", "r+"):
        raise UsageError(f"mmap: must be True, False, 'c', 'r' or 'r+', got {mmap!r}")
    if order not in ("F", "C"):
        raise UsageError(f"order: must be 'F' or 'C', got {order!r}")
    dtype = np.dtype(in_dtype)
    count = math.prod(int(n) for n in shape) * dtype.itemsize if shape else 0
    if not count:
        return np.array([], dtype)
    plain = _mappable(infile, offset + count) if mmap else None
    if plain is not None:
        mode: Any = "c" if mmap is True else mmap
        return np.memmap(plain, dtype, mode, offset, shape, _order(order))
    seek_tell(infile, offset)
    return np.ndarray(shape, dtype, _read_exactly(infile, count, offset), order=_order(order))


def _mappable(infile: Any, end: int) -> Any:
    """Return the file of the system behind a file object, if it reaches a byte; None if not."""
    plain = _plain_file(infile)
    return plain if plain is not None and os.fstat(plain.fileno()).st_size >= end else None


def _order(order: str) -> Literal["F", "C"]:
    return "C" if order == "C" else "F"


def _plain_file(infile: Any) -> Any:
    """Return the file of the operating system below a file object; None for everything else."""
    inner = getattr(infile, "fobj", infile)
    raw = inner.raw if isinstance(inner, io.BufferedReader | io.BufferedRandom) else inner
    return inner if isinstance(raw, io.FileIO) else None


def _read_exactly(infile: Any, count: int, offset: int) -> bytearray:
    data = bytearray()
    while len(data) < count:
        block = infile.read(min(count - len(data), SLAB))
        if not block:
            raise TruncatedFileError(
                f"{getattr(infile, 'name', 'file object')}: {count} bytes are needed "
                f"from byte {offset} on, got {len(data)}: the file is incomplete"
            )
        data += block
    return data


def array_to_file(
    data: npt.ArrayLike,
    fileobj: Any,
    out_dtype: npt.DTypeLike | None = None,
    offset: int | None = 0,
    intercept: Any = 0.0,
    divslope: Any = 1.0,
    mn: Any = None,
    mx: Any = None,
    order: str = "F",
    nan2zero: bool = True,
) -> None:
    """Write an array to a file object as ``(data - intercept) / divslope``.

    Parameters
    ----------
    data : array-like
    fileobj : file object
        Open for writing.
    out_dtype : dtype-like, optional
        Type in the file; the type of `data` by default. Integers are rounded and clipped.
    offset : int or None, optional
        Byte at which to begin; None begins where the file object stands.
    intercept, divslope : float, optional
        The scaling; a `divslope` of None writes zeros.
    mn, mx : float, optional
        Clip the data to this range first. Zeros are written when it is empty or not finite.
    order : {'F', 'C'}, optional
        Which axis varies fastest in the file.
    nan2zero : bool, optional
        For integers: write NaN as the integer that stands for 0.

    Raises
    ------
    UsageError
        For a scaling that is 0 or not finite, for an unknown `order`, and for NaNs when the
        integer that stands for 0 is out of range.
    WriterError
        If structured values would have to be converted.
    """
    values = np.asarray(data)
    dtype = values.dtype if out_dtype is None else np.dtype(out_dtype)
    _check(values, dtype, intercept, divslope, order)
    if offset is not None:
        seek_tell(fileobj, offset, write0=True)
    if divslope is None or _empty_range(mn, mx):
        write_zeros(fileobj, values.size * dtype.itemsize)
        return
    for slab in _slabs(values, order):
        scaled = _scale(_clip(slab, mn, mx), intercept, divslope)
        zero = -intercept / divslope if nan2zero else None
        fileobj.write(_cast(scaled, dtype, zero).tobytes())


def _check(values: NDArray[Any], dtype: np.dtype[Any], inter: Any, slope: Any, order: str) -> None:
    if order not in ("F", "C"):
        raise UsageError(f"order: must be 'F' or 'C', got {order!r}")
    if not np.isfinite(inter) or (slope is not None and not np.isfinite(slope)):
        raise UsageError(f"divslope, intercept: must be finite, got {slope}, {inter}")
    if slope == 0:
        raise UsageError("divslope: must not be 0")
    if "V" in (values.dtype.kind, dtype.kind) and values.dtype != dtype:
        raise WriterError(f"values: {values.dtype} cannot be converted to {dtype}")


def _empty_range(mn: Any, mx: Any) -> bool:
    low = -np.inf if mn is None else mn
    high = np.inf if mx is None else mx
    return not low <= high


def _slabs(values: NDArray[Any], order: str) -> Iterator[NDArray[Any]]:
    """Yield flat pieces in file order, each of a limited size."""
    view = values.T if order == "F" else values
    rows = np.atleast_1d(view)
    step = max(1, SLAB * len(rows) // max(1, rows.nbytes))
    for start in range(0, len(rows), step):
        yield rows[start : start + step].ravel()


def _clip(values: NDArray[Any], mn: Any, mx: Any) -> NDArray[Any]:
    if mn is None and mx is None:
        return values
    clipped: NDArray[Any] = np.clip(values, mn, mx)
    return clipped


def _scale(values: NDArray[Any], inter: Any, slope: Any) -> NDArray[Any]:
    if inter == 0 and slope == 1:
        return values
    if values.dtype.kind in "iub":
        values = values.astype(np.longdouble if values.dtype.itemsize > 4 else np.float64)
    elif values.dtype.kind in "fc":
        values = values.astype(np.promote_types(values.dtype, np.float64))
    # A step that changes nothing is left out: it would spread NaN between parts of complex values.
    moved = values if inter == 0 else values - inter
    scaled: NDArray[Any] = moved if slope == 1 else moved / slope
    return scaled


def _cast(values: NDArray[Any], dtype: np.dtype[Any], zero: float | None) -> NDArray[Any]:
    """Convert to the type in the file; `zero` is what NaN becomes among integers."""
    if values.dtype.kind == "c" and dtype.kind != "c":
        message = "Casting complex values to real discards the imaginary part"
        warn_caller(message, np.exceptions.ComplexWarning)
        values = values.real
    if dtype.kind not in "iu" or values.dtype == dtype:
        with np.errstate(over="ignore"):
            return values.astype(dtype)
    if values.dtype.kind in "iub":
        return _clip_integers(values, dtype)
    # Wide enough a float reaches the ends of the integers.
    values = values.astype(np.longdouble if dtype.itemsize > 4 else np.float64)
    if zero is not None:
        values = _fill_nans(values, dtype, zero)
    nans = None if zero is None else True
    return float_to_int(values, dtype.newbyteorder("="), nans, infmax=True).astype(dtype)


def _fill_nans(values: NDArray[Any], dtype: np.dtype[Any], zero: float) -> NDArray[Any]:
    missing = np.isnan(values)
    limits = np.iinfo(dtype)
    if missing.any() and not limits.min <= np.rint(zero) <= limits.max:
        raise UsageError(
            f"values: NaN would be written as {zero:g}, which {dtype} cannot hold: "
            "choose another scaling or nan2zero=False"
        )
    return np.where(missing, values.dtype.type(zero), values)


def _clip_integers(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if values.dtype.kind == "b":
        return values.astype(dtype)
    have = np.iinfo(values.dtype)
    want = np.iinfo(dtype)
    return _clip(values, max(have.min, want.min), min(have.max, want.max)).astype(dtype)
