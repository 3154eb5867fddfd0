"""Columns of a matrix as places of a grid: vertices of a mesh, voxels of a volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.box_reads import (
    BoxRead,
    FillBox,
    fill_boxes,
    point_reads,
    range_reads,
)
from volio.arrays.indexing.request import Box, Indices, Range
from volio.arrays.indexing.runs import StorageLayout, empty
from volio.arrays.lazy import DerivedArray, LazyArray
from volio.cached import cached_property
from volio.errors import ImageDataError, LimitError

__all__ = ["ScatteredArray"]

PIECE = 16 << 20  # bytes of columns that are read before they are put in their places
MOST_PLACES = 1 << 31  # of a grid: far beyond any mesh or volume that has named places


class ScatteredArray(DerivedArray):
    """Columns of a lazy matrix at places of a grid; the other places have one value.

    Columns are those of the last axis of the matrix. Only columns of the places that an index asks
    for are read, and of these only what it asks for along the other axes.

    Parameters
    ----------
    base : LazyArray
        The matrix; its last axis has the columns.
    columns : array of int, shape (n,)
        Which column each place has; a column may be at several places.
    places : array of int, shape (n, grid axes)
        Indices along the axes of the grid; no two are the same.
    grid : tuple of int
        Shape of the grid.
    value : float
        Of the other places. NaN turns matrices of integers into floats that hold them.
    grid_first : bool, optional
        Whether the axes of the grid come before the other axes of the matrix, or after them.

    Raises
    ------
    ImageDataError
        If two columns have the same place, or a place is outside the grid.
    LimitError
        If no array can have so many places.
    """

    def __init__(
        self,
        base: LazyArray,
        columns: NDArray[Any],
        places: NDArray[Any],
        grid: tuple[int, ...],
        value: float,
        *,
        grid_first: bool = False,
    ) -> None:
        _check_places(places, grid)
        self.base = base
        order = np.argsort(columns, kind="stable")  # as they are read
        self.columns: Indices = np.asarray(columns, np.intp)[order]
        self.places: Indices = np.asarray(places, np.intp)[order]
        self.grid = tuple(grid)
        self.value = value
        self.grid_first = grid_first
        others = base.shape[:-1]
        self.shape = (*self.grid, *others) if grid_first else (*others, *self.grid)
        self.dtype = _dtype_with(base.dtype, value)
        self.order = base.order

    @property
    def _grid_axes(self) -> tuple[int, ...]:
        first = 0 if self.grid_first else self.ndim - len(self.grid)
        return tuple(range(first, first + len(self.grid)))

    @property
    def _other_axes(self) -> tuple[int, ...]:
        return tuple(axis for axis in range(self.ndim) if axis not in self._grid_axes)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the matrix, with the whole grid."""
        others = self.base.chunks[:-1]
        return (*self.grid, *others) if self.grid_first else (*others, *self.grid)

    @property
    def layout(self) -> StorageLayout:
        """The order of the matrix, with the axes of the grid for that of its columns."""
        layout = self.base.layout
        last = self.base.ndim - 1
        axes: list[int] = []
        gaps = [0] * self.ndim
        for axis in layout.order:
            if axis == last:
                axes += reversed(self._grid_axes)  # volumes are mostly stored first axis fastest
            else:
                axes.append(self._other_axes[axis])
                gaps[self._other_axes[axis]] = layout.gaps[axis]
        return StorageLayout(tuple(axes), tuple(gaps), layout.forward)

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` from the open matrix."""
        ranges = [Range(start, 1, stop - start) for start, stop in box]
        fill_boxes(fill_base, self._reads(out, ranges))

    def read_ranges(self, out: Array, ranges: Sequence[Range]) -> None:
        """Fill `out` with ranges along the axes; what steps leave out is not read."""
        self.base.read_boxes(self._reads(out, ranges))

    def read_points(
        self,
        out: Array,
        points: Mapping[int, Indices],
        ranges: Sequence[Range],
        axes: Sequence[int],
    ) -> None:
        """Fill `out` with points; see `LazyArray.read_points`. Points of the grid are looked up."""
        if set(points) != set(self._grid_axes):
            super().read_points(out, points, ranges, axes)
            return
        number = self._numbers_at([points[axis] for axis in self._grid_axes])
        others = [ranges[axis] for axis in self._other_axes]
        kept = tuple([slice(None) if axis in axes else 0 for axis in self._other_axes])
        is_there = number >= 0
        if not is_there.all():
            self._fill_with_value(out)
        if is_there.any():
            reads = self._reads_of_columns(out, is_there, number[is_there], others, kept)
            self.base.read_boxes(reads)

    def _numbers_at(self, indices: Sequence[Indices]) -> Indices:
        """Return which place each point of the grid is, -1 for those that have no column."""
        if not len(self.places):
            return np.full(len(indices[0]), -1)
        order, flat = self._sorted_places
        wanted = np.ravel_multi_index(tuple(indices), self.grid)
        found = np.minimum(np.searchsorted(flat, wanted), len(flat) - 1)
        return np.where(flat[found] == wanted, order[found], -1)

    @cached_property
    def _sorted_places(self) -> tuple[Indices, Indices]:
        """The order of places in the grid, and where in it they are, counted last axis fastest."""
        flat = np.ravel_multi_index(tuple(self.places.T), self.grid)
        order = np.argsort(flat)
        return order, flat[order]

    def _reads(self, out: Array, ranges: Sequence[Range]) -> Iterator[BoxRead]:
        """Yield the reads of the matrix, and put columns in their places after each piece."""
        number, where = self._wanted([ranges[axis] for axis in self._grid_axes])
        if len(number) < prod([out.shape[axis] for axis in self._grid_axes]):
            self._fill_with_value(out)
        by_place = out.transpose([*self._grid_axes, *self._other_axes])
        others = [ranges[axis] for axis in self._other_axes]
        column_bytes = prod([wanted.length for wanted in others]) * out.itemsize
        step = max(1, PIECE // max(1, column_bytes))
        for first in range(0, len(number), step):
            piece = slice(first, first + step)
            at = tuple([along[piece] for along in where])
            yield from self._reads_of_columns(by_place, at, number[piece], others)

    def _reads_of_columns(
        self,
        target: Array,
        at: Any,
        number: Indices,
        others: Sequence[Range],
        kept: tuple[Any, ...] = (),
    ) -> Iterator[BoxRead]:
        """Yield the reads of the columns of some places, and put them into a part of an array.

        Parameters
        ----------
        target : ndarray
            The part has a row for each place.
        at : index
            Of the part.
        number : array of int
            Of the places.
        others : sequence of Range
            What is read along the other axes.
        kept : tuple, optional
            Index of the other axes of the rows.
        """
        distinct, which = np.unique(self.columns[number], return_inverse=True)
        lengths = [*[wanted.length for wanted in others], len(distinct)]
        held = empty(lengths, target.dtype, self.base.layout.order)
        yield from self._column_reads(held, others, distinct)
        rows = np.moveaxis(held, -1, 0)[(slice(None), *kept)]
        is_in_order = len(distinct) == len(which) and (which[1:] > which[:-1]).all()
        target[at] = rows if is_in_order else rows[which]

    def _wanted(self, ranges: Sequence[Range]) -> tuple[Indices, list[Indices]]:
        """Return which places are in ranges of the grid, and the index of each along these."""
        number = np.arange(len(self.places))
        for axis, wanted in enumerate(ranges):
            start, step, length = wanted.ascending()
            along = self.places[number, axis]
            inside = (along >= start) & (along < start + step * length)
            if step > 1:
                inside &= (along - start) % step == 0
            number = number[inside]
        where = [
            (self.places[number, axis] - wanted.start) // wanted.step
            for axis, wanted in enumerate(ranges)
        ]
        return number, where

    def _fill_with_value(self, out: Array) -> None:
        cast_into(out, np.array(self.value, self.dtype))

    def _column_reads(
        self, held: Array, others: Sequence[Range], columns: Indices
    ) -> Iterator[BoxRead]:
        """Yield the reads that fill `held` with some columns, ascending."""
        first = int(columns[0])
        last = self.base.ndim - 1
        layout = self.base.layout
        if int(columns[-1]) - first == len(columns) - 1:
            ranges = [*others, Range(first, 1, len(columns))]
            yield from range_reads(layout, held, ranges)
        else:
            points = np.moveaxis(held, -1, 0)
            ranges = [*others, Range(0, 1, 1)]
            yield from point_reads(layout, points, {last: columns}, ranges, range(last))


def _dtype_with(dtype: np.dtype[Any], value: float) -> np.dtype[Any]:
    """Return the dtype of values of a matrix and of NaN or another value between them."""
    if np.isnan(value) and dtype.kind in "biu":
        return np.result_type(dtype, np.float32)
    return dtype


def _check_places(places: NDArray[Any], grid: tuple[int, ...]) -> None:
    if prod(grid) > MOST_PLACES:
        raise LimitError(
            f"a grid of shape {grid} has {prod(grid)} places, more than the {MOST_PLACES} there "
            "may be"
        )
    if not len(places):
        return
    outside = ((places < 0) | (places >= np.array(grid))).any(axis=1)
    if outside.any():
        raise ImageDataError(f"place {places[outside][0].tolist()} is outside a grid of {grid}")
    flat = np.sort(np.ravel_multi_index(tuple(places.T), grid))
    twice = flat[1:][flat[1:] == flat[:-1]]
    if twice.size:
        place = [int(index) for index in np.unravel_index(twice[0], grid)]
        raise ImageDataError(f"place {place} of a grid of {grid} has two columns")
