"""Voxels as compressed text that a page decodes to the same numbers."""

from __future__ import annotations

import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError

__all__ = ["as_text", "pack"]

#: Arrays of at most so many different values are stored as ranks in a table of these.
RANKS = 65536
#: A sample of this size tells whether there are more.
SAMPLE = 2**18


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
    values = values.astype(np.uint8) if values.dtype.kind == "b" else values
    flat = values.ravel(order="F")
    table = _table(flat)
    if table is None:
        return _packed(_split(_floats(flat)), 4 if _single(flat.dtype) else 8)
    ranks = _ranks(flat, table)
    text = as_text(_doubles(table).astype("<f8").tobytes())
    return {**_packed(_split(_zigzag(ranks)), ranks.itemsize), "table": text}


def as_text(data: bytes) -> str:
    """Return bytes as base64."""
    return b64encode(data).decode("ascii")


def _packed(planes: bytes, size: int) -> dict[str, Any]:
    return {"data": as_text(zlib.compress(planes, 9)), "size": size}


def _table(flat: NDArray[Any]) -> NDArray[Any] | None:
    """Return the different values, rising, NaN last; None if they are too many."""
    if flat.dtype.itemsize <= 2 and flat.dtype.kind in "iu":
        low = int(np.iinfo(flat.dtype).min)
        counts = np.bincount(flat.astype(np.int32) - low)
        return (np.flatnonzero(counts) + low).astype(flat.dtype)
    if len(np.unique(flat[:: max(1, len(flat) // SAMPLE)])) > RANKS:
        return None
    table: NDArray[Any] = np.unique(flat)
    return table if len(table) <= RANKS else None


def _ranks(flat: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    kind = np.dtype(np.uint8 if len(table) <= 256 else np.uint16)
    if flat.dtype.itemsize <= 2 and flat.dtype.kind in "iu":
        low = int(np.iinfo(flat.dtype).min)
        places = np.zeros(RANKS, kind)
        places[table.astype(np.int64) - low] = np.arange(len(table))
        return places[flat.astype(np.int32) - low]
    return np.searchsorted(table, flat).astype(kind)


def _zigzag(ranks: NDArray[Any]) -> NDArray[Any]:
    """Return differences as small unsigned numbers: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4."""
    bits = 8 * ranks.itemsize
    steps = np.diff(ranks, prepend=ranks.dtype.type(0)).view(f"i{ranks.itemsize}")
    result: NDArray[Any] = ((steps << 1) ^ (steps >> (bits - 1))).view(ranks.dtype)
    return result


def _single(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "f" and dtype.itemsize <= 4


def _floats(flat: NDArray[Any]) -> NDArray[Any]:
    return flat.astype("<f4") if _single(flat.dtype) else _doubles(flat).astype("<f8")


def _doubles(values: NDArray[Any]) -> NDArray[np.float64]:
    doubles = values.astype(np.float64)
    if values.dtype.itemsize > 4 and values.dtype != np.float64:
        same = (doubles.astype(values.dtype) == values) | np.isnan(doubles)
        if values.dtype.kind in "iu":  # the largest ones wrap on the way back
            same &= np.abs(doubles) <= 2.0**53
        if not same.all():
            wrong = values[~same][0]
            raise UsageError(
                f"voxels: {wrong} has no equal in float64, which pages count in; "
                "convert the image to a smaller dtype first"
            )
    return doubles


def _split(numbers: NDArray[Any]) -> bytes:
    """Return the first bytes of all numbers, then the second ones, and so on."""
    size = numbers.itemsize
    little = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(little.view(np.uint8).reshape(-1, size).T).tobytes()
