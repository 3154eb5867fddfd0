"""Handing a surface over to another class, or to its file: what moves, and what is lost."""

from __future__ import annotations

from dataclasses import replace

from volio.caller import warn_caller
from volio.errors import GeometryWarning, LossWarning, UsageError
from volio.surfaces.contents import SurfaceContents, lost_contents
from volio.surfaces.spaces import check_space, matrices_from, move_vertices

__all__ = ["in_own_space", "in_space", "warn_of_losses"]


def in_space(contents: SurfaceContents, space: str, name: str) -> SurfaceContents:
    """Return contents whose vertices are in a space.

    Where nothing says which space they are in, they are said to be in this one, and stay where
    they are; from another space they are moved.

    Parameters
    ----------
    contents : SurfaceContents
    space : str
    name : str
        Of the surface, for messages.

    Raises
    ------
    UsageError
        If there is no such space, or there are no vertices.
    SpaceError
        If nothing says how to get there.

    Warns
    -----
    GeometryWarning
        If vertices are moved.
    """
    check_space(space)
    if contents.vertices is None:
        raise UsageError(f"space: {name} has values, but no vertices that are in a space")
    if "unknown" in (contents.space, space) or contents.space == space:
        return replace(contents, space=space)
    matrices = matrices_from(contents.space, contents.geometry, contents.matrices)
    vertices = move_vertices(contents.vertices, contents.space, space, matrices)
    message = f"{name}: its vertices are moved from the space {contents.space!r} to {space!r}"
    warn_caller(message, GeometryWarning)
    return replace(contents, vertices=vertices, space=space, matrices={})


def in_own_space(contents: SurfaceContents, spaces: tuple[str, ...], name: str) -> SurfaceContents:
    """Return contents in one of the spaces that a format has, if something says how to get there.

    Parameters
    ----------
    contents : SurfaceContents
    spaces : tuple of str
        The spaces of the format.
    name : str
        Of the surface, for messages.

    Warns
    -----
    GeometryWarning
        If vertices are moved.
    """
    if contents.vertices is None or contents.space in ("unknown", *spaces):
        return contents
    there = matrices_from(contents.space, contents.geometry, contents.matrices)
    ways = [space for space in spaces if space in there]
    return in_space(contents, ways[0], name) if ways else contents


def warn_of_losses(
    before: SurfaceContents, after: SurfaceContents, name: str, *, said_space: bool = False
) -> None:
    """Warn of all that a class, or its file, has no place for.

    Parameters
    ----------
    before, after : SurfaceContents
        What there is, and what is held.
    name : str
        Of the class.
    said_space : bool
        Whether the space was asked for: that a file does not state it is then not news.

    Warns
    -----
    LossWarning
        The message lists what is lost.
    GeometryWarning
        If nothing says which space vertices are in, and the class, or its file, does.
    """
    has_vertices = before.vertices is not None and after.vertices is not None
    if has_vertices and before.space == "unknown" != after.space:
        problem = f"{name}: says that vertices are in the space {after.space!r}, which nothing says"
        way = f"load(..., space={after.space!r}) or surf.space = {after.space!r} does"
        warn_caller(f"{problem}; {way}", GeometryWarning)
    if said_space:
        before = replace(before, space="unknown", matrices={})
    if lost := lost_contents(before, after):
        warn_caller(f"{name}: has no place for {', '.join(lost)}", LossWarning)
