"""Values of surfaces in the dtype of a file: exact, rounded with a word, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.caller import warn_caller
from volio.errors import ImageDataError, PrecisionWarning

__all__ = ["stored_as"]


def stored_as(values: NDArray[Any], dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    """Return values in the dtype that a file has for them.

    Parameters
    ----------
    values : array
    dtype : numpy dtype
    what : str
        What the values are, for messages.

    Raises
    ------
    ImageDataError
        If values are beyond what the dtype holds.

    Warns
    -----
    PrecisionWarning
        If values are rounded; the message states the largest error.
    """
    if values.dtype.newbyteorder("=") == dtype:
        return values.astype(dtype, copy=False)
    if dtype.kind in "iu":
        _check_integers(values, dtype, what)
        return values.astype(dtype)
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    if values.dtype.kind == "f":
        if (np.isinf(cast) & np.isfinite(values)).any():
            raise ImageDataError(f"{what}: values up to {np.nanmax(np.abs(values))} exceed {dtype}")
        error = _largest_error(values, cast)
    else:
        error = float(np.abs(values - cast.astype(np.float64)).max(initial=0))
    if error:
        warn_caller(f"{what}: rounded to {dtype}, by up to {error:.3g}", PrecisionWarning)
    return cast


def _largest_error(values: NDArray[Any], cast: NDArray[Any]) -> float:
    finite = np.isfinite(values)
    return float(np.abs(values[finite] - cast[finite].astype(values.dtype)).max(initial=0))


def _check_integers(values: NDArray[Any], dtype: np.dtype[Any], what: str) -> None:
    """Refuse values that are not integers of a dtype."""
    if values.dtype.kind == "f" and not (np.isfinite(values) & (values == np.rint(values))).all():
        raise ImageDataError(f"{what}: values must be whole numbers to be written as {dtype}")
    least, greatest = integer_limits(dtype)
    if values.size and not (least <= values.min() and values.max() <= greatest):
        raise ImageDataError(
            f"{what}: {values.min()} to {values.max()} do not fit {dtype}, {least} to {greatest}"
        )
