"""Regions of interest: from any space to the pixels of a zoom level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.formats.catmaid.spaces import (
    CoordinateTransformer,
    checked_dims,
    checked_zoom,
    reordered,
)

__all__ = ["ROI_MODES", "PixelBox", "checked_roi", "pixel_box", "roi_to_scaled"]

ROI_MODES = ("stack", "scaled", "project")
#: Pixels are counted in floats, which hold every integer up to here.
FARTHEST = 2.0**53


class PixelBox(NamedTuple):
    """A region in pixels of a zoom level, of the stack's axes; half-open, not clipped.

    Attributes
    ----------
    x, y, z : (int, int)
        First pixel and the one after the last.
    """

    x: tuple[int, int]
    y: tuple[int, int]
    z: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Pixels along z, y, x."""
        z, y, x = (upper - lower for lower, upper in (self.z, self.y, self.x))
        return z, y, x


def checked_roi(roi: ArrayLike) -> NDArray[np.float64]:
    """Return a region as numbers.

    Parameters
    ----------
    roi : (2, 3) array-like
        Lower and upper bounds, half-open.

    Raises
    ------
    UsageError
        If its shape is another, a bound is not finite, or an upper one is below its lower one.
    """
    try:
        found = np.asarray(roi, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"roi: must be numbers of shape (2, 3): {error}") from None
    if found.shape != (2, 3):
        raise UsageError(f"roi: must have shape (2, 3), got {found.shape}")
    if not np.isfinite(found).all():
        raise UsageError(f"roi: bounds must be finite, got {found.tolist()}")
    if (found[1] < found[0]).any():
        raise UsageError(f"roi: upper bounds must not be below lower ones, got {found.tolist()}")
    return found


def roi_to_scaled(
    roi: ArrayLike,
    mode: str,
    zoom: int,
    spaces: CoordinateTransformer,
    dims: str = "zyx",
) -> NDArray[np.int64]:
    """Return the pixels of a zoom level that a region touches.

    Parameters
    ----------
    roi : (2, 3) array-like
        Lower and upper bounds, half-open, in the order `dims`.
    mode : {"stack", "scaled", "project"}
        Space of the region.
    zoom : int
        Level of the result.
    spaces : CoordinateTransformer
    dims : str, optional
        Order of the columns, here and in the result; those of the project where the region is in
        its space, those of the stack in the result.

    Returns
    -------
    (2, 3) ndarray of int64
        First pixels and those after the last.

    Raises
    ------
    UsageError
        If the region, its space or the level are not valid.
    """
    # Floats until the end: rounding before dividing would lose the last pixels of a level.
    bounds = checked_roi(roi)
    checked_dims(dims)
    if mode not in ROI_MODES:
        raise UsageError(f"roi mode: must be one of {', '.join(ROI_MODES)}, got {mode!r:.60}")
    level = checked_zoom(zoom)
    if mode == "project":
        bounds = spaces.project_to_stack_array(bounds, dims)
    if mode != "scaled":
        bounds = spaces.stack_to_scaled_array(bounds, level, dims=dims)
    return _rounded_outwards(bounds)


def _rounded_outwards(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    if np.abs(bounds).max() > FARTHEST:
        raise UsageError(f"roi: bounds must be within 2**53 pixels, got {bounds.tolist()}")
    return np.array([np.floor(bounds[0]), np.ceil(bounds[1])]).astype(np.int64)


def pixel_box(scaled: NDArray[np.int64], dims: str) -> PixelBox:
    """Return a region of `roi_to_scaled` by its axes.

    Parameters
    ----------
    scaled : (2, 3) ndarray
    dims : str
        Order of its columns.
    """
    bounds = reordered(scaled.T.tolist(), dims, "xyz")
    return PixelBox(*[(lower, upper) for lower, upper in bounds])
