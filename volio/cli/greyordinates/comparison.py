"""What ``volio diff`` shows of two matrices of greyordinates."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from volio.cli.console.table import printable
from volio.cli.greyordinates.listing import Row
from volio.ops.greyordinates.compare import GreyordinateDifference

__all__ = ["greyordinate_difference_facts", "greyordinate_differences"]

LONGEST = 60  # characters of a text that are shown
Rows = list[tuple[str, str, str]]


def greyordinate_differences(found: GreyordinateDifference, options: argparse.Namespace) -> Rows:
    """Return what differs: a name and the two values."""
    rows: Rows = []
    if not options.image:
        rows += _pair("format", found.formats)
        rows += _pair("dtype", found.dtypes)
        for name, (one, other) in found.fields.items():
            rows.append((printable(name), _shortened(one), _shortened(other)))
    rows += _pair("shape", tuple("x".join(map(str, shape)) for shape in found.shapes))
    for number, (one, other) in found.axes.items():
        what = "" if one != other else "not the same ones"
        rows.append((f"axis {number}", what or one, "" if what else other))
    return [*rows, *_values(found)]


def _pair(name: str, pair: tuple[str, ...]) -> Rows:
    one, other = pair
    return [] if one == other else [(name, one or "none", other or "none")]


def _shortened(text: str) -> str:
    """Return the beginning of a text, in one line."""
    return printable(text[:LONGEST]) + ("..." if len(text) > LONGEST else "")


def _values(found: GreyordinateDifference) -> Rows:
    """Return a row on the values, none where they are the same."""
    values = found.values
    if values is None or not values.differing:
        return []
    message = f"{values.differing} of {values.count} differ, by {values.largest:.6g} at most"
    return [("values", message, f"{found.place}: {_shown(values.values)}")]


def _shown(pair: tuple[Any, Any] | None) -> str:
    return "" if pair is None else f"{pair[0]:.6g} and {pair[1]:.6g}"


def greyordinate_difference_facts(found: GreyordinateDifference) -> Row:
    """Return what differs by name, for ``--json``."""
    return asdict(found)
