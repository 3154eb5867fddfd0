"""Cutting blocks of words or rows into lines, without a loop over the lines.

A *record* is a word that says how many rows follow, the rows, and some further words, as in files
of TrackVis. *Rows* that are NaN end a line in files of MRtrix. These functions look at blocks in
memory; they know nothing of files.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MARKED",
    "Records",
    "RowCut",
    "cut_rows",
    "find_records",
    "join_records",
    "take_records",
]

Words = NDArray[np.uint32]

#: Words below this can be counts of rows. As floats they are denormals (below 6e-39), which no
#: program writes as coordinates: hardly any other word is a candidate.
MARKED = 1 << 22


class Records(NamedTuple):
    """The complete records at the beginning of a block of words.

    Attributes
    ----------
    starts : array of int64, shape (m,)
        Word at which each record begins: that of its count.
    counts : array of int64, shape (m,)
        Rows of each record.
    end : int
        Words that the records take together.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    end: int

    def first(self, number: int, columns: int, extra: int) -> Records:
        """Return the first of the records; `columns` and `extra` as for `find_records`."""
        if number >= len(self.starts):
            return self
        counts = self.counts[:number]
        end = int(counts.sum()) * columns + number * (1 + extra)
        return Records(self.starts[:number], counts, end)


def find_records(words: Words, columns: int, extra: int) -> Records:
    """Find the records in a block that begins with one.

    Parameters
    ----------
    words : array of uint32, shape (w,)
        In native byte order. The last record may be incomplete.
    columns : int
        Words of a row.
    extra : int
        Words that follow the rows of a record.

    Returns
    -------
    Records
        Those that are complete, up to the first whose count is negative.
    """
    chained = _chained(words, columns, extra)
    if chained is None:
        return _walked(words, columns, extra)
    # What follows is not complete, or has a count that is not marked: 0, or very large.
    rest = _walked(words[chained.end :], columns, extra)
    if not len(rest.starts):
        return chained
    starts = np.concatenate([chained.starts, rest.starts + chained.end])
    counts = np.concatenate([chained.counts, rest.counts])
    return Records(starts, counts, chained.end + rest.end)


def _chained(words: Words, columns: int, extra: int) -> Records | None:
    """Find records from the words that can be counts; None where that proves nothing.

    Every count is the word at which the record before ends. So if the first candidate is the
    first word, and each candidate's record ends just where the next candidate is, all candidates
    are counts, and there are no others: by induction from the first one.
    """
    # Zero becomes the largest of all words, and is not a candidate.
    starts = np.flatnonzero(words - np.uint32(1) < MARKED)
    counts = words[starts].astype(np.int64)
    after = starts + counts * columns + (1 + extra)
    complete = int(np.searchsorted(after, len(words), "right"))
    starts = starts[:complete]
    after = after[:complete]
    if not complete or starts[0] != 0 or after[-1] > len(words):
        return None
    if not np.array_equal(after[:-1], starts[1:]):
        return None
    return Records(starts, counts[:complete], int(after[-1]))


def _walked(words: Words, columns: int, extra: int) -> Records:
    """Find records one after the other: those of lines without points, and odd coordinates."""
    signed = words.view(np.int32).data
    length = len(signed)
    starts = []
    counts = []
    position = 0
    while position < length:
        count = signed[position]
        after = position + 1 + count * columns + extra
        if count < 0 or after > length:
            break
        starts.append(position)
        counts.append(count)
        position = after
    return Records(np.array(starts, np.int64), np.array(counts, np.int64), position)


def take_records(
    words: Words, records: Records, columns: int, extra: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Take rows and further words out of records.

    Parameters
    ----------
    words : array of uint32
    records : Records
        As `find_records` found them in `words`.
    columns, extra : int
        As for `find_records`.

    Returns
    -------
    rows : array of uint32, shape (n, columns)
        Copied.
    values : array of uint32, shape (m, extra)
    """
    keep = np.ones(records.end, bool)
    keep[records.starts] = False
    last = records.starts + records.counts * columns  # the last word of the rows of each record
    for number in range(1, extra + 1):
        keep[last + number] = False
    values = words[(last + 1)[:, np.newaxis] + np.arange(extra)]
    return words[: records.end][keep].reshape(-1, columns), values


def join_records(
    rows: NDArray[np.uint32], counts: NDArray[np.int64], values: NDArray[np.uint32]
) -> Words:
    """Put rows and further words together as records: the inverse of `take_records`.

    Parameters
    ----------
    rows : array of uint32, shape (n, columns)
    counts : array of int64, shape (m,)
        Rows of each record; together n.
    values : array of uint32, shape (m, extra)

    Returns
    -------
    array of uint32
    """
    extra = values.shape[1]
    sizes = counts * rows.shape[1] + (1 + extra)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    words = np.empty(rows.size + len(counts) * (1 + extra), np.uint32)
    keep = np.ones(len(words), bool)
    keep[starts] = False
    for number in range(extra):
        place = ends - extra + number
        keep[place] = False
        words[place] = values[:, number]
    words[keep] = rows.ravel()
    words[starts] = counts.astype(np.uint32)
    return words


class RowCut(NamedTuple):
    """What `cut_rows` found.

    Attributes
    ----------
    rows : array, shape (n, 3)
        The points, at the beginning of the array that was given.
    ends : array of int64
        Points before the end of each line that ends here.
    is_last : bool
        Whether the row that ends the file was there.
    """

    rows: NDArray[Any]
    ends: NDArray[np.int64]
    is_last: bool


def cut_rows(rows: NDArray[Any]) -> RowCut:
    """Take the rows that end lines out of points, in place.

    A row whose three numbers are NaN ends a line, one whose numbers are infinite the file. A row
    with fewer of them is a point.

    Parameters
    ----------
    rows : array of float32 or float64, shape (n, 3)
        C-contiguous; changed.
    """
    odd = np.flatnonzero(~np.isfinite(rows[:, 0]))
    last = odd[np.isinf(rows[odd]).all(axis=1)]
    is_last = len(last) > 0
    if is_last:
        rows = rows[: last[0]]
        odd = odd[: np.searchsorted(odd, last[0])]
    marks = odd[np.isnan(rows[odd]).all(axis=1)]
    if len(marks):
        keep = np.ones(len(rows), bool)
        keep[marks] = False
        # One item for a row: numpy moves three numbers at once.
        items = rows.view(np.dtype((np.void, rows.itemsize * 3)))[:, 0]
        kept = items[keep]
        items[: len(kept)] = kept
        rows = rows[: len(kept)]
    return RowCut(rows, marks - np.arange(len(marks)), is_last)
