"""Boxes: how ranges, points and runs are cut into boxes that hold little else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from volio.arrays.indexing.request import Box, Indices, Range
from volio.arrays.indexing.runs import full_box

__all__ = ["Part", "PointGroup", "cut_range", "group_points", "reads_between", "run_boxes"]


# Voxels that are read for each one wanted, where the fastest axis is cheap to read through.
DENSE = 4


class Part(NamedTuple):
    """Indices ``low`` up to ``high`` along one axis, of which some are wanted.

    Attributes
    ----------
    low, high : int
        What is read.
    wanted : slice
        Which of the indices that are read are wanted, counted from `low`.
    target : slice
        Where these belong in the result.
    """

    low: int
    high: int
    wanted: slice
    target: slice

    @property
    def length(self) -> int:
        """How many indices are read."""
        return self.high - self.low


class PointGroup(NamedTuple):
    """Points that are read together.

    Attributes
    ----------
    points : ndarray of intp
        Which of the points.
    box : dict of int to (int, int)
        Start and stop along each axis they are selected from.
    """

    points: Indices
    box: dict[int, tuple[int, int]]

    @property
    def volume(self) -> int:
        """How many voxels the box has along these axes."""
        return _volume(self.box)

    @property
    def is_single(self) -> bool:
        """Whether it is one point, whose box has nothing else."""
        return len(self.points) == 1 and self.volume == 1


def reads_between(wanted: Range, gap: int) -> bool:
    """Return whether indices between the wanted ones are read along: there are few enough."""
    return wanted.length > 1 and 0 < wanted.step - 1 <= gap


def cut_range(wanted: Range, gap: int, max_length: int | None = None) -> list[Part]:
    """Cut an ascending range into parts to be read one by one.

    Parameters
    ----------
    wanted : Range
        Its step is positive.
    gap : int
        Unwanted indices between two wanted ones that are read along. Where there are more, each
        wanted index is a part of its own.
    max_length : int, optional
        Indices that a part may have, where that is more than one wanted index.

    Returns
    -------
    list of Part
        Ascending.
    """
    start, step, count = wanted
    if step - 1 > gap:
        per_part = 1
    elif max_length is None:
        per_part = count
    else:
        # n wanted indices and what is between them are (n - 1) * step + 1 indices. Counting
        # n * step of them cuts a little early, and no part is longer than max_length.
        per_part = max_length // step
    parts = []
    for first in range(0, count, max(1, per_part)):
        last = min(first + max(1, per_part), count) - 1
        low = start + first * step
        high = start + last * step + 1
        parts.append(Part(low, high, slice(None, None, step), slice(first, last + 1)))
    return parts


def group_points(
    points: Mapping[int, Indices], order: Sequence[int], gaps: Sequence[int], max_volume: int
) -> list[PointGroup]:
    """Put points into boxes that hold little else.

    Boxes are halved along the slowest axis they extend in until reading them costs less than
    reading their points one by one, and until they are small enough.

    Parameters
    ----------
    points : mapping of int to ndarray of intp, shape (n,)
        Index of each point along each axis they are selected from; at least one axis and one
        point.
    order : sequence of int
        Those axes, slowest first.
    gaps : sequence of int
        Per axis of the array, how many unwanted indices cost less to read than to skip.
    max_volume : int
        Voxels that a box may have, where it has more than one.

    Returns
    -------
    list of PointGroup
        In about the order of storage.
    """
    if len(order) == 1:
        (axis,) = order
        return _groups_of_line(axis, points[axis], gaps[axis], max_volume)
    groups = []
    waiting = [np.arange(len(points[order[0]]))]
    while waiting:
        chosen = waiting.pop()
        group = PointGroup(chosen, {axis: _extent(points[axis][chosen]) for axis in order})
        small = group.volume <= max_volume
        if small and _is_cheap(group.box, _distinct(points, chosen), order, gaps):
            groups.append(group)
        else:
            waiting += _halves(group, points)  # taken from the end: the lower half comes first
    return groups


def _groups_of_line(axis: int, indices: Indices, gap: int, max_volume: int) -> list[PointGroup]:
    """Put points along one axis into groups, in the order of storage.

    Each group is as long as its distinct indices pay for, see `_is_cheap`.
    """
    distinct, number_of = np.unique(indices, return_inverse=True)
    # The points by their index, and where in this order those of each distinct index end.
    in_order = np.argsort(number_of, kind="stable")
    ends = np.searchsorted(number_of[in_order], np.arange(1, len(distinct) + 1))
    worth = max(DENSE, 1 + gap) if gap else 1  # indices read for each one that is wanted
    groups = []
    first = 0  # number of the first distinct index of the group
    first_point = 0  # in order
    for last, index in enumerate(distinct.tolist()):
        is_complete = last + 1 == len(distinct)
        if not is_complete:
            # With the next index the group would be so long, and have so many distinct ones.
            length = int(distinct[last + 1]) + 1 - int(distinct[first])
            wanted = last + 2 - first
            is_complete = length > min(max_volume, worth * wanted)
        if is_complete:
            members = np.sort(in_order[first_point : ends[last]])
            box = {axis: (int(distinct[first]), index + 1)}
            groups.append(PointGroup(members, box))
            first = last + 1
            first_point = int(ends[last])
    return groups


def _halves(group: PointGroup, points: Mapping[int, Indices]) -> tuple[Indices, Indices]:
    """Cut a group along the slowest axis it extends in; return the upper and the lower points."""
    longer = [axis for axis, (start, stop) in group.box.items() if stop - start > 1]
    axis = longer[0]  # the box has its axes slowest first
    start, stop = group.box[axis]
    middle = (start + stop) // 2
    is_lower = points[axis][group.points] < middle
    return group.points[~is_lower], group.points[is_lower]


def _is_cheap(
    box: Mapping[int, tuple[int, int]], count: int, order: Sequence[int], gaps: Sequence[int]
) -> bool:
    """Return whether reading a box costs less than reading the `count` points in it."""
    *slower, fastest = order
    if _volume(box) <= count * (DENSE if gaps[fastest] else 1):
        return True
    # Thinner points: along the fastest axis each may have its gap, along the slower ones the
    # whole box must be no wider than what is read through anyway.
    narrow = all(box[axis][1] - box[axis][0] - 1 <= gaps[axis] for axis in slower)
    return narrow and _volume(box) <= count * (1 + gaps[fastest])


def _extent(indices: Indices) -> tuple[int, int]:
    return int(indices.min()), int(indices.max()) + 1


def _volume(box: Mapping[int, tuple[int, int]]) -> int:
    return prod([high - low for low, high in box.values()])


def _distinct(points: Mapping[int, Indices], chosen: Indices) -> int:
    """Count the points; of those along one axis each index once."""
    if len(points) > 1:
        return len(chosen)
    (indices,) = points.values()
    return len(np.unique(indices[chosen]))


def run_boxes(shape: Sequence[int], start: int, stop: int) -> list[Box]:
    """Cut a run of voxels into boxes.

    Parameters
    ----------
    shape : sequence of int
        Shape of the array, last axis fastest.
    start, stop : int
        The run, as indices into the flattened array: ``0 <= start <= stop <= size``.

    Returns
    -------
    list of boxes
        In order; the voxels of each are one part of the run.
    """
    if start == stop:
        return []
    if not shape:
        return [()]
    row = prod(shape[1:])  # not 0, as there are voxels
    first, head = divmod(start, row)  # the run begins at voxel `head` of row `first`
    last, tail = divmod(stop, row)  # and ends before voxel `tail` of row `last`
    if first == last:
        return _in_row(shape, first, head, tail)
    boxes = []
    if head:
        boxes += _in_row(shape, first, head, row)
        first += 1
    if first < last:
        boxes.append(((first, last), *full_box(shape[1:])))
    return boxes + _in_row(shape, last, 0, tail)


def _in_row(shape: Sequence[int], row: int, start: int, stop: int) -> list[Box]:
    return [((row, row + 1), *box) for box in run_boxes(shape[1:], start, stop)]
