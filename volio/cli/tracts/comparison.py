"""What ``volio diff`` shows of two tractograms."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from volio.cli.tracts.listing import Row
from volio.ops.tracts.compare import TractDifference

__all__ = ["difference_facts", "tract_differences"]

Rows = list[tuple[str, str, str]]


def tract_differences(found: TractDifference, options: argparse.Namespace) -> Rows:
    """Return what differs: a name and the two values."""
    rows: Rows = []
    if not options.image:
        rows += _pair("format", found.formats)
        rows += [(name, *texts) for name, texts in found.fields.items()]
    rows += _pair("space", found.spaces)
    rows += _pair("grid", found.grids)
    rows += _pair("lines", [str(count) for count in found.lines])
    rows += _pair("points", [str(count) for count in found.points])
    if not found.same_lengths:
        rows.append(("lines", "have other numbers of points", ""))
    if found.mm is not None and found.mm > options.mm:
        rows.append(("points", f"up to {found.mm:.3g} mm apart", ""))
    rows += [(name, text, "") for name, text in found.values.items()]
    return [*rows, *((f"group {name}", text, "") for name, text in found.groups.items())]


def _pair(name: str, pair: Sequence[str]) -> Rows:
    one, other = pair
    return [] if one == other else [(name, one or "none", other or "none")]


def difference_facts(found: TractDifference) -> Row:
    """Return what differs by name, for ``--json``."""
    return asdict(found)
