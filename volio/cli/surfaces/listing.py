"""What ``volio ls`` shows of a surface."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from volio.cli.console.table import printable
from volio.errors import UsageError
from volio.formats.lookup import format_of
from volio.ops.surfaces.describe import ArrayStatistics, describe_arrays

__all__ = ["Row", "array_rows", "surface_cells", "surface_facts", "surface_lines", "surface_values"]

#: Facts by name.
Row = dict[str, Any]


def surface_facts(path: str, surf: Any) -> Row:
    """Return the facts of a surface by name, for people and for JSON.

    Parameters
    ----------
    path : str
        Its file.
    surf : Surface
    """
    faces = surf.faces
    arrays = surf.data.arrays()
    known = format_of(type(surf))
    return {
        "file": path,
        "kind": surf.kind,
        "format": "" if known is None else known.name,
        "vertices": surf.n_vertices,
        "faces": 0 if faces is None else len(faces),
        "space": surf.space if surf.vertices is not None else None,
        "structure": surf.structure or None,
        "geometry": surf.geometry is not None,
        "data": [
            {"name": array.name, "dtype": array.values.dtype.name, "shape": array.values.shape}
            for array in arrays
        ],
        "labels": sum(len(array.labels) for array in arrays if array.labels is not None),
        "meta": dict(surf.meta),
    }


def surface_values(surf: Any, mask: object, options: argparse.Namespace) -> Row:
    """Return what ``--stats`` asks for.

    Raises
    ------
    UsageError
        If voxels are asked for.
    """
    if mask is not None or options.counts:
        raise UsageError("--mask and --counts are for volumes, and this is a surface")
    return {"arrays": array_rows(describe_arrays(surf))}


def array_rows(found: Iterator[ArrayStatistics]) -> list[Row]:
    """Return the statistics of each array by name."""
    return [asdict(statistics) for statistics in found]


def surface_cells(row: Row, options: argparse.Namespace) -> dict[str, str]:
    """Return the cells of the table for a surface, by the head of their column."""
    cells = {
        "file": printable(row["file"]),
        "format": row["format"],
        "vertices": str(row["vertices"]),
        "faces": str(row["faces"] or ""),
        "space": row["space"] or "",
        "structure": row["structure"] or "",
        "data": _names(row),
    }
    if "arrays" in row:
        cells["values"] = "; ".join(_range(array) for array in row["arrays"])
    return cells


def _names(row: Row) -> str:
    """Return the names of arrays, shortened where there are many."""
    names = [printable(array["name"]) for array in row["data"]]
    more = f", … {len(names)} arrays" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more


def _range(array: Row) -> str:
    """Return from where to where values are; of labels how many there are."""
    if array["labels"] is not None:
        return f"{array['labels']['used']} of {array['labels']['rows']} labels"
    return f"{array['minimum']:.6g} to {array['maximum']:.6g}"


def surface_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield the facts of a surface, one line each: a name and a text, which may be empty."""
    yield "format", row["format"]
    yield "vertices", str(row["vertices"])
    yield "faces", str(row["faces"] or "")
    yield "space", row["space"]
    yield "structure", row["structure"]
    yield "geometry", "of a volume" if row["geometry"] else ""
    for array in row["data"]:
        yield "data", f"{printable(array['name'])}: {array['dtype']} {array['shape']}"
    yield "labels", str(row["labels"] or "")
    for name, text in row["meta"].items():
        yield printable(name), printable(text)
    for array in row.get("arrays", ()):
        yield f"values of {printable(array['name'])}", _range(array)
