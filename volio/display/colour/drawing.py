"""Lines and letters on a picture of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colours import blend, to_bytes

__all__ = ["Bytes", "draw_cross", "draw_lines", "text_size", "write"]

Bytes = NDArray[np.uint8]
#: Lines are drawn so many times larger, and made smaller, for smooth edges.
FINER = 3


def draw_lines(
    picture: Bytes, lines: Sequence[NDArray[np.float64]], color: Any, width: float = 1.5
) -> None:
    """Draw lines onto a picture.

    Parameters
    ----------
    picture : (rows, columns, 4) uint8 array
        Changed in place.
    lines : sequence of (n, 2) array
        Row and column of each point, pixel centres at integers.
    color : (3,) or (4,) sequence of float
    width : float
        Pixels.
    """
    from PIL import Image, ImageDraw

    rows, columns = picture.shape[:2]
    canvas = Image.new("L", (columns * FINER, rows * FINER))
    pen = ImageDraw.Draw(canvas)
    for line in lines:
        points = np.round((line[:, ::-1] + 0.5) * FINER - 0.5).astype(int)
        pen.line([tuple(point) for point in points.tolist()], 255, max(1, round(width * FINER)))
    _lay(picture, np.asarray(canvas.reduce(FINER)), color)


def draw_cross(picture: Bytes, row: float, column: float, color: Any) -> None:
    """Draw lines of one pixel through a point, from edge to edge."""
    rows, columns = picture.shape[:2]
    down, right = min(max(round(row), 0), rows - 1), min(max(round(column), 0), columns - 1)
    for line in (picture[down : down + 1], picture[:, right : right + 1]):
        _lay(line, np.full(line.shape[:2], 255, np.uint8), color)


def write(
    picture: Bytes, text: str, place: tuple[float, float], anchor: str, color: Any, size: float
) -> None:
    """Write onto a picture, with a thin edge of the opposite brightness.

    Parameters
    ----------
    picture : (rows, columns, 4) uint8 array
        Changed in place.
    text : str
    place : (row, column)
    anchor : str
        Which point of the text lies there: l, m or r, then t, m or b.
    color : sequence of float
    size : float
        Height of the letters, pixels.
    """
    from PIL import Image, ImageDraw

    font = _font(round(size))
    left, top, right, bottom = font.getbbox(text, stroke_width=1)
    height, width = ceil(bottom - top), ceil(right - left)
    row = place[0] - {"t": 0.0, "m": height / 2, "b": height}[anchor[1]]
    column = place[1] - {"l": 0.0, "m": width / 2, "r": width}[anchor[0]]
    for edge, ink in ((1, _opposite(color)), (0, color)):
        canvas = Image.new("L", (width, height))
        pen = ImageDraw.Draw(canvas)
        pen.text((-left, -top), text, 255, font, stroke_width=edge)
        _lay_at(picture, np.asarray(canvas), (round(row), round(column)), ink)


def text_size(text: str, size: float) -> tuple[int, int]:
    """Return height and width of a text, pixels."""
    left, top, right, bottom = _font(round(size)).getbbox(text)
    return ceil(bottom - top), ceil(right - left)


def _opposite(color: Any) -> tuple[float, ...]:
    return (0.0,) * 3 if sum(color[:3]) > 1.5 else (1.0,) * 3


@cache
def _font(size: int) -> Any:
    """Return the font that matplotlib brings along."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), max(6, size))


def _lay_at(picture: Bytes, cover: Bytes, corner: tuple[int, int], color: Any) -> None:
    """Blend a colour into the pixels that are covered, from a corner on; the rest is cut off."""
    ends = [
        (max(at, 0), min(at + n, whole))
        for at, n, whole in zip(corner, cover.shape, picture.shape, strict=False)
    ]
    if all(first < last for first, last in ends):
        here = tuple(slice(*end) for end in ends)
        there = tuple(slice(a - at, b - at) for (a, b), at in zip(ends, corner, strict=True))
        _lay(picture[here], cover[there], color)


def _lay(picture: Bytes, cover: Bytes, color: Any) -> None:
    """Blend a colour into the pixels that are covered, 0 to 255."""
    found = np.nonzero(cover)
    if not len(found[0]):
        return
    rows, columns = (slice(int(axis.min()), int(axis.max()) + 1) for axis in found)
    box = picture[rows, columns]
    ink = np.empty(box.shape, np.float32)
    ink[..., :3] = color[:3]
    opacity = color[3] if len(color) > 3 else 1.0
    ink[..., 3] = cover[rows, columns] / np.float32(255) * opacity
    box[...] = to_bytes(blend(box / np.float32(255), ink, "translucent_no_depth"))
