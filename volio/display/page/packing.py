"""Voxels as compressed text that a page decodes to the same numbers."""

from __future__ import annotations

import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError

__all__ = ["as_text", "byte_planes", "fits_float32", "pack", "pack_steps", "zigzag"]

#: Arrays of at most so many different values are stored as ranks in a table of these.
RANKS = 65536
#: Values of the sample in which it is seen whether there are more.
SAMPLE = 2**18
#: Integers up to this are exact in float64.
EXACT = 2.0**53


def pack(values: NDArray[Any]) -> dict[str, Any]:
    """Pack an array of real numbers for a page.

    Parameters
    ----------
    values : ndarray, shape (nx, ny, nz)
        Of any dtype but complex and structured ones.

    Returns
    -------
    dict
        ``data`` (text), ``size`` (bytes of a number) and, for ranks, ``table`` (text of float64).
        ``data`` is base64 of deflated bytes, the first axis fastest: first the lowest bytes of all
        numbers, then the next ones. Ranks are stored as zigzag differences, each from the one
        before.

    Raises
    ------
    UsageError
        If a value has no equal in float64, the numbers of a browser.
    """
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    flat = values.ravel(order="F")
    table = _different_values(flat)
    if table is None or _is_dear(table, flat):
        floats = flat.astype("<f4") if fits_float32(flat.dtype) else _doubles(flat).astype("<f8")
        return _packed(floats)
    packed = _packed_ranks(_ranks(flat, table))
    return {**packed, "table": as_text(_doubles(table).astype("<f8").tobytes())}


def pack_steps(values: NDArray[Any], low: float, step: float, steps: int) -> dict[str, Any]:
    """Pack real numbers that are rounded to whole numbers of steps above the lowest.

    Parameters
    ----------
    values : ndarray
        Finite numbers from `low` to ``low + (steps - 1) * step``, or NaN.
    low, step : float
    steps : int
        65,535 at most.

    Returns
    -------
    dict
        ``data`` and ``size`` as those of ranks in `pack`, where 0 is NaN and n is
        ``low + (n - 1) * step``; ``low`` and ``step``.
    """
    near = np.rint((values.ravel(order="F") - low) / step) + 1
    ranks = np.where(np.isnan(near), 0, near).astype(np.uint8 if steps < 256 else np.uint16)
    return {**_packed_ranks(ranks), "low": low, "step": step}


def _packed_ranks(ranks: NDArray[Any]) -> dict[str, Any]:
    """Return ranks as differences, each from the one before."""
    return _packed(zigzag(np.diff(ranks, prepend=ranks.dtype.type(0))))


def _is_dear(table: NDArray[Any], flat: NDArray[Any]) -> bool:
    """Return whether a table of 8 bytes a value takes more than ranks of 2 bytes save."""
    if flat.dtype.kind != "f":
        return False
    saved = (4 if fits_float32(flat.dtype) else 8) - 2
    return 8 * len(table) > saved * len(flat)


def as_text(data: bytes) -> str:
    """Return bytes as base64."""
    return b64encode(data).decode("ascii")


def fits_float32(dtype: np.dtype[Any]) -> bool:
    """Return whether float32 holds every number of a dtype of floats."""
    return dtype.kind == "f" and dtype.itemsize <= 4


def _packed(numbers: NDArray[Any]) -> dict[str, Any]:
    return {"data": as_text(zlib.compress(byte_planes(numbers), 9)), "size": numbers.itemsize}


def byte_planes(numbers: NDArray[Any]) -> bytes:
    """Return the first bytes of all numbers, then the second ones, and so on."""
    little = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False)
    planes = little.view(np.uint8).reshape(-1, numbers.itemsize).T
    return np.ascontiguousarray(planes).tobytes()


def _is_small_integer(dtype: np.dtype[Any]) -> bool:
    """Return whether a dtype has so few values that they can be counted."""
    return dtype.itemsize <= 2 and dtype.kind in "iu"


def _from_0(flat: NDArray[Any]) -> NDArray[np.int32]:
    """Return small integers less the lowest of their dtype."""
    return flat.astype(np.int32) - int(np.iinfo(flat.dtype).min)


def _different_values(flat: NDArray[Any]) -> NDArray[Any] | None:
    """Return the different values, rising, NaN last; None if they are too many."""
    if _is_small_integer(flat.dtype):
        found = np.flatnonzero(np.bincount(_from_0(flat)))
        return (found + int(np.iinfo(flat.dtype).min)).astype(flat.dtype)
    sample = flat[:: max(1, len(flat) // SAMPLE)]
    if len(np.unique(sample)) > RANKS:
        return None
    values: NDArray[Any] = np.unique(flat)
    return values if len(values) <= RANKS else None


def _ranks(flat: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """Return the rank of each value in the table of different values."""
    dtype = np.dtype(np.uint8 if len(table) <= 256 else np.uint16)
    if not _is_small_integer(flat.dtype):
        return np.searchsorted(table, flat).astype(dtype)
    ranks = np.zeros(RANKS, dtype)
    ranks[_from_0(table)] = np.arange(len(table))
    return ranks[_from_0(flat)]


def zigzag(steps: NDArray[Any]) -> NDArray[Any]:
    """Return differences as small numbers: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.

    Parameters
    ----------
    steps : array of unsigned integers
        Differences modulo the range of their dtype, which is that of the result.
    """
    # As signed numbers differences that have wrapped around are small both ways.
    signed = steps.view(f"i{steps.itemsize}")
    sign = signed >> (8 * steps.itemsize - 1)  # all bits of the number's sign
    found: NDArray[Any] = ((signed << 1) ^ sign).view(steps.dtype)
    return found


def _doubles(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers as float64, if all of them have an equal there."""
    doubles = values.astype(np.float64)
    if values.dtype.itemsize <= 4 or values.dtype == np.float64:
        return doubles
    same = (doubles.astype(values.dtype) == values) | np.isnan(doubles)
    if values.dtype.kind in "iu":  # the largest ones wrap on the way back
        same &= np.abs(doubles) <= EXACT
    if not same.all():
        raise UsageError(
            f"voxels: {values[~same][0]} has no equal in float64, which pages count in; "
            "convert the image to a smaller dtype first"
        )
    return doubles
