"""The values that a GIFTI file gets: of the few dtypes that it has, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, UsageTypeError
from volio.formats.nifti1.codes import data_type_codes
from volio.surfaces.stored_values import stored_as

__all__ = ["MODES", "written_values"]

MODES = ("strict", "compat", "force")

#: The dtypes of GIFTI.
DTYPES = (np.dtype(np.uint8), np.dtype(np.int32), np.dtype(np.float32))


def written_values(values: NDArray[Any], datatype: int, mode: str, what: str) -> NDArray[Any]:
    """Return values in the dtype that is written.

    Parameters
    ----------
    values : array
    datatype : int
        Code of NIfTI of the dtype that is asked for; 0 for that of the values.
    mode : {"strict", "compat", "force"}
        Whether dtypes that GIFTI does not have are refused, converted to int32 or float32, or
        written.
    what : str
        What the values are, for messages.

    Raises
    ------
    HeaderDataError
        If the dtype is refused.
    ImageDataError
        If values are beyond what the dtype holds.
    UsageTypeError
        If there is no such mode, or nothing that is like the dtype.

    Warns
    -----
    PrecisionWarning
        If values are rounded.
    """
    if mode not in MODES:
        raise UsageTypeError(f"mode: must be one of {', '.join(MODES)}, got {mode!r}")
    asked = data_type_codes.dtype.get(datatype) if datatype else None
    dtype = values.dtype if asked is None else np.dtype(asked)
    dtype = dtype.newbyteorder("=")
    if dtype not in DTYPES and mode == "strict":
        raise HeaderDataError(
            f"{what}: GIFTI has uint8, int32 and float32, and this is {dtype}; mode='compat' "
            "converts it"
        )
    if dtype not in DTYPES and mode == "compat":
        dtype = _nearest(dtype, what)
    return stored_as(values, dtype, what)


def _nearest(dtype: np.dtype[Any], what: str) -> np.dtype[Any]:
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.kind in "iu":
        return np.dtype(np.int32)
    if dtype.kind == "f":
        return np.dtype(np.float32)
    raise UsageTypeError(f"{what}: GIFTI has no place for {dtype}; save real and whole numbers")
