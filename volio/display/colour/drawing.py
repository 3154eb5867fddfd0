"""Lines and letters drawn onto a picture of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, floor, log10
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from volio.display.base.matplotlib_import import package_folder
from volio.display.colour.blending import blend
from volio.display.colour.srgb import Picture, to_bytes

__all__ = [
    "Bytes",
    "Color",
    "digits_between",
    "draw_cross",
    "draw_lines",
    "number_text",
    "printable_lines",
    "text_size",
    "wrapped",
    "write",
]

Bytes = NDArray[np.uint8]
#: Red, green, blue and perhaps alpha, from 0 to 1.
Color = Sequence[float] | NDArray[np.float32]
#: Lines are drawn so many times larger, and made smaller, for smooth edges.
FINER = 3
#: Digits of numbers in pictures; more where they would look the same.
DIGITS = 4
#: Digits that float64 has.
MOST_DIGITS = 17
#: Of the distance of two numbers: what is less is rounding.
NOISE = 1e-6
#: Lines of a title; the last letter shows that some of a longer one is left out.
MOST_LINES = 20
LEFT_OUT = "…"
#: Height of the smallest letters, pixels.
SMALLEST_LETTERS = 6
#: Of the height or width of a text, what is before its anchor.
SHARES = {"t": 0.0, "m": 0.5, "b": 1.0, "l": 0.0, "r": 1.0}

BLACK = (0.0, 0.0, 0.0)
WHITE = (1.0, 1.0, 1.0)


def draw_lines(
    picture: Bytes, lines: Sequence[NDArray[np.float64]], color: Color, width: float = 1.5
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
        pen.line(_fine_points(line), 255, max(1, round(width * FINER)))
    _paint(picture, np.asarray(canvas.reduce(FINER)), color)


def _fine_points(line: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the points (x, y) of a line (row, column) in the finer pixels it is drawn with."""
    # A pixel's centre is in the middle of FINER small ones.
    fine = np.round((line[:, ::-1] + 0.5) * FINER - 0.5).astype(int)
    return [tuple(point) for point in fine.tolist()]


def draw_cross(picture: Bytes, row: float, column: float, color: Color) -> None:
    """Draw lines of one pixel through a point, from edge to edge."""
    rows, columns = picture.shape[:2]
    for line in (picture[_nearest(row, rows)], picture[:, _nearest(column, columns)]):
        _paint(line, np.full(line.shape[:2], 255, np.uint8), color)


def _nearest(position: float, count: int) -> slice:
    """Return the one pixel that is nearest to a position, as a range."""
    nearest = min(max(round(position), 0), count - 1)
    return slice(nearest, nearest + 1)


def write(
    picture: Bytes,
    text: str,
    position: tuple[float, float],
    anchor: str,
    color: Color,
    size: float,
) -> None:
    """Write onto a picture, with a thin edge of the opposite brightness.

    Parameters
    ----------
    picture : (rows, columns, 4) uint8 array
        Changed in place.
    text : str
    position : (row, column)
    anchor : str
        Which point of the text is at the position: l, m or r, then t, m or b.
    color : sequence of float
    size : float
        Height of the letters, pixels.
    """
    font = _font_for(text, size)
    for edge, edge_color in ((1, _opposite(color)), (0, color)):
        letters = _letters(text, font, edge)
        _paint_at(picture, letters, _corner(letters, position, anchor), edge_color)


def _corner(letters: Bytes, position: tuple[float, float], anchor: str) -> tuple[int, int]:
    """Return the pixel of the upper left corner of letters whose anchor is at a position."""
    height, width = letters.shape
    row = position[0] - SHARES[anchor[1]] * height
    column = position[1] - SHARES[anchor[0]] * width
    return round(row), round(column)


def _letters(text: str, font: Any, edge: int) -> Bytes:
    """Return how much a text covers each pixel, 0 to 255, with room for an edge of one pixel."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = font.getbbox(text, stroke_width=1)
    canvas = Image.new("L", (ceil(right - left), ceil(bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), text, 255, font, stroke_width=edge)
    return np.asarray(canvas)


def text_size(text: str, size: float) -> tuple[int, int]:
    """Return height and width of a text, pixels."""
    left, top, right, bottom = _font_for(text, size).getbbox(text)
    return ceil(bottom - top), ceil(right - left)


def _opposite(color: Color) -> Color:
    """Return black for bright colours, white for dark ones."""
    return BLACK if sum(color[:3]) > 1.5 else WHITE


def number_text(value: float, step: float) -> str:
    """Return a number as text that is different from that of numbers a step away."""
    if isinstance(value, int):  # float64 does not hold it
        return str(value)
    if abs(value) < step * NOISE:
        return "0"
    return f"{value:.{max(digits_between(value, step), DIGITS)}g}"


def digits_between(value: float, step: float) -> int:
    """Return the digits of a number from its first to the second of a step."""
    if not value or not step:
        return 1
    digits = floor(log10(abs(value))) - floor(log10(abs(step))) + 2
    return min(max(digits, 1), MOST_DIGITS)


def printable_lines(text: Any) -> list[str]:
    """Return the lines of a text; control characters become spaces, half characters "?"."""
    lines = str(text).splitlines()
    cleaned = [_printable(line).strip() for line in lines]
    return cleaned if any(cleaned) else []


def _printable(line: str) -> str:
    replacements = {"Cc": " ", "Cs": "?"}
    return "".join(replacements.get(category(letter), letter) for letter in line)


def wrapped(text: Any, size: float, width: float, most: int = MOST_LINES) -> list[str]:
    """Return the lines of a text, broken so that each fits a width.

    Parameters
    ----------
    text : str or None
    size : float
        Height of the letters, pixels.
    width : float
        Pixels.
    most : int
        Lines; the last letter of them shows that there were more.
    """
    shown = "" if text is None else str(text)
    font = _font_for(shown, size)
    lines: list[str] = []
    for line in printable_lines(shown):
        lines += _broken(line, font, width)
    if len(lines) > most:
        return [*lines[: most - 1], lines[most - 1][:-1] + LEFT_OUT]
    return lines


def _broken(line: str, font: Any, width: float) -> list[str]:
    """Return the parts of a line that fit a width: broken at spaces, or in words too long."""
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}" if parts[-1] else word
        if font.getlength(longer) <= width:
            parts[-1] = longer
            continue
        *full, last = _pieces(word, font, width)
        parts += [*full, last]
    return parts[1:] if len(parts) > 1 and not parts[0] else parts


def _pieces(word: str, font: Any, width: float) -> list[str]:
    """Return the pieces of a word that fit a width: one letter at least each."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _font_for(text: str, size: float) -> Any:
    """Return the font for a text, in pixels.

    Scripts that run from right to left or join letters need Pillow's layout by Raqm, which not
    every system has. ASCII is laid out without it, and so looks the same on every system.
    """
    return _font(round(size), text.isascii())


@cache
def _font(size: int, is_plain: bool) -> Any:
    """Return the font that matplotlib brings along, which need not be imported for it."""
    from PIL import ImageFont

    path = package_folder("matplotlib") / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    layout = ImageFont.Layout.BASIC if is_plain else None
    return ImageFont.truetype(str(path), max(SMALLEST_LETTERS, size), layout_engine=layout)


def _paint_at(picture: Bytes, cover: Bytes, corner: tuple[int, int], color: Color) -> None:
    """Blend a colour into covered pixels, from a corner on; what is outside is cut off."""
    rows = _overlap(corner[0], cover.shape[0], picture.shape[0])
    columns = _overlap(corner[1], cover.shape[1], picture.shape[1])
    if rows is None or columns is None:
        return
    inside = cover[_moved(rows, -corner[0]), _moved(columns, -corner[1])]
    _paint(picture[rows, columns], inside, color)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _overlap(first: int, length: int, limit: int) -> slice | None:
    """Return the part of a range from 0 to a limit; None if there is none."""
    start = max(first, 0)
    stop = min(first + length, limit)
    return slice(start, stop) if start < stop else None


def _paint(picture: Bytes, cover: Bytes, color: Color) -> None:
    """Blend a colour into the pixels that are covered, 0 to 255."""
    rows = _covered(cover, axis=1)
    columns = _covered(cover, axis=0)
    if rows is None or columns is None:
        return
    box = picture[rows, columns]
    paint = _painted(cover[rows, columns], color)
    box[...] = to_bytes(blend(box / np.float32(255), paint, "translucent_no_depth"))


def _painted(cover: Bytes, color: Color) -> Picture:
    """Return a picture of one colour, as opaque as pixels are covered."""
    paint = np.empty((*cover.shape, 4), np.float32)
    paint[..., :3] = color[:3]
    opacity = color[3] if len(color) > 3 else 1.0
    paint[..., 3] = cover / np.float32(255) * opacity
    return paint


def _covered(cover: Bytes, axis: int) -> slice | None:
    """Return the range of rows or columns that anything covers, summed up along the other axis."""
    found = np.flatnonzero(cover.any(axis=axis))
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else None
