"""Lines on pictures of surfaces: the edges of faces, and normals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import blend
from volio.display.colour.colors import Color
from volio.display.colour.srgb import Picture
from volio.display.sampling.view import View
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.raster import Hits, Screen, on_screen
from volio.pieces import piece_and_place

__all__ = ["EdgeLines", "NormalLines", "draw_edges", "draw_normals"]

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class EdgeLines:
    """How the edges of faces are drawn.

    Parameters
    ----------
    color : (red, green, blue, alpha)
        In 0..1.
    width : float
        Pixels.
    """

    color: Color
    width: float = 1.0


@dataclass(frozen=True)
class NormalLines:
    """How normals are drawn: as lines from where they are to the outside.

    Parameters
    ----------
    starts, directions : float array, shape (n, 3)
        mm, and unit vectors.
    length : float
        mm.
    color : (red, green, blue, alpha)
        In 0..1.
    width : float
        Pixels.
    """

    starts: Floats
    directions: Floats
    length: float
    color: Color
    width: float = 1.0


def draw_edges(
    colours: Picture, lines: EdgeLines, mesh: DrawnMesh, view: View, hits: Hits
) -> Picture:
    """Return the colours of pixels (n, 4) with the edges of the faces that these show.

    Each face draws its half of an edge, so that edges of what is hidden are hidden.
    """
    corners = mesh.faces[hits.faces].T
    screen = on_screen(mesh.vertices, view)
    heights = _heights(screen.columns[corners], screen.rows[corners])
    # The share of a corner is the distance from the edge opposite it, in heights of the face.
    distance = np.full(len(hits.faces), np.inf)
    for corner in range(3):
        np.minimum(distance, hits.weights[:, corner] * heights[corner], out=distance)
    cover = np.clip(lines.width / 2 + 0.5 - distance, 0, 1)
    return blend(colours, _painted(lines.color, cover), "translucent_no_depth")


def _heights(x: Floats, y: Floats) -> Floats:
    """Return the distances of the corners of faces from the edges opposite them, shape (3, n).

    Parameters
    ----------
    x, y : float array, shape (3, n)
        Columns and rows of the corners.
    """
    twice_area = np.abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))
    heights = np.zeros_like(x)
    for corner in range(3):
        start = (corner + 1) % 3  # of the edge opposite
        end = (corner + 2) % 3
        length = np.hypot(x[end] - x[start], y[end] - y[start])
        np.divide(twice_area, length, out=heights[corner], where=length > 0)
    return heights


def _painted(color: Color, cover: Floats) -> Picture:
    """Return a colour for each of some pixels, as opaque as it covers them."""
    paint = np.empty((len(cover), 4), np.float32)
    paint[:] = color
    paint[:, 3] *= cover
    return paint


def draw_normals(picture: Picture, lines: NormalLines, view: View, hits: Hits) -> Picture:
    """Return a picture (rows, columns, 4) with normals, where nothing is before them."""
    rows, columns = view.size
    points = _points_on(lines, view)
    depths = np.full(rows * columns, -np.inf)
    depths[hits.pixels] = hits.depths
    # The start of a normal is on the surface: half a pixel is what rounding may hide.
    behind = depths - view.pixel[0] / 2
    cover = np.zeros(rows * columns, bool)
    offsets = _offsets(lines.width)
    for down, right in product(offsets, offsets):
        # Not rint, which takes the two pixels at the sides of a centre to one.
        row = np.floor(points.rows + down + 0.5).astype(np.int64)
        column = np.floor(points.columns + right + 0.5).astype(np.int64)
        is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        pixels = (row * columns + column)[is_inside]
        is_before = points.nearness[is_inside] >= behind[pixels]
        cover[pixels[is_before]] = True
    drawn = _painted(lines.color, cover.astype(np.float32)).reshape(rows, columns, 4)
    return blend(picture, drawn, "translucent_no_depth")


def _points_on(lines: NormalLines, view: View) -> Screen:
    """Return points on normals, one for each pixel of way and one for the start."""
    ends = lines.starts + lines.length * lines.directions
    first = np.stack(on_screen(lines.starts, view))
    way = np.stack(on_screen(ends, view)) - first
    counts = np.ceil(np.hypot(way[0], way[1])).astype(np.int64) + 1
    line, place = piece_and_place(counts)
    share = place / np.maximum(counts - 1, 1)[line]
    return Screen(*(first[:, line] + share * way[:, line]))


def _offsets(width: float) -> NDArray[np.float64]:
    """Return the distances from a line of the pixels that it is wide."""
    count = max(1, round(width))
    return np.linspace(-(count - 1) / 2, (count - 1) / 2, count)
