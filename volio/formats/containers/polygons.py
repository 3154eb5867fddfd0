"""Polygons of files become triangles, with a warning of what is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, LossWarning
from volio.images.headers.error_context import warn_of_content
from volio.space.meshes import fan_triangles
from volio.surfaces.mesh_arrays import checked_faces

__all__ = ["faces_of_polygons", "polygon_of_corner", "warn_of_left_out"]


def faces_of_polygons(
    corners: NDArray[Any], counts: NDArray[Any], vertices: int
) -> NDArray[np.int32]:
    """Return the triangles of polygons; those with more corners are cut, with a warning.

    Parameters
    ----------
    corners : array of int, shape (sum of counts,)
        Vertex numbers from 0, polygon after polygon.
    counts : array of int, shape (P,)
    vertices : int
        How many there are.

    Raises
    ------
    CorruptFileError
        If a polygon has fewer than three corners.
    HeaderDataError
        If it names a vertex that is not there.

    Warns
    -----
    LossWarning
        If polygons are cut into triangles.
    """
    if counts.size and counts.min() < 3:
        first = int(np.argmax(counts < 3))
        raise CorruptFileError(f"faces: face {first} has {counts[first]} corners, 3 are the fewest")
    faces = checked_faces(fan_triangles(corners, counts), vertices)
    if more := int((counts > 3).sum()):
        warn_of_content(
            f"faces: {more} have more than three corners, and were cut into triangles", LossWarning
        )
    return faces


def polygon_of_corner(counts: NDArray[Any], corner: int) -> int:
    """Return which polygon a corner is of.

    Parameters
    ----------
    counts : array of int, shape (P,)
        Corners of each polygon.
    corner : int
        Its number, counted over all polygons.
    """
    # The first polygon with which there are more corners than come before this one.
    return int(np.searchsorted(np.cumsum(counts), corner, "right"))


def warn_of_left_out(parts: list[str]) -> None:
    """Warn of what a file holds and a surface has no place for."""
    if parts:
        warn_of_content(f"a surface has no place for {', '.join(parts)}", LossWarning)
