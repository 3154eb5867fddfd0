"""Lines as records of steps in 1/32 voxel, as they are packed in a .tt file.

A record is the number of coordinates (uint32), the first point (three int32) and a step (three
int8) for each point after it, without any gap before the next record.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import SaveError
from volio.pieces import piece_and_place, starts_of

__all__ = ["PARTS", "StepRecords", "find_steps", "pack_steps", "points_of"]

Bytes = NDArray[np.uint8]

#: Units in a voxel.
PARTS = 32
#: Bytes of a record before its steps, and those of its count.
HEAD = 16
COUNT_BYTES = 4
#: The first point is in int32.
LARGEST_FIRST = 2**31
#: Largest step in each direction.
LARGEST = 127


class StepRecords(NamedTuple):
    """The complete records at the beginning of some bytes.

    Attributes
    ----------
    starts : array of int64, shape (m,)
        Byte at which each record begins.
    counts : array of int64, shape (m,)
        Points of each.
    end : int
        Byte after the last one.
    needed : int
        Bytes that the next record needs, which is not complete; 0 where nothing follows.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    end: int
    needed: int


def find_steps(data: Bytes) -> StepRecords | int:
    """Find the records in bytes that begin with one.

    Returns
    -------
    StepRecords or int
        The byte of a record whose number of coordinates is not that of points.
    """
    view = data.data
    starts: list[int] = []
    counts: list[int] = []
    at = 0
    needed = 0
    while at < len(view):
        coordinates = int.from_bytes(view[at : at + 4], "little")
        # The head has a point that the coordinates count as well.
        after = at + coordinates + HEAD - 3
        if at + 4 > len(view) or after > len(view):
            needed = HEAD if at + 4 > len(view) else after - at
            break
        if coordinates % 3:
            return at
        starts.append(at)
        counts.append(coordinates // 3)
        at = after
    return StepRecords(np.array(starts, np.int64), np.array(counts, np.int64), at, needed)


def points_of(data: Bytes, records: StepRecords) -> NDArray[np.float32]:
    """Return the points of records, voxels (centres at integers), shape (n, 3)."""
    heads, is_step = _layout(records.starts, records.counts, records.end)
    steps = data[: records.end][is_step].view(np.int8).reshape(-1, 3)
    firsts = np.ascontiguousarray(data[heads[:, COUNT_BYTES:]]).view("<i4").reshape(-1, 3)
    lengths = records.counts[records.counts > 0]
    line, place = piece_and_place(lengths)
    rows = np.empty((len(line), 3), np.int64)  # a first point, then steps
    rows[place == 0] = firsts
    rows[place > 0] = steps
    sums = np.cumsum(rows, axis=0)
    # Sums run on from line to line: what was there before each line's first point.
    before = sums[place == 0] - firsts
    units = sums - before[line]
    points: NDArray[np.float32] = (units / PARTS).astype(np.float32)
    return points


def _layout(
    starts: NDArray[np.int64], counts: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return what the bytes of records are.

    Parameters
    ----------
    starts, counts : array of int64, shape (m,)
        First byte of each record, and how many points it has.
    size : int
        Bytes of all records.

    Returns
    -------
    heads : array of int64, shape (k, HEAD)
        The bytes of the head of each record that has points.
    is_step : array of bool, shape (size,)
        Which bytes are of steps from point to point.
    """
    filled = counts > 0
    heads = starts[filled][:, np.newaxis] + np.arange(HEAD)
    is_step = np.ones(size, bool)
    is_step[heads] = False
    # A record without points has 13 bytes: no room for three more of its head.
    for start in starts[~filled]:
        is_step[start : start + HEAD - 3] = False
    return heads, is_step


def pack_steps(points: NDArray[Any], lengths: NDArray[np.int64]) -> tuple[Bytes, int, float]:
    """Return lines as records.

    Parameters
    ----------
    points : array of float, shape (n, 3)
        Voxels (centres at integers).
    lengths : array of int64, shape (m,)

    Returns
    -------
    data : array of uint8
    added : int
        Points that were put between others which are too far apart.
    error : float
        The largest rounding of a coordinate, voxels.

    Raises
    ------
    SaveError
        If a coordinate is not finite, or too large.
    """
    exact = points.astype(np.float64) * PARTS
    # NaN is not below the limit either.
    if not (np.abs(exact) < LARGEST_FIRST).all():
        raise SaveError("points: must be finite, and within 67 million voxels of the first one")
    units = np.rint(exact).astype(np.int64)
    error = float(np.abs(units - exact).max(initial=0)) / PARTS
    units, lengths, added = _with_short_steps(units, lengths)
    # The first point is in the head; each of the others is a step of three bytes.
    sizes = HEAD + 3 * (lengths - 1)
    data = np.zeros(int(sizes.sum()), np.uint8)
    heads, is_step = _layout(starts_of(sizes), lengths, len(data))
    _, place = piece_and_place(lengths)
    # A head is the number of coordinates, three for each point, and the first point.
    fields = np.empty((len(heads), 4), "<i4")
    fields[:, 0] = 3 * lengths[lengths > 0]
    fields[:, 1:] = units[place == 0]
    data[heads] = fields.view(np.uint8)
    # From each point to the next; nothing leads to the first one of a line.
    steps = np.diff(units, axis=0, prepend=0)[place > 0]
    data[is_step] = steps.astype(np.int8).view(np.uint8).ravel()
    return data, added, error


def _with_short_steps(
    units: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return points with others between those that are too far apart for one step."""
    line, place = piece_and_place(lengths)
    # From each point to the next of its line, in the direction in which they are most apart.
    apart = np.zeros(len(units), np.int64)
    if len(units):
        apart[:-1] = np.abs(np.diff(units, axis=0)).max(axis=1, initial=0)
        is_last = place == lengths[line] - 1
        apart[is_last] = 0
    # Steps from each point to the next: rounded up, and one at least.
    pieces = np.maximum(-(-apart // LARGEST), 1)
    added = int(pieces.sum()) - len(units)
    if not added:
        return units, lengths, 0
    # Point `number` begins each of its steps; the n-th one begins n parts of the way along.
    number, part = piece_and_place(pieces)
    after = np.minimum(number + 1, len(units) - 1)
    way = units[after] - units[number]
    # Rounded down alike at both ends of a step, so none is longer than the longest allowed.
    along = way * part[:, np.newaxis] // pieces[number][:, np.newaxis]
    moved = units[number] + along
    more = np.bincount(line, weights=pieces - 1, minlength=len(lengths))
    return moved, lengths + more.astype(np.int64), added
