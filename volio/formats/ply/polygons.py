"""Polygons and strips of a PLY file as triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LossWarning, VolioWarning
from volio.formats.ply.body import Column, Lists
from volio.images.headers.error_context import warn_of_content
from volio.space.meshes import fan_triangles

__all__ = ["read_faces"]

NAMES = ("vertex_indices", "vertex_index")
#: Between two strips of a list.
RESTART = -1


def read_faces(columns: dict[str, dict[str, Column]]) -> NDArray[np.int64] | None:
    """Return the triangles of a file, those of faces first; None where it has no faces at all.

    Raises
    ------
    HeaderDataError
        If faces are not lists of integers.

    Warns
    -----
    VolioWarning
        If faces are not triangles.
    """
    found = []
    if "face" in columns:
        found.append(_fans(_corners(columns["face"], "face")))
    if "tristrips" in columns:
        found.append(_strips(_corners(columns["tristrips"], "tristrips")))
    return np.concatenate(found) if found else None


def _corners(columns: dict[str, Column], what: str) -> Lists:
    for name in NAMES:
        column = columns.get(name)
        if isinstance(column, Lists) and column.values.dtype.kind in "iu":
            return column
    raise HeaderDataError(f"PLY: {what}: needs a list of integers called {' or '.join(NAMES)}")


def _fans(corners: Lists) -> NDArray[np.int64]:
    triangles = fan_triangles(corners.values, corners.counts)
    larger = int((corners.counts > 3).sum())
    smaller = int((corners.counts < 3).sum())
    if larger:
        made = int((corners.counts[corners.counts > 3] - 2).sum())
        polygons = "1 polygon is" if larger == 1 else f"{larger} polygons are"
        warn_of_content(f"{polygons} split into {made} triangles", LossWarning)
    if smaller:
        warn_of_content(f"{smaller} faces have fewer than three corners: left out", VolioWarning)
    return triangles


def _strips(corners: Lists) -> NDArray[np.int64]:
    """Return the triangles of strips: each corner makes one with the two before it."""
    runs: list[NDArray[Any]] = []
    for strip in np.split(corners.values.astype(np.int64), np.cumsum(corners.counts)[:-1]):
        cuts = np.flatnonzero(strip == RESTART)
        runs += [run[run != RESTART] for run in np.split(strip, cuts)]
    found = [np.zeros((0, 3), np.int64), *(_strip_triangles(run) for run in runs)]
    return np.concatenate(found)


def _strip_triangles(run: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(run) < 3:
        return np.zeros((0, 3), np.int64)
    triangles = np.stack([run[:-2], run[1:-1], run[2:]], axis=1)
    # Every second triangle turns the other way round.
    triangles[1::2] = triangles[1::2, [1, 0, 2]]
    a, b, c = triangles.T
    # A corner twice joins two strips, and is not a triangle.
    distinct: NDArray[np.int64] = triangles[(a != b) & (b != c) & (c != a)]
    return distinct
