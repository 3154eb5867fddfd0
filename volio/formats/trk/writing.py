"""Lines as the records of a .trk file, block by block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import SaveError
from volio.formats.trk.header import HEADER, TrkHeader
from volio.progress import report_progress
from volio.space.points import move_points
from volio.tracts.lines import Column, Lines
from volio.tracts.records.cutting import join_records
from volio.tracts.rounding import Rounding
from volio.tracts.sources import LineSource

__all__ = ["write_lines"]

FLOAT = np.dtype(np.float32)
MOST_LINES = 2**31 - 1


def write_lines(
    stream: Any,
    header: TrkHeader,
    lines: LineSource,
    to_file: NDArray[np.float64] | None,
    rounding: Rounding,
) -> None:
    """Write a header and lines.

    Parameters
    ----------
    stream : object with ``write``
        Perhaps with ``write_at``, by which the number of lines is written last; else they are
        counted first.
    header : TrkHeader
        With the names of the values; ``n_count`` is set.
    lines : LineSource
    to_file : array of float64, shape (4, 4), or None
        From the points to the coordinates of the file; None where they are those.
    rounding : Rounding
        Gets what is rounded.
    """
    can_come_back = hasattr(stream, "write_at")
    header["n_count"] = 0 if can_come_back else _checked_count(lines.n_lines())
    stream.write(header.binaryblock)
    count = 0
    total = lines.stated_lines()
    for block in lines.blocks():
        count += len(block)
        if total is not None:
            report_progress(count, total)
        words = _words(block, to_file, rounding)
        if np.dtype(f"{header.endianness}u4") != words.dtype:
            words.byteswap(inplace=True)
        stream.write(words)
    if can_come_back:
        header["n_count"] = _checked_count(count)
        offset = HEADER.fields["n_count"][1] if HEADER.fields else 0
        stream.write_at(offset, header["n_count"].tobytes())


def _checked_count(count: int) -> int:
    if count > MOST_LINES:
        raise SaveError(f"n_count: at most {MOST_LINES} lines fit, got {count}")
    return count


def _words(
    block: Lines, to_file: NDArray[np.float64] | None, rounding: Rounding
) -> NDArray[np.uint32]:
    """Return the records of some lines."""
    points = block.points
    if to_file is not None:
        points = np.ascontiguousarray(points)
        points = move_points(points, to_file, np.empty_like(points))
    rows = _beside(rounding, rounding.points(points), block.per_point)
    values = _beside(rounding, np.empty((len(block), 0), FLOAT), block.per_line)
    return join_records(rows.view(np.uint32), block.lengths, values.view(np.uint32))


def _beside(
    rounding: Rounding, first: NDArray[np.float32], named: Mapping[str, NDArray[Any]]
) -> NDArray[np.float32]:
    """Return columns, and the values of several names as float32 in further columns."""
    if not named:
        return np.ascontiguousarray(first)
    widths = {name: max(Column.of(values).width, 1) for name, values in named.items()}
    count, column = first.shape
    rows = np.empty((count, column + sum(widths.values())), FLOAT)
    rows[:, :column] = first
    for name, values in named.items():
        place = rows[:, column : column + widths[name]]
        place[...] = rounding.to_float32(name, values).reshape(count, widths[name])
        column += widths[name]
    return rows
