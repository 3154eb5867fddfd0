"""CiftiSurface: the part of a CIFTI-2 matrix that is on one surface."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, ClassVar

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.filled.scattered import ScatteredArray
from volio.arrays.lazy import LazyArray
from volio.cached import cached_property
from volio.errors import ImageDataError
from volio.formats.cifti2.axes import LabelAxis, MatrixAxis
from volio.formats.cifti2.axes.axis import Indices
from volio.formats.cifti2.axes.named import NamedAxis
from volio.formats.cifti2.parts.places import Places
from volio.images.kinds import Kind, check_kind
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.surface import Surface
from volio.surfaces.vertex_data import VertexArray, distinct_name

__all__ = ["CiftiSurface"]


class CiftiSurface:
    """The part of a CIFTI-2 matrix that is on one surface; read when it is indexed.

    ``img.left`` and ``img.right`` are of this class. `volio.save` writes it in every format of
    surfaces, as values without a mesh.

    Parameters
    ----------
    structure : str
        ``"cortex_left"``, ...
    matrix : LazyArray
        The matrix, its columns along its last axis.
    places : Places
        Columns and vertices.
    n_vertices : int
        Of the whole surface.
    rows : sequence of MatrixAxis
        Axes of the other dimensions of the matrix.

    Attributes
    ----------
    dataobj : LazyArray, shape (maps, n_vertices)
        Values on all vertices. Where the matrix has none, at the medial wall, they are NaN, or 0
        in a matrix of labels.
    vertices : array of int64, shape (n,)
        Numbers of the vertices that the matrix has values for, in its order.
    """

    kind: ClassVar[Kind] = "surface"

    def __init__(
        self,
        structure: str,
        matrix: LazyArray,
        places: Places,
        n_vertices: int,
        rows: Sequence[MatrixAxis],
    ) -> None:
        self.structure = structure
        self.vertices: Indices = places.indices
        self.n_vertices = n_vertices
        self.rows = tuple(rows)
        self.extra: dict[str, Any] = {}
        self._matrix = matrix
        self._columns = places.columns
        value = 0.0 if any(isinstance(axis, LabelAxis) for axis in rows) else np.nan
        self.dataobj = self._scattered(self.vertices, n_vertices, value)

    def _scattered(self, vertices: Indices, count: int, value: float) -> LazyArray:
        places = vertices[:, np.newaxis]
        return ScatteredArray(self._matrix, self._columns, places, (count,), value)

    @cached_property
    def compact(self) -> LazyArray:
        """Values of `vertices` alone, shape (maps, n), lazy."""
        return self._scattered(np.arange(len(self.vertices)), len(self.vertices), 0.0)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `dataobj`."""
        return self.dataobj.shape

    @property
    def names(self) -> list[str]:
        """Names of the maps; none of a series."""
        axis = self.rows[0] if len(self.rows) == 1 else None
        return axis.name.tolist() if isinstance(axis, NamedAxis) else []

    def contents(self) -> SurfaceContents:
        """Return all that can be handed to a class of surfaces; the values are read."""
        return SurfaceContents(arrays=tuple(self._arrays()), structure=self.structure)

    def _arrays(self) -> list[VertexArray]:
        """Return an array for each map, or one for all points of a series."""
        axis = self.rows[0] if len(self.rows) == 1 else None
        if not isinstance(axis, NamedAxis):
            return [VertexArray("time series", self._by_vertex(np.asarray(self.dataobj)))]
        tables = axis.labels if isinstance(axis, LabelAxis) else [None] * len(axis)
        values = self._whole_keys(np.asarray(self.dataobj), axis)
        arrays: list[VertexArray] = []
        for row, name, table, meta in zip(values, self.names, tables, axis.meta, strict=True):
            distinct = distinct_name(name, [array.name for array in arrays])
            arrays.append(VertexArray(distinct, row, table, dict(meta)))
        return arrays

    def _by_vertex(self, values: Array) -> Array:
        """Return values with the vertices first and all else after them, shape (V, n)."""
        return np.ascontiguousarray(values.reshape(-1, self.n_vertices).T)

    def _whole_keys(self, values: Array, axis: MatrixAxis) -> Array:
        """Return keys of labels as integers, which files of CIFTI-2 may have as floats.

        Raises
        ------
        ImageDataError
            If some are not whole numbers.
        """
        if not isinstance(axis, LabelAxis) or values.dtype.kind != "f":
            return values
        keys = values.astype(np.int32)
        if not np.array_equal(keys, values):
            raise ImageDataError(f"{self.structure}: keys of labels must be whole numbers")
        return keys

    @property
    def surface(self) -> Surface:
        """The values as a surface without a mesh, by the names of the maps."""
        return Surface.from_contents(self.contents())

    def on(self, mesh: Surface | str | PathLike[str]) -> Surface:
        """Return a mesh with the values, by the names of the maps.

        Parameters
        ----------
        mesh : Surface, str or path
            With as many vertices, of the same structure if it names one.

        Raises
        ------
        ImageDataError
            If it does not fit.
        ImageFileError
            If its file cannot be read.
        """
        from volio.io import load  # a door upwards: the mesh is of any format

        found: Any = load(mesh) if isinstance(mesh, str | PathLike) else mesh
        check_kind(found, "surface", "on")
        with_values: Surface = found.with_data(self.surface)
        return with_values

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.shape))
        return f"<CiftiSurface {self.structure}, {shape}, {len(self.vertices)} with values>"
