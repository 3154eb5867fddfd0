"""Values of several surfaces with the same vertices, put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from volio.errors import ImageDataError
from volio.images.kinds import check_kind
from volio.surfaces.vertex_data import distinct_name

if TYPE_CHECKING:
    from volio.surfaces.surface import Surface

__all__ = ["join_values"]


def join_values(surface: Surface, others: Iterable[Surface]) -> None:
    """Add the values of other surfaces to one; a name that is there already gets a number.

    Raises
    ------
    ImageDataError
        If one has another number of vertices, or is of another structure.
    """
    for other in others:
        check_kind(other, "surface", "with_data")
        _check_same(surface, other)
        for array in other.data.arrays():
            name = distinct_name(array.name, surface.data)
            surface.data.put(type(array)(name, array.values, array.labels, array.meta))


def _check_same(surface: Surface, other: Surface) -> None:
    if other.n_vertices != surface.n_vertices:
        raise ImageDataError(
            f"{other._name()}: has {other.n_vertices} values, {surface._name()} has "
            f"{surface.n_vertices} vertices"
        )
    structures = {surface.structure, other.structure} - {""}
    if len(structures) > 1:
        raise ImageDataError(
            f"{other._name()}: is of {other.structure}, {surface._name()} of {surface.structure}"
        )
