"""Meshes as they are drawn: finite, with normals, and which sides of faces can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError

__all__ = ["DrawnMesh", "check_mesh"]

Floats = NDArray[np.float32]
#: Of the numbers that vertices get where it is looked at whether a surface is closed.
SEED = 20


@dataclass(frozen=True)
class DrawnMesh:
    """Vertices and faces for a picture.

    Parameters
    ----------
    vertices : float32 array, shape (V, 3)
        mm; 0 for those that are not finite, which no face has.
    faces : int32 array, shape (F, 3)
        Those whose vertices are all finite, counterclockwise as seen from outside.
    normals : float32 array, shape (V, 3)
        Unit vectors to the outside, those of faces weighted by their area; 0 for vertices
        without a face that has one.
    closed : bool
        Whether the inside can never be seen.
    """

    vertices: Floats
    faces: NDArray[np.int32]
    normals: Floats
    closed: bool

    @classmethod
    def of(cls, vertices: ArrayLike, faces: ArrayLike) -> Self:
        """Return the mesh of a picture, of the vertices and faces of a surface.

        Raises
        ------
        UsageError
            If no face has an extent.
        """
        points = np.asarray(vertices)
        corners = np.asarray(faces, np.int32)
        is_finite = np.isfinite(points).all(axis=1)
        if not is_finite.all():
            corners = corners[is_finite[corners].all(axis=1)]
            points = np.where(is_finite[:, np.newaxis], points, 0)
        if not len(corners):
            raise UsageError("surface: a picture needs faces, and there is none to be seen")
        points = np.ascontiguousarray(points, np.float32)
        crosses = _face_crosses(points, corners)
        closed = _is_closed(corners, len(points))
        if closed and _encloses_less_than_nothing(points, corners, crosses):
            corners = np.ascontiguousarray(corners[:, ::-1])
            crosses = -crosses
        return cls(points, corners, _vertex_normals(crosses, corners, len(points)), closed)

    @classmethod
    def of_surface(cls, surface: Any) -> Self:
        """Return the mesh of a surface.

        Raises
        ------
        UsageError
            If it has no vertices or no faces.
        """
        check_mesh(surface)
        return cls.of(surface.vertices, surface.faces)

    @cached_property
    def drawn_vertices(self) -> Floats:
        """The vertices that faces have, shape (n, 3)."""
        is_used = np.zeros(len(self.vertices), bool)
        is_used[self.faces.ravel()] = True
        return self.vertices[is_used]


def check_mesh(surface: Any) -> None:
    """Refuse a surface that has no vertices or no faces.

    Raises
    ------
    UsageError
        Says what it has.
    """
    name = surface.get_filename() or type(surface).__name__
    if surface.vertices is None:
        raise UsageError(f"{name}: has values, but no vertices; mesh.with_data(values) joins them")
    if surface.faces is None:
        raise UsageError(f"{name}: has vertices, but no faces that could be drawn")


def _face_crosses(points: Floats, faces: NDArray[np.int32]) -> Floats:
    """Return the normal of each face, twice its area long, shape (F, 3)."""
    a, b, c = (np.take(points, faces[:, corner], axis=0) for corner in range(3))
    ab = b - a
    ac = c - a
    crosses = np.empty_like(ab)
    for axis in range(3):
        after = (axis + 1) % 3
        last = (axis + 2) % 3
        crosses[:, axis] = ab[:, after] * ac[:, last] - ab[:, last] * ac[:, after]
    return crosses


def _vertex_normals(crosses: Floats, faces: NDArray[np.int32], count: int) -> Floats:
    """Return unit normals at vertices.

    Weights are areas, not angles as those of `Surface.normals`: they take a tenth of the time, and
    no light shows the difference.
    """
    total = np.zeros((count, 3), np.float32)
    for axis in range(3):
        for corner in range(3):
            total[:, axis] += np.bincount(faces[:, corner], crosses[:, axis], count)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    np.divide(total, lengths, out=total, where=lengths > 0)
    return total


def _is_closed(faces: NDArray[np.int32], count: int) -> bool:
    """Return whether each edge is gone along once in each direction.

    Every vertex gets two random numbers; those of an edge give a product that changes its sign
    with the direction. The sum of all is 0 if each edge is there in both directions, and, but for
    one case in 2**64, only then. Sorting the edges would take a hundred times as long.
    """
    numbers = np.random.default_rng(SEED).integers(0, 2**64, (2, count), np.uint64)
    first, second = numbers
    sums = np.zeros(3, np.uint64)
    for corner in range(3):
        start = faces[:, corner]
        end = faces[:, (corner + 1) % 3]
        # Sums and products of uint64 wrap around, and equal ones of other signs still cancel.
        products = first[start] * second[end] - first[end] * second[start]
        sums[corner] = products.sum(dtype=np.uint64)
    return bool(sums.sum(dtype=np.uint64) == 0)


def _encloses_less_than_nothing(points: Floats, faces: NDArray[np.int32], crosses: Floats) -> bool:
    """Return whether the faces of a closed surface look inwards: its volume is negative."""
    heights = np.einsum("ij,ij->i", points[faces[:, 0]] - points[faces[0, 0]], crosses)
    return bool(heights.sum(dtype=np.float64) < 0)
