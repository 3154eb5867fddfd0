"""Pictures side by side, the colour bar, and files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate
from math import ceil
from os import PathLike
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from volio.display.base.matplotlib_import import imported
from volio.display.colour.blending import compose
from volio.display.colour.contrast import ZEROS
from volio.display.colour.drawing import Bytes, Color, number_text, text_size, wrapped, write
from volio.display.colour.srgb import to_bytes
from volio.display.colour.value_colours import ValueColours
from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.names import path_text
from volio.files.opener import open_for_write

__all__ = [
    "SheetStyle",
    "blank",
    "colour_bar",
    "ending_of",
    "finished",
    "save_png",
    "tiled",
]

#: Height of a line of the title, in letters, and what is left free at its sides, pixels.
TITLE_HEIGHT = 1.8
TITLE_MARGIN = 6
#: Width of a colour bar, pixels.
WIDTH = 14
#: Length of a mark at a colour bar, and the distance of its number, pixels. A line along the bar
#: holds the marks, and they are short and well apart from the numbers: else they look like minus
#: signs.
MARK = 4
NUMBER = 10
#: Marks nearer to each other than this share of the bar are left out.
APART = 1 / 12
#: Of the range: numbers that are so far apart look different.
TOLD = 1e-3


class SheetStyle(NamedTuple):
    """Letters and background of a sheet of pictures.

    Parameters
    ----------
    letter_size : float
        Pixels.
    letters, background : (red, green, blue)
    """

    letter_size: float
    letters: Color
    background: Sequence[float]


def tiled(
    pictures: Sequence[Bytes], columns: int, background: Sequence[float], gap: int = 2
) -> Bytes:
    """Return one picture of several, row by row, each in the middle of its tile.

    Parameters
    ----------
    pictures : sequence of (rows, columns, 4) uint8 array
    columns : int
    background : sequence of float
        Colour of what is left over.
    gap : int
        Pixels between pictures.
    """
    heights, widths = _sizes_of_tiles(pictures, columns)
    tops = _starts(heights, gap)
    lefts = _starts(widths, gap)
    canvas = blank(tops[-1] + heights[-1], lefts[-1] + widths[-1], background)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        _place(canvas, picture, (tops[row], lefts[column]), (heights[row], widths[column]))
    return canvas


def _sizes_of_tiles(pictures: Sequence[Bytes], columns: int) -> tuple[list[int], list[int]]:
    """Return the height of each row of pictures, and the width of each column."""
    heights = [0] * ceil(len(pictures) / columns)
    widths = [0] * columns
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        heights[row] = max(heights[row], picture.shape[0])
        widths[column] = max(widths[column], picture.shape[1])
    return heights, widths


def _place(canvas: Bytes, picture: Bytes, corner: tuple[int, int], tile: tuple[int, int]) -> None:
    """Copy a picture into the middle of a tile."""
    rows, columns = picture.shape[:2]
    top = corner[0] + (tile[0] - rows) // 2
    left = corner[1] + (tile[1] - columns) // 2
    canvas[top : top + rows, left : left + columns] = picture


def _starts(lengths: Sequence[int], gap: int) -> list[int]:
    """Return the first pixels of tiles of some lengths, with gaps between them."""
    return list(accumulate((length + gap for length in lengths[:-1]), initial=0))


def blank(rows: int, columns: int, background: Sequence[float]) -> Bytes:
    """Return a picture of one colour."""
    colour = to_bytes([*background, 1.0][:4])
    return np.broadcast_to(colour, (rows, columns, 4)).copy()


def side_by_side(one: Bytes, other: Bytes, background: Sequence[float]) -> Bytes:
    """Return two pictures next to each other."""
    return tiled([one, other], 2, background, gap=0)


def titled(
    picture: Bytes,
    title: str | None,
    size: float,
    letters: Color,
    background: Sequence[float],
) -> Bytes:
    """Return a picture with the lines of a title above it; as it is without one.

    Parameters
    ----------
    picture : (rows, columns, 4) uint8 array
    title : str, optional
        Several lines, or long ones, are below each other.
    size : float
        Of the letters, pixels.
    letters, background : sequence of float
        Colours.
    """
    width = picture.shape[1]
    lines = wrapped(title, size, width - 2 * TITLE_MARGIN)
    if not lines:
        return picture
    height = round(size * TITLE_HEIGHT)
    head = blank(height * len(lines), width, background)
    for number, line in enumerate(lines):
        write(head, line, ((number + 0.5) * height, TITLE_MARGIN), "lm", letters, size)
    return np.concatenate([head, picture])


def colour_bar(
    colours: ValueColours, height: int, size: float, letters: Color, background: Sequence[float]
) -> Bytes:
    """Return the bar of the colours of values, with the values of its ends.

    Parameters
    ----------
    colours : ValueColours
        What they hide shows the background.
    height : int
        Of the picture, pixels.
    size : float
        Of the letters, pixels.
    letters, background : sequence of float
        Colours of letters and of what is around the bar.
    """
    texts = _mark_texts(colours)
    widest = max(text_size(text, size)[1] for text in texts.values())
    margin = max(int(size), 4)
    height = max(height, 4 * margin)  # a picture of one row of voxels may be lower than letters
    length = height - 2 * margin
    right = margin + WIDTH
    picture = blank(height, right + NUMBER + widest + margin // 2, background)
    picture[margin : margin + length, margin:right] = _bar(colours, length, background)
    mark_colour = to_bytes([*letters[:3], 1.0])
    picture[margin : margin + length, right] = mark_colour
    for value, text in texts.items():
        row = margin + _share_from_top(colours, value) * (length - 1)
        picture[round(row), right : right + MARK] = mark_colour
        write(picture, text, (row, right + NUMBER), "lm", letters, size)
    return picture


def _mark_texts(colours: ValueColours) -> dict[float, str]:
    """Return the text of each value that a bar marks."""
    low, high = colours.limits
    return {value: number_text(value, (high - low) * TOLD) for value in _marks(colours)}


def _share_from_top(colours: ValueColours, value: float) -> float:
    """Return where a value is on the bar, from 0 at the top to 1."""
    low, high = colours.limits
    return (high - value) / (high - low)


def _bar(colours: ValueColours, length: int, background: Sequence[float]) -> Bytes:
    """Return the colours of values from the highest to the lowest, (length, 1, 4)."""
    return compose([colours.ramp(length)[::-1]], background=background)


def _marks(colours: ValueColours) -> list[float]:
    """Return the values to be written at a bar: the ends, the threshold, and 0 inside."""
    low, high = colours.limits
    marks = [low, high]
    # The default threshold is there to hide 0, which has a mark of its own.
    hidden = (0.0, 0.0) if colours.hidden == ZEROS else colours.hidden or ()
    for value in (*hidden, 0.0):
        is_free = all(abs(value - mark) > (high - low) * APART for mark in marks)
        if is_free and low < value < high:
            marks.append(value)
    return marks


def finished(
    pictures: Sequence[Bytes],
    columns: int,
    style: SheetStyle,
    colours: ValueColours | None = None,
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Bytes:
    """Return one picture of several, with a colour bar and a title, and save it.

    Parameters
    ----------
    pictures : sequence of (rows, columns, 4) uint8 array
    columns : int
    style : SheetStyle
    colours : ValueColours, optional
        Of the bar; without them there is none.
    title : str, optional
    path : path, optional
        Where to save it.
    """
    picture = tiled(pictures, columns, style.background)
    look = (style.letter_size, style.letters, style.background)
    if colours is not None:
        bar = colour_bar(colours, picture.shape[0], *look)
        picture = side_by_side(picture, bar, style.background)
    picture = titled(picture, title, *look)
    if path is not None:
        save_png(picture, path_text("output_file", path))
    return picture


def save_png(picture: Bytes, path: str | PathLike[str]) -> None:
    """Write a picture as PNG, or in the format of the ending of the name.

    Parameters
    ----------
    picture : (height, width, 3 or 4) uint8 array
    path : str or path
        Its ending is that of the format: .png, or any that matplotlib knows.

    Raises
    ------
    UsageError
        If it is not a picture, or no picture has such an ending.
    ImageFileError
        If the file cannot be written there.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> volio.display.save_png(volio.display.plot_ortho(img), "ortho.png")
    """
    name = path_text("path", path)
    if np.ndim(picture) == 2:  # gray
        picture = np.repeat(np.asarray(picture)[..., np.newaxis], 3, axis=-1)
    data = _file_of(as_picture("picture", picture), name)
    with open_for_write([FileHolder(name)]) as (stream,):
        stream.write(data)


def as_picture(name: str, given: object) -> Bytes:
    """Return a picture: an array of bytes, of rows, columns and 3 or 4 channels.

    Raises
    ------
    UsageError
        If it is not one.
    """
    picture = np.asarray(given)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4):
        found = f"{picture.dtype} {picture.shape}" if picture.ndim else type(given).__name__
        raise UsageError(f"{name}: must be of shape (rows, columns, 3 or 4) and uint8, got {found}")
    return picture


def _file_of(picture: Bytes, name: str) -> bytes:
    """Return the bytes of a file of a picture, in the format of its name."""
    from PIL import Image

    stream = BytesIO()
    ending = ending_of(name)
    if ending in ("", "png"):
        # Higher levels take ten times as long and save a few percent.
        Image.fromarray(np.ascontiguousarray(picture)).save(stream, "PNG", compress_level=3)
        return stream.getvalue()
    known = imported("matplotlib.backend_bases").FigureCanvasBase.get_supported_filetypes()
    if ending not in known:
        raise UsageError(
            f"{name}: no picture has the ending {ending!r}; there are {', '.join(sorted(known))}"
        )
    imported("matplotlib.image").imsave(stream, picture, format=ending)
    return stream.getvalue()


def ending_of(name: str) -> str:
    """Return the ending of a name of a file, in lower case and without the dot."""
    return PurePath(name).suffix[1:].lower()
