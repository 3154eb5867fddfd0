"""Thumbnails: 32 by 32 pixels of what a layer shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colours import normalize
from volio.display.colour.srgb import to_bytes
from volio.display.layers.parts.appearance import Appearance

__all__ = ["SIDE", "thumbnail_of"]

#: Pixels of a side.
SIDE = 32


def thumbnail_of(
    values: NDArray[Any] | None,
    limits: tuple[float, float],
    appearance: Appearance,
    rgb: bool = False,
) -> NDArray[np.uint8]:
    """Return a small picture of a slice or a volume, on black.

    Parameters
    ----------
    values : (rows, columns) or (planes, rows, columns) array, or None
        With colours last if `rgb`. Of a volume the greatest values along its first axis are
        shown; of None nothing.
    limits : (float, float)
        Contrast limits; not used for colours.
    appearance : Appearance
    rgb : bool

    Returns
    -------
    (32, 32, 4) uint8 array
        RGBA, opaque; the longer side fills it.
    """
    if values is None:
        return _black()
    if values.ndim - rgb == 3:
        values = values.max(axis=0)
    small = _shrunk(values, rgb)
    if rgb:
        return _on_black(_with_alpha(small, appearance.opacity))
    colours = appearance.colormap.map(normalize(small, limits, appearance.gamma))
    colours[..., 3] *= appearance.opacity
    return _on_black(to_bytes(colours))


def _black() -> NDArray[np.uint8]:
    """Return the thumbnail of nothing."""
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    picture[..., 3] = 255
    return picture


def _shrunk(values: NDArray[Any], rgb: bool) -> NDArray[Any]:
    """Pick pixels so that the longer side has 32, the shorter one at least one."""
    from scipy.ndimage import zoom

    sides = np.array(values.shape[:2])
    target = np.clip(SIDE / sides.max() * sides, 1, SIDE)
    factors = [*(target / sides), *([1.0] if rgb else [])]
    small: NDArray[Any] = zoom(_for_scipy(values), factors, order=0, prefilter=False)
    return small


def _for_scipy(values: NDArray[Any]) -> NDArray[Any]:
    """Return values in a dtype that scipy takes: no half or long floats, no booleans."""
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        return values.astype(np.float32)
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _with_alpha(small: NDArray[Any], opacity: float) -> NDArray[np.uint8]:
    """Return colours of any dtype with alpha, as bytes; 8 bits are kept as they are."""
    if small.dtype.kind in "iu" and small.dtype != np.uint8:
        small = small / np.iinfo(small.dtype).max
    alpha = (_alpha(small) * opacity).astype(small.dtype)
    colours = np.dstack([small[..., :3], alpha])
    return colours if colours.dtype == np.uint8 else to_bytes(colours)


def _alpha(colours: NDArray[Any]) -> NDArray[Any]:
    """Return the alpha of colours, that of opaque ones where they have none."""
    if colours.shape[-1] == 4:
        alpha: NDArray[Any] = colours[..., 3]
        return alpha
    return np.full(colours.shape[:2], 255 if colours.dtype == np.uint8 else 1)


def _on_black(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture in the middle of a black thumbnail."""
    rows, columns = picture.shape[:2]
    above = (SIDE - rows) // 2
    left = (SIDE - columns) // 2
    thumbnail = _black()
    inside = thumbnail[above : above + rows, left : left + columns]
    alpha = picture[..., 3:] / 255
    inside[...] = (picture * alpha + inside * (1 - alpha)).astype(np.uint8)
    return thumbnail
