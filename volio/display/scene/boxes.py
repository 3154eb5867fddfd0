"""The box around a layer, drawn onto a picture: its edges in a projection, a frame in a slice."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.drawing import Bytes, draw_lines
from volio.display.sampling.shown_volume import shown_volume
from volio.display.sampling.view import View

__all__ = ["draw_box"]

Points = NDArray[np.float64]

#: Corners of a box by their side along each axis, and the pairs of them that edges join.
SIDES = np.array(list(product((0, 1), repeat=3)))
EDGES = [(a, b) for a, b in combinations(range(8), 2) if np.abs(SIDES[a] - SIDES[b]).sum() == 1]


def draw_box(picture: Bytes, layer: Any, view: View, volume: bool) -> None:
    """Draw the box of the voxels of a layer, as its `bounding_box` says.

    Parameters
    ----------
    picture : (rows, columns, 4) uint8 array
        Changed in place.
    layer : ImageLayer
        Three axes or more.
    view : View
        Of the picture.
    volume : bool
        Whether the picture is a projection; else a slice through the view's centre.
    """
    from matplotlib.colors import to_rgb

    box = layer.bounding_box
    corners = _corners(layer)
    points = corners if volume else _met(corners, view)
    if not len(points):
        return
    places = _pixels(points, view)
    if box.lines:
        ends = EDGES if volume else [(n - 1, n) for n in range(len(points))]
        lines = [places[[first, last]] for first, last in ends]
        draw_lines(picture, lines, to_rgb(box.line_color), box.line_thickness)
    if box.points:
        reach = (0.0, box.point_size / 2)
        dots = [np.array([place - reach, place + reach]) for place in places]
        draw_lines(picture, dots, to_rgb(box.point_color), box.point_size)


def _corners(layer: Any) -> Points:
    """Return the corners of the voxels in the world, (8, 3), in the order of `SIDES`."""
    block = shown_volume(layer)
    voxels = SIDES * np.array(block.shape) - 0.5
    corners: Points = voxels @ block.matrix[:3, :3].T + block.matrix[:3, 3]
    return corners


def _met(corners: Points, view: View) -> Points:
    """Return where the edges of a box meet the plane of a view, in the order around it."""
    depth = (corners - view.centre) @ view.direction
    met = [
        corners[a] + (corners[b] - corners[a]) * (depth[a] / (depth[a] - depth[b]))
        for a, b in EDGES
        if (depth[a] < 0) != (depth[b] < 0)
    ]
    if not met:
        return np.empty((0, 3))
    points = np.array(met)
    away = points - points.mean(axis=0)
    return points[np.argsort(np.arctan2(away @ view.up, away @ view.right))]


def _pixels(points: Points, view: View) -> Points:
    """Return row and column of points (n, 3) in the world."""
    origin, down, right = view.plane()
    away = points - origin
    return np.stack([away @ down / (down @ down), away @ right / (right @ right)], axis=-1)
