"""Slope and intercept in a NIfTI header.

Source: nifti1.h, "data scaling": value = stored * scl_slope + scl_inter, unless scl_slope is 0.
"""

from __future__ import annotations

from math import isfinite, isinf, isnan, nan

from volio.arrays.scaling import SlopeIntercept
from volio.errors import HeaderDataError
from volio.images.headers.dims import checked_slope
from volio.images.headers.record import Record
from volio.images.headers.shape_checks import check_finite

__all__ = ["get_slope_inter", "set_slope_inter"]


def get_slope_inter(record: Record) -> SlopeIntercept:
    """Return slope and intercept; (None, None) where the slope is 0 or not finite.

    Raises
    ------
    HeaderDataError
        If a usable slope comes with an intercept that is not finite.
    """
    fields = record.unpacked
    slope: float = fields["scl_slope"]
    intercept: float = fields["scl_inter"]
    if slope == 0 or not isfinite(slope):
        return None, None
    check_finite("scl_inter, where a slope is stated", intercept)
    return slope, intercept


def set_slope_inter(record: Record, slope: float | None, inter: float | None = None) -> None:
    """Set slope and intercept; None or NaN for both removes the scaling.

    Raises
    ------
    HeaderDataError
        If the slope is 0 or infinite, or only one of the two is given as NaN.
    """
    stored = checked_slope(slope)
    if inter is None:
        inter = nan if isnan(stored) else 0.0
    if isinf(inter) or isnan(stored) != isnan(inter):
        raise HeaderDataError(
            f"scl_inter: must be finite, or NaN together with the slope, got {inter}"
        )
    record.update({"scl_slope": stored, "scl_inter": inter})
