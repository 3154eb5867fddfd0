"""Which bytes a box of voxels needs, and which boxes a run of voxels needs.

All shapes and boxes here are in C order: the last axis varies fastest in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from volio.files.sources.reader import GAP

__all__ = [
    "BLOCK",
    "Box",
    "Span",
    "byte_strides",
    "full_box",
    "run_boxes",
    "run_length",
    "spans",
]

Box = tuple[tuple[int, int], ...]

BLOCK = 1 << 20  # bytes handled at once: they stay in the processor's cache


class Span(NamedTuple):
    """Bytes to read at once.

    Attributes
    ----------
    offset : int
        Bytes from the first voxel of the array.
    nbytes : int
    where : tuple of slice
        The part of the box they hold, counted from the box's first voxel. Within the bytes its
        voxels lie with the strides of the whole array.
    """

    offset: int
    nbytes: int
    where: tuple[slice, ...]


def full_box(shape: Sequence[int]) -> Box:
    """Return the box that covers an array of this shape."""
    return tuple((0, length) for length in shape)


def byte_strides(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Return the strides of a C-ordered array, in bytes."""
    return tuple(itemsize * prod(shape[axis + 1 :]) for axis in range(len(shape)))


def spans(
    shape: Sequence[int], box: Box, itemsize: int, *, gap: int = GAP, block: int | None = BLOCK
) -> Iterator[Span]:
    """Work out the reads that bring a box, in ascending order.

    Parameters
    ----------
    shape : sequence of int
        Shape of the whole array, last axis fastest.
    box : tuple of (start, stop)
        The part wanted, per axis.
    itemsize : int
        Bytes per voxel.
    gap : int, optional
        Bytes between wanted voxels that are read along rather than skipped.
    block : int or None, optional
        Largest read, where one row of voxels is not larger already; None for no limit.

    Yields
    ------
    Span
    """
    lengths = [stop - start for start, stop in box]
    if 0 in lengths:
        return
    strides = byte_strides(shape, itemsize)
    reaches = _reaches(lengths, strides, itemsize)
    axis = _cut(lengths, strides, reaches, gap)
    while block is not None and axis < len(shape) - 1 and reaches[axis + 1] > block:
        axis += 1
    base = sum(start * stride for (start, _), stride in zip(box, strides, strict=True))
    rest = tuple(slice(0, length) for length in lengths[axis + 1 :])
    for position in product(*map(range, lengths[:axis])):
        offset = base + sum(map(int.__mul__, position, strides))
        where = tuple(slice(index, index + 1) for index in position)
        for row, count in _rows(lengths[axis:], strides[axis:], reaches[axis + 1 :], block):
            along = (slice(row, row + count),) if axis < len(shape) else ()
            reach = (count - 1) * strides[axis] + reaches[axis + 1] if along else itemsize
            start = offset + (row * strides[axis] if along else 0)
            yield Span(start, reach, (*where, *along, *rest))


def _rows(
    lengths: Sequence[int], strides: Sequence[int], reaches: Sequence[int], block: int | None
) -> Iterator[tuple[int, int]]:
    """Start and number of the rows along the first axis that one read takes."""
    if not lengths:
        yield 0, 1
        return
    rows = lengths[0]
    most = rows if block is None else max(1, (block - reaches[0]) // strides[0] + 1)
    for row in range(0, rows, most):
        yield row, min(most, rows - row)


def _reaches(lengths: list[int], strides: Sequence[int], itemsize: int) -> list[int]:
    """Bytes from the first to the last wanted voxel of the axes from each one on."""
    reaches = [itemsize]
    for length, stride in zip(reversed(lengths), reversed(strides), strict=True):
        reaches.append(reaches[-1] + (length - 1) * stride)
    return reaches[::-1]


def run_length(shape: Sequence[int], box: Box) -> int:
    """Return how many voxels of a box, which is not empty, lie one behind the other."""
    lengths = [stop - start for start, stop in box]
    strides = byte_strides(shape, 1)
    reaches = _reaches(lengths, strides, 1)
    return reaches[_cut(lengths, strides, reaches, 0)]


def _cut(lengths: list[int], strides: Sequence[int], reaches: list[int], gap: int) -> int:
    """First axis from which on one read brings everything."""
    axis = len(lengths)
    while axis and (lengths[axis - 1] == 1 or strides[axis - 1] - reaches[axis] <= gap):
        axis -= 1
    return axis


def run_boxes(shape: Sequence[int], start: int, stop: int) -> list[Box]:
    """Cut a run of voxels into boxes.

    Parameters
    ----------
    shape : sequence of int
        Shape of the array, last axis fastest.
    start, stop : int
        The run, as indices into the flattened array.

    Returns
    -------
    list of boxes
        In order; the voxels of each are one part of the run.
    """
    if not shape:
        return [()] if start < stop else []
    row = prod(shape[1:])
    if start >= stop or not row:
        return []
    (first, head), (last, tail) = divmod(start, row), divmod(stop, row)
    if first == last:
        return _in_row(shape, first, head, tail)
    boxes = _in_row(shape, first, head, row) if head else []
    if (whole := first + bool(head)) < last:
        boxes.append(((whole, last), *full_box(shape[1:])))
    return boxes + _in_row(shape, last, 0, tail)


def _in_row(shape: Sequence[int], row: int, start: int, stop: int) -> list[Box]:
    return [((row, row + 1), *box) for box in run_boxes(shape[1:], start, stop)]
