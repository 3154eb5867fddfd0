"""Places: which columns of a matrix have which vertices and voxels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.joined import Held
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_transpose
from volio.errors import HeaderDataError, UsageError
from volio.formats.cifti2.axes import BrainModelAxis, MatrixAxis, ParcelsAxis
from volio.formats.cifti2.axes.axis import Indices
from volio.formats.cifti2.axes.names import plain_name
from volio.formats.cifti2.axes.runs import numbered
from volio.images.coordinates import CoordinateAxis, GridPoints, MeshPoints, Parcel

__all__ = [
    "Places",
    "columns_last",
    "dimension_in_space",
    "point_axis",
    "surface_places",
    "volume_places",
]

SpaceAxis: TypeAlias = BrainModelAxis | ParcelsAxis


class Places(NamedTuple):
    """Columns of a matrix and where they belong.

    Attributes
    ----------
    columns : array of int64, shape (n,)
        Of a matrix of parcels, a column for each vertex or voxel of its parcel.
    indices : array of int64, shape (n,) or (n, 3)
        Numbers of vertices, or voxel indices.
    """

    columns: Indices
    indices: Indices


def dimension_in_space(axes: Sequence[MatrixAxis]) -> tuple[int, SpaceAxis]:
    """Return the dimension of a matrix that has vertices and voxels, the last one, and its axis.

    Raises
    ------
    UsageError
        If none has.
    """
    for dimension, axis in reversed(list(enumerate(axes))):
        if isinstance(axis, BrainModelAxis | ParcelsAxis):
            return dimension, axis
    kinds = ", ".join(type(axis).__name__ for axis in axes)
    raise UsageError(f"the matrix has no vertices, voxels or parcels, its axes are {kinds}")


def columns_last(data: LazyArray | Array, dimension: int) -> LazyArray:
    """Return a matrix as a lazy array whose last axis is that of a dimension."""
    lazy = data if isinstance(data, LazyArray) else Held(np.asarray(data))
    others = [axis for axis in range(lazy.ndim) if axis != dimension]
    turned = lazy_transpose(lazy, [*others, dimension])
    return turned if isinstance(turned, LazyArray) else Held(turned)


def point_axis(axis: BrainModelAxis) -> CoordinateAxis:
    """Return the points of an axis; its parcels have the arrays of the axis, not copies."""
    parcels = []
    for run in axis.runs:
        whole = MeshPoints(axis.nvertices[run.name]) if run.is_surface else _grid(axis)
        parcels.append(Parcel(plain_name(run.name), whole, run.indices))
    return CoordinateAxis(parcels)


def _grid(axis: BrainModelAxis) -> GridPoints:
    if axis.volume_shape is None or axis.affine is None:
        raise HeaderDataError("affine, volume_shape: are needed for voxels")
    return GridPoints(axis.volume_shape, axis.affine)


def surface_places(axis: SpaceAxis, structure: str) -> Places:
    """Return the vertices of a structure, in the order of the axis; perhaps none.

    Parameters
    ----------
    axis : BrainModelAxis or ParcelsAxis
    structure : str
        As volio has it: ``"cortex_left"``.

    Raises
    ------
    HeaderDataError
        If a vertex is there twice, or in two parcels.
    """
    found = []
    if isinstance(axis, BrainModelAxis):
        for offset, run in numbered(axis.runs):
            if run.is_surface and plain_name(run.name) == structure:
                found.append((np.arange(offset, offset + len(run)), run.indices))
    else:
        for column, parcel in enumerate(axis.vertices):
            for name, vertices in parcel.items():
                if plain_name(name) == structure:
                    found.append((np.full(len(vertices), column), vertices))
    places = _joined(found, ())
    _check_distinct(places.indices, f"{structure}: vertex")
    return places


def volume_places(axis: SpaceAxis, structures: Iterable[str] | None = None) -> Places:
    """Return the voxels of an axis, in its order; perhaps none.

    Parameters
    ----------
    axis : BrainModelAxis or ParcelsAxis
    structures : iterable of str, optional
        Only of these, as volio names them; of parcels, whose voxels are of no structure, none.

    Raises
    ------
    HeaderDataError
        If a voxel is there twice, or in two parcels.
    """
    wanted = None if structures is None else set(structures)
    found = []
    if isinstance(axis, BrainModelAxis):
        for offset, run in numbered(axis.runs):
            if not run.is_surface and (wanted is None or plain_name(run.name) in wanted):
                found.append((np.arange(offset, offset + len(run)), run.indices))
    elif wanted is None:
        for column, voxels in enumerate(axis.voxels):
            found.append((np.full(len(voxels), column), np.reshape(voxels, (-1, 3))))
    places = _joined(found, (3,))
    if len(places.indices) and axis.volume_shape is not None:
        flat = np.ravel_multi_index(tuple(places.indices.T), axis.volume_shape)
        _check_distinct(flat, "voxel", places.indices)
    return places


def _joined(found: Sequence[tuple[Indices, Indices]], tail: tuple[int, ...]) -> Places:
    if not found:
        return Places(np.empty(0, np.int64), np.empty((0, *tail), np.int64))
    columns = np.concatenate([columns for columns, _ in found])
    return Places(columns, np.concatenate([indices for _, indices in found]))


def _check_distinct(numbers: Indices, what: str, shown: Indices | None = None) -> None:
    """Raise an error for a vertex or voxel that comes twice, which has two values.

    Parameters
    ----------
    numbers : array of int, shape (n,)
    what : str
        They are, for the error.
    shown : array, shape (n, ...), optional
        How each is shown there (default: the numbers).
    """
    order = np.argsort(numbers, kind="stable")
    twice = np.flatnonzero(np.diff(numbers[order]) == 0)
    if twice.size:
        place = (numbers if shown is None else shown)[order[twice[0]]]
        raise HeaderDataError(f"{what} {place.tolist()}: is there twice, with a value each")
