"""Points and voxel grids with an affine: nibabel's ``pointset`` names."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.compat.nibabel.casting import able_int_type
from volio.errors import UsageError
from volio.images.spatial import SpatialImage

__all__ = ["CoordinateArray", "Grid", "GridIndices", "Pointset"]


class CoordinateArray(Protocol):
    """Coordinates, one point a row; an array or what makes one."""

    ndim: int
    shape: tuple[int, int]

    def __array__(self, dtype: Any = None, /) -> Any:
        """Return the coordinates as an array."""


class Pointset:
    """Points, and the affine that takes them into their space.

    Parameters
    ----------
    coordinates : array-like, shape (points, dimensions)
    affine : array-like, shape (dimensions + 1, dimensions + 1), optional
        The identity by default.
    homogeneous : bool, optional
        Whether the last column of `coordinates` is the 1 of homogeneous coordinates.

    Raises
    ------
    UsageError
        If the affine does not fit.
    """

    #: So that ``affine @ points`` asks the points and not numpy.
    __array_ufunc__: ClassVar[None] = None

    def __init__(self, coordinates: Any, affine: Any = None, homogeneous: bool = False) -> None:
        self.coordinates = coordinates
        self.homogeneous = homogeneous
        size = self.dim + 1
        self.affine = np.eye(size) if affine is None else np.asarray(affine)
        if self.affine.shape != (size, size) or np.any(self.affine[-1] != np.eye(size)[-1]):
            raise UsageError(f"affine: must be {size}x{size} with a last row of 0 ... 1")

    @property
    def n_coords(self) -> int:
        """Number of points."""
        return int(self.coordinates.shape[0])

    @property
    def dim(self) -> int:
        """Number of dimensions."""
        return int(self.coordinates.shape[1]) - self.homogeneous

    def __rmatmul__(self, affine: Any) -> Self:
        """Return the points in the space that an affine leads to."""
        return type(self)(self.coordinates, np.asarray(affine) @ self.affine, self.homogeneous)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pointset):
            return NotImplemented
        return self.homogeneous == other.homogeneous and bool(
            np.array_equal(self.affine, other.affine)
            and np.array_equal(np.asarray(self.coordinates), np.asarray(other.coordinates))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_coords} points in {self.dim} dimensions)"

    def get_coords(self, *, as_homogeneous: bool = False) -> NDArray[Any]:
        """Return the points in their space, shape (points, dimensions).

        Parameters
        ----------
        as_homogeneous : bool, optional
            With a last column of 1.
        """
        points = np.asarray(self.coordinates)[:, : self.dim]
        moved: NDArray[Any] = points @ self.affine[:-1, :-1].T + self.affine[:-1, -1]
        return np.column_stack([moved, np.ones(len(moved))]) if as_homogeneous else moved


class Grid(Pointset):
    """Voxel indices, and the affine that takes them to RAS+ mm."""

    @classmethod
    def from_image(cls, spatialimage: SpatialImage) -> Self:
        """Return all voxels of an image's first three axes."""
        return cls(GridIndices(spatialimage.shape[:3]), spatialimage.affine)

    @classmethod
    def from_mask(cls, mask: SpatialImage) -> Self:
        """Return the voxels of an image that are not zero."""
        kind = able_int_type(list(mask.shape)) or np.int64
        inside: NDArray[Any] = np.argwhere(np.asanyarray(mask.dataobj)).astype(kind)
        return cls(inside, mask.affine)

    def to_mask(self, shape: tuple[int, ...] | None = None) -> SpatialImage:
        """Return an image that is True at the points.

        Parameters
        ----------
        shape : tuple of int, optional
            The smallest that holds them by default.
        """
        points = np.asarray(self.coordinates)[:, : self.dim]
        if shape is None:
            shape = tuple(int(n) for n in points.max(axis=0).astype(np.int64) + 1)
        inside = np.zeros(shape, bool)
        inside[tuple(points.T)] = True
        return SpatialImage(inside, self.affine)


class GridIndices:
    """All indices of an array of a shape, made when they are asked for.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype-like, optional
        The smallest integer type by default.
    """

    ndim = 2

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> None:
        self.gridshape = tuple(shape)
        self.dtype = np.dtype(able_int_type(self.gridshape) if dtype is None else dtype)
        self.shape = (int(np.prod(self.gridshape)), len(self.gridshape))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        indices = np.indices(self.gridshape, dtype or self.dtype)
        return indices.reshape(len(self.gridshape), -1).T

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{self.gridshape}>"
