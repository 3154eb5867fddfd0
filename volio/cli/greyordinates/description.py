"""What ``volio stats`` shows of greyordinates."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from volio.cli.console.label_counts import label_text
from volio.cli.console.table import paragraph, printable
from volio.cli.greyordinates.listing import Row, moments_row
from volio.errors import UsageError
from volio.ops.greyordinates.axes import axis_facts
from volio.ops.greyordinates.describe import describe_greyordinates

__all__ = ["greyordinate_statistics", "greyordinate_text"]


def greyordinate_statistics(path: str, img: Any, mask: object, options: argparse.Namespace) -> Row:
    """Return the statistics of greyordinates by name, for ``--json``.

    Raises
    ------
    UsageError
        If voxels are selected.
    """
    if mask is not None or options.volume:
        raise UsageError("--mask and --volume are for volumes, and these are greyordinates")
    found = describe_greyordinates(img)
    return {
        "file": path,
        "axes": [axis_facts(img.header.get_axis(axis)).text for axis in range(img.ndim)],
        "values": moments_row(found.values),
        "maps": [{"name": name, **moments_row(part)} for name, part in found.maps],
        "labels": [{"name": name, **asdict(counts)} for name, counts in found.labels],
        "structures": [{"name": name, **moments_row(part)} for name, part in found.structures],
    }


def greyordinate_text(facts: Row, options: argparse.Namespace, alone: bool) -> str:
    """Return what is printed of one file: a paragraph."""
    return "\n".join(paragraph(printable(facts["file"]), list(_lines(facts))))


def _lines(facts: Row) -> Iterator[tuple[str, str]]:
    yield "axes", " by ".join(facts["axes"])
    if facts["labels"]:
        for row in facts["labels"]:
            yield printable(row["name"]), label_text(row, "columns")
        return  # a mean of keys means nothing
    yield "values", _numbers(facts["values"])
    for part in (*facts["maps"], *facts["structures"]):
        yield printable(part["name"]), _numbers(part)


def _numbers(part: Row) -> str:
    """Return the statistics of some values as text."""
    numbers = [f"{word} {part[word]:.6g}" for word in ("min", "max", "mean", "std")]
    numbers += [f"{part['nan']} NaN"] if part["nan"] else []
    numbers += [f"{part['infinite']} infinite"] if part["infinite"] else []
    return ", ".join(numbers)
