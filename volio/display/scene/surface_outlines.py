"""Outlines of surfaces on slices: where the surface is, and how its lines look."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, ClassVar

from volio.display.layers.base_layer import Layer
from volio.display.scene.mesh_cuts import MeshCuts
from volio.errors import UsageError

__all__ = ["OutlineLayer", "cuts_of", "name_of"]


class OutlineLayer(Layer):
    """How the lines of a surface look: name, opacity, visible; there are no values."""

    default_name: ClassVar[str] = "Surface"
    event_names: ClassVar[tuple[str, ...]] = (*Layer.event_names, "contrast_limits")
    #: Whether there are several resolutions.
    multiscale: ClassVar[bool] = False


def cuts_of(surf: Any, space: str, reference: Any) -> MeshCuts:
    """Return the mesh of a surface in a space, to be cut.

    Raises
    ------
    UsageError
        If it has no vertices or no faces.
    SpaceError
        If nothing says where it is in that space.
    """
    vertices = surf.vertices_in(space, reference)
    if surf.faces is None:
        raise UsageError("contours: the surface has no faces, and so no outline")
    return MeshCuts(vertices, surf.faces)


def name_of(surf: Any) -> str:
    """Return the name of the file of a surface, or of its class."""
    filename = surf.get_filename()
    return type(surf).__name__ if filename is None else PurePath(str(filename)).name
