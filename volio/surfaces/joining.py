"""Values of several surfaces with the same vertices, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from volio.errors import ImageDataError
from volio.images.kinds import check_kind
from volio.surfaces.row_volumes import is_row, row_contents
from volio.surfaces.vertex_data import VertexArray, distinct_name

if TYPE_CHECKING:
    from volio.surfaces.surface import Surface

__all__ = ["join_values"]


def join_values(surface: Surface, others: Iterable[Surface]) -> None:
    """Add the values of other surfaces to one; a name that is there already gets a number.

    Volumes whose voxels are one row are values too.

    Raises
    ------
    ImageDataError
        If one has another number of vertices, or is of another structure.
    """
    for other in others:
        for array in _fitting_arrays(surface, other):
            name = distinct_name(array.name, surface.data)
            surface.data.put(type(array)(name, array.values, array.labels, array.meta))


def _fitting_arrays(surface: Surface, other: Surface) -> Sequence[VertexArray]:
    """Return the arrays of another surface, which has as many vertices."""
    if is_row(other):
        contents = row_contents(other)
        count = len(contents.arrays[0].values)
        _check_same(surface, count, contents.structure, other.get_filename() or "a volume")
        return contents.arrays
    check_kind(other, "surface", "with_data")
    _check_same(surface, other.n_vertices, other.structure, other._name())
    return other.data.arrays()


def _check_same(surface: Surface, count: int, structure: str, name: str) -> None:
    if count != surface.n_vertices:
        raise ImageDataError(
            f"{name}: has {count} values, {surface._name()} has {surface.n_vertices} vertices"
        )
    structures = {surface.structure, structure} - {""}
    if len(structures) > 1:
        raise ImageDataError(f"{name}: is of {structure}, {surface._name()} of {surface.structure}")
