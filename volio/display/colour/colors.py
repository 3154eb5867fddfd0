"""Colours by name, as text or as numbers, and arrays of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.matplotlib_import import imported
from volio.errors import UsageError

__all__ = ["Colors", "as_color", "as_colors"]

#: RGBA between 0 and 1, shape (N, 4).
Colors = NDArray[np.float32]
Color = tuple[float, ...]


def as_colors(colors: Any) -> Colors:
    """Return colours as an (N, 4) float32 array of RGBA.

    Raises
    ------
    UsageError
        If they are not colours.
    """
    if isinstance(colors, str):
        colors = [colors]
    if any(isinstance(color, str) for color in colors):
        colors = [as_color(color) for color in colors]
    try:
        rows = np.array(colors, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError(f"colors: must be RGB or RGBA between 0 and 1, got {colors!r}") from error
    _check_rows(rows)
    if rows.shape[1] == 3:
        rows = np.column_stack([rows, np.ones(len(rows), np.float32)])
    return rows


def _check_rows(rows: Colors) -> None:
    if rows.ndim != 2 or rows.shape[1] not in (3, 4) or not len(rows):
        raise UsageError(f"colors: must be (N, 3) or (N, 4), got shape {rows.shape}")
    if not ((rows >= 0) & (rows <= 1)).all():
        raise UsageError(f"colors: must be between 0 and 1, got {rows.min()} to {rows.max()}")


def as_color(color: Any) -> Color:
    """Return one colour as (red, green, blue, alpha) between 0 and 1.

    Parameters
    ----------
    color : str or sequence of float
        A name or another text that matplotlib takes, or 3 or 4 numbers.

    Raises
    ------
    UsageError
        If there is no such colour.
    """
    if not isinstance(color, str):
        return (*color, 1.0) if len(color) == 3 else tuple(color)
    parsed = _of_hexadecimals(color)
    if parsed is not None:
        return parsed
    to_rgba = imported("matplotlib.colors").to_rgba

    try:
        return tuple(to_rgba(color))
    except ValueError as error:
        raise UsageError(f"color: {color!r} is not one, nor is there a map of this name") from error


def _of_hexadecimals(color: str) -> Color | None:
    """Return the colour of ``'#rrggbb'``; None for other texts. It does not need matplotlib."""
    if len(color) != 7 or color[0] != "#":
        return None
    try:
        red, green, blue = bytes.fromhex(color[1:])
    except ValueError:
        return None
    return red / 255, green / 255, blue / 255, 1.0
