"""GreyordinateAccess: parts of a CIFTI-2 image by name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_transpose
from volio.errors import UsageError, UsageTypeError
from volio.formats.cifti2.axes import BrainModelAxis, MatrixAxis, ParcelsAxis
from volio.formats.cifti2.axes.axis import Indices
from volio.formats.cifti2.axes.named import NamedAxis
from volio.formats.cifti2.axes.names import plain_name
from volio.formats.cifti2.axes.runs import numbered
from volio.formats.cifti2.parts.places import (
    columns_last,
    dimension_in_space,
    point_axis,
    surface_places,
    volume_places,
)
from volio.formats.cifti2.parts.selection import (
    columns_of_structures,
    indices_of_names,
    part_of_axis,
    rows_of,
    taken,
)
from volio.formats.cifti2.parts.shown import ShownGreyordinates
from volio.formats.cifti2.parts.surface_part import CiftiSurface
from volio.formats.cifti2.parts.volume_part import volume_image
from volio.surfaces.structures import structure_named

if TYPE_CHECKING:
    from volio.formats.cifti2.header import Cifti2Header
    from volio.images.coordinates import CoordinateAxis
    from volio.images.spatial import SpatialImage

__all__ = ["GreyordinateAccess", "Parcels"]


class Parcels(Mapping[str, Array]):
    """Values of the parcels of a matrix by name; each is read when it is asked for.

    Parameters
    ----------
    matrix : LazyArray
        A column for each parcel along its last axis.
    axis : ParcelsAxis
    """

    def __init__(self, matrix: LazyArray, axis: ParcelsAxis) -> None:
        self._matrix = matrix
        self._axis = axis

    def __getitem__(self, name: str) -> Array:
        if name not in self:
            raise KeyError(name)
        return self._matrix.read((..., int(indices_of_names(self._axis, name)[0])))

    def __contains__(self, name: object) -> bool:
        return name in self._axis.name.tolist()

    def __iter__(self) -> Iterator[str]:
        return iter(self._axis.name.tolist())

    def __len__(self) -> int:
        return len(self._axis)

    def __repr__(self) -> str:
        return f"<Parcels {len(self)}, {self._matrix.shape[:-1]} values each>"


class GreyordinateAccess(ShownGreyordinates):
    """What a matrix is of, and its parts, by name. Everything is read when it is indexed.

    A part is made anew from the header and the data whenever it is asked for.
    """

    shape: tuple[int, ...]
    dataobj: Any
    nifti_header: Any

    @property
    @abstractmethod
    def header(self) -> Cifti2Header:
        """What the rows and columns stand for."""

    @property
    def axes(self) -> tuple[MatrixAxis, ...]:
        """What the indices along each dimension of the matrix stand for.

        Raises
        ------
        HeaderDataError
            If the header does not say so for each.
        """
        return tuple(self.header.get_axis(dimension) for dimension in range(len(self.shape)))

    @property
    def structures(self) -> dict[str, slice | Indices]:
        """Name of each structure, and what selects its columns: ``{"cortex_left": slice, ...}``.

        An array of indices where a structure comes twice, with another between.
        """
        _, axis = dimension_in_space(self.axes)
        if not isinstance(axis, BrainModelAxis):
            return {}
        found: dict[str, slice | Indices] = {}
        for offset, run in numbered(axis.runs):
            name = plain_name(run.name)
            here = slice(offset, offset + len(run))
            if name in found:
                before = np.arange(len(axis))[found[name]]
                found[name] = np.concatenate((before, np.arange(here.start, here.stop)))
            else:
                found[name] = here
        return found

    # Surfaces and volume.

    @property
    def left(self) -> CiftiSurface:
        """The part on the left cortex; see `CiftiSurface`."""
        return self.on_surface("cortex_left")

    @property
    def right(self) -> CiftiSurface:
        """The part on the right cortex; see `CiftiSurface`."""
        return self.on_surface("cortex_right")

    def on_surface(self, structure: str) -> CiftiSurface:
        """Return the part on the surface of a structure.

        Parameters
        ----------
        structure : str
            However spelled: ``"cerebellum"``, ``"CortexLeft"``.

        Raises
        ------
        UsageError
            If the matrix has no vertices of it.
        """
        axes = self.axes
        dimension, axis = dimension_in_space(axes)
        name = structure_named(structure)
        counts = {plain_name(known): count for known, count in axis.nvertices.items()}
        if name not in counts:
            surfaces = ", ".join(counts) or "none"
            raise UsageError(f"{name}: the matrix has no such surface, there are: {surfaces}")
        return CiftiSurface(
            name,
            columns_last(self.dataobj, dimension),
            surface_places(axis, name),
            counts[name],
            _others(axes, dimension),
        )

    @property
    def volume(self) -> SpatialImage:
        """The voxels, as a lazy volume; 0 where the matrix has none.

        Shape (i, j, k) where the matrix has one row, else (i, j, k, maps).

        Raises
        ------
        UsageError
            If the matrix has no voxels.
        """
        return self._volume_of(None)

    def _volume_of(self, structures: Iterable[str] | None) -> SpatialImage:
        axes = self.axes
        dimension, axis = dimension_in_space(axes)
        places = volume_places(axis, structures)
        if not len(places.columns):
            raise UsageError("volume: the matrix has no voxels, only vertices: img.left, img.right")
        matrix = columns_last(self.dataobj, dimension)
        return volume_image(matrix, places, axis, _others(axes, dimension))

    # By name.

    @property
    def parcels(self) -> Parcels:
        """Values of each parcel by name: ``img.parcels["V1"]``, shape (maps,).

        Raises
        ------
        UsageError
            If the matrix has no parcels.
        """
        dimension, axis = dimension_in_space(self.axes)
        if not isinstance(axis, ParcelsAxis):
            raise UsageError("parcels: the matrix has vertices and voxels, not parcels")
        return Parcels(columns_last(self.dataobj, dimension), axis)

    def __getitem__(self, name: str) -> Any:
        """Return what has a name: a structure, a parcel or a map.

        Returns
        -------
        CiftiSurface or SpatialImage
            For a structure of vertices or voxels.
        array, shape (maps,)
            For a parcel.
        array, shape (columns,)
            For a map.

        Raises
        ------
        UsageError
            If nothing has the name, or an index is given.
        """
        if not isinstance(name, str):
            raise UsageTypeError(
                f"img[...] takes the name of a structure, parcel or map, got {name!r}; "
                "img.dataobj[...] takes indices"
            )
        axes = self.axes
        found = self._structure(axes, name)
        if found is not None:
            return found
        for dimension, axis in reversed(list(enumerate(axes))):
            if isinstance(axis, NamedAxis | ParcelsAxis) and name in axis.name.tolist():
                index = int(indices_of_names(axis, name)[0])
                return columns_last(self.dataobj, dimension).read((..., index))
        raise UsageError(f"{name!r}: nothing has this name; there are {_listed(axes)}")

    def _structure(self, axes: Sequence[MatrixAxis], name: str) -> Any:
        """Return the part of a structure; None where there is none of that name."""
        models = [axis for axis in axes if isinstance(axis, BrainModelAxis)]
        spelled = structure_named(name)
        runs = [run for axis in models[-1:] for run in axis.runs if plain_name(run.name) == spelled]
        kinds = {run.is_surface for run in runs}
        if len(kinds) > 1:
            raise UsageError(
                f"{name!r}: has vertices and voxels; img.on_surface({name!r}) and img.volume "
                "tell them apart"
            )
        if not kinds:
            return None
        return self.on_surface(spelled) if kinds.pop() else self._volume_of([spelled])

    def sel(
        self,
        structure: str | Iterable[str] | None = None,
        *,
        maps: Any = None,
        parcels: str | Iterable[str] | None = None,
    ) -> Self:
        """Return the image of some structures or parcels, and some maps; still lazy.

        Parameters
        ----------
        structure : str or iterable of str, optional
            However spelled; ``"cortex"`` is left and right.
        maps : str, int, slice or sequence of these, optional
            Names or indices along the first dimension that is not `structure`'s or `parcels`'.
        parcels : str or iterable of str, optional

        Returns
        -------
        image
            Of the same class, with axes that are cut as the data are.

        Raises
        ------
        UsageError
            If there is no such structure, map or parcel.
        IndexingError
            If indices are outside, or leave points of a series at unequal steps.

        Examples
        --------
        >>> left = volio.formats.cifti2.BrainModelAxis.from_surface([0, 2], 3, "cortex_left")
        >>> stem = volio.formats.cifti2.BrainModelAxis.from_mask(np.ones((1, 1, 3)), "brain stem")
        >>> names = volio.formats.cifti2.ScalarAxis(["myelin", "thickness"])
        >>> img = volio.Cifti2Image(np.arange(10.0).reshape(2, 5), (names, left + stem))
        >>> np.asarray(img.sel(structure="brain stem", maps="thickness").dataobj)
        array([[7., 8., 9.]])
        """
        axes = list(self.axes)
        dimension, axis = dimension_in_space(axes)
        chosen: dict[int, Indices] = {}
        if structure is not None:
            if not isinstance(axis, BrainModelAxis):
                raise UsageError("structure: the matrix has parcels; parcels= selects some")
            chosen[dimension] = columns_of_structures(axis, structure)
        if parcels is not None:
            if not isinstance(axis, ParcelsAxis):
                raise UsageError("parcels: the matrix has none; structure= selects some")
            chosen[dimension] = indices_of_names(axis, parcels)
        if maps is not None:
            first = next((number for number in range(len(axes)) if number != dimension), dimension)
            chosen[first] = rows_of(axes[first], maps)
        return self._with_selected(axes, chosen)

    def _with_selected(self, axes: list[MatrixAxis], chosen: Mapping[int, Indices]) -> Self:
        data = self.dataobj
        for dimension, indices in chosen.items():
            axes[dimension] = part_of_axis(axes[dimension], indices)
            data = taken(data, dimension, indices)
        return self.with_axes(data, axes)

    def by_point(self) -> tuple[LazyArray, CoordinateAxis]:
        """Return the matrix with its vertices and voxels first, lazy, and their axis.

        Returns
        -------
        data : LazyArray, shape (vertices and voxels, maps)
        axis : CoordinateAxis
            Over the same arrays as the axis of the matrix.

        Raises
        ------
        UsageError
            If the matrix is not of vertices and voxels.
        """
        dimension, axis = dimension_in_space(self.axes)
        if not isinstance(axis, BrainModelAxis):
            raise UsageError("the matrix has parcels; a point is a vertex or a voxel")
        last_first = columns_last(self.dataobj, dimension)
        data = lazy_transpose(last_first, [len(self.shape) - 1, *range(len(self.shape) - 1)])
        assert isinstance(data, LazyArray)
        return data, point_axis(axis)

    def with_axes(self, data: Any, axes: Sequence[MatrixAxis]) -> Self:
        """Return an image of other data and axes, with texts and NIfTI fields of this one."""
        header = type(self.header).from_axes(axes)
        header.matrix.metadata = self.header.matrix.metadata
        return type(self)(data, header, self.nifti_header)  # type: ignore[call-arg]


def _others(axes: Sequence[MatrixAxis], dimension: int) -> list[MatrixAxis]:
    return [axis for number, axis in enumerate(axes) if number != dimension]


def _listed(axes: Sequence[MatrixAxis]) -> str:
    """Return the names that axes have, the first few of each."""
    names: list[str] = []
    for axis in axes:
        if isinstance(axis, BrainModelAxis):
            names += dict.fromkeys(plain_name(run.name) for run in axis.runs)
        elif isinstance(axis, NamedAxis | ParcelsAxis):
            names += axis.name[:20].tolist()
    return ", ".join(map(repr, names)) or "no names"
