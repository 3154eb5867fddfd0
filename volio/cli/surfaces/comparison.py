"""What ``volio diff`` shows of two surfaces."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from volio.cli.surfaces.listing import Row
from volio.ops.surfaces.compare import SurfaceDifference

__all__ = ["surface_differences", "surface_facts"]

Rows = list[tuple[str, str, str]]


def surface_differences(found: SurfaceDifference, options: argparse.Namespace) -> Rows:
    """Return what differs: a name and the two values."""
    rows: Rows = []
    if not options.image:
        rows += _pair("format", found.formats)
        rows += _pair("structure", found.structures)
        rows += [(name, *texts) for name, texts in found.fields.items()]
    rows += _pair("space", found.spaces)
    rows += _pair("vertices", [str(count) for count in found.vertices])
    if found.mm is not None and found.mm > options.mm:
        rows.append(("vertices", f"up to {found.mm:.3g} mm apart", ""))
    if not found.same_faces:
        rows.append(("faces", "not the same", ""))
    return [*rows, *((name, text, "") for name, text in found.arrays.items())]


def _pair(name: str, pair: Sequence[str]) -> Rows:
    one, other = pair
    return [] if one == other else [(name, one or "none", other or "none")]


def surface_facts(found: SurfaceDifference) -> Row:
    """Return what differs by name, for ``--json``."""
    return asdict(found)
