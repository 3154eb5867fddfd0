"""The lines of a TRX file: columns that are read where they are, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import CorruptFileError, VolioWarning
from volio.formats.trx.halves import convert_into
from volio.formats.trx.opened import OpenedTrx, TrxArray
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["TrxLines"]

Array = NDArray[Any]


class TrxLines(LineSource):
    """The lines of a TRX file.

    Parameters
    ----------
    opened : OpenedTrx

    Raises
    ------
    CorruptFileError
        If arrays do not fit each other.

    Warns
    -----
    VolioWarning
        If the header states other numbers than the arrays have.
    """

    def __init__(self, opened: OpenedTrx) -> None:
        self.opened = opened
        self._count_points = _checked_points(opened)
        self._has_end = self._check_counts()
        self._kept: NDArray[np.int64] | None = None
        stored = None if opened.positions is None else opened.positions.name.dtype
        double = stored is not None and stored.itemsize == 8
        self.layout = LineLayout(
            np.dtype(np.float64 if double else np.float32),
            _columns(opened.per_point),
            _columns(opened.per_line),
        )

    def _check_counts(self) -> bool:
        """Return whether the last offset is the end of the last line, not the start of one."""
        opened = self.opened
        listed = 0 if opened.offsets is None else opened.offsets.rows
        rows = {array.rows for array in opened.per_line.values()}
        has_end = self._ends_with_end(listed, rows)
        self._count = max(0, listed - has_end)
        _check_rows(opened, opened.per_line, self._count, "lines")
        _check_rows(opened, opened.per_point, self._count_points, "points")
        self._compare_with_header()
        return has_end

    def _compare_with_header(self) -> None:
        """Warn where the header states other numbers than the arrays have."""
        header = self.opened.header
        has_lines = header.n_lines in (None, self._count)
        has_points = header.n_points in (None, self._count_points)
        if not has_lines or not has_points:
            warn_caller(
                f"{self.opened.name}: header.json: states {header.n_lines} lines and "
                f"{header.n_points} points, the arrays have {self._count} and "
                f"{self._count_points}, which are taken",
                VolioWarning,
            )

    def _ends_with_end(self, listed: int, rows: set[int]) -> bool:
        """Return whether offsets have one more entry than there are lines.

        Both forms are written. Values per line tell; else the end is there if it is the number of
        points, unless the header states as many lines as there are offsets.
        """
        if listed == 0:
            return False
        if rows == {listed}:
            return False
        if rows == {listed - 1}:
            return True
        last = int(self._read_offsets(listed - 1)[0])
        return last == self._count_points and self.opened.header.n_lines != listed

    def _read_offsets(self, first: int) -> Array:
        stored = self.opened.offsets
        if stored is None:
            return np.zeros(0, np.int64)
        with stored.member.source.open() as reader:
            return stored.read_part(reader, first, stored.rows)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Number of the first point of each line, and the end of the last, shape (n + 1,).

        Raises
        ------
        CorruptFileError
            If they do not ascend from 0 to the number of points.
        """
        if self._kept is None:
            stored = self.opened.offsets
            found = np.zeros(0, np.int64) if stored is None else stored.read()
            self._kept = self._checked_offsets(found)
        return self._kept

    def _checked_offsets(self, found: Array) -> NDArray[np.int64]:
        what = f"{self.opened.name}: offsets"
        if len(found) and int(found.max()) > self._count_points:
            raise CorruptFileError(
                f"{what}: must be at most {self._count_points} points, got {found.max()}"
            )
        offsets = found.astype(np.int64)
        if not self._has_end:
            offsets = np.append(offsets, self._count_points if len(offsets) else 0)
        # Compared, not subtracted: of millions of lines the differences would take as much again.
        descends = offsets[1:] < offsets[:-1]
        if descends.any():
            line = int(np.argmax(descends))
            ends = f"from {offsets[line]} to {offsets[line + 1]}"
            raise CorruptFileError(f"{what}: must ascend, line {line} goes {ends}")
        if offsets[0] != 0 or offsets[-1] != self._count_points:
            ends = f"{offsets[0]} to {offsets[-1]}"
            raise CorruptFileError(
                f"{what}: must go from 0 to {self._count_points} points, got {ends}"
            )
        return offsets

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        offsets = self.offsets
        if not self._count:
            return
        with ExitStack() as stack:
            readers = {
                array.key: stack.enter_context(array.member.source.open())
                for array in self._arrays()
            }
            first = 0
            while first < self._count:
                last = int(np.searchsorted(offsets, offsets[first] + points, "right")) - 1
                last = min(max(last, first + 1), self._count)
                yield self._part(readers, first, last)
                first = last

    def _arrays(self) -> list[TrxArray]:
        positions = [] if self.opened.positions is None else [self.opened.positions]
        return [*positions, *self.opened.per_point.values(), *self.opened.per_line.values()]

    def _part(self, readers: Mapping[str, Any], first: int, last: int) -> Lines:
        offsets = self.offsets
        begin = int(offsets[first])
        end = int(offsets[last])

        def rows(array: TrxArray, start: int, stop: int) -> Array:
            return array.read_part(readers[array.key], start, stop)

        positions = self.opened.positions
        found = np.zeros((0, 3)) if positions is None else rows(positions, begin, end)
        return Lines.compact(
            self._as_points(found),
            np.diff(offsets[first : last + 1]),
            {name: rows(each, begin, end) for name, each in self.opened.per_point.items()},
            {name: rows(each, first, last) for name, each in self.opened.per_line.items()},
        )

    def _as_points(self, stored: Array) -> Array:
        if stored.dtype == self.layout.dtype:
            return stored
        points = np.empty(stored.shape, self.layout.dtype)
        convert_into(points, stored)
        return points

    def read(self) -> Lines:
        """Return all lines, compact.

        Raises
        ------
        CorruptFileError
            If the checksum of an array is not that of its bytes.
        """
        positions = self.opened.positions
        dtype = self.layout.dtype
        return Lines.compact(
            np.zeros((0, 3), dtype) if positions is None else positions.read_as(dtype),
            self.line_lengths(),
            {name: array.read() for name, array in self.opened.per_point.items()},
            {name: array.read() for name, array in self.opened.per_line.items()},
        )

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return np.diff(self.offsets)

    def stated_lines(self) -> int | None:
        """Return the number of lines."""
        return self._count

    def n_lines(self) -> int:
        """Return the number of lines."""
        return self._count

    def n_points(self) -> int:
        """Return the number of points."""
        return self._count_points

    def stated_points(self) -> int | None:
        """Return the number of points."""
        return self._count_points

    def most_points(self) -> int:
        """Return the number of points."""
        return self._count_points

    def check_there(self) -> None:
        """Check that the file is as it was."""
        self.opened.check_there()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.opened.is_in(where)

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines where the coordinates of the file are scanner RAS+ mm."""
        return self if np.array_equal(affine, np.eye(4)) else None


def _checked_points(opened: OpenedTrx) -> int:
    """Return the number of points.

    Raises
    ------
    CorruptFileError
        If positions or offsets are not arrays of the right kind, or one of them is missing.
    """
    positions = opened.positions
    if positions is not None and (positions.name.columns != 3 or positions.name.dtype.kind != "f"):
        raise CorruptFileError(
            f"{opened.name}: {positions.key}: positions must be floats in 3 columns"
        )
    offsets = opened.offsets
    if offsets is not None and (offsets.name.columns != 1 or offsets.name.dtype.kind not in "iu"):
        raise CorruptFileError(f"{opened.name}: {offsets.key}: offsets must be whole numbers")
    if positions is None and offsets is not None and offsets.rows > 1:
        raise CorruptFileError(f"{opened.name}: has no positions")
    if offsets is None and positions is not None and positions.rows:
        raise CorruptFileError(f"{opened.name}: has no offsets")
    return 0 if positions is None else positions.rows


def _check_rows(opened: OpenedTrx, arrays: Mapping[str, TrxArray], count: int, what: str) -> None:
    """Refuse arrays that do not have one row for each line or point."""
    for array in arrays.values():
        if array.rows != count:
            raise CorruptFileError(
                f"{opened.name}: {array.key}: has {array.rows} rows, and there are {count} {what}"
            )


def _columns(arrays: Mapping[str, TrxArray]) -> dict[str, Column]:
    columns = {}
    for name, array in arrays.items():
        # Values in one column are an array of one axis.
        width = 0 if array.name.columns == 1 else array.name.columns
        columns[name] = Column(array.name.dtype.newbyteorder("="), width)
    return columns
