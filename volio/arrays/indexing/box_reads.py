"""The boxes to fill for an index, in the order of storage and of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.indexing.boxes import Group, Part, bound_parts, cut_range, group_points
from volio.arrays.indexing.request import Indices, Range
from volio.arrays.indexing.runs import Box

__all__ = [
    "TEMPORARY",
    "Array",
    "Job",
    "Layout",
    "ascending",
    "empty",
    "point_jobs",
    "range_jobs",
    "slab_shape",
    "turned",
]

Array = npt.NDArray[Any]

TEMPORARY = 4 << 20  # bytes of a box that holds more than what is wanted


class Job(NamedTuple):
    """One box to fill.

    Attributes
    ----------
    out : ndarray
        To be filled; shape of the box, any strides.
    box : tuple of (start, stop)
    tag : object
        For whoever asked. Here: what to do once `out` is filled, or None.
    """

    out: Array
    box: Box
    tag: Any = None


class Layout(NamedTuple):
    """How an array lies in storage.

    Attributes
    ----------
    order : tuple of int
        Axes from the slowest to the fastest varying.
    gaps : tuple of int
        Per axis, how many indices cost less to read than to skip.
    forward : bool
        Whether going back is costly, as in compressed files.
    """

    order: tuple[int, ...]
    gaps: tuple[int, ...]
    forward: bool = False


def slab_shape(shape: Sequence[int], order: Sequence[int], most: int) -> tuple[int, ...]:
    """Return the shape of whole slabs along the fastest axes, of at most `most` values.

    Parameters
    ----------
    shape : sequence of int
        Of the array.
    order : sequence of int
        Its axes from the slowest to the fastest varying.
    most : int
    """
    left, lengths = max(1, most), [1] * len(shape)
    for axis in reversed(order):
        lengths[axis] = max(1, min(shape[axis], left))
        left //= lengths[axis]
    return tuple(lengths)


def empty(shape: Sequence[int], dtype: npt.DTypeLike, order: Sequence[int]) -> Array:
    """Return a new array whose memory has the axes in `order`, the slowest first."""
    memory = np.empty([shape[axis] for axis in order], dtype)
    return memory.transpose([list(order).index(axis) for axis in range(len(shape))])


def ascending(out: Array, ranges: Sequence[Range]) -> tuple[Array, tuple[Range, ...]]:
    """Turn descending ranges round: the same indices, for a flipped view of `out`."""
    flips = tuple(slice(None, None, -1) if step < 0 else slice(None) for _, step, _ in ranges)
    return out[(..., *flips)], tuple(map(turned, ranges))


def turned(wanted: Range) -> Range:
    """Return a descending range as the ascending one of the same indices."""
    start, step, count = wanted
    return wanted if step > 0 else Range(start + step * (count - 1), -step, count)


def range_jobs(layout: Layout, out: Array, ranges: Sequence[Range]) -> Iterator[Job]:
    """Yield the boxes that fill `out` with ranges along each axis.

    Parameters
    ----------
    layout : Layout
    out : ndarray
        Shape: the counts of the ranges.
    ranges : sequence of Range
        Ascending.

    Yields
    ------
    Job
        Its box covers just what is wanted and its `out` is a part of `out`, where that can be.
        Otherwise it has an array of its own, and its tag copies the wanted part.
    """
    parts = [cut_range(*pair) for pair in zip(ranges, layout.gaps, strict=True)]
    exact = all(part.pick.step in (None, 1) for along in parts for part in along)
    if not exact:
        _bound(parts, layout.order[::-1], TEMPORARY // out.itemsize)
    if layout.forward:
        _separate(parts, layout.order[::-1])
    for chosen in _combine(parts, layout.order):
        box = tuple((part.low, part.high) for part in chosen)
        place: tuple[Any, ...] = (..., *(part.place for part in chosen))
        target = out[place]
        if exact:
            yield Job(target, box)
        else:
            held = empty([high - low for low, high in box], out.dtype, layout.order)
            yield Job(held, box, _copying(target, held, [part.pick for part in chosen]))


def _copying(target: Array, held: Array, picks: Sequence[slice]) -> Callable[[], None]:
    def copy() -> None:
        target[...] = held[tuple(picks)]

    return copy


def _bound(parts: list[list[Part]], fastest_first: Sequence[int], most: int) -> int:
    """Cut parts, the slowest axes first, until boxes have at most `most` voxels."""
    used = 1
    for axis in fastest_first:
        parts[axis] = bound_parts(parts[axis], max(1, most // used))
        used *= max((part.high - part.low for part in parts[axis]), default=1)
    return used


def _separate(parts: list[list[Part]], fastest_first: Sequence[int], *, cut: bool = False) -> None:
    """Take indices one by one along axes slower than one that is cut, so as to never go back."""
    for axis in fastest_first:
        if cut:
            parts[axis] = bound_parts(parts[axis], 1)
        cut = cut or len(parts[axis]) > 1


def _combine(parts: Sequence[list[Part]], order: Sequence[int]) -> Iterator[list[Part]]:
    """Every combination of parts, in the order of storage, given back in the order of axes."""
    back = [list(order).index(axis) for axis in range(len(order))]
    for chosen in product(*(parts[axis] for axis in order)):
        yield [chosen[place] for place in back]


def point_jobs(
    layout: Layout,
    out: Array,
    points: Mapping[int, Indices],
    ranges: Sequence[Range],
    kept: Sequence[int],
) -> Iterator[Job]:
    """Yield the boxes that fill `out` with points along some axes and ranges along the others.

    Parameters
    ----------
    layout : Layout
    out : ndarray, shape (n points, counts of the ranges of the kept axes)
    points : mapping of int to ndarray of intp, shape (n,)
    ranges : sequence of Range
        Ascending, one per axis; of one index where the axis is in `points`.
    kept : sequence of int
        Axes that are dimensions of `out`, ascending.

    Yields
    ------
    Job
        Its tag copies the wanted voxels.
    """
    picked = [axis for axis in layout.order if axis in points]
    first = layout.order.index(picked[0]) if picked else len(layout.order)
    outer, inner = layout.order[:first], [a for a in layout.order[first:] if a not in points]
    parts = [cut_range(*pair) for pair in zip(ranges, layout.gaps, strict=True)]
    most = TEMPORARY // out.itemsize
    used = _bound(parts, inner[::-1], most)
    groups = [Group(np.arange(len(out)), {})]
    if picked:
        groups = group_points(points, picked, layout.gaps, max(1, most // used))
    used *= max(prod(high - low for low, high in group.box.values()) for group in groups)
    _bound(parts, outer[::-1], max(1, most // used))
    if layout.forward:
        _separate(parts, inner[::-1])
        cut = len(groups) > 1 or any(len(parts[axis]) > 1 for axis in inner)
        _separate(parts, outer[::-1], cut=cut)
    for outside in product(*(parts[axis] for axis in outer)):
        for group in groups:
            for inside in product(*(parts[axis] for axis in inner)):
                chosen = dict(zip([*outer, *inner], [*outside, *inside], strict=True))
                yield _point_job(layout, out, points, group, chosen, kept)


def _point_job(
    layout: Layout,
    out: Array,
    points: Mapping[int, Indices],
    group: Group,
    chosen: Mapping[int, Part],
    kept: Sequence[int],
) -> Job:
    """Fill one box, then copy the points in it."""
    sides = {axis: (part.low, part.high) for axis, part in chosen.items()} | group.box
    box = tuple(sides[axis] for axis in range(len(sides)))
    held = empty([high - low for low, high in box], out.dtype, layout.order)

    def copy() -> None:
        dropped = [axis for axis in chosen if axis not in kept]
        view = held.transpose([*group.box, *kept, *dropped])
        view = view.reshape(view.shape[: view.ndim - len(dropped)])  # each has length 1
        places: list[Any] = [group.points]
        picks: list[Any] = []
        for axis, (low, _) in group.box.items():
            picks.append(points[axis][group.points] - low)
        for axis in kept:
            places.append(chosen[axis].place)
            picks.append(chosen[axis].pick)
        out[tuple(places)] = view[tuple(picks)]

    return Job(held, box, copy)
