"""Pictures of what a view shows of a surface: paints over each other, and light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import blend
from volio.display.colour.srgb import Picture
from volio.display.projection.surface import Light
from volio.display.sampling.view import View
from volio.display.surfaces.lines import EdgeLines, NormalLines, draw_edges, draw_normals
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.raster import Hits, rasterise
from volio.display.surfaces.vertex_paint import ColouredVertices, Paint

__all__ = ["LIGHT", "SHADINGS", "draw_surface"]

Floats = NDArray[np.float32]

SHADINGS = ("none", "flat", "smooth")
#: Colours that face the viewer are those of the colour bar.
LIGHT = Light(shininess=0, ambient=0.25, diffuse=0.75, specular=0)


def draw_surface(
    mesh: DrawnMesh,
    view: View,
    paints: Sequence[Paint],
    shading: str = "smooth",
    light: Light = LIGHT,
    edges: EdgeLines | None = None,
    normals: Sequence[NormalLines] = (),
) -> Picture:
    """Return the picture of a surface; pixels that do not show it are transparent.

    Parameters
    ----------
    mesh : DrawnMesh
    view : View
    paints : sequence of Paint
        The lowest first.
    shading : {"none", "flat", "smooth"}
        No light, that of faces, or that of normals between vertices.
    light : Light
    edges : EdgeLines, optional
        Lines along the edges of faces.
    normals : sequence of NormalLines

    Returns
    -------
    float32 array, shape (rows, columns, 4)
        RGBA in 0..1.
    """
    hits = rasterise(mesh, view)
    corners = mesh.faces[hits.faces]
    colours = over_each_other([_colours_of(paint, hits, corners) for paint in paints])
    if shading != "none":
        facing = _facing(mesh, view, corners, hits, shading)
        colours[:, :3] = light.on(colours[:, :3], facing)
    if edges is not None:
        colours = draw_edges(colours, edges, mesh, view, hits)
    flat = np.zeros((hits.shape[0] * hits.shape[1], 4), np.float32)
    flat[hits.pixels] = colours
    picture = flat.reshape(*hits.shape, 4)
    for lines in normals:
        picture = draw_normals(picture, lines, view, hits)
    return picture


def _facing(
    mesh: DrawnMesh, view: View, corners: NDArray[np.int32], hits: Hits, shading: str
) -> Floats:
    """Return the cosine between the surface's normal and the direction to the viewer."""
    normals_at = {"flat": _normals_of_faces, "smooth": _normals_between_vertices}[shading]
    towards = -np.asarray(view.direction, np.float32)
    return cosines(normals_at(mesh, corners, hits), towards)


def _colours_of(paint: Paint, hits: Hits, corners: NDArray[np.int32]) -> Picture:
    """Return the colours of what is seen."""
    colours = paint.at(corners, hits.weights)
    if isinstance(paint, ColouredVertices) and paint.outline:
        colours[~paint.borders(hits, corners), 3] = 0
    return colours


def over_each_other(layers: Sequence[Picture]) -> Picture:
    """Return colours (n, 4) over each other, the lowest first."""
    colours = layers[0]
    for above in layers[1:]:
        colours = blend(colours, above, "translucent_no_depth")
    return colours


def _normals_of_faces(mesh: DrawnMesh, corners: NDArray[np.int32], hits: Hits) -> Floats:
    """Return a normal of any length for each point: that of its face."""
    a, b, c = (np.take(mesh.vertices, corners[:, corner], axis=0) for corner in range(3))
    normals: Floats = np.cross(b - a, c - a)
    return normals


def _normals_between_vertices(mesh: DrawnMesh, corners: NDArray[np.int32], hits: Hits) -> Floats:
    """Return a normal of any length for each point: those of the vertices around it."""
    normals: Floats = np.einsum("nk,nkc->nc", hits.weights, np.take(mesh.normals, corners, axis=0))
    return normals


def cosines(normals: Floats, towards: Floats) -> Floats:
    """Return the cosines between normals of any length and a direction; 0 for none.

    The inside of an open surface is lit as its outside is.
    """
    lengths = np.linalg.norm(normals, axis=1)
    facing = np.abs(normals @ towards)
    np.divide(facing, lengths, out=facing, where=lengths > 0)
    clipped: Floats = np.minimum(facing, 1).astype(np.float32)
    return clipped
