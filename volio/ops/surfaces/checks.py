"""What is suspicious about a surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import VolioError
from volio.ops.checks.issue import Issue
from volio.ops.checks.labels import table_issues
from volio.space.meshes import (
    boundary_edges,
    count_parts,
    crowded_edges,
    degenerate_faces,
    enclosed_volume,
    euler_number,
    unused_vertices,
)
from volio.surfaces.surface import Surface

__all__ = ["surface_issues"]


def surface_issues(surf: Surface) -> Iterator[Issue]:
    """Find what is suspicious in a surface: in its vertices, faces and values."""
    try:
        yield from _vertex_issues(surf)
        yield from _face_issues(surf)
        yield from _array_issues(surf)
    except VolioError as error:
        yield Issue("error", "data", f"cannot be read: {error}")


def _vertex_issues(surf: Surface) -> Iterator[Issue]:
    if surf.vertices is None:
        return
    wrong = np.flatnonzero(~np.isfinite(surf.vertices).all(axis=1))
    if len(wrong):
        yield Issue(
            "suspicious",
            "vertices",
            f"{_count(len(wrong), 'vertex', 'vertices')} without a position, the first is "
            f"{wrong[0]}; flat maps have them",
            "viewers may fail on them",
        )
    if surf.space == "unknown":
        yield Issue("info", "space", "the file does not say in what space the vertices are")


def _face_issues(surf: Surface) -> Iterator[Issue]:
    if surf.vertices is None or surf.faces is None or not len(surf.faces):
        return
    if len(wrong := degenerate_faces(surf.faces)):
        what = f"{_count(len(wrong), 'face has', 'faces have')} a vertex twice"
        yield Issue("suspicious", "faces", f"{what}, the first is face {wrong[0]}")
    if len(unused := unused_vertices(surf.faces, surf.n_vertices)):
        what = f"{_count(len(unused), 'vertex is', 'vertices are')} in no face"
        yield Issue("info", "faces", f"{what}, the first is {unused[0]}")
    boundary = len(boundary_edges(surf.faces))
    if boundary:
        yield Issue("info", "faces", f"the surface is open: {boundary} edges have one face")
    else:
        yield from _closed_issues(surf.faces)
    if not boundary and enclosed_volume(np.nan_to_num(surf.vertices), surf.faces) < 0:
        yield Issue("suspicious", "faces", "the surface is inside out: its faces look inwards")


def _closed_issues(faces: NDArray[np.int32]) -> Iterator[Issue]:
    """Find where a surface without an edge is not like a sphere, or like several."""
    if crowded := len(crowded_edges(faces)):
        found = f"{_count(crowded, 'edge has', 'edges have')} more than two faces"
        yield Issue("suspicious", "faces", found)
    euler = euler_number(faces)
    if euler == 2:
        return
    parts = count_parts(faces)
    if euler == 2 * parts:
        yield Issue("info", "faces", f"the surface is in {parts} parts, each like a sphere")
        return
    of_spheres = "2" if parts == 1 else f"{2 * parts} as of {parts} parts"
    found = f"the Euler number is {euler}, not {of_spheres}: not like a sphere"
    yield Issue("suspicious", "faces", found)


def _array_issues(surf: Surface) -> Iterator[Issue]:
    for other in surf.data.others():
        found = f"{other} does not have a value for each of {surf.n_vertices} vertices"
        yield Issue("suspicious", "data", found)
    for array in surf.data.arrays():
        if array.labels is None:
            continue
        used: list[Any] = np.unique(array.values).tolist()
        missing = [key for key in used if key not in array.labels]
        if missing:
            shown = ", ".join(str(key) for key in missing[:8])
            yield Issue("suspicious", array.name, f"values that no label has: {shown}")
        yield from table_issues(array.labels, array.name)


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
