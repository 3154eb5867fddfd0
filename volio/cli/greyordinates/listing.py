"""What ``volio ls`` shows of greyordinates."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from volio.cli.console.table import printable
from volio.errors import UsageError
from volio.formats.lookup import format_of
from volio.ops.greyordinates.axes import axis_facts
from volio.ops.greyordinates.describe import describe_greyordinates
from volio.ops.greyordinates.moments import PartStatistics

__all__ = [
    "Row",
    "greyordinate_cells",
    "greyordinate_facts",
    "greyordinate_lines",
    "greyordinate_values",
    "moments_row",
]

#: Facts by name.
Row = dict[str, Any]

SHOWN = 4  # names of maps


def greyordinate_facts(path: str, img: Any) -> Row:
    """Return the facts of a matrix by name, for people and for JSON.

    Parameters
    ----------
    path : str
        Its file.
    img : Cifti2Image
    """
    known = format_of(type(img))
    header = img.nifti_header
    return {
        "file": path,
        "kind": img.kind,
        "format": "" if known is None else known.name,
        "dtype": img.get_data_dtype().newbyteorder("=").name,
        "byte_order": "big" if header.endianness == ">" else "little",
        "shape": [int(length) for length in img.shape],
        "intent": header.get_intent()[0],
        "axes": [asdict(axis_facts(img.header.get_axis(axis))) for axis in range(img.ndim)],
        "meta": {name: str(text) for name, text in (img.header.matrix.metadata or {}).items()},
    }


def greyordinate_values(img: Any, mask: object, options: argparse.Namespace) -> Row:
    """Return what ``--stats`` asks for.

    Raises
    ------
    UsageError
        If voxels are asked for.
    """
    if mask is not None or options.counts:
        raise UsageError("--mask and --counts are for volumes, and these are greyordinates")
    return {"values": moments_row(describe_greyordinates(img).values)}


def moments_row(found: PartStatistics) -> Row:
    """Return statistics by name, as those of volumes are called."""
    return {
        "count": found.count,
        "min": found.minimum,
        "max": found.maximum,
        "mean": found.mean,
        "std": found.std,
        "nan": found.nan,
        "infinite": found.infinite,
    }


def greyordinate_cells(row: Row, options: argparse.Namespace) -> dict[str, str]:
    """Return the cells of the table for a matrix, by the head of their column."""
    cells = {
        "file": printable(row["file"]),
        "dtype": row["dtype"],
        "shape": "x".join(map(str, row["shape"])),
        "axes": " by ".join(axis["text"] for axis in row["axes"]),
        "structures": _structures(row),
        "data": _names(row),
    }
    if "values" in row:
        cells["values"] = _range(row["values"])
    return cells


def _structures(row: Row) -> str:
    """Return how many structures the greyordinates are of; their names, where they are few."""
    names = [part["name"] for axis in row["axes"] for part in axis["structures"]]
    different = list(dict.fromkeys(names))
    return ", ".join(different) if len(different) < SHOWN else str(len(different))


def _names(row: Row) -> str:
    """Return the names of maps, shortened where there are many."""
    names = [
        printable(name)
        for axis in row["axes"]
        if axis["kind"] in ("scalars", "labels")
        for name in axis["names"]
    ]
    more = f", … {len(names)} maps" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _range(values: Row) -> str:
    return f"{values['min']:.6g} to {values['max']:.6g}"


def greyordinate_lines(row: Row) -> Iterator[tuple[str, str | None]]:
    """Yield the facts of a matrix, one line each: a name and a text, which may be empty."""
    yield "format", row["format"]
    yield "dtype", row["dtype"]
    yield "shape", "x".join(map(str, row["shape"]))
    yield "intent", row["intent"]
    for axis in row["axes"]:
        yield "axis", axis["text"]
        for part in axis["structures"]:
            length = part["stop"] - part["start"]
            where = f"{part['start']} to {part['stop'] - 1}"
            yield part["name"], f"{length} {part['of']}, {where}"
        for name in axis["names"]:
            yield "parcel" if axis["kind"] == "parcels" else "map", printable(name)
    for name, text in row["meta"].items():
        yield printable(name), printable(text)
    if "values" in row:
        yield "values", _range(row["values"])
