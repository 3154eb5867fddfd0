"""ArraySurface: a surface whose mesh and values are the arrays of a list, as GIFTI has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.encodings.colour_levels import from_unit_levels, to_unit_levels
from volio.errors import UsageTypeError
from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.filling import set_mesh_array
from volio.formats.gifti.label_table import GiftiLabelTable
from volio.formats.gifti.meta import GiftiMetaData
from volio.formats.gifti.spaces import (
    geometry_of,
    matrices_of,
    set_geometry,
    set_matrices,
    set_space,
    space_of,
)
from volio.formats.gifti.vertex_data import (
    NODE_INDEX,
    POINTSET,
    RGBA_VECTOR,
    TRIANGLE,
    GiftiVertexData,
)
from volio.space.volume_geometry import VolumeGeometry
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.mesh_arrays import checked_faces, checked_vertices
from volio.surfaces.spaces import check_space
from volio.surfaces.structures import camel_case, structure_named
from volio.surfaces.surface import Surface

__all__ = ["ArraySurface"]

STRUCTURE = "AnatomicalStructurePrimary"


class ArraySurface(Surface):
    """The base of `GiftiImage`: what a surface has, looked up among the arrays when asked for.

    Attributes
    ----------
    darrays : list of GiftiDataArray
        Vertices and faces are the first of points and of triangles.
    """

    darrays: list[GiftiDataArray]

    @property
    def meta(self) -> GiftiMetaData:
        """Texts about the file, by name."""
        return self._meta

    @meta.setter
    def meta(self, meta: GiftiMetaData) -> None:
        if not isinstance(meta, GiftiMetaData):
            raise UsageTypeError(f"meta: must be GiftiMetaData, got {type(meta).__name__}")
        self._meta = meta

    @property
    def labeltable(self) -> GiftiLabelTable:
        """The labels that keys of label arrays stand for."""
        return self._labeltable

    @labeltable.setter
    def labeltable(self, labeltable: GiftiLabelTable) -> None:
        if not isinstance(labeltable, GiftiLabelTable):
            raise UsageTypeError(
                f"labeltable: must be GiftiLabelTable, got {type(labeltable).__name__}"
            )
        self._labeltable = labeltable

    def _first(self, intent: int) -> GiftiDataArray | None:
        return next((array for array in self.darrays if array.intent == intent), None)

    @property
    def n_points(self) -> int | None:
        """Number of vertices that the arrays of the mesh state; None where there are none."""
        points = self._first(POINTSET) or self._first(NODE_INDEX)
        return points.dims[0] if points is not None and points.dims else None

    @property
    def n_vertices(self) -> int:
        """Number of vertices, or of values where there are no vertices."""
        if self.n_points is not None:
            return self.n_points
        return next((array.dims[0] for array in self.darrays if array.dims), 0)

    @property
    def vertices(self) -> NDArray[Any] | None:
        """Positions, mm in `space`, shape (V, 3): the first array of points."""
        points = self._first(POINTSET)
        if points is None or points.data is None:
            return None
        return checked_vertices(points.data)

    @vertices.setter
    def vertices(self, vertices: ArrayLike | None) -> None:
        set_mesh_array(self, POINTSET, None if vertices is None else checked_vertices(vertices))

    @property
    def faces(self) -> NDArray[np.int32] | None:
        """Numbers of three vertices each, shape (F, 3): the first array of triangles."""
        triangles = self._first(TRIANGLE)
        if triangles is None or triangles.data is None:
            return None
        return checked_faces(triangles.data, self.n_vertices)

    @faces.setter
    def faces(self, faces: ArrayLike | None) -> None:
        set_mesh_array(
            self, TRIANGLE, None if faces is None else checked_faces(faces, self.n_vertices)
        )

    @property
    def data(self) -> GiftiVertexData:
        """Values per vertex, by name; ``data.labels[name]`` is a table of labels or None."""
        return GiftiVertexData(self)

    @property
    def space(self) -> str:
        """The space of the vertices, as their coordinate system states it."""
        points = self._first(POINTSET)
        return "unknown" if points is None else space_of(points)

    @space.setter
    def space(self, space: str) -> None:
        if (points := self._first(POINTSET)) is not None:
            set_space(points, check_space(space))

    @property
    def geometry(self) -> VolumeGeometry | None:
        """The volume that the surface was made from, as FreeSurfer writes it."""
        points = self._first(POINTSET)
        return None if points is None else geometry_of(points.meta)

    @geometry.setter
    def geometry(self, geometry: VolumeGeometry | None) -> None:
        points = self._first(POINTSET)
        if points is not None:
            set_geometry(points.meta, geometry)

    @property
    def matrices(self) -> dict[str, NDArray[np.float64]]:
        """Matrices from `space` to other spaces that the file states, shape (4, 4)."""
        points = self._first(POINTSET)
        return {} if points is None else matrices_of(points)

    @matrices.setter
    def matrices(self, matrices: Mapping[str, ArrayLike]) -> None:
        points = self._first(POINTSET)
        if points is not None:
            set_matrices(points, matrices)

    @property
    def structure(self) -> str:
        """What the surface is of: 'cortex_left', ..."""
        points = self._first(POINTSET)
        texts = [self.meta] if points is None else [points.meta, self.meta]
        stated = [meta[STRUCTURE] for meta in texts if meta.get(STRUCTURE)]
        return structure_named(stated[0]) if stated else ""

    @structure.setter
    def structure(self, structure: str) -> None:
        points = self._first(POINTSET)
        meta = self.meta if points is None else points.meta
        meta.pop(STRUCTURE, None)
        if structure:
            meta[STRUCTURE] = camel_case(structure)

    def contents(self) -> SurfaceContents:
        """Return all that can be handed to another class; the structure is not a text besides."""
        found = super().contents()
        texts = {name: text for name, text in found.meta.items() if name != STRUCTURE}
        return replace(found, meta=texts)

    @property
    def colors(self) -> NDArray[np.uint8] | None:
        """Red, green, blue and opacity of each vertex, uint8, shape (V, 4); None without."""
        array = self._first(RGBA_VECTOR)
        if array is None or array.data is None:
            return None
        return from_unit_levels(array.data)

    @colors.setter
    def colors(self, colors: ArrayLike | None) -> None:
        self._replace(RGBA_VECTOR, None if colors is None else to_unit_levels(colors))

    @property
    def indices(self) -> NDArray[np.int64] | None:
        """Numbers of the vertices in the whole surface, shape (V,); None for a whole one."""
        array = self._first(NODE_INDEX)
        return None if array is None or array.data is None else array.data.astype(np.int64)

    @indices.setter
    def indices(self, indices: ArrayLike | None) -> None:
        self._replace(NODE_INDEX, None if indices is None else np.asarray(indices, np.int32))

    def _replace(self, intent: int, values: NDArray[Any] | None) -> None:
        """Set the values of the array of an intent, which becomes the last; None takes it away."""
        self.darrays = [array for array in self.darrays if array.intent != intent]
        if values is not None:
            self.darrays.append(GiftiDataArray(values, intent))
