"""Streamlines as the lines that the writers and readers of formats work on, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.ragged import ArraySequence
from volio.compat.nibabel.streamlines.items import TractogramItem
from volio.compat.nibabel.streamlines.tractogram import LazyTractogram, Tractogram
from volio.errors import ImageDataError
from volio.space.points import move_points
from volio.tracts.changes import MappedLines
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.rounding import Rounding
from volio.tracts.sources import BLOCK, HeldLines, LineSource

__all__ = ["YieldedLines", "in_world", "items_of", "lines_of", "rounding_of", "tractogram_of"]

Array = NDArray[Any]


def lines_of(tractogram: Tractogram) -> LineSource:
    """Return the streamlines of a tractogram as lines, with names of values in order.

    Raises
    ------
    ImageDataError
        If values are not the same number for each streamline or point.
    """
    if isinstance(tractogram, LazyTractogram):
        return YieldedLines(tractogram)
    sequence = tractogram.streamlines
    per_point = {
        name: _like(sequence, name, values)
        for name, values in sorted(tractogram.data_per_point.items())
    }
    per_line = {
        name: _checked_row_values(name, values)
        for name, values in sorted(tractogram.data_per_streamline.items())
    }
    points = _as_points(sequence.get_data())
    return HeldLines(Lines.compact(points, sequence._lengths.astype(np.int64), per_point, per_line))


def _as_points(points: Array) -> Array:
    """Return points as floats, shape (n, 3)."""
    array = points.reshape(0, 3) if points.size == 0 else points
    if array.ndim != 2 or array.shape[1] != 3:
        raise ImageDataError(f"streamlines: points must have shape (n, 3), got {array.shape}")
    is_single = array.dtype.kind == "f" and array.dtype.itemsize <= 4
    return np.ascontiguousarray(array, np.float32 if is_single else np.float64)


def _like(sequence: ArraySequence, name: str, values: ArraySequence) -> Array:
    """Return values per point in the order of the points."""
    if not np.array_equal(values._lengths, sequence._lengths):
        raise ImageDataError(f"{name}: must have a value for each point of each streamline")
    return _in_columns(values.get_data())


def _in_columns(values: Array) -> Array:
    return values.reshape(len(values), -1) if values.size else values.reshape(len(values), 1)


def _checked_row_values(name: str, values: Array) -> Array:
    if values.dtype == object:
        raise ImageDataError(f"{name}: must have as many values for each streamline")
    return _in_columns(values)


class YieldedLines(LineSource):
    """The streamlines of a lazy tractogram, which perhaps can be gone through once only.

    Parameters
    ----------
    tractogram : LazyTractogram
    """

    def __init__(self, tractogram: LazyTractogram) -> None:
        items = iter(tractogram.data)
        first = next(items, None)
        self._items: Iterable[TractogramItem] = () if first is None else chain([first], items)
        self.layout = LineLayout() if first is None else _item_lines([first]).layout

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the streamlines, once."""
        held: list[TractogramItem] = []
        count = 0
        for item in self._items:
            held.append(item)
            count += len(item)
            if count >= points:
                yield self._block(held)
                held = []
                count = 0
        if held:
            yield self._block(held)

    def _block(self, items: list[TractogramItem]) -> Lines:
        block = _item_lines(items)
        points = block.points.astype(self.layout.dtype, copy=False)
        block = replace(block, points=points)
        for kind in ("per_point", "per_line"):
            _check_columns(getattr(block, kind), getattr(self.layout, kind))
        return block


def _item_lines(items: list[TractogramItem]) -> Lines:
    """Return some streamlines, in memory.

    Raises
    ------
    ImageDataError
        If values are not the same number for each streamline or point.
    """
    lengths = np.array([len(item) for item in items], np.int64)
    points = _as_points(np.concatenate([item.streamline.reshape(-1, 3) for item in items]))
    names = {kind: sorted(getattr(items[0], kind)) for kind in VALUES}
    for item in items:
        for kind, known in names.items():
            if sorted(getattr(item, kind)) != known:
                raise ImageDataError(f"{kind}: names must be the same for all streamlines: {known}")
    per_point = {name: _joined_points(name, items) for name in names["data_for_points"]}
    per_line = {name: _joined_rows(name, items) for name in names["data_for_streamline"]}
    return Lines.compact(points, lengths, per_point, per_line)


VALUES = ("data_for_streamline", "data_for_points")


def _joined_points(name: str, items: list[TractogramItem]) -> Array:
    arrays = [np.asarray(item.data_for_points[name]) for item in items]
    for array, item in zip(arrays, items, strict=True):
        if len(array) != len(item):
            raise ImageDataError(
                f"{name}: has {len(array)} values for a line of {len(item)} points"
            )
    return _joined(name, [_in_columns(array) for array in arrays])


def _joined_rows(name: str, items: list[TractogramItem]) -> Array:
    return _joined(name, [np.reshape(item.data_for_streamline[name], (1, -1)) for item in items])


def _joined(name: str, arrays: list[Array]) -> Array:
    widths = {array.shape[1] for array in arrays if len(array)}
    if len(widths) > 1:
        found = " and ".join(map(str, sorted(widths)))
        raise ImageDataError(f"{name}: must have as many values for each, got {found}")
    return np.concatenate([array for array in arrays if len(array)] or arrays[:1])


def _check_columns(values: Mapping[str, Array], columns: Mapping[str, Column]) -> None:
    found = {name: Column.of(array).width for name, array in values.items()}
    known = {name: column.width for name, column in columns.items()}
    if found != known:
        raise ImageDataError(f"values: must be those of the first streamline, {known}, got {found}")


def in_world(tractogram: Tractogram) -> LineSource:
    """Return the streamlines of a tractogram with points in scanner RAS+ mm.

    Raises
    ------
    UsageError
        If `affine_to_rasmm` is not known.
    """
    affine = tractogram.checked_affine()
    lines = lines_of(tractogram)
    if np.array_equal(affine, np.eye(4)):
        return lines

    def moved(block: Lines) -> Lines:
        points = np.ascontiguousarray(block.points)
        return replace(block, points=move_points(points, affine, np.empty_like(points)))

    return MappedLines(lines, moved, keeps_lengths=True)


def tractogram_of(lines: Lines) -> Tractogram:
    """Return a tractogram of lines in memory, its points in scanner RAS+ mm."""
    sequence = ArraySequence.from_rows(lines.points, lines.lengths, lines.starts)
    per_point = {
        name: ArraySequence.from_rows(_in_columns(values), lines.lengths, lines.starts)
        for name, values in lines.per_point.items()
    }
    per_line = {name: _in_columns(values) for name, values in lines.per_line.items()}
    return Tractogram(sequence, per_line, per_point, affine_to_rasmm=np.eye(4))


def items_of(blocks: Iterable[Lines], on_end: Callable[[int], None]) -> Iterator[TractogramItem]:
    """Go through lines one by one.

    Parameters
    ----------
    blocks : iterable of Lines
        Compact.
    on_end : callable
        Gets their number after the last one.
    """
    count = 0
    for block in blocks:
        per_point = {name: _in_columns(values) for name, values in block.per_point.items()}
        per_line = {name: _in_columns(values) for name, values in block.per_line.items()}
        for number, (start, length) in enumerate(zip(block.starts, block.lengths, strict=True)):
            rows = slice(start, start + length)
            yield TractogramItem(
                block.points[rows],
                {name: values[number] for name, values in per_line.items()},
                {name: values[rows] for name, values in per_point.items()},
            )
        count += len(block)
    on_end(count)


def rounding_of(title: str) -> Rounding:
    """Return what brings values into float32 and warns only of what that changes visibly."""
    return VisibleRounding(title)


class VisibleRounding(Rounding):
    """Rounding to float32, which is what these files hold: a warning from half a unit on.

    Numbers of clusters and other whole numbers above 2**24 are changed by more.
    """

    def warn(self) -> None:
        """Warn of values that are changed by half a unit or more."""
        self.errors = {name: error for name, error in self.errors.items() if error >= 0.5}
        super().warn()
