"""Pieces of unequal length that follow each other in one array: where they begin, and their rows.

Lines of points, polygons of corners, spans of pixels: all are stored so, with their lengths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Numbers", "piece_and_place", "row_numbers", "starts_of"]

Numbers = npt.NDArray[np.int64]


def starts_of(lengths: npt.NDArray[np.integer[Any]]) -> Numbers:
    """Return the first row of each piece, where the first one begins at row 0."""
    starts: Numbers = np.cumsum(lengths, dtype=np.int64) - lengths
    return starts


def piece_and_place(lengths: npt.NDArray[np.integer[Any]]) -> tuple[Numbers, Numbers]:
    """Return for each row of all pieces which piece it is of, and its place in it, from 0 on.

    Examples
    --------
    >>> piece, place = piece_and_place(np.array([2, 0, 3]))
    >>> piece.tolist(), place.tolist()
    ([0, 0, 2, 2, 2], [0, 1, 0, 1, 2])
    """
    piece = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(piece)) - starts_of(lengths)[piece]
    return piece, place


def row_numbers(
    starts: npt.NDArray[np.integer[Any]], lengths: npt.NDArray[np.integer[Any]]
) -> Numbers:
    """Return the number of each row of each piece, in the order of the pieces.

    Parameters
    ----------
    starts, lengths : array of int, shape (n,)
        Pieces may be in any order, and have gaps between them or rows in common.
    """
    # The k-th row of all, in a piece whose rows are counted from `compact` on, is the row
    # k - compact of that piece.
    shifts = np.repeat(starts - starts_of(lengths), lengths)
    return np.asarray(shifts + np.arange(len(shifts)), np.int64)
