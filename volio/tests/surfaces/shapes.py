"""Meshes whose facts are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: A tetrahedron whose corners are all different, faces seen from outside.
CORNERS = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 5]], np.float32)
SIDES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)


def icosphere(level: int, radius: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A sphere of 10 * 4**level + 2 vertices and 20 * 4**level faces."""
    golden = (1 + 5**0.5) / 2
    vertices = []
    for one in (-1, 1):
        for other in (-golden, golden):
            vertices += [[0, one, other], [one, other, 0], [other, 0, one]]
    points = np.array(vertices, float)
    # Corners that are nearest to each other, 2 apart, are joined.
    apart = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    near = np.abs(apart - 2) < 1e-9
    faces = []
    for a in range(12):
        for b in range(a + 1, 12):
            for c in range(b + 1, 12):
                if near[a, b] and near[b, c] and near[c, a]:
                    outward = np.linalg.det(points[[a, b, c]]) > 0
                    faces.append([a, b, c] if outward else [a, c, b])
    mesh = np.array(faces)
    for _ in range(level):
        points, mesh = _refined(points, mesh)
    return radius * points / np.linalg.norm(points, axis=1, keepdims=True), mesh


def _refined(points, faces):
    """Cut each face into four."""
    sides = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, where = np.unique(sides, axis=0, return_inverse=True)
    middles = points[unique].mean(axis=1)
    middles *= np.linalg.norm(points[0]) / np.linalg.norm(middles, axis=1, keepdims=True)
    ab, bc, ca = where.reshape(3, -1) + len(points)
    a, b, c = faces.T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([points, middles]), np.concatenate([np.stack(p, 1) for p in parts])
