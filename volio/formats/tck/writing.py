"""Lines as the rows of a .tck file, block by block, and their values in files next to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.formats.tck.header import TckHeader
from volio.formats.tck.reading import TckLines
from volio.formats.tck.scalars import pack_scalars
from volio.progress import report_progress
from volio.tracts.lines import Lines
from volio.tracts.rounding import Rounding
from volio.tracts.sources import LineSource

__all__ = ["ValueFile", "write_lines"]


#: A stream, what is written to it, and its header, where it has one.
Beside = tuple[Any, "ValueFile", TckHeader | None]


class ValueFile:
    """One column of values that gets a file of its own.

    Parameters
    ----------
    name : str
        Of the values.
    column : int or None
        Which of several columns; None for values in one.
    is_per_point : bool
        Whether they are per point (.tsf) or per line (.txt).
    """

    def __init__(self, name: str, column: int | None, is_per_point: bool) -> None:
        self.name = name
        self.column = column
        self.is_per_point = is_per_point

    @property
    def ending(self) -> str:
        """What the name of the file ends in."""
        number = "" if self.column is None else f"_{self.column}"
        return f"_{self.name}{number}{'.tsf' if self.is_per_point else '.txt'}"

    def values(self, block: Lines) -> NDArray[Any]:
        """Return the values of some lines."""
        named = block.per_point if self.is_per_point else block.per_line
        values = named[self.name]
        return values if self.column is None else values[:, self.column]

    def packed(self, block: Lines, rounding: Rounding) -> bytes:
        """Return the bytes of the values of some lines."""
        if self.is_per_point:
            values = rounding.to_float32(self.name, self.values(block))
            return pack_scalars(values, block.lengths).tobytes()
        return "".join(f"{value!s}\n" for value in self.values(block).tolist()).encode()


def write_lines(
    stream: Any,
    header: TckHeader,
    lines: LineSource,
    beside: Sequence[Beside],
    rounding: Rounding,
) -> None:
    """Write a header and lines, and values to other streams.

    Parameters
    ----------
    stream : object with ``write``
        Perhaps with ``write_at``, by which the number of lines is written last; else they are
        counted first.
    header : TckHeader
    lines : LineSource
    beside : sequence of (stream, ValueFile, header or None)
    rounding : Rounding
        Gets what is rounded.
    """
    streams = [stream, *(other for other, _, _ in beside)]
    can_come_back = header.can_change_count and all(hasattr(each, "write_at") for each in streams)
    known = None if can_come_back else lines.n_lines()
    packed = header.packed(known)
    stream.write(packed.data)
    heads = [(other, own.packed(known)) for other, _, own in beside if own is not None]
    for other, head in heads:
        other.write(head.data)
    count = _write_rows(stream, header, lines, beside, rounding)
    for other, _ in heads:
        other.write(np.array(np.inf, "<f4").tobytes())
    for each, head in [(stream, packed), *heads] if can_come_back else []:
        digits = head.data[head.count_at :].split(b"\n", 1)[0]
        each.write_at(head.count_at, b"%0*d" % (len(digits), count))


def _write_rows(
    stream: Any,
    header: TckHeader,
    lines: LineSource,
    beside: Sequence[Beside],
    rounding: Rounding,
) -> int:
    """Write the rows of all lines, and the row that ends them; return the number of lines."""
    if isinstance(lines, TckLines) and lines.header.dtype == header.dtype and not lines.permissive:
        copied = lines.copy_rows(stream)
        report_progress(copied, copied)
        return copied
    count = 0
    total = lines.stated_lines()
    for block in lines.blocks():
        count += len(block)
        if total is not None:
            report_progress(count, total)
        stream.write(_rows(block, header.dtype, rounding))
        for other, file, _ in beside:
            other.write(file.packed(block, rounding))
    stream.write(np.full(3, np.inf, header.dtype))
    return count


def _rows(block: Lines, dtype: np.dtype[Any], rounding: Rounding) -> NDArray[Any]:
    """Return points with a row of NaN after each line."""
    points = block.points
    if dtype.itemsize == 4:
        points = rounding.points(points)
    rows = np.empty((len(points) + len(block), 3), dtype)
    ends = np.cumsum(block.lengths + 1) - 1
    keep = np.ones(len(rows), bool)
    keep[ends] = False
    if points.dtype == dtype:
        # One item for a row: numpy moves three numbers at once.
        item = np.dtype((np.void, 3 * dtype.itemsize))
        rows.view(item)[:, 0][keep] = np.ascontiguousarray(points).view(item)[:, 0]
    else:
        rows[keep] = points
    rows[ends] = np.nan
    return rows
