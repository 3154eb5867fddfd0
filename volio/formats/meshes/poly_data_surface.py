"""PolyDataSurface: what surfaces in the two formats of VTK share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.polygons import faces_of_polygons, warn_of_left_out
from volio.formats.containers.vtk.cells import strip_triangles
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import stored_dtype
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface, faces_or_none, needed_vertices
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray, distinct_name

__all__ = ["PolyDataSurface", "storable"]


class PolyDataSurface(SingleFileSurface):
    """A surface of VTK: vertices, faces, values and colours of vertices.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.
    """

    @classmethod
    @abstractmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        """Return what a file holds."""

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        found = cls._read_poly_data(source)
        faces = _faces(found)
        warn_of_left_out(_left_out(found))
        data = StoredVertexData()
        for name, values in found.point_values:
            data.put(VertexArray(distinct_name(name, data), values))
        made = cls(found.points, faces, data, colors=found.colours)
        if found.title:
            made.meta["title"] = found.title
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface with the mesh, the values and the colours of some contents.

        Raises
        ------
        SaveError
            If there are no vertices, or values are complex.
        """
        vertices = needed_vertices(contents, "VTK")
        arrays = [VertexArray(each.name, storable(each)) for each in contents.arrays]
        faces = faces_or_none(contents.faces)
        return cls(vertices, faces, StoredVertexData(arrays), colors=contents.colours)


def _faces(found: PolyData) -> NDArray[np.int32]:
    """Return the triangles of polygons and strips."""
    strips = strip_triangles(found.cells["TRIANGLE_STRIPS"])
    polygons = found.cells["POLYGONS"]
    corners = np.concatenate([polygons[0], strips[0]])
    counts = np.concatenate([polygons[1], strips[1]])
    if not len(counts) and len(found.cells["LINES"][1]):
        raise HeaderDataError("has lines and no polygons: streamlines, perhaps, and not a surface")
    return faces_of_polygons(corners, counts, len(found.points))


def _left_out(found: PolyData) -> list[str]:
    """Return what a surface has no place for."""
    parts = list(found.left_out)
    parts += [f"the values of cells {name!r}" for name, _ in found.cell_values]
    for kind in ("VERTICES", "LINES"):
        if count := len(found.cells[kind][1]):
            parts.append(f"{count} cells of {kind}")
    return parts


def storable(array: VertexArray) -> NDArray[Any]:
    """Return values in a dtype that VTK has.

    Raises
    ------
    SaveError
        If they are complex.
    """
    dtype = stored_dtype(array.name, array.values.dtype)
    return stored_as(array.values, dtype, array.name)
