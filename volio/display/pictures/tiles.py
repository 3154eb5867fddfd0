"""Pictures side by side, the colour bar, and files."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np

from volio.display.colour.blending import compose
from volio.display.colour.drawing import Bytes, text_size, write
from volio.display.colour.srgb import to_bytes
from volio.display.scene.overlay import Overlay

__all__ = ["beside", "colour_bar", "save_png", "tiled"]

WIDTH = 14  # of a colour bar, pixels


def tiled(pictures: Sequence[Bytes], columns: int, background: Any, gap: int = 2) -> Bytes:
    """Return one picture of several, row by row, each in the middle of its place.

    Parameters
    ----------
    pictures : sequence of (rows, columns, 4) uint8 array
    columns : int
    background : sequence of float
        Colour of what is left over.
    gap : int
        Pixels between pictures.
    """
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    heights = [max(one.shape[0] for one in row) for row in rows]
    widths = [max(row[n].shape[1] for row in rows if n < len(row)) for n in range(len(rows[0]))]
    whole = _canvas(
        sum(heights) + gap * (len(rows) - 1), sum(widths) + gap * (columns - 1), background
    )
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for one, width in zip(row, widths, strict=False):
            down, right = top + (height - one.shape[0]) // 2, left + (width - one.shape[1]) // 2
            whole[down : down + one.shape[0], right : right + one.shape[1]] = one
            left += width + gap
        top += height + gap
    return whole


def _canvas(rows: int, columns: int, background: Any) -> Bytes:
    colour = to_bytes([*background, 1.0][:4])
    return np.broadcast_to(colour, (rows, columns, 4)).copy()


def beside(one: Bytes, other: Bytes, background: Any) -> Bytes:
    """Return two pictures next to each other."""
    return tiled([one, other], 2, background, gap=0)


def colour_bar(overlay: Overlay, height: int, size: float, ink: Any, background: Any) -> Bytes:
    """Return the bar of the colours of an overlay, with the values of its ends.

    Parameters
    ----------
    overlay : Overlay
        What its threshold hides shows the background.
    height : int
        Of the picture, pixels.
    size : float
        Of the letters, pixels.
    ink, background : sequence of float
        Colours of letters and of what lies around the bar.
    """
    low, high = overlay.layer.contrast_limits
    texts = {value: f"{value:.4g}" for value in _marks(overlay)}
    widest = max(text_size(text, size)[1] for text in texts.values())
    margin = max(int(size), 4)
    picture = _canvas(height, WIDTH + widest + 3 * margin // 2 + 6, background)
    length = max(height - 2 * margin, 2)
    values = np.linspace(high, low, length, dtype=np.float64)
    colours = compose([overlay.coloured(values[:, np.newaxis])], background=background)
    picture[margin : margin + length, margin : margin + WIDTH] = colours
    for value, text in texts.items():
        row = margin + (high - value) / (high - low) * (length - 1)
        at = round(row)
        picture[at, margin + WIDTH : margin + WIDTH + 4] = to_bytes([*ink[:3], 1.0])
        write(picture, text, (row, margin + WIDTH + 6), "lm", ink, size)
    return picture


def _marks(overlay: Overlay) -> list[float]:
    """Return the values to be written at a bar: the ends, the threshold, and 0 inside."""
    low, high = overlay.layer.contrast_limits
    marks = [low, high]
    for value in (*(overlay.threshold or ()), 0.0):
        if all(abs(value - mark) > (high - low) / 12 for mark in marks) and low < value < high:
            marks.append(value)
    return marks


def save_png(picture: Bytes, path: str | PathLike[str]) -> None:
    """Write a picture as PNG, or as what the ending of the name says."""
    from matplotlib.image import imsave

    name = fspath(path)
    png = "." not in name.rpartition("/")[2] or name.lower().endswith(".png")
    # Higher levels take ten times as long and save a few percent.
    imsave(name, picture, pil_kwargs={"compress_level": 3} if png else None)
