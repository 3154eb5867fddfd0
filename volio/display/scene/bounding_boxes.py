"""The box around a layer, drawn onto a picture: its edges in a projection, a frame in a slice."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from volio.display.base.matplotlib_import import imported
from volio.display.colour.drawing import Bytes, draw_lines
from volio.display.layers.base_layer import BoundingBox
from volio.display.layers.layer import ImageLayer
from volio.display.sampling.shown_volume import shown_volume
from volio.display.sampling.view import View

__all__ = ["draw_box"]

Points = NDArray[np.float64]

#: Corners of a box by their side along each axis, and the pairs of them that edges join.
SIDES = np.array(list(product((0, 1), repeat=3)))
EDGES = [(a, b) for a, b in combinations(range(8), 2) if np.abs(SIDES[a] - SIDES[b]).sum() == 1]


def draw_box(picture: Bytes, layer: ImageLayer, view: View, volume: bool) -> None:
    """Draw the box of the voxels of a layer, with the settings of its `bounding_box`.

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
    corners = _corners(layer)
    if volume:
        pixels = _pixels(corners, view)
        edges = EDGES
    else:
        pixels = _pixels(_frame(corners, view), view)
        edges = [(n - 1, n) for n in range(len(pixels))]
    if len(pixels):
        _draw(picture, pixels, edges, layer.bounding_box)


def _draw(picture: Bytes, pixels: Points, edges: list[tuple[int, int]], box: BoundingBox) -> None:
    """Draw lines between pixels, and points at them."""
    to_rgb = imported("matplotlib.colors").to_rgb

    if box.lines:
        lines = [pixels[[first, last]] for first, last in edges]
        draw_lines(picture, lines, to_rgb(box.line_color), box.line_thickness)
    if box.points:
        half = (0.0, box.point_size / 2)
        dots = [np.array([pixel - half, pixel + half]) for pixel in pixels]
        draw_lines(picture, dots, to_rgb(box.point_color), box.point_size)


def _corners(layer: ImageLayer) -> Points:
    """Return the corners of the voxels in the world, (8, 3), in the order of `SIDES`."""
    volume = shown_volume(layer)
    # Sides 0 and 1 are at voxels -0.5 and length - 0.5.
    voxels = SIDES * np.array(volume.shape) - 0.5
    corners: Points = voxels @ volume.matrix[:3, :3].T + volume.matrix[:3, 3]
    return corners


def _frame(corners: Points, view: View) -> Points:
    """Return where the edges of a box meet the plane of a view, in the order around it."""
    depth = (corners - view.centre) @ view.direction
    points = [
        corners[a] + (corners[b] - corners[a]) * (depth[a] / (depth[a] - depth[b]))
        for a, b in EDGES
        if (depth[a] < 0) != (depth[b] < 0)
    ]
    return _around(np.array(points).reshape(-1, 3), view)


def _around(points: Points, view: View) -> Points:
    """Return points (n, 3) in the order of their angles about their middle."""
    if not len(points):
        return points
    offsets = points - points.mean(axis=0)
    angles = np.arctan2(offsets @ view.up, offsets @ view.right)
    return points[np.argsort(angles)]


def _pixels(points: Points, view: View) -> Points:
    """Return row and column of points (n, 3) in the world."""
    origin, down, right = view.plane()
    offsets = points - origin
    rows = offsets @ down / (down @ down)
    columns = offsets @ right / (right @ right)
    return np.stack([rows, columns], axis=-1)
