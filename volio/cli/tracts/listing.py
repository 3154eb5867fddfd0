"""What ``volio ls`` shows of tracts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from volio.arrays.encodings.decimals import shown_sizes
from volio.cli.console.table import printable
from volio.errors import UsageError
from volio.formats.lookup import format_of
from volio.ops.tracts.describe import describe_tracts, describe_values
from volio.space.affines import voxel_sizes
from volio.space.orientations import aff2axcodes
from volio.tracts.lines import Column
from volio.tracts.tractogram import Tractogram

__all__ = [
    "Row",
    "statistic_lines",
    "tract_cells",
    "tract_facts",
    "tract_lines",
    "tract_values",
    "value_rows",
]

#: Facts by name.
Row = dict[str, Any]


def tract_facts(path: str, tracts: Tractogram) -> Row:
    """Return the facts that the header of tracts states, by name, for people and for JSON.

    Parameters
    ----------
    path : str
        Their file.
    tracts : Tractogram
    """
    known = format_of(type(tracts))
    layout = tracts.lines.layout
    grid = tracts.reference
    return {
        "file": path,
        "kind": tracts.kind,
        "format": "" if known is None else known.name,
        "dtype": layout.dtype.name,
        "lines": tracts.lines.stated_lines(),
        "points": tracts.lines.stated_points(),
        "space": tracts.space,
        "shape": None if grid is None else list(grid.shape),
        "zooms": None if grid is None else shown_sizes(voxel_sizes(grid.affine)),
        "axes": None if grid is None else "".join(aff2axcodes(grid.affine)),
        "per_point": _columns(layout.per_point),
        "per_line": _columns(layout.per_line),
        "groups": {name: len(group) for name, group in tracts.groups.items()},
        "meta": tracts.texts(),
    }


def _columns(columns: Mapping[str, Column]) -> list[Row]:
    return [
        {"name": name, "dtype": column.dtype.name, "columns": max(column.width, 1)}
        for name, column in columns.items()
    ]


def tract_values(tracts: Tractogram, mask: object, options: argparse.Namespace) -> Row:
    """Return what ``--stats`` asks for: all lines are gone through.

    Raises
    ------
    UsageError
        If voxels are asked for.
    """
    if mask is not None or options.counts:
        raise UsageError("--mask and --counts are for volumes, and these are tracts")
    found = describe_tracts(tracts)
    return {
        "statistics": vars(found),
        "lines": found.lines,
        "points": found.points,
        "values": value_rows(tracts),
    }


def value_rows(tracts: Tractogram) -> list[Row]:
    """Return the statistics of values by name."""
    return [vars(found) for found in describe_values(tracts)]


def tract_cells(row: Row, options: argparse.Namespace) -> dict[str, str]:
    """Return the cells of the table for tracts, by the head of their column."""
    cells = {
        "file": printable(row["file"]),
        "format": row["format"],
        "dtype": row["dtype"],
        "lines": "" if row["lines"] is None else str(row["lines"]),
        "points": "" if row["points"] is None else str(row["points"]),
        "space": row["space"],
        "grid": _grid(row),
        "data": _names(row),
    }
    if "statistics" in row:
        found = row["statistics"]
        least, mean, most = found["length"]
        cells["mm"] = "" if np.isnan(mean) else f"{least:.4g} to {most:.4g}, mean {mean:.4g}"
        for name, corner in zip(("lowest", "highest"), found["bounds"], strict=True):
            cells[name] = "" if np.isnan(corner).any() else _place(corner, 4)
    return cells


def _place(corner: Any, digits: int) -> str:
    """Return three coordinates as text."""
    return " ".join(f"{value:.{digits}g}" for value in corner)


def _grid(row: Row) -> str:
    """Return shape, voxel sizes and axes of the volume, where the file states them."""
    if row["shape"] is None:
        return ""
    shape = "x".join(str(length) for length in row["shape"])
    sizes = "x".join(f"{size:.4g}" for size in row["zooms"])
    return f"{shape} of {sizes} {row['axes']}"


def _names(row: Row) -> str:
    """Return the names of values and the number of groups."""
    names = [printable(each["name"]) for each in (*row["per_point"], *row["per_line"])]
    more = f", … {len(names)} names" if len(names) > 4 else ""
    groups = f"{len(row['groups'])} groups" if row["groups"] else ""
    return "; ".join(filter(None, [", ".join(names[:4]) + more, groups]))


def tract_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield the facts of tracts, one line each: a name and a text, which may be empty."""
    yield "format", row["format"]
    yield "dtype", row["dtype"]
    yield "lines", "" if row["lines"] is None else str(row["lines"])
    if "statistics" not in row:  # which count the points
        yield "points", "" if row["points"] is None else str(row["points"])
    yield "space", row["space"]
    yield "grid", _grid(row)
    for per in ("point", "line"):
        for column in row[f"per_{per}"]:
            many = "" if column["columns"] == 1 else f" x {column['columns']}"
            yield f"per {per}", f"{printable(column['name'])}: {column['dtype']}{many}"
    for name, count in row["groups"].items():
        yield "group", f"{printable(name)}: {count} lines"
    for name, text in row["meta"].items():
        yield printable(name), printable(text)
    if "statistics" in row:
        yield from statistic_lines(row["statistics"], row["values"])


def statistic_lines(found: Row, values: list[Row]) -> Iterator[tuple[str, str]]:
    """Yield the statistics of tracts, one line each."""
    least, mean, most = found["length"]
    fewest, usual, many = found["points_per_line"]
    yield "points", str(found["points"])
    yield "length", f"{least:.6g} to {most:.6g} mm, mean {mean:.6g}, together {_total(found)}"
    yield "points of a line", f"{fewest:.6g} to {many:.6g}, mean {usual:.6g}"
    for name, corner in zip(("lowest", "highest"), found["bounds"], strict=True):
        yield name, _place(corner, 6)
    for each in values:
        missing = f", {each['nan']} NaN" if each["nan"] else ""
        numbers = f"{each['minimum']:.6g} to {each['maximum']:.6g}, mean {each['mean']:.6g}"
        yield f"{printable(each['name'])} per {each['per']}", numbers + missing


def _total(found: Row) -> str:
    return f"{found['total_length'] / 1000:.6g} m"
