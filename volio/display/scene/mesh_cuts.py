"""Cuts of triangle meshes with planes: the lines in which a surface crosses a slice, exactly."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.sampling.sections import PicturePlane

__all__ = ["MeshCuts"]

Line = NDArray[np.float64]


class MeshCuts:
    """A mesh that is cut with planes.

    Parameters
    ----------
    vertices : array-like, shape (V, 3)
        World mm.
    faces : array-like of int, shape (F, 3)
        Those with a vertex that is NaN are left out.
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        self.vertices: NDArray[np.float64] = np.asarray(vertices, np.float64)
        corners = np.asarray(faces)
        is_known = np.asarray(np.isfinite(self.vertices).all(axis=1))
        self.faces: NDArray[np.integer[Any]] = corners[is_known[corners].all(axis=1)]

    def lines(self, plane: PicturePlane) -> list[Line]:
        """Return the lines in a plane: row and column of each point, shape (n, 2).

        The first and the last point of a closed line are the same. A point of the mesh that is on
        the plane counts as above it, so that a triangle in the plane is crossed at its border.
        """
        across = np.cross(plane.u, plane.v)
        heights = (self.vertices - plane.origin) @ across
        is_above = heights >= 0
        corners_above = is_above[self.faces]
        number_above = corners_above.sum(axis=1)
        is_crossed = (number_above > 0) & (number_above < 3)
        if not is_crossed.any():
            return []
        sides = _crossed_sides(self.faces[is_crossed], corners_above[is_crossed])
        ends, segments = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
        points = self._on_plane(ends, heights)
        found = _to_plane(points - plane.origin, plane)
        return [found[chain] for chain in _chains(segments.reshape(-1, 2))]

    def _on_plane(self, ends: NDArray[Any], heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where sides of triangles cross the plane, mm, shape (n, 3)."""
        first, second = ends.T
        share = heights[first] / (heights[first] - heights[second])
        ways = self.vertices[second] - self.vertices[first]
        points: NDArray[np.float64] = self.vertices[first] + share[:, np.newaxis] * ways
        return points


def _crossed_sides(faces: NDArray[Any], is_above: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the two sides of each face that cross a plane, as vertices, the lower number first.

    Parameters
    ----------
    faces : array of int, shape (n, 3)
    is_above : array of bool, shape (n, 3)
        Which corners are above the plane: one of the three, or two.

    Returns
    -------
    array of int, shape (n, 2, 2)
    """
    is_one_above = is_above.sum(axis=1) == 1
    # The corner that is alone on its side of the plane: both sides that meet in it are crossed.
    alone = np.argmax(is_above == is_one_above[:, np.newaxis], axis=1)
    number = np.arange(len(faces))
    tips = faces[number, alone]
    others = [faces[number, (alone + step) % 3] for step in (1, 2)]
    sides = np.stack([np.stack([tips, other], axis=1) for other in others], axis=1)
    return np.sort(sides, axis=2)


def _to_plane(points: NDArray[np.float64], plane: PicturePlane) -> Line:
    """Return rows and columns of points of a plane, given from its origin, shape (n, 2)."""
    steps = np.stack([plane.u, plane.v], axis=1)
    found: Line = points @ np.linalg.pinv(steps).T
    return found


def _chains(segments: NDArray[np.intp]) -> list[list[int]]:
    """Return lines through all segments, each segment once: numbers of points in a row.

    Parameters
    ----------
    segments : array of int, shape (n, 2)
        The two points of each.
    """
    at_point: dict[int, list[int]] = defaultdict(list)
    pairs = segments.tolist()
    for number, pair in enumerate(pairs):
        for point in pair:
            at_point[point].append(number)
    is_used = [False] * len(pairs)
    # Lines that end somewhere begin at their ends; what is left is closed.
    ends = [point for point, numbers in at_point.items() if len(numbers) % 2]
    chains = [_walk(point, pairs, at_point, is_used) for point in [*ends, *at_point]]
    return [chain for chain in chains if len(chain) > 1]


def _walk(
    point: int, pairs: list[list[int]], at_point: dict[int, list[int]], is_used: list[bool]
) -> list[int]:
    """Return the points from one along segments that are not used, and use these up."""
    chain = [point]
    while True:
        left = at_point[chain[-1]]
        while left and is_used[left[-1]]:
            left.pop()
        if not left:
            return chain
        number = left.pop()
        is_used[number] = True
        first, second = pairs[number]
        chain.append(second if first == chain[-1] else first)
