"""Thumbnails: 32 by 32 pixels of what a layer shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colormaps import Colormap
from volio.display.colour.colours import normalize, to_bytes

__all__ = ["SIDE", "black", "thumbnail_of"]

#: Pixels of a side.
SIDE = 32


def black() -> NDArray[np.uint8]:
    """Return the thumbnail of nothing."""
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    picture[..., 3] = 255
    return picture


def thumbnail_of(
    values: NDArray[Any],
    limits: tuple[float, float],
    gamma: float,
    colormap: Colormap,
    opacity: float,
    rgb: bool = False,
) -> NDArray[np.uint8]:
    """Return a small picture of a slice or a volume, on black.

    Parameters
    ----------
    values : (rows, columns) or (planes, rows, columns) array, with colours last if `rgb`
        Of a volume the greatest values along its first axis are shown.
    limits : (float, float)
        Contrast limits; not used for colours.
    gamma : float
    colormap : Colormap
    opacity : float
    rgb : bool

    Returns
    -------
    (32, 32, 4) uint8 array
        RGBA, opaque; the longer side fills it.
    """
    if values.ndim - rgb == 3:
        values = values.max(axis=0)
    small = _shrunk(values, rgb)
    if rgb:
        return _on_black(_with_alpha(small, opacity))
    colours = colormap.map(normalize(small, limits, gamma))
    colours[..., 3] *= opacity
    return _on_black(to_bytes(colours))


def _shrunk(values: NDArray[Any], rgb: bool) -> NDArray[Any]:
    """Pick pixels so that the longer side has 32, the shorter one at least one."""
    from scipy.ndimage import zoom

    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        values = values.astype(np.float32)
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    sides = np.array(values.shape[:2])
    target = np.clip(SIDE / sides.max() * sides, 1, SIDE)
    factors = (*(target / sides), *([1.0] if rgb else []))
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    small: NDArray[Any] = zoom(values, factors, order=0, prefilter=False)
    return small


def _with_alpha(small: NDArray[Any], opacity: float) -> NDArray[np.uint8]:
    """Return colours of any dtype with alpha, as bytes; 8 bits are kept as they are."""
    if small.dtype != np.uint8:
        small = small if small.dtype.kind == "f" else small / np.iinfo(small.dtype).max
    full = 255 if small.dtype == np.uint8 else 1
    alpha = small[..., 3] if small.shape[-1] == 4 else np.full(small.shape[:2], full)
    colours = np.dstack([small[..., :3], (alpha * opacity).astype(small.dtype)])
    return colours if colours.dtype == np.uint8 else to_bytes(colours)


def _on_black(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = picture.shape[:2]
    above, left = (SIDE - rows) // 2, (SIDE - columns) // 2
    whole = black()
    share = picture[..., 3:] / 255
    placed = whole[above : above + rows, left : left + columns]
    placed[...] = (picture * share + placed * (1 - share)).astype(np.uint8)
    return whole
