"""Filling a GIFTI image with what another class of surfaces holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.vertex_data import POINTSET

if TYPE_CHECKING:
    from volio.formats.gifti.array_surface import ArraySurface
    from volio.surfaces.contents import SurfaceContents

__all__ = ["fill", "set_mesh_array"]


def fill(image: ArraySurface, contents: SurfaceContents) -> None:
    """Fill an empty image with what GIFTI can hold of some contents."""
    image.vertices = contents.vertices
    image.faces = contents.faces
    image.structure = contents.structure
    if contents.vertices is not None:
        image.space = contents.space
        # Next to a space that is stated, the geometry would say nothing.
        image.geometry = contents.geometry if contents.space == "tkras" else None
        if contents.matrices:
            image.matrices = dict(contents.matrices)
    for array in contents.arrays:
        image.data.put(array)
    image.indices = contents.indices
    image.colors = contents.colours


def set_mesh_array(image: ArraySurface, intent: int, values: NDArray[Any] | None) -> None:
    """Set the values of the first array of an intent; take it away for None, or add one."""
    array = image._first(intent)
    if values is None:
        image.darrays = [each for each in image.darrays if each is not array]
    elif array is not None:
        array.data = values
    else:
        has_points = image._first(POINTSET) is not None
        place = 1 if intent != POINTSET and has_points else 0
        datatype = "float32" if values.dtype.kind == "f" else "int32"
        image.darrays.insert(place, GiftiDataArray(values, intent, datatype))
