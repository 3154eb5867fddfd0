"""Choosing among the dtypes that a format has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.errors import HeaderDataError

__all__ = ["known_dtype", "nearest_dtype"]

DType = np.dtype[Any]


def known_dtype(datatype: DTypeLike, supported: Sequence[DType], holder: str) -> DType:
    """Return a dtype in native byte order, if it is among those supported.

    Parameters
    ----------
    datatype : dtype-like
    supported : sequence of dtype
    holder : str
        Name of the header class, for messages.
    """
    try:
        found = np.dtype(datatype).newbyteorder("=")
    except TypeError as error:
        raise HeaderDataError(f"data dtype: {datatype!r} is not a dtype") from error
    if found not in supported:
        raise HeaderDataError(
            f"data dtype: {found} is not supported by {holder}; it has {_names(supported)}"
        )
    return found


def nearest_dtype(datatype: DTypeLike, supported: Sequence[DType], holder: str) -> DType:
    """Return a dtype if it is supported, else the closest one that is.

    The closest one is the smallest that holds every value, or else the largest of the kind; for
    integers an integer one, as long as there is any. Parameters as for `known_dtype`.
    """
    wanted = np.dtype(datatype).newbyteorder("=")
    if wanted in supported:
        return wanted
    numbers = _numbers_of_kind(wanted.kind, supported)
    holding = [dtype for dtype in numbers if np.can_cast(wanted, dtype, "safe")]
    if holding:
        return min(holding, key=lambda dtype: dtype.itemsize)
    alike = [dtype for dtype in numbers if np.can_cast(wanted, dtype, "same_kind")]
    if alike and wanted.kind in "iufc":
        kinds: str = "iu" if wanted.kind in "iu" else wanted.kind
        return max(alike, key=lambda dtype: (dtype.kind in kinds, dtype.itemsize))
    raise HeaderDataError(
        f"{holder}: cannot hold voxels of dtype {wanted}; it has {_names(supported)}"
    )


def _numbers_of_kind(kind: str, supported: Sequence[DType]) -> list[DType]:
    """Return the numbers that are supported; for integers only integers, if there are any."""
    numbers = [dtype for dtype in supported if dtype.kind in "iufc"]
    integers = [dtype for dtype in numbers if dtype.kind in "iu"]
    return integers if kind in "iu" and integers else numbers


def _names(dtypes: Sequence[DType]) -> str:
    return ", ".join(str(dtype) for dtype in dtypes)
