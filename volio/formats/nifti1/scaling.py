"""Slope and intercept in a NIfTI header.

Source: nifti1.h, "data scaling": value = stored * scl_slope + scl_inter, unless scl_slope is 0.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from volio.errors import HeaderDataError
from volio.images.headers.record import Record

__all__ = ["read_scaling", "store_scaling"]


def read_scaling(record: Record) -> tuple[float | None, float | None]:
    """Return slope and intercept; (None, None) where the slope is 0 or not finite."""
    fields = record.unpacked
    slope: float = fields["scl_slope"]
    intercept: float = fields["scl_inter"]
    if slope == 0 or not isfinite(slope):
        return None, None
    if not isfinite(intercept):
        raise HeaderDataError(f"scl_inter: must be finite with slope {slope}, got {intercept}")
    return slope, intercept


def store_scaling(record: Record, slope: float | None, intercept: float | None) -> None:
    """Store slope and intercept; None or NaN for both is no scaling."""
    slope = np.nan if slope is None else float(slope)
    if intercept is None:
        intercept = np.nan if np.isnan(slope) else 0.0
    if slope == 0 or np.isinf(slope):
        raise HeaderDataError(f"scl_slope: must not be 0 or infinite, got {slope}")
    if np.isinf(intercept) or np.isnan(slope) != np.isnan(intercept):
        raise HeaderDataError(
            f"scl_inter: must be finite, or NaN together with the slope, got {intercept}"
        )
    record["scl_slope"] = slope
    record["scl_inter"] = intercept
