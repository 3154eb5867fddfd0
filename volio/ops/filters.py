"""What the filters of scipy.ndimage take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.errors import ImageDataError, UsageError

__all__ = ["MODES", "check_mode", "filterable"]

#: What filters take to lie outside an array.
MODES = (
    "constant",
    "nearest",
    "reflect",
    "mirror",
    "wrap",
    "grid-constant",
    "grid-mirror",
    "grid-wrap",
)

_PLAIN = {np.dtype(kind) for kind in "?bBhHiIlLqQfdFD"}


def check_mode(mode: str) -> None:
    """Refuse a mode that scipy.ndimage does not have."""
    if mode not in MODES:
        raise UsageError(f"mode: must be one of {', '.join(MODES)}, got {mode!r}")


def filterable(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the dtype in which voxels can be filtered: their own, or the closest there is.

    Raises
    ------
    ImageDataError
        If voxels have fields (RGB).
    """
    own = np.dtype(dtype).newbyteorder("=")
    if own.kind not in "biufc":
        raise ImageDataError(
            f"voxels of dtype {own}: no single numbers, take np.asanyarray(img.dataobj) and "
            "one of its fields"
        )
    if own in _PLAIN:
        return own
    if own.kind == "c":
        return np.dtype(np.complex128)
    return np.dtype(np.float32 if own.itemsize < 4 else np.float64)
