"""What is suspicious about tracts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from volio.errors import VolioError
from volio.ops.checks.issue import Issue
from volio.tracts.geometry import lines_inside
from volio.tracts.tractogram import Tractogram

__all__ = ["tract_issues"]


def tract_issues(tracts: Tractogram) -> Iterator[Issue]:
    """Find what is suspicious in tracts: in their place, their counts and their points."""
    if tracts.space == "unknown":
        is_grid = hasattr(tracts.header, "has_affine")
        yield Issue(
            "suspicious",
            "vox_to_ras" if is_grid else "coordinates",
            "is not recorded: the file does not say where the points are",
            "set tracts.space once it is known, and save",
        )
    if getattr(tracts.header, "is_of_dsi_studio", False):
        yield Issue(
            "suspicious",
            "voxel_order",
            "the file is of DSI Studio, whose points are half a voxel from where TrackVis has them",
            "load it with origin='centre' and save it",
        )
    try:
        yield from _line_issues(tracts)
    except VolioError as error:
        yield Issue(
            "error", "lines", f"cannot be read: {error}", "permissive=True takes what is there"
        )


def _line_issues(tracts: Tractogram) -> Iterator[Issue]:
    """Go through all lines once; what is suspicious about them is counted."""
    lines = points = empty = broken = outside = 0
    for block in tracts.lines.blocks():
        lines += len(block)
        points += len(block.points)
        empty += int((block.lengths == 0).sum())
        is_odd = ~np.isfinite(block.points).all(axis=1)
        broken += int(is_odd.sum())
        if tracts.reference is not None:
            outside += int((~lines_inside(block, tracts.reference)).sum())
    stated = tracts.lines.stated_lines()
    if stated is not None and stated != lines:
        yield Issue(
            "suspicious",
            "count",
            f"the header states {_count(stated, 'line')}, there are {lines}",
            "a save puts it right",
        )
    if empty:
        yield Issue("info", "lines", f"{_count(empty, 'line')} without points")
    if broken:
        yield Issue(
            "suspicious",
            "points",
            f"{broken} of {_count(points, 'point')} have coordinates that are NaN or infinite",
            "programs that end lines at NaN cut the lines there",
        )
    if outside:
        yield Issue(
            "info",
            "points",
            f"{outside} of {_count(lines, 'line')} leave the volume that the tracts belong to",
            "some programs refuse such files; tracts[tracts.inside(tracts.reference)] is the rest",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
