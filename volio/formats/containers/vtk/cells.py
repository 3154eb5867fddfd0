"""Cells of VTK files: polygons, strips of triangles, and others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.vtk.legacy_reader import LegacyReader
from volio.numerals import parse_int

__all__ = ["Cells", "counts_between", "read_cells", "strip_triangles"]

#: Numbers of corners of all cells, and how many each cell has.
Cells = tuple[NDArray[np.int64], NDArray[np.int64]]


def read_cells(reader: LegacyReader, words: list[str], has_offsets: bool) -> Cells:
    """Read the cells of a kind.

    Parameters
    ----------
    reader : LegacyReader
    words : list of str
        The line that begins them: the kind and two numbers.
    has_offsets : bool
        Since version 5 where each cell begins is in an array of its own; before it, each is its
        number of corners and the corners.

    Raises
    ------
    HeaderDataError
        If the numbers do not agree.
    """
    kind = words[0]
    try:
        first, second = (parse_int(word) for word in words[1:])
    except ValueError as error:
        raise HeaderDataError(f"{kind}: two numbers must follow, got {words[1:]}") from error
    if has_offsets:
        return _with_offsets(reader, kind, first, second)
    return _with_counts(reader.array("int", second, kind).astype(np.int64), kind, first)


def _with_counts(numbers: NDArray[np.int64], kind: str, cells: int) -> Cells:
    """Return cells whose number of corners is before their corners."""
    # Mostly all have as many: a table, the first column of which is the number of the others.
    width = len(numbers) // cells if cells > 0 else 0
    if width and len(numbers) == width * cells:
        table = numbers.reshape(cells, width)
        if (table[:, 0] == width - 1).all():
            return table[:, 1:].ravel(), np.full(cells, width - 1, np.int64)
    starts: list[int] = []
    at = 0
    while at < len(numbers) and numbers[at] >= 0:
        starts.append(at)
        at += int(numbers[at]) + 1
    if at != len(numbers) or len(starts) != cells:
        raise HeaderDataError(f"{kind}: {len(numbers)} numbers are not those of {cells} cells")
    counts = numbers[starts]
    return np.delete(numbers, starts), counts


def _with_offsets(reader: LegacyReader, kind: str, offsets: int, corners: int) -> Cells:
    """Read where cells begin, which is one number more than there are cells, and the corners."""
    begins = _named_array(reader, "OFFSETS", offsets, kind)
    numbers = _named_array(reader, "CONNECTIVITY", corners, kind)
    if not begins.size and corners:
        raise HeaderDataError(f"{kind}: {corners} corners of no cells")
    return numbers, counts_between(begins, corners, kind)


def counts_between(offsets: NDArray[np.int64], corners: int, kind: str) -> NDArray[np.int64]:
    """Return how many corners each cell has.

    Parameters
    ----------
    offsets : array of int, shape (cells + 1,) or (0,)
        Where the corners of each cell begin, and where those of the last one end.
    corners : int
        Of all cells.
    kind : str
        Of the cells, for messages.

    Raises
    ------
    HeaderDataError
        If the offsets do not rise from 0 to the number of corners.
    """
    # Neighbours are compared: the difference of two numbers that are far apart may overflow.
    falls = (offsets[1:] < offsets[:-1]).any()
    if offsets.size and (offsets[0] != 0 or offsets[-1] != corners or falls):
        raise HeaderDataError(f"{kind}: offsets must rise from 0 to {corners}")
    return np.diff(offsets)


def _named_array(reader: LegacyReader, name: str, count: int, kind: str) -> NDArray[np.int64]:
    words = reader.words()
    if len(words) != 2 or words[0].upper() != name:
        raise HeaderDataError(f"{kind}: {name} and a type must follow, got {words[:4]}")
    values: NDArray[Any] = reader.array(words[1], count, f"{name} of {kind}")
    return values.astype(np.int64)


def strip_triangles(cells: Cells) -> Cells:
    """Cut strips into triangles: each three corners in a row, every second turned over."""
    corners, counts = cells
    triangles: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
    start = 0
    for count in counts.tolist():
        strip = corners[start : start + count]
        start += count
        rows = np.stack([strip[:-2], strip[1:-1], strip[2:]], 1) if count > 2 else triangles[0]
        rows[1::2] = rows[1::2, [1, 0, 2]]
        triangles.append(rows)
    cut = np.concatenate(triangles)
    return cut.ravel(), np.full(len(cut), 3, np.int64)
