"""A surface in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from volio.surfaces.surface import Surface

__all__ = ["describe"]


def describe(surface: Surface) -> str:
    """Return the class, the mesh, its space and structure, and the names of the values."""
    parts = [_mesh(surface)]
    if surface.vertices is not None:
        parts.append(surface.space)
    if surface.structure:
        parts.append(surface.structure)
    text = ", ".join(parts)
    if len(surface.data):
        names = ", ".join(repr(name) for name in surface.data)
        text = f"{text}; {names}"
    return f"<{type(surface).__name__} {text}>"


def _mesh(surface: Surface) -> str:
    """Return the numbers of vertices and faces; of values where there are no vertices."""
    if surface.vertices is None:
        return f"{surface.n_vertices} values"
    vertices = f"{surface.n_vertices} vertices"
    return vertices if surface.faces is None else f"{vertices}, {len(surface.faces)} faces"
