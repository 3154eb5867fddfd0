"""Slabs: an array piece by piece, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import BLOCK, empty, full_box, lengths_of, part_of, slices_of, spans
from volio.arrays.lazy import LazyArray
from volio.errors import UsageError

__all__ = ["Slab", "as_array", "iterate_slabs", "natural_order"]


LARGEST_ROW = 1 << 30  # bytes of a row of chunks that are in memory at once


class Slab(NamedTuple):
    """A piece of an array.

    Attributes
    ----------
    where : tuple of slice
        Which part, one slice per axis.
    values : ndarray
        Not to be changed: of an array in memory it is a view.
    """

    where: tuple[slice, ...]
    values: Array


def as_array(data: Any) -> LazyArray | Array:
    """Return lazy arrays as they are and everything else as a numpy array."""
    return data if isinstance(data, LazyArray) else np.asanyarray(data)


def natural_order(data: LazyArray | Array) -> str:
    """Return the order, "F" or "C", in which going through an array is fastest."""
    if isinstance(data, LazyArray):
        order = data.layout.order
        return "C" if list(order) == sorted(order) else "F"
    return "C" if data.flags.c_contiguous else "F"


def iterate_slabs(
    data: LazyArray | Array, *, order: str = "F", nbytes: int = BLOCK
) -> Iterator[Slab]:
    """Yield an array in pieces that follow each other in memory or file order.

    A lazy array opens its file once for all pieces. Of one in chunks a row of chunks is read at
    once, so that each is decoded once; up to 1 GiB, beyond which a row is read in parts.

    Parameters
    ----------
    data : LazyArray or ndarray
    order : {"F", "C"}, optional
        Whether the first or the last axis varies fastest from piece to piece.
    nbytes : int, optional
        About the size of a piece.

    Yields
    ------
    Slab

    Raises
    ------
    UsageError
        For another order.
    """
    if order not in ("F", "C"):
        raise UsageError(f"order: must be 'F' or 'C', got {order!r}")
    if not isinstance(data, LazyArray):
        yield from _pieces(data, full_box(data.shape), order, nbytes)
        return
    data.check()
    axes = range(data.ndim) if order == "C" else range(data.ndim)[::-1]
    at_once = max(nbytes, min(_row_of_chunks(data, order), LARGEST_ROW))
    with data.open() as fill:
        for box in _boxes(data.shape, data.dtype.itemsize, order, at_once):
            values = empty(lengths_of(box), data.dtype, axes)
            fill(values, box)
            yield from _pieces(values, box, order, nbytes)


def _pieces(values: Array, box: Box, order: str, nbytes: int) -> Iterator[Slab]:
    """Yield the values of a box in pieces of about `nbytes`, which are views."""
    for inner in _boxes(values.shape, values.dtype.itemsize, order, nbytes):
        sides = zip(box, inner, strict=True)
        where = tuple([slice(first + start, first + stop) for (first, _), (start, stop) in sides])
        yield Slab(where, part_of(values, slices_of(inner)))


def _row_of_chunks(data: LazyArray, order: str) -> int:
    """Return the bytes of what is read so that no chunk is read twice; 0 without chunks."""
    turn = slice(None, None, 1 if order == "C" else -1)
    shape = data.shape[turn]
    chunks = data.chunks[turn]
    if chunks == shape:
        return 0
    # Along the slowest axes on which chunks are one index long, one after the other is read.
    slowest = next((axis for axis, length in enumerate(chunks) if length > 1), data.ndim)
    return prod([*chunks[slowest : slowest + 1], *shape[slowest + 1 :]]) * data.dtype.itemsize


def _boxes(shape: tuple[int, ...], itemsize: int, order: str, nbytes: int) -> Iterator[Box]:
    """Yield the boxes of slabs of up to `nbytes`, in the order of storage."""
    turn = slice(None, None, 1 if order == "C" else -1)  # `spans` has the slowest axis first
    for span in spans(shape[turn], full_box(shape[turn]), itemsize, block=nbytes):
        yield tuple([(along.start, along.stop) for along in span.where[turn]])
