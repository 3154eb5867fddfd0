"""Pictures of surface layers, and what is seen along a line of sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_count
from volio.display.colour.blending import compose
from volio.display.colour.value_colours import ValueColours
from volio.display.layers.geometry.mesh_rays import first_face
from volio.display.sampling.view import View
from volio.display.surfaces.hemispheres import hemisphere_of
from volio.display.surfaces.lines import EdgeLines, NormalLines
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.picture import draw_surface
from volio.display.surfaces.vertex_paint import (
    ColouredVertices,
    Paint,
    ShadedValues,
    interpolated,
    label_paint,
)
from volio.display.surfaces.views import MARGIN, as_cameras, extent, fitted_view
from volio.errors import UsageError
from volio.flags import as_flag
from volio.space.affines import apply_affine
from volio.space.meshes import triangle_normals

if TYPE_CHECKING:
    from volio.display.layers.parts.surface_look import NormalLook
    from volio.display.layers.surface_layer import SurfaceLayer

__all__ = ["get_value", "paint_of", "picture", "thumbnail", "vertex_colours", "world_mesh"]

#: Pixels of a side of a thumbnail.
SIDE = 32


def world_mesh(layer: SurfaceLayer) -> DrawnMesh:
    """Return the mesh of a layer in the world."""
    return DrawnMesh.of(apply_affine(layer.matrix_of_space, layer.vertices), layer.faces)


def paint_of(layer: SurfaceLayer) -> Paint:
    """Return the colours of a layer: its own, those of labels, or those of values."""
    colors = layer.vertex_colors
    if colors is not None:
        faded = colors * np.array([1, 1, 1, layer.opacity], np.float32)
        return ColouredVertices(faded, blended=True)
    values = layer.slice_values()
    if layer.labels is not None:
        return label_paint(values, layer.labels, layer.opacity)
    shaded = ShadedValues(values, ValueColours.of(layer))
    return ColouredVertices(shaded.of_vertices()) if layer.limits.labels else shaded


def vertex_colours(layer: SurfaceLayer) -> NDArray[np.float32]:
    """Return the colours of all vertices, whatever the opacity of the layer: (V, 4), 0 to 1."""
    colours = paint_of(layer).of_vertices().copy()
    if layer.opacity > 0:
        colours[:, 3] /= np.float32(layer.opacity)
    return colours


def picture(
    layer: SurfaceLayer, view: View | str = "front", size: int = 400
) -> NDArray[np.float32]:
    """Return the picture of the layer from a side.

    Parameters
    ----------
    view : str, (azimuth, elevation) or View
        As for `volio.display.plot_surface`, or a camera in the world.
    size : int
        Pixels of the longest side; of a `View` its own counts.

    Returns
    -------
    (rows, columns, 4) float32 array
        RGBA in 0..1; transparent where the surface is not seen, and if the layer is hidden.

    Raises
    ------
    UsageError
        If there is no such view; of 'lateral' and 'medial' also if the layer was not made from a
        surface.
    """
    camera = view if isinstance(view, View) else _fitted(layer, view, size)
    if not layer.visible:
        return np.zeros((*camera.size, 4), np.float32)
    return draw_surface(
        layer.drawn_mesh,
        camera,
        [paint_of(layer)],
        layer.shading,
        edges=_edges(layer),
        normals=_normals(layer),
    )


def _fitted(layer: SurfaceLayer, view: Any, size: int) -> View:
    """Return the view from a side that shows all of a layer."""
    as_count("size", size, low=2 * MARGIN + 1)
    (camera,) = as_cameras(view if isinstance(view, str) else [view], lambda: _side(layer))
    points = layer.drawn_mesh.drawn_vertices
    # What is seen from its edge has some size, too.
    pixel = (extent(camera, points) or 1.0) / (size - 2 * MARGIN)
    return fitted_view(camera, points, pixel)


def _side(layer: SurfaceLayer) -> str:
    """Return the hemisphere of the surface that a layer was made from."""
    if layer.origin_surface is None:
        raise UsageError(
            "view: 'lateral' and 'medial' are of hemispheres, and the layer was made from arrays; "
            "'left' and 'right' are sides of the subject"
        )
    return hemisphere_of(layer.origin_surface)


def _edges(layer: SurfaceLayer) -> EdgeLines | None:
    """Return how edges of faces are drawn; None for not at all."""
    if not layer.wireframe.visible:
        return None
    return EdgeLines(layer.wireframe.color, layer.wireframe.width)


def _normals(layer: SurfaceLayer) -> list[NormalLines]:
    """Return the normals that are drawn."""
    mesh = layer.drawn_mesh
    found = []
    if layer.normals.face.visible:
        middles = mesh.vertices[mesh.faces].mean(axis=1)
        directions = triangle_normals(mesh.vertices, mesh.faces)
        has_area = np.isfinite(directions).all(axis=1)
        found.append(_lines(middles[has_area], directions[has_area], layer.normals.face))
    if layer.normals.vertex.visible:
        has_normal = mesh.normals.any(axis=1)
        starts = mesh.vertices[has_normal]
        found.append(_lines(starts, mesh.normals[has_normal], layer.normals.vertex))
    return found


def _lines(
    starts: NDArray[np.floating], directions: NDArray[np.floating], look: NormalLook
) -> NormalLines:
    return NormalLines(starts, directions, look.length, look.color, look.width)


def thumbnail(layer: SurfaceLayer) -> NDArray[np.uint8]:
    """Return a small picture of a layer from the front, (32, 32, 4) uint8, on black."""
    camera = _fitted(layer, "front", SIDE)
    millimeters = camera.pixel[0] * SIDE
    square = replace(camera, size=(SIDE, SIDE), field_of_view=(millimeters, millimeters))
    return compose([picture(layer, square)], background=(0, 0, 0))


def get_value(
    layer: SurfaceLayer,
    position: ArrayLike,
    view_direction: ArrayLike | None = None,
    dims_displayed: Sequence[int] | None = None,
    world: bool = False,
) -> tuple[Any, int | None] | None:
    """Return the value that is seen along a line of sight, and the face.

    Parameters
    ----------
    position, view_direction : (n,) array-like
        A point of the line, and where the viewer looks. Without a direction nothing is seen.
    dims_displayed : sequence of int, optional
        The axes shown: a surface is seen where they are three.
    world : bool
        Whether position and direction are in world coordinates, not in those of the vertices.

    Returns
    -------
    (number, int) or None
        The value there, interpolated, but that of the nearest vertex of labels, and the number of
        the face; (None, None) where the line meets no face, None if the layer is hidden or no line
        is given.
    """
    as_flag("world", world)
    is_flat = dims_displayed is not None and len(dims_displayed) != 3
    if not layer.visible or view_direction is None or is_flat:
        return None
    point, along = layer.placement.line_in_data(position, view_direction, world)
    hit = first_face(layer.vertices, layer.faces, point[-3:], along[-3:])
    if hit is None:
        return None, None
    corners = layer.faces[[hit.face]]
    weights = hit.weights[np.newaxis].astype(np.float32)
    values = layer.slice_values()
    if layer.labels is not None or layer.limits.labels:
        return values[corners[0, hit.weights.argmax()]], hit.face
    return interpolated(values.astype(np.float32), corners, weights)[0], hit.face
