"""The arrays of a TRX file that is written: their names, sizes and values, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.formats.trx.names import file_name, safe_names
from volio.tracts.lines import Lines
from volio.tracts.rounding import Rounding
from volio.tracts.sources import LineSource

__all__ = ["FixedMember", "LineColumn", "fixed_arrays", "line_columns"]

Array = NDArray[Any]

#: More points than this need offsets of 64 bits.
MOST_32 = 2**32 - 1


@dataclass(frozen=True)
class FixedMember:
    """A member whose bytes do not come with the lines.

    Attributes
    ----------
    name : str
    size : int
    pieces : callable
        Gives an iterator over the bytes.
    """

    name: str
    size: int
    pieces: Callable[[], Iterator[Any]]

    @classmethod
    def of_array(cls, name: str, array: Array) -> FixedMember:
        """Return a member with the values of an array, in little-endian byte order."""
        stored = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        return cls(name, stored.nbytes, lambda: iter([stored.reshape(-1).view(np.uint8)]))


@dataclass(frozen=True)
class LineColumn:
    """A member whose values come with the lines.

    Attributes
    ----------
    name : str
    size : int
    first : array or None
        What comes before the values of the lines.
    values : callable
        Gives the values of some lines, and the number of points before them, as an array.
    """

    name: str
    size: int
    first: Array | None
    values: Callable[[Lines, int], Array]


def line_columns(
    lines: LineSource, n_points: int, rounding: Rounding
) -> tuple[list[LineColumn], dict[str, str]]:
    """Return the columns of lines, and names that files cannot have, by those that they get.

    Parameters
    ----------
    lines : LineSource
    n_points : int
        How many points they have.
    rounding : Rounding
        To the dtype of the points.
    """
    n_lines = lines.n_lines()
    columns = [_position_column(n_points, rounding), _offset_column(n_lines, n_points)]
    layout = lines.layout
    renamed: dict[str, str] = {}
    for folder, kind, named, rows in (
        ("dpv", "per_point", layout.per_point, n_points),
        ("dps", "per_line", layout.per_line, n_lines),
    ):
        safe = safe_names(named)
        for name, column in named.items():
            if safe[name] != name:
                renamed[name] = safe[name]
            width = max(column.width, 1)
            file = file_name(safe[name], column.dtype, width)
            size = rows * width * column.dtype.itemsize
            values = partial(_values, kind, name)
            columns.append(LineColumn(f"{folder}/{file}", size, None, values))
    return columns, renamed


def _position_column(n_points: int, rounding: Rounding) -> LineColumn:
    """Return the column of all points."""
    name = file_name("positions", rounding.dtype, 3)
    size = 3 * n_points * rounding.dtype.itemsize
    return LineColumn(name, size, None, partial(_positions, rounding))


def _offset_column(n_lines: int, n_points: int) -> LineColumn:
    """Return the column of where lines begin: 0, and then where each of them ends."""
    dtype = np.dtype(np.uint32 if n_points <= MOST_32 else np.uint64)
    name = file_name("offsets", dtype, 1)
    size = (n_lines + 1) * dtype.itemsize
    return LineColumn(name, size, np.zeros(1, dtype), partial(_ends, dtype))


def _positions(rounding: Rounding, lines: Lines, _: int) -> Array:
    return rounding.to_dtype("points", lines.points)


def _ends(dtype: np.dtype[Any], lines: Lines, before: int) -> Array:
    return (before + np.cumsum(lines.lengths)).astype(dtype)


def _values(kind: str, name: str, lines: Lines, _: int) -> Array:
    values: Array = getattr(lines, kind)[name]
    return values


def fixed_arrays(
    groups: Mapping[str, Array], per_group: Mapping[str, Mapping[str, Array]]
) -> list[FixedMember]:
    """Return groups of lines and their values as members."""
    safe = safe_names(groups)
    members = [
        FixedMember.of_array(f"groups/{safe[name]}.uint32", np.asarray(lines, np.uint32))
        for name, lines in groups.items()
    ]
    for group, named in per_group.items():
        names = safe_names(named)
        for name, values in named.items():
            # One row for the group: its values are columns.
            row = values.reshape(1, -1) if values.ndim < 2 else values
            file = file_name(names[name], row.dtype, row.shape[1])
            members.append(FixedMember.of_array(f"dpg/{safe[group]}/{file}", row))
    return members
