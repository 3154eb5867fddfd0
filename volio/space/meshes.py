"""Triangle meshes: edges, normals, areas, and what is wrong with one; plain functions.

Vertices are arrays of shape (V, 3), faces of shape (F, 3) with the numbers of three vertices each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.pieces import piece_and_place, starts_of

__all__ = [
    "boundary_edges",
    "count_parts",
    "crowded_edges",
    "degenerate_faces",
    "edges",
    "enclosed_volume",
    "euler_number",
    "fan_triangles",
    "triangle_areas",
    "triangle_normals",
    "unused_vertices",
    "vertex_areas",
    "vertex_normals",
    "weld",
]

Vertices = NDArray[np.floating]
Faces = NDArray[np.integer]


def edges(faces: ArrayLike) -> NDArray[np.int64]:
    """Return each edge once, as two vertex numbers, the lower first; shape (E, 2)."""
    unique: NDArray[np.int64] = np.unique(_sides(faces), axis=0)
    return unique


def boundary_edges(faces: ArrayLike) -> NDArray[np.int64]:
    """Return the edges that only one face has; shape (B, 2)."""
    unique, counts = np.unique(_sides(faces), axis=0, return_counts=True)
    on_boundary: NDArray[np.int64] = unique[counts == 1]
    return on_boundary


def _sides(faces: ArrayLike) -> NDArray[np.int64]:
    """Return the three sides of every face, the lower vertex first; shape (3 F, 2)."""
    corners = np.asarray(faces, np.int64).reshape(-1, 3)
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    sides.sort(axis=1)
    return sides


def euler_number(faces: ArrayLike) -> int:
    """Return V - E + F, counting the vertices that faces use: 2 for a closed sphere."""
    corners = np.asarray(faces)
    return len(np.unique(corners)) - len(edges(corners)) + len(corners)


def crowded_edges(faces: ArrayLike) -> NDArray[np.int64]:
    """Return the edges that more than two faces have; shape (B, 2)."""
    unique, counts = np.unique(_sides(faces), axis=0, return_counts=True)
    crowded: NDArray[np.int64] = unique[counts > 2]
    return crowded


def count_parts(faces: ArrayLike) -> int:
    """Return how many surfaces the faces make that have no vertex in common."""
    corners, used = np.unique(np.asarray(faces, np.int64), return_inverse=True)
    one, other = edges(used.reshape(-1, 3)).T
    # The part of a vertex is the lowest vertex that is known to be in it.
    part = np.arange(len(corners))
    while (part[one] != part[other]).any():
        lowest = np.minimum(part[one], part[other])
        np.minimum.at(part, part[one], lowest)
        np.minimum.at(part, part[other], lowest)
        while (part[part] != part).any():
            part = part[part]
    return len(np.unique(part))


def unused_vertices(faces: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return the numbers of the vertices, of `count`, that no face uses."""
    used = np.zeros(count, bool)
    used[np.asarray(faces).ravel()] = True
    return np.flatnonzero(~used)


def degenerate_faces(faces: ArrayLike) -> NDArray[np.int64]:
    """Return the numbers of the faces that have a vertex twice."""
    a, b, c = np.asarray(faces).reshape(-1, 3).T
    return np.flatnonzero((a == b) | (b == c) | (c == a))


def _crosses(vertices: ArrayLike, faces: ArrayLike) -> NDArray[np.float64]:
    """Return the cross product of two sides of each face: its normal, twice its area long."""
    a, b, c = np.asarray(vertices, np.float64)[np.asarray(faces).T]
    return np.cross(b - a, c - a)


def triangle_areas(vertices: ArrayLike, faces: ArrayLike) -> NDArray[np.float64]:
    """Return the area of each face, shape (F,), in the square of the vertices' unit."""
    areas: NDArray[np.float64] = np.linalg.norm(_crosses(vertices, faces), axis=1) / 2
    return areas


def triangle_normals(vertices: ArrayLike, faces: ArrayLike) -> NDArray[np.float64]:
    """Return the unit normal of each face, shape (F, 3); NaN for faces without an area."""
    return _units(_crosses(vertices, faces))


def vertex_bounds(vertices: ArrayLike) -> NDArray[np.float64] | None:
    """Return lowest and highest coordinates, shape (2, 3); NaN does not count, None of it alone."""
    array = np.asarray(vertices)
    if np.isnan(array).all():
        return None
    return np.array([np.nanmin(array, axis=0), np.nanmax(array, axis=0)], float)


def vertex_areas(vertices: ArrayLike, faces: ArrayLike) -> NDArray[np.float64]:
    """Return a third of the area of the faces around each vertex, shape (V,)."""
    count = len(np.asarray(vertices))
    shares = np.repeat(triangle_areas(vertices, faces) / 3, 3)
    return np.bincount(np.asarray(faces).ravel(), shares, count).astype(np.float64)


def vertex_normals(vertices: ArrayLike, faces: ArrayLike) -> NDArray[np.float64]:
    """Return the unit normal at each vertex: those of its faces, weighted by their angle there.

    Weights by angle do not depend on how a surface is cut into triangles.

    Returns
    -------
    array of shape (V, 3)
        NaN for vertices without a face that has an area.

    References
    ----------
    G. Thürmer, C. A. Wüthrich, Computing vertex normals from polygonal facets, Journal of Graphics
    Tools 3(1), 1998.
    """
    corners = np.asarray(faces)
    points = np.asarray(vertices, np.float64)
    normals = triangle_normals(points, corners)
    has_area = ~np.isnan(normals).any(axis=1)
    corners = corners[has_area]
    angles = _corner_angles(points, corners)
    total = np.zeros((len(points), 3))
    for axis in range(3):
        weighted = normals[has_area, axis, np.newaxis] * angles
        total[:, axis] = np.bincount(corners.ravel(), weighted.ravel(), len(points))
    return _units(total)


def _corner_angles(vertices: Vertices, faces: Faces) -> NDArray[np.float64]:
    """Return the angle of each face at each of its corners, in radians, shape (F, 3)."""
    points = vertices[faces]
    to_next = np.roll(points, -1, axis=1) - points
    to_last = np.roll(points, 1, axis=1) - points
    sine = np.linalg.norm(np.cross(to_next, to_last), axis=2)
    cosine = (to_next * to_last).sum(axis=2)
    angles: NDArray[np.float64] = np.arctan2(sine, cosine)
    return angles


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors of length 1; NaN for those of length 0."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, np.nan)


def enclosed_volume(vertices: ArrayLike, faces: ArrayLike) -> float:
    """Return the volume inside a closed surface; negative where its faces look inwards.

    Raises
    ------
    UsageError
        If the surface is not closed.
    """
    if len(boundary := boundary_edges(faces)):
        raise UsageError(f"faces: the surface is open, {len(boundary)} edges have one face")
    a, b, c = np.asarray(vertices, np.float64)[np.asarray(faces).T]
    return float((a * np.cross(b, c)).sum() / 6)


def fan_triangles(polygons: ArrayLike, counts: ArrayLike) -> NDArray[np.int64]:
    """Cut polygons into triangles that all have the polygon's first vertex.

    Parameters
    ----------
    polygons : array-like of int, shape (sum of counts,)
        Vertex numbers, polygon after polygon.
    counts : array-like of int, shape (P,)
        Vertices of each polygon; those with fewer than three give no triangle.

    Returns
    -------
    array of int, shape (F, 3)
        In the order of the polygons.
    """
    corners = np.asarray(polygons, np.int64)
    sizes = np.asarray(counts, np.int64)
    triangles = np.maximum(sizes - 2, 0)
    polygon, number = piece_and_place(triangles)
    first = starts_of(sizes)[polygon]
    second = first + 1 + number
    return np.stack([corners[first], corners[second], corners[second + 1]], axis=1)


def weld(vertices: ArrayLike) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Join vertices whose coordinates are equal bit for bit, in the order they are first seen.

    Parameters
    ----------
    vertices : array-like, shape (V, 3)

    Returns
    -------
    unique : array, shape (U, 3)
    numbers : array of int, shape (V,)
        Where each vertex is in `unique`.
    """
    points = np.ascontiguousarray(vertices)
    keys = points.view(np.dtype((np.void, points.dtype.itemsize * 3))).ravel()
    _, firsts, places = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(firsts, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return points[firsts[order]], rank[places.ravel()]
