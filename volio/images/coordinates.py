"""CoordinateImage: values of points in space, of surfaces and volumes alike.

After the proposal BIAP 9 of nibabel, https://nipy.org/nibabel/devel/biaps/biap_0009.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice
from volio.errors import ImageDataError, SpaceError, UsageError
from volio.images.kinds import kind_of
from volio.space.affines import apply_affine

if TYPE_CHECKING:
    pass

__all__ = ["CoordinateAxis", "CoordinateImage", "GridPoints", "MeshPoints", "Parcel"]

Indices: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MeshPoints:
    """The vertices of a whole surface.

    Parameters
    ----------
    count : int
        How many there are.
    vertices : array, shape (count, 3), optional
        Their positions, mm in `space`; None where they are not known.
    space : str, optional
        As `volio.Surface` names it.
    """

    count: int
    vertices: NDArray[Any] | None = None
    space: str = "unknown"

    def __len__(self) -> int:
        return self.count

    def numbered(self, first: int, stop: int) -> Indices:
        """Return the numbers of vertices from one up to another, shape (n,)."""
        return np.arange(first, stop)

    def positions(self, indices: Indices) -> NDArray[Any]:
        """Return the positions of vertices, mm, shape (n, 3).

        Raises
        ------
        SpaceError
            If they are not known.
        """
        if self.vertices is None:
            raise SpaceError(
                "positions: the mesh is not known; axis.load_structures({name: surface}) states it"
            )
        return self.vertices[indices]


@dataclass(frozen=True, eq=False)
class GridPoints:
    """The voxels of a whole volume.

    Parameters
    ----------
    shape : (int, int, int)
    affine : array, shape (4, 4)
        Voxel indices (voxel centres at integers) to mm.
    """

    shape: tuple[int, int, int]
    affine: NDArray[Any]

    def __len__(self) -> int:
        return prod(self.shape)

    def numbered(self, first: int, stop: int) -> Indices:
        """Return the indices of voxels that are counted first axis fastest, shape (n, 3)."""
        along = np.unravel_index(np.arange(first, stop), self.shape, order="F")
        return np.column_stack(along).astype(np.int64)

    def positions(self, indices: Indices) -> NDArray[Any]:
        """Return the centres of voxels, mm, shape (n, 3)."""
        return apply_affine(self.affine, indices)


Structure: TypeAlias = MeshPoints | GridPoints


class Parcel:
    """Some points of a surface or a volume, in an order.

    Parameters
    ----------
    name : str
        Of the structure: ``"cortex_left"``, ...
    structure : MeshPoints or GridPoints
        All points that there are.
    indices : array-like of int, shape (n,) or (n, 3), optional
        Numbers of vertices, or voxel indices; all points by default.

    Raises
    ------
    ImageDataError
        If indices are of another shape.

    Examples
    --------
    >>> whole = volio.images.coordinates.MeshPoints(4)
    >>> parcel = volio.Parcel("cortex_left", whole, [0, 2, 3])
    >>> len(parcel), parcel[1:].indices.tolist()
    (3, [2, 3])
    """

    def __init__(self, name: str, structure: Structure, indices: ArrayLike | None = None) -> None:
        self.name = name
        self.structure = structure
        self._indices: Indices | None = None
        if indices is not None:
            self._indices = np.asarray(indices, np.int64)
            tail = () if isinstance(structure, MeshPoints) else (3,)
            if self._indices.ndim != 1 + len(tail) or self._indices.shape[1:] != tail:
                raise ImageDataError(
                    f"{name}: indices must be of shape {('n', *tail)}, got {self._indices.shape}"
                )

    @property
    def indices(self) -> Indices:
        """Numbers of vertices, shape (n,), or voxel indices, shape (n, 3)."""
        if self._indices is None:
            return self.structure.numbered(0, len(self.structure))
        return self._indices

    @property
    def positions(self) -> NDArray[Any]:
        """Positions of the points, mm, shape (n, 3); SpaceError where they are not known."""
        return self.structure.positions(self.indices)

    def __len__(self) -> int:
        return len(self.structure) if self._indices is None else len(self._indices)

    def __getitem__(self, index: Any) -> Parcel:
        """Return the parcel of some of the points."""
        if self._indices is None and isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                chosen = self.structure.numbered(start, max(start, stop))
                return Parcel(self.name, self.structure, chosen)
        return Parcel(self.name, self.structure, self.indices[index])

    def __repr__(self) -> str:
        return f"<Parcel {self.name!r}, {len(self)} of {len(self.structure)} points>"


class CoordinateAxis:
    """Points in space along an axis: parcels one after the other.

    Parameters
    ----------
    parcels : iterable of Parcel

    Examples
    --------
    >>> whole = volio.images.coordinates.MeshPoints(4)
    >>> axis = volio.CoordinateAxis([volio.Parcel("cortex_left", whole, [0, 2, 3])])
    >>> len(axis), axis.get_indices("cortex_left", slice(1, None)).tolist()
    (3, [1, 2])
    """

    def __init__(self, parcels: Iterable[Parcel]) -> None:
        self.parcels = list(parcels)

    def __len__(self) -> int:
        return sum(map(len, self.parcels))

    def _numbered(self) -> Iterator[tuple[int, Parcel]]:
        """Yield the index at which each parcel begins, and the parcel."""
        offsets = accumulate(map(len, self.parcels), initial=0)
        return zip(offsets, self.parcels, strict=False)  # the last offset is the length

    def get_indices(
        self, parcel: str, indices: slice | Sequence[int] | NDArray[Any] | None = None
    ) -> Indices:
        """Return the indices along the axis of a parcel.

        Parameters
        ----------
        parcel : str
            Its name.
        indices : slice, mask or array of int, optional
            Which of its points; all by default.

        Returns
        -------
        array of int64, shape (n,)

        Raises
        ------
        UsageError
            If no parcel has the name.
        """
        found = [
            np.arange(offset, offset + len(each))
            for offset, each in self._numbered()
            if each.name == parcel
        ]
        if not found:
            known = ", ".join(dict.fromkeys(each.name for each in self.parcels))
            raise UsageError(f"parcel: there is no {parcel!r}, only {known}")
        joined = np.concatenate(found)
        return joined if indices is None else joined[indices]

    def load_structures(self, mapping: Mapping[str, Any]) -> CoordinateAxis:
        """Return the axis with the meshes of surfaces.

        Parameters
        ----------
        mapping : mapping of str to Surface
            By the names of parcels; parcels of other names stay as they are.

        Raises
        ------
        ImageDataError
            If a surface has another number of vertices.
        """
        parcels = []
        for parcel in self.parcels:
            if parcel.name in mapping:
                mesh = _points_of(mapping[parcel.name])
                if len(mesh) != len(parcel.structure):
                    raise ImageDataError(
                        f"{parcel.name}: has {len(parcel.structure)} points, the surface "
                        f"{len(mesh)} vertices"
                    )
                parcel = Parcel(parcel.name, mesh, parcel._indices)
            parcels.append(parcel)
        return CoordinateAxis(parcels)

    @property
    def positions(self) -> NDArray[Any]:
        """Positions of all points, mm, shape (n, 3); SpaceError where some are not known."""
        found = [parcel.positions for parcel in self.parcels]
        return np.concatenate(found) if found else np.empty((0, 3))

    def __getitem__(self, index: Any) -> CoordinateAxis:
        """Return the axis of a range of points, or of those of a mask or an array of indices.

        Parameters
        ----------
        index : slice, mask or array of int
        """
        if isinstance(index, slice) and index.step in (None, 1):
            start, stop, _ = index.indices(len(self))
            cut = [
                parcel[max(start - offset, 0) : max(stop - offset, 0)]
                for offset, parcel in self._numbered()
            ]
            return CoordinateAxis(parcel for parcel in cut if len(parcel))
        return CoordinateAxis(self._selected(np.arange(len(self))[index]))

    def _selected(self, chosen: Indices) -> Iterator[Parcel]:
        """Yield the parcels of some points; one that is left and met again comes twice.

        Raises
        ------
        UsageError
            If points are not along one axis.
        """
        if chosen.ndim != 1:
            raise UsageError(f"index: must select along one axis, got {chosen.ndim} axes")
        ends = np.cumsum([len(parcel) for parcel in self.parcels])
        owner = np.searchsorted(ends, chosen, side="right")
        borders = np.flatnonzero(np.diff(owner)) + 1
        for piece in np.split(chosen, borders) if len(chosen) else ():
            number = int(np.searchsorted(ends, piece[0], side="right"))
            parcel = self.parcels[number]
            yield parcel[piece - (ends[number] - len(parcel))]

    def __repr__(self) -> str:
        return f"<CoordinateAxis {len(self)} points, {len(self.parcels)} parcels>"


class CoordinateImage:
    """Values of points in space: rows of data, and what point each is.

    Parameters
    ----------
    data : array or lazy array, shape (points, ...)
    coordaxis : CoordinateAxis
        As many points.
    header : header, optional
        Of the image that they are from.

    Raises
    ------
    ImageDataError
        If there are not as many points as rows.

    Examples
    --------
    >>> surf = volio.Surface(data={"height": [0.5, 1.5, 2.5]}, structure="cortex_left")
    >>> img = volio.CoordinateImage.from_image(surf)
    >>> img.shape, img[1:].coordaxis.parcels[0].indices.tolist()
    ((3, 1), [1, 2])
    """

    def __init__(
        self, data: ArrayLike | LazyArray, coordaxis: CoordinateAxis, header: Any = None
    ) -> None:
        array = data if isinstance(data, LazyArray) else np.asarray(data)
        if not array.ndim or array.shape[0] != len(coordaxis):
            raise ImageDataError(
                f"data: one row for each of {len(coordaxis)} points, got shape {array.shape}"
            )
        self.data = array
        self.coordaxis = coordaxis
        self.header = header

    @property
    def shape(self) -> tuple[int, ...]:
        """Points, and what there is for each."""
        return tuple(self.data.shape)

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return the values of an image by point.

        Parameters
        ----------
        img : SpatialImage, Surface or Cifti2Image
            Of a volume every voxel is a point, first axis fastest. Data of volumes and CIFTI-2
            stay lazy.

        Raises
        ------
        UsageError
            If it is something else, or a matrix without vertices and voxels.
        """
        kind = kind_of(img)
        if kind == "greyordinates":
            data, axis = img.by_point()
            return cls(data, axis, img.header)
        if kind == "surface":
            return cls(_surface_data(img), _surface_axis(img), img.header)
        if kind == "volume":
            return cls(_volume_data(img), _volume_axis(img), img.header)
        raise UsageError(
            f"img: must be a volume, a surface or greyordinates, got {type(img).__name__}"
        )

    def __getitem__(self, index: Any) -> Self:
        """Return the image of some points, and of what there is for each; lazy where it can be.

        Parameters
        ----------
        index : slice, mask, array of int, or tuple with one of these first
            As for `CoordinateAxis`.
        """
        first = index[0] if isinstance(index, tuple) else index
        if isinstance(first, int | np.integer):
            raise UsageError(f"index: {first} is one point; img.data[{first}] has its values")
        cut = lazy_slice(self.data, index)
        return type(self)(cut, self.coordaxis[first], self.header)

    def __repr__(self) -> str:
        return f"<CoordinateImage {self.shape}, {self.coordaxis!r}>"


def _points_of(surface: Any) -> MeshPoints:
    return MeshPoints(surface.n_vertices, surface.vertices, surface.space)


def _surface_axis(surface: Any) -> CoordinateAxis:
    return CoordinateAxis([Parcel(surface.structure, _points_of(surface))])


def _surface_data(surface: Any) -> NDArray[Any]:
    """Return all values of a surface, shape (vertices, n)."""
    columns = [np.reshape(values, (len(values), -1)) for values in surface.data.values()]
    return np.hstack(columns) if columns else np.empty((surface.n_vertices, 0))


def _volume_axis(image: Any) -> CoordinateAxis:
    if image.affine is None:
        raise SpaceError("img: has no affine, so its voxels have no positions")
    if len(image.shape) < 3:
        raise UsageError(f"img: a volume has three axes in space, got shape {image.shape}")
    grid = GridPoints(tuple(image.shape[:3]), image.affine)
    return CoordinateAxis([Parcel("volume", grid)])


def _volume_data(image: Any) -> Any:
    """Return the values of a volume by voxel, the first axis fastest, shape (voxels, ...)."""
    data = image.dataobj
    shape = (prod(data.shape[:3]), *data.shape[3:])
    return data.reshape(shape, order="F")
