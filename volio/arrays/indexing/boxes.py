"""Which boxes of an array hold what an index asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from volio.arrays.indexing.request import Indices, Range

__all__ = ["Group", "Part", "bound_parts", "cut_range", "group_points"]


DENSE = 4  # voxels read per voxel wanted that are few, where rows of voxels are cheap to read


class Part(NamedTuple):
    """Indices ``low`` up to ``high`` along one axis, of which some are wanted.

    Attributes
    ----------
    low, high : int
        What is read.
    pick : slice
        What is wanted of it.
    place : slice
        Where that belongs in the result.
    """

    low: int
    high: int
    pick: slice
    place: slice


class Group(NamedTuple):
    """Points that are read together.

    Attributes
    ----------
    points : ndarray of intp
        Which of the points.
    box : dict of int to (int, int)
        Start and stop along each axis they are picked from.
    """

    points: Indices
    box: dict[int, tuple[int, int]]


def cut_range(wanted: Range, gap: int) -> list[Part]:
    """Cut an ascending range into runs, reading through up to `gap` unwanted indices.

    Parameters
    ----------
    wanted : Range
        Its step is positive.
    gap : int
        Unwanted indices between two wanted ones that are read along.

    Returns
    -------
    list of Part
        Ascending.
    """
    start, step, count = wanted
    if not count:
        return []
    step = 1 if count == 1 else step
    if step - 1 <= gap:
        high = start + (count - 1) * step + 1
        return [Part(start, high, slice(None, None, step), slice(0, count))]
    starts = range(start, start + count * step, step)
    return [
        Part(low, low + 1, slice(None), slice(place, place + 1)) for place, low in enumerate(starts)
    ]


def bound_parts(parts: list[Part], most: int) -> list[Part]:
    """Cut parts so that none reads more than `most` indices (or one wanted index)."""
    return [piece for part in parts for piece in _bounded(part, most)]


def _bounded(part: Part, most: int) -> Iterator[Part]:
    step = part.pick.step or 1
    wanted = max(1, most // step)  # wanted indices per piece
    for place in range(part.place.start, part.place.stop, wanted):
        count = min(wanted, part.place.stop - place)
        low = part.low + (place - part.place.start) * step
        high = low + (count - 1) * step + 1
        yield Part(low, high, part.pick, slice(place, place + count))


def group_points(
    points: Mapping[int, Indices], order: Sequence[int], gaps: Sequence[int], most: int
) -> list[Group]:
    """Put points into boxes that hold little else.

    Boxes are halved along the slowest axis they extend in until reading them costs less than
    reading their points apart, and until they are small enough.

    Parameters
    ----------
    points : mapping of int to ndarray of intp, shape (n,)
        Index of each point along each axis they are picked from; at least one axis.
    order : sequence of int
        Those axes, slowest first.
    gaps : sequence of int
        Per axis of the array, how many unwanted indices cost less to read than to skip.
    most : int
        Voxels that a box may have.

    Returns
    -------
    list of Group
        In about the order of storage.
    """
    groups = []
    waiting = [np.arange(len(points[order[0]]))]
    while waiting:
        chosen = waiting.pop()
        box = {axis: _extent(points[axis][chosen]) for axis in order}
        if _volume(box) <= most and _is_cheap(box, _distinct(points, chosen), order, gaps):
            groups.append(Group(chosen, box))
            continue
        axis = next(axis for axis in order if box[axis][1] - box[axis][0] > 1)
        low = points[axis][chosen] < sum(box[axis]) // 2
        waiting += [chosen[~low], chosen[low]]
    return groups


def _is_cheap(
    box: Mapping[int, tuple[int, int]], count: int, order: Sequence[int], gaps: Sequence[int]
) -> bool:
    """Tell whether a box is read at less cost than `count` points in it."""
    *slower, fastest = order
    if _volume(box) <= count * (DENSE if gaps[fastest] else 1):
        return True
    near = all(box[axis][1] - box[axis][0] - 1 <= gaps[axis] for axis in slower)
    return near and _volume(box) <= count * (1 + gaps[fastest])


def _extent(indices: Indices) -> tuple[int, int]:
    return int(indices.min()), int(indices.max()) + 1


def _volume(box: Mapping[int, tuple[int, int]]) -> int:
    volume = 1
    for low, high in box.values():
        volume *= high - low
    return volume


def _distinct(points: Mapping[int, Indices], chosen: Indices) -> int:
    """Count the points, each index once where they lie along one axis."""
    if len(points) > 1:
        return len(chosen)
    (indices,) = points.values()
    return len(np.unique(indices[chosen]))
