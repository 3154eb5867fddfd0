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
    # Pieces that follow each other in `data` are one run, copied at once.
    first_of_run = np.flatnonzero(np.r_[True, starts[1:] != ends[:-1]])
    if total < SHORT_RUN * len(first_of_run):
        out[...] = data[row_numbers(offsets, lengths)]
        return out
    done = 0
    last_of_run = np.r_[first_of_run[1:], len(starts)] - 1
    for start, end in zip(starts[first_of_run], ends[last_of_run], strict=False):
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
    nowhere = np.zeros(0, np.intp)
    if starts.ndim != 1 or starts.shape != counts.shape:
        shapes = f"{starts.shape} and {counts.shape}"
        return (
            nowhere,
            nowhere,
            f"offsets and lengths: must be two lists of one length, got {shapes}",
        )
    if starts.size and (starts.dtype.kind not in "iu" or counts.dtype.kind not in "iu"):
        kinds = f"{starts.dtype} and {counts.dtype}"
        return nowhere, nowhere, f"offsets and lengths: must be integers, got {kinds}"
    outside = (starts < 0) | (starts > rows) | (counts < 0)
    if not outside.any():
        outside = counts > rows - starts.astype(np.intp)
    if outside.any():
        number = int(np.argmax(outside))
        found = f"piece {number} of {counts[number]} rows from row {starts[number]} on"
        return nowhere, nowhere, f"offsets and lengths: {found} is outside the {rows} rows"
    return starts.astype(np.intp), counts.astype(np.intp), None
