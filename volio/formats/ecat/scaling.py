"""The slopes of the frames of an ECAT7 image: scale_factor times ecat_calibration_factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.dtypes import Floats
from volio.errors import HeaderDataError

if TYPE_CHECKING:
    from volio.formats.ecat.header import EcatHeader

__all__ = ["get_slope_inter", "set_slope_inter"]


def get_slope_inter(header: EcatHeader) -> tuple[float | Floats | None, None]:
    """Return the slope, where frames differ one for each, shape (frames,), and no intercept.

    A factor of 0 counts as 1.
    """
    scales = header.frames["scale_factor"].astype(np.float64)
    calibration = header.unpacked["ecat_calibration_factor"] or 1.0
    slopes = np.where(scales == 0, 1.0, scales) * calibration
    if np.any(slopes != slopes[:1]):
        return slopes, None
    return (None if np.all(slopes == 1) else float(slopes[0])), None


def set_slope_inter(
    header: EcatHeader, slope: ArrayLike | None, inter: float | None = None
) -> None:
    """Set the slope of each frame, or one for all; ECAT has no intercept.

    What scale_factor, a float32, cannot hold exactly is rounded away from zero. The calibration
    stays where the slopes are exact under it, else it is 1.

    Raises
    ------
    HeaderDataError
        If slopes are 0 or not finite, as float32 too.
    """
    slopes = header.volume_slopes(slope, inter)
    calibration = header.unpacked["ecat_calibration_factor"] or 1.0
    with np.errstate(over="ignore"):
        scales = (slopes / calibration).astype(np.float32)
        is_exact = np.array_equal(scales.astype(np.float64) * calibration, slopes)
        stored = scales if is_exact else _rounded_away(slopes)
    if not np.isfinite(stored).all() or not stored.all():
        problem = "must be finite and not 0, as float32 too"
        raise HeaderDataError(f"scale_factor: {problem}, got {slopes.tolist()}")
    header.frames["scale_factor"] = stored
    if not is_exact:
        header["ecat_calibration_factor"] = 1.0


def _rounded_away(values: Floats) -> NDArray[np.float32]:
    """Return the nearest float32 that are not closer to zero, so that no range gets smaller."""
    near = values.astype(np.float32)
    is_smaller = np.abs(near.astype(np.float64)) < np.abs(values)
    away = np.copysign(np.float32(np.inf), near)
    return np.where(is_smaller, np.nextafter(near, away), near)
