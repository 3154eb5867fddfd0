"""ParcelsAxis: groups of vertices and voxels that have names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, IndexingError
from volio.formats.cifti2.axes.axis import Indices, MatrixAxis, check_per_index, positions
from volio.formats.cifti2.axes.brain_model_map import volume_of
from volio.formats.cifti2.axes.brain_models import BrainModelAxis
from volio.formats.cifti2.axes.grid import InSpace, cifti_counts, merged_counts
from volio.formats.cifti2.codes import PARCELS
from volio.formats.cifti2.elements.element import required
from volio.formats.cifti2.elements.indices import Cifti2Vertices
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.parcel import Cifti2Parcel, Cifti2Surface
from volio.formats.cifti2.elements.voxels import Cifti2VoxelIndicesIJK

__all__ = ["ParcelsAxis"]


class ParcelsAxis(InSpace, MatrixAxis):
    """Groups of vertices and voxels, a group for each index.

    `from_brain_models` makes one more easily. ``axis["V1"]`` gives voxels and vertices of the
    parcel of that name.

    Parameters
    ----------
    name : array-like of str, shape (n,)
    voxels : sequence of array-like of int, length n
        Voxel indices (i, j, k) of each parcel, shape (m, 3).
    vertices : sequence of mapping, length n
        Of each parcel structure to numbers of vertices, shape (m,).
    affine : array-like, shape (4, 4), optional
        Voxel indices to mm; needed with voxels.
    volume_shape : (int, int, int), optional
        Shape of the volume; needed with voxels.
    nvertices : mapping of str to int, optional
        Vertices of each whole surface, by structure.

    Raises
    ------
    HeaderDataError
        If there is not one of each for every parcel.

    Examples
    --------
    >>> left = BrainModelAxis.from_surface([0, 2, 3], 4, "cortex_left")
    >>> axis = ParcelsAxis.from_brain_models([("front", left[:1]), ("back", left[1:])])
    >>> axis["back"][1]
    {'CIFTI_STRUCTURE_CORTEX_LEFT': array([2, 3])}
    """

    def __init__(
        self,
        name: ArrayLike,
        voxels: Any,
        vertices: Any,
        affine: ArrayLike | None = None,
        volume_shape: Any = None,
        nvertices: Mapping[Any, int] | None = None,
    ) -> None:
        self.name: NDArray[np.str_] = np.asanyarray(name, dtype=np.str_)
        self.voxels = _objects(voxels)
        self.vertices = _objects(vertices)
        self.affine = affine
        self.volume_shape = volume_shape
        self.nvertices = cifti_counts(nvertices)
        for what, array in self._per_index().items():
            check_per_index(what, array, (self.name.size,))

    def _per_index(self) -> dict[str, NDArray[Any]]:
        """Return what there is for each index, by the name of the argument."""
        return {"name": self.name, "voxels": self.voxels, "vertices": self.vertices}

    @classmethod
    def from_brain_models(cls, named_brain_models: Iterable[tuple[str, BrainModelAxis]]) -> Self:
        """Return the axis of parcels that are given by axes of their vertices and voxels.

        Parameters
        ----------
        named_brain_models : iterable of (str, BrainModelAxis)

        Raises
        ------
        UsageError
            If they have different volumes, or counts of vertices for one structure.
        """
        made = cls([], [], [])
        names = []
        voxels = []
        vertices = []
        for name, axis in named_brain_models:
            made.affine, made.volume_shape = made.joined_space(axis)
            made.nvertices = merged_counts(made, axis)
            names.append(name)
            voxels.append(_voxels_of(axis))
            vertices.append(_vertices_of(axis))
        return cls(names, voxels, vertices, made.affine, made.volume_shape, made.nvertices)

    def __len__(self) -> int:
        return len(self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParcelsAxis) or type(self) is not type(other):
            return False
        if not np.array_equal(self.name, other.name) or self.nvertices != other.nvertices:
            return False
        if not self.has_space_of(other):
            return False
        same_voxels = all(map(np.array_equal, self.voxels, other.voxels))
        return same_voxels and all(map(_same_vertices, self.vertices, other.vertices))

    def __add__(self, other: Any) -> Self:
        """Return the axis with another after it.

        Raises
        ------
        UsageError
            If the two have different volumes, or counts of vertices for one structure.
        """
        if not isinstance(other, ParcelsAxis):
            return NotImplemented
        affine, shape = self.joined_space(other)
        counts = merged_counts(self, other)
        names = np.concatenate((self.name, other.name))
        voxels = np.concatenate((self.voxels, other.voxels))
        vertices = np.concatenate((self.vertices, other.vertices))
        return type(self)(names, voxels, vertices, affine, shape, counts)

    def part(self, index: Any) -> Self:
        """Return the axis of what a slice, a mask or an array of indices selects."""
        chosen = positions(index, len(self))
        return type(self)(
            self.name[chosen],
            self.voxels[chosen],
            self.vertices[chosen],
            self.affine,
            self.volume_shape,
            self.nvertices,
        )

    def index_of(self, name: str) -> int:
        """Return the index of the parcel of a name.

        Raises
        ------
        IndexingError
            If none or several have it.
        """
        found = np.flatnonzero(self.name == name)
        if len(found) != 1:
            several = f"{len(found)} parcels are" if len(found) else "no parcel is"
            raise IndexingError(f"index: {several} called {name!r}")
        return int(found[0])

    def get_named(self, name: str) -> tuple[Indices, dict[str, Indices]]:
        """Return voxels and vertices of the parcel of a name; see `index_of`."""
        place = self.index_of(name)
        return self.voxels[place], self.vertices[place]

    def get_element(self, index: int) -> tuple[str, Indices, dict[str, Indices]]:
        """Return name, voxel indices, and numbers of vertices by structure, of a parcel."""
        place = self.check_index(index)
        return str(self.name[place]), self.voxels[place], self.vertices[place]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.name[:4].tolist()))
        more = f", … {len(self)} parcels" if len(self) > 4 else ""
        return f"<{type(self).__name__} {shown}{more}>"

    @classmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the axis of the parcels of a map of indices.

        Raises
        ------
        HeaderDataError
            If a vertex or voxel is not there.
        """
        parcels = list(mim.parcels)
        made = cls(
            [required(parcel.name, "parcel: Name") for parcel in parcels],
            [_voxel_array(parcel) for parcel in parcels],
            [_vertex_arrays(parcel) for parcel in parcels],
        )
        if mim.volume is not None:
            made.affine = mim.volume.affine
            made.volume_shape = mim.volume.volume_dimensions
        for surface in mim.surfaces:
            name = required(surface.brain_structure, "surface: BrainStructure")
            what = f"surface {name}: SurfaceNumberOfVertices"
            made.nvertices[name] = required(surface.surface_number_of_vertices, what)
        made._check()
        return made

    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices with these parcels.

        Raises
        ------
        HeaderDataError
            If a vertex or voxel is not there.
        """
        self._check()
        made = Cifti2MatrixIndicesMap([dim], PARCELS)
        if self.affine is not None and self.volume_shape is not None:
            made.append(volume_of(self.affine, self.volume_shape))
        for name, count in self.nvertices.items():
            made.append(Cifti2Surface(name, count))
        for name, voxels, vertices in zip(*self._per_index().values(), strict=True):
            made.append(_parcel(str(name), voxels, vertices))
        return made

    def _check(self) -> None:
        """Check that every vertex and voxel is there."""
        for name, voxels, vertices in zip(*self._per_index().values(), strict=True):
            what = f"parcel {str(name)!r}"
            array = np.asarray(voxels)
            if len(array):
                check_per_index(what, array, (len(array), 3))
                self.check_voxels(array, what)
            for structure, numbers in vertices.items():
                self.check_vertices(structure, np.asarray(numbers), what)


def _objects(given: Iterable[Any]) -> NDArray[np.object_]:
    """Return some things as an array of objects, one each, whatever their shapes."""
    things = list(given)
    array = np.empty(len(things), object)
    for number, thing in enumerate(things):
        array[number] = thing
    return array


def _voxels_of(axis: BrainModelAxis) -> Indices:
    """Return all voxels of an axis, shape (m, 3)."""
    parts = [run.indices for run in axis.runs if not run.is_surface]
    return np.concatenate(parts) if parts else np.empty((0, 3), np.int64)


def _vertices_of(axis: BrainModelAxis) -> dict[str, Indices]:
    """Return the vertices of each surface of an axis."""
    found: dict[str, list[Indices]] = {}
    for run in axis.runs:
        if run.is_surface:
            found.setdefault(run.name, []).append(run.indices)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _same_vertices(mine: Mapping[str, Indices], others: Mapping[str, Indices]) -> bool:
    """Return whether two parcels have the same vertices."""
    if mine.keys() != others.keys():
        return False
    return all(np.array_equal(vertices, others[name]) for name, vertices in mine.items())


def _voxel_array(parcel: Cifti2Parcel) -> Indices:
    """Return the voxels of a parcel, shape (m, 3)."""
    voxels = parcel.voxel_indices_ijk
    return np.empty((0, 3), np.int64) if voxels is None else np.array(voxels.array)


def _vertex_arrays(parcel: Cifti2Parcel) -> dict[str, Indices]:
    """Return the vertices of a parcel on each surface.

    Raises
    ------
    HeaderDataError
        If a surface comes twice.
    """
    found: dict[str, Indices] = {}
    for vertices in parcel.vertices:
        name = required(vertices.brain_structure, f"parcel {parcel.name!r}: BrainStructure")
        if name in found:
            raise HeaderDataError(f"parcel {parcel.name!r}: has vertices of {name} twice")
        found[name] = np.array(vertices.array)
    return found


def _parcel(name: str, voxels: Indices, vertices: Mapping[str, Indices]) -> Cifti2Parcel:
    """Return the element of a parcel."""
    surfaces = [Cifti2Vertices(structure, numbers) for structure, numbers in vertices.items()]
    return Cifti2Parcel(name, Cifti2VoxelIndicesIJK(voxels), surfaces)
