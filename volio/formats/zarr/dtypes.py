"""Data types and fill values as the documents of Zarr have them; numbers alone are read."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType, integer_limits
from volio.errors import HeaderDataError
from volio.numerals import parse_float

__all__ = ["fill_value", "named_dtype", "typestr_dtype"]

#: Names of version 3.
NAMES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)

NOT_FINITE = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


def named_dtype(name: Any, what: str) -> DType:
    """Return the dtype of a name of version 3, in native byte order.

    Raises
    ------
    HeaderDataError
        If voxels cannot have it.
    """
    if name not in NAMES:
        raise HeaderDataError(f"{what}: data_type: voxels are numbers, got {name!r:.60}")
    dtype: DType = np.dtype(name)
    return dtype


def typestr_dtype(text: Any, what: str) -> DType:
    """Return the dtype of version 2, with its byte order.

    Raises
    ------
    HeaderDataError
        If voxels cannot have it: objects, text, records and times are refused.
    """
    # Only these few forms: numpy would take much more for a dtype.
    if (
        isinstance(text, str)
        and text[:1] in ("<", ">", "|")
        and text[1:2] in ("b", "i", "u", "f", "c")
    ):
        try:
            return np.dtype(text)
        except TypeError:
            pass
    raise HeaderDataError(f"{what}: dtype: voxels are numbers, got {text!r:.60}")


def fill_value(value: Any, dtype: DType, what: str) -> Array:
    """Return the value of absent chunks as an array without axes.

    Raises
    ------
    HeaderDataError
        If it is not a number of the dtype.
    """
    try:
        with np.errstate(over="raise", invalid="raise"):
            return np.asarray(_number(value, dtype)).astype(
                dtype.newbyteorder("="), casting="unsafe"
            )
    except (ValueError, TypeError, OverflowError, FloatingPointError, struct.error) as error:
        raise HeaderDataError(
            f"{what}: fill_value: must be a value of {dtype}, got {value!r:.60}"
        ) from error


def _number(value: Any, dtype: DType) -> Any:
    """Return a fill value as a number that numpy has."""
    if value is None:
        return 0
    if dtype.kind == "c" and isinstance(value, list):
        real, imaginary = (_number(part, np.dtype(float)) for part in value)
        return complex(real, imaginary)
    if dtype.kind in "fc" and isinstance(value, str):
        return _float(value, dtype)
    if dtype.kind == "b" and isinstance(value, bool | int):
        return bool(value)
    if dtype.kind in "iu":
        # An integer that the dtype does not hold is refused, one that is written as 0.0 is not.
        if isinstance(value, bool) or int(value) != value:
            raise ValueError(value)
        smallest, largest = integer_limits(dtype)
        if not smallest <= value <= largest:  # numpy refuses it from 2.0 on
            raise ValueError(value)
        return np.array(int(value), dtype)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError(value)


def _float(text: str, dtype: DType) -> Any:
    if text in NOT_FINITE:
        return NOT_FINITE[text]
    if text.startswith("0x"):  # the bits, the highest first
        bits = bytes.fromhex(text[2:])
        return np.frombuffer(bits, dtype.newbyteorder(">"), 1)[0]
    return parse_float(text)
