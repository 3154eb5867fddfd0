"""Pieces of one array along its first axis: where they are, and copies of them without gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array
from volio.pieces import row_numbers, starts_of

__all__ = ["Places", "are_compact", "check_places", "gather"]

Places = npt.NDArray[np.intp]

# Runs of fewer rows than this on average are gathered by index: a copy per run costs more.
SHORT_RUN = 8


def are_compact(offsets: Places, lengths: Places, rows: int) -> bool:
    """Return whether pieces follow each other from row 0 on and fill all rows."""
    if int(lengths.sum()) != rows:
        return False
    return np.array_equal(offsets, starts_of(lengths))


def gather(data: Array, offsets: Places, lengths: Places, out: Array | None = None) -> Array:
    """Copy pieces one after the other into one array.

    Parameters
    ----------
    data : ndarray, shape (rows, ...)
    offsets, lengths : ndarray of intp, shape (n,)
        First row and number of rows of each piece.
    out : ndarray, optional
        Where to copy to; its first axis is as long as all pieces together.

    Returns
    -------
    ndarray
        `out`, or a new array.
    """
    total = int(lengths.sum())
    if out is None:
        out = np.empty((total, *data.shape[1:]), data.dtype)
    if total == 0:
        return out
    filled = lengths > 0
    starts = offsets[filled]
    ends = starts + lengths[filled]
    # Pieces that follow each other in `data` are one run, copied at once. A run begins with the
    # first piece, and with each that does not begin where the one before it ends.
    begins_run = np.ones(len(starts), bool)
    begins_run[1:] = starts[1:] != ends[:-1]
    first_of_run = np.flatnonzero(begins_run)
    if total < SHORT_RUN * len(first_of_run):
        out[...] = data[row_numbers(offsets, lengths)]
        return out
    # A run ends with the piece before the next run, the last one with the last piece.
    last_of_run = np.append(first_of_run[1:] - 1, len(starts) - 1)
    done = 0  # rows of `out`
    for start, end in zip(starts[first_of_run], ends[last_of_run], strict=True):
        count = int(end - start)
        out[done : done + count] = data[start:end]
        done += count
    return out


def check_places(offsets: Any, lengths: Any, rows: int) -> tuple[Places, Places, str | None]:
    """Return offsets and lengths as arrays of intp, and what is wrong with them.

    Parameters
    ----------
    offsets, lengths : array_like of int, shape (n,)
    rows : int
        How many rows there are.

    Returns
    -------
    offsets, lengths : ndarray of intp
    problem : str or None
        None where every piece is inside the rows.
    """
    starts = np.asarray(offsets)
    counts = np.asarray(lengths)
    problem = _problem(starts, counts, rows)
    if problem is not None:
        nowhere = np.zeros(0, np.intp)
        return nowhere, nowhere, f"offsets and lengths: {problem}"
    return starts.astype(np.intp), counts.astype(np.intp), None


def _problem(starts: Array, counts: Array, rows: int) -> str | None:
    """Return what is wrong with the places of pieces, as words; None where nothing is."""
    if starts.ndim != 1 or starts.shape != counts.shape:
        return f"must be two lists of one length, got {starts.shape} and {counts.shape}"
    if starts.size and (starts.dtype.kind not in "iu" or counts.dtype.kind not in "iu"):
        return f"must be integers, got {starts.dtype} and {counts.dtype}"
    outside = (starts < 0) | (starts > rows) | (counts < 0)
    if not outside.any():
        # Not by the sum, which the largest integers would pass.
        outside = counts > rows - starts.astype(np.intp)
    if outside.any():
        number = int(np.argmax(outside))
        piece = f"piece {number} of {counts[number]} rows from row {starts[number]} on"
        return f"{piece} is outside the {rows} rows"
    return None
