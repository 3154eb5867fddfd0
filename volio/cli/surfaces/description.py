"""What ``volio stats`` shows of a surface."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from volio.cli.console.label_counts import label_text
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
        "vertices": surf.n_vertices,
        "mesh": None if mesh is None else vars(mesh),
        "arrays": array_rows(describe_arrays(surf)),
    }


def surface_text(facts: Row, options: argparse.Namespace, alone: bool) -> str:
    """Return what is printed of one file: a paragraph."""
    return "\n".join(paragraph(printable(facts["file"]), list(_lines(facts))))


def _lines(facts: Row) -> Iterator[tuple[str, str]]:
    yield "vertices", str(facts["vertices"])
    mesh = facts["mesh"]
    if mesh is not None:
        yield "faces", str(mesh["faces"])
        yield "area", f"{_number(mesh['area'])} mm2"
        if mesh["volume"] is not None:
            yield "volume", f"{_number(mesh['volume'])} mm3"
        yield "Euler", str(mesh["euler"])
        for name, corner in zip(("lowest", "highest"), mesh["bounds"], strict=False):
            yield name, " ".join(map(_number, corner))
    for array in facts["arrays"]:
        yield printable(array["name"]), _array_text(array)


def _array_text(array: Row) -> str:
    """Return the statistics of values as text; of labels how many there are, and the largest."""
    if array["labels"] is not None:
        return label_text(array["labels"], "vertices")
    numbers = [f"{word} {_number(array[key])}" for word, key in NUMBERS.items()]
    missing = [f"{array['nan']} NaN"] if array["nan"] else []
    return ", ".join([*numbers, *missing])


def _number(value: float) -> str:
    """Return a number with six digits, without an exponent where it is large."""
    return f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"


#: What is printed of an array: the word, and its name among the statistics.
NUMBERS = {"min": "minimum", "max": "maximum", "mean": "mean", "std": "std"}
