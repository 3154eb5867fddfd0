"""What ``volio stats`` shows of a surface."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from volio.cli.console.table import paragraph, printable
from volio.cli.surfaces.listing import Row, array_rows
from volio.errors import UsageError
from volio.ops.surfaces.describe import describe_arrays, describe_mesh

__all__ = ["surface_statistics", "surface_text"]


def surface_statistics(path: str, surf: Any, mask: object, options: argparse.Namespace) -> Row:
    """Return the statistics of a surface by name, for ``--json``.

    Raises
    ------
    UsageError
        If voxels are selected.
    """
    if mask is not None or options.volume:
        raise UsageError("--mask and --volume are for volumes, and this is a surface")
    mesh = describe_mesh(surf)
    return {
        "file": path,
        "mesh": None if mesh is None else vars(mesh),
        "arrays": array_rows(describe_arrays(surf)),
    }


def surface_text(facts: Row, options: argparse.Namespace, alone: bool) -> str:
    """Return what is printed of one file: a paragraph."""
    return "\n".join(paragraph(printable(facts["file"]), list(_lines(facts))))


def _lines(facts: Row) -> Iterator[tuple[str, str]]:
    mesh = facts["mesh"]
    if mesh is not None:
        yield "vertices", str(mesh["vertices"])
        yield "faces", str(mesh["faces"])
        yield "area", f"{mesh['area']:.6g} mm2"
        if mesh["volume"] is not None:
            yield "volume", f"{mesh['volume']:.6g} mm3"
        yield "Euler", str(mesh["euler"])
        for name, corner in zip(("lowest", "highest"), mesh["bounds"], strict=False):
            yield name, " ".join(f"{value:.6g}" for value in corner)
    for array in facts["arrays"]:
        numbers = [f"{word} {array[key]:.6g}" for word, key in NUMBERS.items()]
        missing = f", {array['nan']} NaN" if array["nan"] else ""
        yield printable(array["name"]), ", ".join(numbers) + missing


#: What is printed of an array: the word, and its name among the statistics.
NUMBERS = {"min": "minimum", "max": "maximum", "mean": "mean", "std": "std"}
