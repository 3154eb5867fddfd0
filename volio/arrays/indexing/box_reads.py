"""Box reads: the boxes to read for an index, in the order of storage and of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.indexing.boxes import Part, PointGroup, cut_range, group_points, reads_between
from volio.arrays.indexing.request import Box, Indices, Range
from volio.arrays.indexing.runs import Array, StorageLayout, empty, lengths_of, part_of

__all__ = ["TEMPORARY", "BoxRead", "FillBox", "fill_boxes", "point_reads", "range_reads"]

TEMPORARY = 4 << 20  # bytes of a box that holds more than what is wanted


FillBox = Callable[[Array, Box], None]  # ``fill(out, box)``, as `LazyArray.fill`


class BoxRead(NamedTuple):
    """One box to read.

    Attributes
    ----------
    box : tuple of (start, stop)
        Per axis of the array that is read.
    out : ndarray
        To be filled with the values of the box; of its shape, with any strides.
    on_done : callable, optional
        ``on_done()`` is called once `out` is filled: it copies what is wanted out of it.
    """

    box: Box
    out: Array
    on_done: Callable[[], None] | None = None


def fill_boxes(fill: FillBox, reads: Iterable[BoxRead]) -> None:
    """Read boxes one after the other.

    Parameters
    ----------
    fill : callable
        ``fill(out, box)`` fills an array with the values of a box.
    reads : iterable of BoxRead
        The next one is taken when the one before is done, so that only one of the arrays that are
        not part of the result is in memory.
    """
    for box, out, on_done in reads:
        fill(out, box)
        if on_done is not None:
            on_done()


Parts = dict[int, list[Part]]  # per axis, ascending


def range_reads(layout: StorageLayout, out: Array, ranges: Sequence[Range]) -> Iterator[BoxRead]:
    """Yield the reads that fill `out` with a range of indices along each axis.

    Parameters
    ----------
    layout : StorageLayout
        Of the array that is read.
    out : ndarray
        Shape: the lengths of the ranges; any strides.
    ranges : sequence of Range
        Of any step.

    Yields
    ------
    BoxRead
        Its box covers just what is wanted and its `out` is a part of `out`, where that can be.
        Otherwise it has an array of its own, from which `on_done` copies the wanted part.
    """
    out, ranges = _ascending(out, ranges)
    exact = not any(map(reads_between, ranges, layout.gaps))
    cutter = _Cutter(layout, ranges, None if exact else TEMPORARY // out.itemsize)
    cutter.cut(layout.order)
    for chosen in cutter.combinations(layout.order):
        parts = [chosen[axis] for axis in range(len(ranges))]
        target = part_of(out, [part.target for part in parts])
        yield _exact_read(parts, target) if exact else _copying_read(layout, parts, target)


def _exact_read(parts: Sequence[Part], target: Array) -> BoxRead:
    """Return the read of parts of which all is wanted."""
    return BoxRead(tuple([(part.low, part.high) for part in parts]), target)


def _copying_read(layout: StorageLayout, parts: Sequence[Part], target: Array) -> BoxRead:
    """Return the read of parts into an array of their own, which then copies what is wanted."""
    held = empty([part.length for part in parts], target.dtype, layout.order)
    wanted = part_of(held, [part.wanted for part in parts])
    return _exact_read(parts, held)._replace(on_done=partial(np.copyto, target, wanted))


def point_reads(
    layout: StorageLayout,
    out: Array,
    points: Mapping[int, Indices],
    ranges: Sequence[Range],
    result_axes: Sequence[int],
) -> Iterator[BoxRead]:
    """Yield the reads that fill `out` with points along some axes and ranges along the others.

    Parameters
    ----------
    layout : StorageLayout
        Of the array that is read.
    out : ndarray, shape (n points, lengths of the ranges of the result axes)
    points : mapping of int to ndarray of intp, shape (n,)
        Index of each point along each axis that they are selected from.
    ranges : sequence of Range
        One per axis, of any step; of one index where the axis is in `points` or has an integer.
    result_axes : sequence of int
        Axes that are dimensions of `out`, ascending.

    Yields
    ------
    BoxRead
        Its `on_done` copies the wanted voxels, unless its `out` is a part of `out`: where the box
        holds what one point has, and nothing else.
    """
    # The first dimension of `out` counts the points; the others are those of ranges.
    of_points = Range(0, 1, len(out))
    of_results = [ranges[axis] for axis in result_axes]
    out, (_, *of_results) = _ascending(out, [of_points, *of_results])
    ascending = dict(enumerate(ranges))
    ascending.update(zip(result_axes, of_results, strict=True))
    is_exact = not any(map(reads_between, of_results, [layout.gaps[axis] for axis in result_axes]))
    outer, selected, inner = _axes_around(points, layout.order)
    cutter = _Cutter(layout, ascending, TEMPORARY // out.itemsize)
    # The fastest axes are cut first: what fits of them into memory leaves room for points, and
    # these for the slowest axes.
    cutter.cut(inner)
    if selected:
        groups = group_points(points, selected, layout.gaps, cutter.room)
    else:
        groups = [PointGroup(np.arange(len(out)), {})]
    largest = max([group.volume for group in groups])
    cutter.count(largest, len(groups))
    cutter.cut(outer)
    for outside in cutter.combinations(outer):
        for group in groups:
            for inside in cutter.combinations(inner):
                read = _PointRead(points, group, outside | inside, result_axes)
                if is_exact and group.is_single:
                    yield BoxRead(read.box, read.place_in(out))
                else:
                    yield read.into(out, layout.order)


def _axes_around(
    points: Mapping[int, Indices], order: Sequence[int]
) -> tuple[Sequence[int], list[int], list[int]]:
    """Return the axes slower than all that points select from, these, and the others.

    Each are the slowest first.
    """
    selected = [axis for axis in order if axis in points]
    first = order.index(selected[0]) if selected else len(order)
    return order[:first], selected, [axis for axis in order[first:] if axis not in points]


class _PointRead(NamedTuple):
    """The read of a box that holds a group of points.

    Attributes
    ----------
    points, result_axes
        As for `point_reads`; the ranges are ascending.
    group : PointGroup
        Its box is read along the axes that points select from.
    parts : dict of int to Part
        What is read along the other axes.
    """

    points: Mapping[int, Indices]
    group: PointGroup
    parts: Mapping[int, Part]
    result_axes: Sequence[int]

    @property
    def box(self) -> Box:
        """The box, with the axes of the array."""
        sides = {axis: (part.low, part.high) for axis, part in self.parts.items()}
        sides |= self.group.box
        return tuple([sides[axis] for axis in range(len(sides))])

    def place_in(self, out: Array) -> Array:
        """Return the view of the result that the only point fills, with the axes of the array."""
        axes = range(len(self.parts) + len(self.group.box))
        along = [self.parts[axis].target if axis in self.result_axes else None for axis in axes]
        view: Array = out[(..., self.group.points[0], *along)]
        return view

    def into(self, out: Array, order: Sequence[int]) -> BoxRead:
        """Return the read as one that copies the points into `out` when it is done."""
        held = empty(lengths_of(self.box), out.dtype, order)
        return BoxRead(self.box, held, partial(self.copy, out, held))

    def copy(self, out: Array, held: Array) -> None:
        """Copy the points from an array that was filled with the box into their places of `out`."""
        # The axes of the points first, then those of the result, then those of integers, which
        # have length 1 and are dropped.
        dropped = [axis for axis in self.parts if axis not in self.result_axes]
        ordered = held.transpose([*self.group.box, *self.result_axes, *dropped])
        values = part_of(ordered, [0] * len(dropped))
        out[self._target()] = values[self._wanted()]

    def _wanted(self) -> tuple[Any, ...]:
        """Return the index of what is wanted in the box."""
        chosen = self.group.points
        within = [self.points[axis][chosen] - low for axis, (low, _) in self.group.box.items()]
        return (*within, *[self.parts[axis].wanted for axis in self.result_axes])

    def _target(self) -> tuple[Any, ...]:
        """Return the index of where that belongs in the result."""
        return (self.group.points, *[self.parts[axis].target for axis in self.result_axes])


class _Cutter:
    """Cuts ranges into parts, the fastest axes first, so that boxes have a bounded size.

    Where a faster axis is cut into several parts and the source only goes forward, slower axes are
    read index by index: else the second part along the faster axis would lead back.

    Parameters
    ----------
    layout : StorageLayout
    ranges : sequence or mapping of int to Range
        Per axis; ascending.
    max_volume : int or None
        Voxels that a box may have; None for any number.
    """

    def __init__(
        self,
        layout: StorageLayout,
        ranges: Sequence[Range] | Mapping[int, Range],
        max_volume: int | None,
    ) -> None:
        self.layout = layout
        self.ranges = ranges
        self.max_volume = max_volume
        self.parts: Parts = {}
        self.volume = 1  # of the largest box, along the axes so far
        self.several = False  # whether there are several boxes along the axes so far

    @property
    def room(self) -> int:
        """How many voxels of a box are left for the axes to come, at least one."""
        return 1 if self.max_volume is None else max(1, self.max_volume // self.volume)

    def cut(self, axes: Sequence[int]) -> None:
        """Cut the ranges of some axes, given the slowest first."""
        for axis in reversed(axes):
            max_length = None if self.max_volume is None else self.room
            if self.layout.forward and self.several:
                max_length = 1
            parts = cut_range(self.ranges[axis], self.layout.gaps[axis], max_length)
            self.parts[axis] = parts
            self.count(max([part.length for part in parts], default=1), len(parts))

    def count(self, volume: int, boxes: int) -> None:
        """Take into account that boxes of up to `volume` voxels follow along further axes."""
        self.volume *= volume
        self.several = self.several or boxes > 1

    def combinations(self, axes: Sequence[int]) -> Iterator[dict[int, Part]]:
        """Yield every combination of the parts of some axes, in the order of storage."""
        for chosen in product(*[self.parts[axis] for axis in axes]):
            yield dict(zip(axes, chosen, strict=True))


def _ascending(out: Array, ranges: Sequence[Range]) -> tuple[Array, list[Range]]:
    """Return ascending ranges of the same indices, and the view of `out` that they fill."""
    flips = [slice(None, None, -1) if wanted.step < 0 else slice(None) for wanted in ranges]
    return part_of(out, flips), [wanted.ascending() for wanted in ranges]
