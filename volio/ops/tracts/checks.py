"""What is odd about tracts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from volio.errors import VolioError
from volio.ops.symptoms.finding import Finding
from volio.tracts.geometry import lines_inside
from volio.tracts.tractogram import Tractogram

__all__ = ["tract_symptoms"]


def tract_symptoms(tracts: Tractogram) -> Iterator[Finding]:
    """Find what is odd in tracts: in their place, their counts and their points."""
    if tracts.space == "unknown":
        is_grid = hasattr(tracts.header, "has_affine")
        yield Finding(
            "odd",
            "vox_to_ras" if is_grid else "coordinates",
            "is not recorded: the file does not say where the points are",
            "set tracts.space once it is known, and save",
        )
    if getattr(tracts.header, "is_of_dsi_studio", False):
        yield Finding(
            "odd",
            "voxel_order",
            "the file is of DSI Studio, whose points are half a voxel from where TrackVis has them",
            "load it with origin='centre' and save it",
        )
    try:
        yield from _line_symptoms(tracts)
    except VolioError as error:
        yield Finding(
            "error", "lines", f"cannot be read: {error}", "permissive=True takes what is there"
        )


def _line_symptoms(tracts: Tractogram) -> Iterator[Finding]:
    """Go through all lines once; what is odd about them is counted."""
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
        yield Finding(
            "odd",
            "count",
            f"the header states {_count(stated, 'line')}, there are {lines}",
            "a save puts it right",
        )
    if empty:
        yield Finding("info", "lines", f"{_count(empty, 'line')} without points")
    if broken:
        yield Finding(
            "odd",
            "points",
            f"{broken} of {_count(points, 'point')} have coordinates that are NaN or infinite",
            "programs that end lines at NaN cut the lines there",
        )
    if outside:
        yield Finding(
            "info",
            "points",
            f"{outside} of {_count(lines, 'line')} leave the volume that the tracts belong to",
            "some programs refuse such files; tracts[tracts.inside(tracts.reference)] is the rest",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
