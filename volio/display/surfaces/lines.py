"""Lines on pictures of surfaces: the edges of faces, and normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import blend
from volio.display.colour.colors import Color
from volio.display.colour.srgb import Picture
from volio.display.sampling.view import View
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.raster import Hits, on_screen

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
    columns, rows, _ = on_screen(mesh.vertices, view)
    x = columns[corners]
    y = rows[corners]
    distance = np.full(len(hits.faces), np.inf)
    area = np.abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))
    for corner in range(3):
        start = (corner + 1) % 3  # the edge opposite the corner goes from here ...
        end = (corner + 2) % 3  # ... to here
        length = np.hypot(x[end] - x[start], y[end] - y[start])
        # The share of a corner is its distance from the edge across, in heights of the face.
        height = np.divide(area, length, out=np.zeros_like(area), where=length > 0)
        np.minimum(distance, hits.weights[:, corner] * height, out=distance)
    cover = np.clip(lines.width / 2 + 0.5 - distance, 0, 1)
    return blend(colours, _painted(lines.color, cover), "translucent_no_depth")


def _painted(color: Color, cover: Floats) -> Picture:
    """Return a colour for each of some pixels, as opaque as it covers them."""
    paint = np.empty((len(cover), 4), np.float32)
    paint[:] = color
    paint[:, 3] *= cover
    return paint


def draw_normals(picture: Picture, lines: NormalLines, view: View, hits: Hits) -> Picture:
    """Return a picture (rows, columns, 4) with normals, where nothing is before them."""
    rows, columns = view.size
    ends = lines.starts + lines.length * lines.directions
    first = np.stack(on_screen(lines.starts, view))
    steps = np.stack(on_screen(ends, view)) - first
    # A point for each pixel of way, and for those next to it where lines are wide.
    counts = np.ceil(np.hypot(steps[0], steps[1])).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]
    share = number / np.maximum(counts - 1, 1)[owner]
    column, row, nearness = first[:, owner] + share * steps[:, owner]
    depths = np.full(rows * columns, -np.inf)
    depths[hits.pixels] = hits.depths
    cover = np.zeros(rows * columns, bool)
    for down in _offsets(lines.width):
        for right in _offsets(lines.width):
            # Not rint, which takes the two pixels at the sides of a centre to one.
            at_row = np.floor(row + down + 0.5).astype(np.int64)
            at_column = np.floor(column + right + 0.5).astype(np.int64)
            inside = (at_row >= 0) & (at_row < rows) & (at_column >= 0) & (at_column < columns)
            pixels = (at_row * columns + at_column)[inside]
            # The start of a normal is on the surface: half a pixel is what rounding may hide.
            is_before = nearness[inside] >= depths[pixels] - view.pixel[0] / 2
            cover[pixels[is_before]] = True
    drawn = _painted(lines.color, cover.astype(np.float32)).reshape(rows, columns, 4)
    return blend(picture, drawn, "translucent_no_depth")


def _offsets(width: float) -> NDArray[np.float64]:
    """Return the distances from a line of the pixels that it is wide."""
    count = max(1, round(width))
    return np.linspace(-(count - 1) / 2, (count - 1) / 2, count)
