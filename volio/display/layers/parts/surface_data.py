"""The mesh of a surface layer, and its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.layers.parts.part import LayerPart
from volio.errors import ImageDataError, UsageError
from volio.surfaces.mesh_arrays import checked_faces, checked_vertices

__all__ = ["SurfaceData"]

Array = NDArray[Any]


class SurfaceData(LayerPart):
    """Vertices, faces and values of each vertex.

    Parameters
    ----------
    data : (vertices, faces) or (vertices, faces, values)
        Vertices (V, 3), faces (F, 3), values (V,), or (..., V) for several of each vertex, which
        are shown one at a time. Without values they are ones.
    vertex_colors : (V, 3) or (V, 4) array-like, optional
        Colours instead of those of values: numbers in 0..1, or uint8.

    Raises
    ------
    ImageDataError, HeaderDataError
        If shapes do not fit, or faces name vertices that are not there.
    """

    further_events = ("data",)

    #: Values are numbers, not colours; they are in memory.
    rgb = False
    in_memory = True

    def __init__(self, data: Sequence[ArrayLike], *, vertex_colors: Any = None) -> None:
        super().__init__()
        self._take(data)
        #: Which of several values of each vertex are shown: one number for each axis before the
        #: last.
        self.index: tuple[int, ...] = (0,) * (self._values.ndim - 1)
        self._colors = None if vertex_colors is None else self._checked_colors(vertex_colors)

    def _take(self, data: Sequence[ArrayLike]) -> None:
        if not isinstance(data, Sequence) or len(data) not in (2, 3):
            raise UsageError(
                "data: must be vertices and faces, or vertices, faces and values, got "
                f"{type(data).__name__}"
            )
        vertices = checked_vertices(data[0])
        faces = checked_faces(data[1], len(vertices))
        self._vertices = vertices
        self._faces = faces
        self._values = self._checked_values(data[2] if len(data) == 3 else None)

    def _checked_values(self, values: ArrayLike | None) -> Array:
        """Return values; ones without any."""
        count = len(self._vertices)
        array: Array = np.ones(count) if values is None else np.asarray(values)
        if array.dtype.kind not in "biuf" or array.ndim < 1 or array.shape[-1] != count:
            raise ImageDataError(
                f"vertex_values: must be numbers of shape (..., {count}), got {array.dtype} "
                f"{array.shape}"
            )
        return array

    def _checked_colors(self, colors: ArrayLike) -> NDArray[np.float32]:
        """Return colours as RGBA in 0..1."""
        array = np.asarray(colors)
        count = len(self._vertices)
        if array.shape not in ((count, 3), (count, 4)) or array.dtype.kind not in "uf":
            raise ImageDataError(
                f"vertex_colors: must be numbers of shape ({count}, 3) or ({count}, 4), got "
                f"{array.dtype} {array.shape}"
            )
        full = 255 if array.dtype == np.uint8 else 1
        opaque = np.ones((count, 4), np.float32)
        opaque[:, : array.shape[1]] = array.astype(np.float32) / np.float32(full)
        return opaque

    @property
    def data(self) -> tuple[Array, Array, Array]:
        """Vertices (V, 3), faces (F, 3) and values (..., V); may be set without values."""
        return self._vertices, self._faces, self._values

    @data.setter
    def data(self, data: Sequence[ArrayLike]) -> None:
        self._take(data)
        self._changed()

    @property
    def vertices(self) -> Array:
        """Positions of the vertices, shape (V, 3)."""
        return self._vertices

    @vertices.setter
    def vertices(self, vertices: ArrayLike) -> None:
        array = checked_vertices(vertices)
        if len(array) != len(self._vertices):
            raise ImageDataError(
                f"vertices: there are {len(self._vertices)}, got {len(array)}; set data for others"
            )
        self._vertices = array
        self._changed()

    @property
    def faces(self) -> Array:
        """Numbers of three vertices each, shape (F, 3)."""
        return self._faces

    @faces.setter
    def faces(self, faces: ArrayLike) -> None:
        self._faces = checked_faces(faces, len(self._vertices))
        self._changed()

    @property
    def vertex_values(self) -> Array:
        """Values of the vertices, shape (..., V); None sets them to ones."""
        return self._values

    @vertex_values.setter
    def vertex_values(self, values: ArrayLike | None) -> None:
        self._values = self._checked_values(values)
        self._changed()

    @property
    def vertex_colors(self) -> NDArray[np.float32] | None:
        """Colours instead of those of values, (V, 4) in 0..1; None for those of values."""
        return self._colors

    @vertex_colors.setter
    def vertex_colors(self, colors: ArrayLike | None) -> None:
        self._colors = None if colors is None else self._checked_colors(colors)
        self._changed()

    def _changed(self) -> None:
        if self._colors is not None and len(self._colors) != len(self._vertices):
            self._colors = None
        if len(self.index) != self._values.ndim - 1:
            self.index = (0,) * (self._values.ndim - 1)
        self.events.data(value=self.data)

    @property
    def ndim(self) -> int:
        """Number of axes: three of space, and those of values before the last."""
        return 2 + self._values.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self._values.dtype

    def level_for_limits(self, rule: str) -> Array:
        """Return all values, in which limits are found."""
        return self._values

    def slice_values(self) -> Array:
        """Return the values that are shown, shape (V,)."""
        lengths = self._values.shape[:-1]
        inside = tuple(
            min(max(n, 0), length - 1) for n, length in zip(self.index, lengths, strict=True)
        )
        shown: Array = self._values[inside]
        return shown

    @property
    def box(self) -> NDArray[np.float64]:
        """First and last position along each axis, shape (2, ndim); of vertices with a position."""
        finite = self._vertices[np.isfinite(self._vertices).all(axis=1)]
        ends = np.full((2, 3), np.nan)
        if len(finite):
            ends = np.array([finite.min(axis=0), finite.max(axis=0)], np.float64)
        last = [length - 1 for length in self._values.shape[:-1]]
        return np.concatenate([np.array([[0] * len(last), last], np.float64), ends], axis=1)
