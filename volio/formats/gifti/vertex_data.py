"""The arrays of a GIFTI image as values per vertex, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from volio.formats.gifti.data_array import GiftiDataArray, decode_together
from volio.formats.gifti.label_table import GiftiLabelTable
from volio.formats.gifti.meta import GiftiMetaData
from volio.formats.nifti1.codes import data_type_codes
from volio.surfaces.vertex_data import VertexArray, VertexData, check_values, distinct_name

if TYPE_CHECKING:
    from volio.formats.gifti.array_surface import ArraySurface

__all__ = ["GiftiVertexData"]

LABEL = 1002
POINTSET = 1008
TRIANGLE = 1009
TIME_SERIES = 2001
NODE_INDEX = 2002
RGBA_VECTOR = 2004
SHAPE = 2005

#: Intents of arrays that are parts of the mesh, not values of its vertices.
MESH = (POINTSET, TRIANGLE, NODE_INDEX, RGBA_VECTOR)

Arrays = list[GiftiDataArray]


class GiftiVertexData(VertexData):
    """Values per vertex of a GIFTI image: its arrays but those of the mesh.

    Time series that follow each other and have one name, or none, are one array of shape (V, T).

    Parameters
    ----------
    image : ArraySurface
    """

    def __init__(self, image: ArraySurface) -> None:
        self._image = image

    def _named(self) -> dict[str, Arrays]:
        """Return the arrays of each name."""
        found: dict[str, Arrays] = {}
        for array in self._per_vertex():
            name = str(array.meta.get("Name") or "")
            last = next(reversed(found)) if found else None
            if last is not None and _continues(found[last], array, name):
                found[last].append(array)
            else:
                found[distinct_name(name or self._default_name(array), found)] = [array]
        return found

    def _per_vertex(self) -> Iterator[GiftiDataArray]:
        """Go through the arrays that have a value for each vertex."""
        count = self._image.n_points
        for array in self._image.darrays:
            if array.intent in MESH or array.num_dim not in (1, 2):
                continue
            if count is None or array.dims[0] == count:
                yield array

    def others(self) -> list[str]:
        """Return the arrays that do not have a value for each vertex, for reports."""
        count = self._image.n_vertices
        found = []
        for number, array in enumerate(self._image.darrays):
            if array.intent in MESH or not array.dims or array.dims[0] == count:
                continue
            name = array.meta.get("Name") or self._default_name(array)
            found.append(f"data array {number}, {name!r}, of shape {tuple(array.dims)}")
        return found

    def _default_name(self, array: GiftiDataArray) -> str:
        return array.intent_name if array.intent else "values"

    def array(self, name: str) -> VertexArray:
        """Return the array of a name with all that is known of it."""
        return self._joined(name, self._named()[name])

    def arrays(self) -> list[VertexArray]:
        """Return all arrays in order."""
        named = self._named()
        decode_together([each for arrays in named.values() for each in arrays])
        return [self._joined(name, arrays) for name, arrays in named.items()]

    def _joined(self, name: str, arrays: Arrays) -> VertexArray:
        """Return arrays of one name as values of all vertices."""
        first = arrays[0]
        labels = self._image.labeltable.as_labels() if first.intent == LABEL else None
        values = _values(arrays)
        return VertexArray(name, values, labels, {str(k): str(first.meta[k]) for k in first.meta})

    def put(self, array: VertexArray) -> None:
        """Set the array of its name."""
        check_values(array, self._image.n_points)
        made = _new_arrays(array)
        if array.labels is not None:
            merged = self._image.labeltable.as_labels().merge(array.labels)
            if len(merged) > len(self._image.labeltable.labels):
                self._image.labeltable = GiftiLabelTable.from_labels(merged)
        old = self._named().get(array.name)
        darrays = self._image.darrays
        place = len(darrays) if old is None else _place(darrays, old[0])
        kept = [each for each in darrays if old is None or not _is_among(each, old)]
        self._image.darrays[:] = [*kept[:place], *made, *kept[place:]]

    def __delitem__(self, name: str) -> None:
        old = self._named()[name]
        self._image.darrays[:] = [each for each in self._image.darrays if not _is_among(each, old)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._named())

    def __len__(self) -> int:
        return len(self._named())


def _continues(arrays: Arrays, array: GiftiDataArray, name: str) -> bool:
    """Return whether an array is the next time point of a series."""
    last = arrays[-1]
    if array.intent != TIME_SERIES or last.intent != TIME_SERIES:
        return False
    return last.dims == array.dims and array.num_dim == 1 and name == (last.meta.get("Name") or "")


def _values(arrays: Arrays) -> NDArray[np.generic]:
    values = [np.zeros(0) if array.data is None else array.data for array in arrays]
    is_series = arrays[0].intent == TIME_SERIES and arrays[0].num_dim == 1
    return np.column_stack(values) if is_series and len(values) > 1 else values[0]


def _new_arrays(array: VertexArray) -> Arrays:
    """Return the arrays of GIFTI for some values: one for each time point."""
    meta = {**array.meta, "Name": array.name}
    columns = [array.values] if array.values.ndim == 1 else list(array.values.T)
    intent = SHAPE if array.values.ndim == 1 else TIME_SERIES
    if array.labels is not None:
        intent = LABEL
    return [_new_array(values, intent, meta) for values in columns]


def _new_array(values: NDArray[np.generic], intent: int, meta: dict[str, str]) -> GiftiDataArray:
    kept = values.astype(np.uint8) if values.dtype.kind == "b" else values
    code = data_type_codes[kept.dtype.newbyteorder("=")]
    return GiftiDataArray(kept, intent, code, meta=GiftiMetaData(meta))


def _place(darrays: Arrays, wanted: GiftiDataArray) -> int:
    return next(number for number, array in enumerate(darrays) if array is wanted)


def _is_among(array: GiftiDataArray, arrays: Arrays) -> bool:
    return any(array is each for each in arrays)
