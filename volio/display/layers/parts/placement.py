"""The position of a layer: data to physical to world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.display.layers.geometry.affine import Affine, Extent, box_of, direction, padded
from volio.display.layers.parts.part import LayerPart
from volio.errors import UsageError
from volio.space.affines import apply_affine, to_matvec

__all__ = ["Placement"]

Point = NDArray[np.float64]


class _Component:
    """A component of the affine from data to physical coordinates: its scale, say."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, placement: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, placement: Placement, owner: type | None = None) -> Point: ...
    def __get__(self, placement: Placement | None, owner: type | None = None) -> Self | Point:
        if placement is None:
            return self
        component: Point = getattr(placement.physical, self.name)
        return component

    def __set__(self, placement: Placement, value: Any) -> None:
        placement.physical = placement.physical.replaced(**{self.name: value})
        placement.events[self.name](value=getattr(placement.physical, self.name))


class Placement(LayerPart):
    """The position of data of n axes: to physical coordinates, and from these to the world.

    ``world = affine @ (rotate @ shear @ diag(scale) @ data + translate)``

    Parameters
    ----------
    ndim : int
        Number of axes n.
    affine : (m+1, m+1) array-like, optional
        Physical to world coordinates; smaller matrices are about the last axes.
    axis_labels : sequence of str, optional
    rotate, scale, shear, translate : optional
        Data to physical coordinates; see `volio.display.layers.geometry.affine.Affine`.
    units : str or sequence of str, optional
        Units of the world, one for all axes or one for each (default: pixel).

    Attributes
    ----------
    physical : Affine
        Data to physical coordinates.

    Raises
    ------
    UsageError
        If one of them has the wrong shape, or takes away an axis.
    """

    further_events = (
        *("affine", "axis_labels", "rotate", "scale", "shear", "translate"),
        *("translate_grid", "units"),
    )

    scale = _Component("Scale of each axis, (n,); may be negative, not 0.")
    translate = _Component("Physical position of voxel 0, (n,).")
    rotate = _Component("Rotation as a matrix (n, n); may be set by one or three angles, degrees.")
    shear = _Component("Shear above the diagonal, row by row; a lower triangular one as a matrix.")

    def __init__(
        self,
        ndim: int,
        *,
        affine: Any = None,
        axis_labels: Sequence[str] | None = None,
        rotate: Any = None,
        scale: Any = None,
        shear: Any = None,
        translate: Any = None,
        units: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.physical = Affine(ndim, scale, translate, rotate, shear)
        self._world = Affine(ndim, matrix=np.eye(2) if affine is None else affine)
        self._axis_labels = _axis_labels(axis_labels, ndim)
        self._units = _units(units, ndim)
        self._translate_grid = np.zeros(ndim)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.physical.ndim

    def resize(self, ndim: int) -> None:
        """Fit to another number of axes: leading ones are added or left out."""
        self.physical = self.physical.resized(ndim)
        self._world = self._world.resized(ndim)
        self._axis_labels = _axis_labels(None, ndim)
        # Axes that are added have the unit of the first one.
        self._units = (self._units[:1] * ndim + self._units)[-ndim:]
        self._translate_grid = np.zeros(ndim)

    @property
    def affine(self) -> Affine:
        """Physical to world; ``np.array(layer.affine)`` is its matrix (n+1, n+1)."""
        return self._world

    @affine.setter
    def affine(self, value: Any) -> None:
        self._world = Affine(self.ndim, matrix=value)
        self.events.affine(value=self._world)

    @property
    def translate_grid(self) -> Point:
        """Offset in world units (n,) by which a front end with many views shifts the layer."""
        return self._translate_grid

    @translate_grid.setter
    def translate_grid(self, value: Any) -> None:
        self._translate_grid = padded("translate_grid", value, self.ndim, 0.0)
        self.events.translate_grid(value=self._translate_grid)

    @property
    def axis_labels(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self._axis_labels

    @axis_labels.setter
    def axis_labels(self, value: Sequence[str] | None) -> None:
        self._axis_labels = _axis_labels(value, self.ndim)
        self.events.axis_labels(value=self._axis_labels)

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the world along each axis."""
        return self._units

    @units.setter
    def units(self, value: str | Sequence[str] | None) -> None:
        self._units = _units(value, self.ndim)
        self.events.units(value=self._units)

    # Coordinates.

    @property
    def data_to_world_matrix(self) -> Point:
        """Data (voxel centres at integers) to world, (n+1, n+1)."""
        matrix: Point = self._world.affine_matrix @ self.physical.affine_matrix
        return matrix

    @property
    def world_to_data_matrix(self) -> Point:
        """World to data, (n+1, n+1)."""
        matrix: Point = self.physical.inverse_matrix @ self._world.inverse_matrix
        return matrix

    @property
    def voxel_sizes(self) -> Point:
        """Length in world units of a step of 1 along each axis of the data, (n,)."""
        lengths: Point = np.linalg.norm(to_matvec(self.data_to_world_matrix)[0], axis=0)
        return lengths

    def data_to_world(self, position: ArrayLike) -> Point:
        """Return the world position (n,) of a voxel position.

        Of longer positions the last n numbers are taken, shorter ones get leading zeros.
        """
        return apply_affine(self.data_to_world_matrix, self.as_position(position))

    def world_to_data(self, position: ArrayLike) -> Point:
        """Return the voxel position (n,) of a world position; lengths as for `data_to_world`."""
        return apply_affine(self.world_to_data_matrix, self.as_position(position))

    def as_position(self, position: ArrayLike) -> Point:
        """Return n numbers: the last n of longer positions, leading zeros before shorter ones."""
        given = as_numbers("position", position).ravel()[-self.ndim :]
        return np.concatenate([np.zeros(self.ndim - given.size), given])

    def line_in_data(
        self, position: ArrayLike, view_direction: ArrayLike, world: bool
    ) -> tuple[Point, Point]:
        """Return a point of a line of sight and its direction, in voxels.

        Parameters
        ----------
        position, view_direction : (n,) array-like
        world : bool
            Whether they are in world coordinates, not in voxels.

        Returns
        -------
        point, direction : (n,) array
            The direction has length 1.
        """
        matrix = self.world_to_data_matrix if world else np.eye(self.ndim + 1)
        along = direction(matrix, self.as_position(view_direction))
        return apply_affine(matrix, self.as_position(position)), along

    def extent(self, shape: Sequence[int], margin: float = 0.0) -> Extent:
        """Return how far data reach: their centres, or further by a margin in voxels.

        Parameters
        ----------
        shape : sequence of int
            Of the data, n numbers.
        margin : float
            0.5 for the edges of voxels.
        """
        low = np.zeros(self.ndim) - margin
        high = np.array(shape) - 1 + margin
        matrix = self.data_to_world_matrix
        # The factor R of a QR decomposition holds the scales, without rotation, on its diagonal.
        scales = np.diag(np.linalg.qr(to_matvec(matrix)[0])[1])
        return Extent(np.array([low, high]), box_of(matrix, low, high), np.abs(scales))


def _axis_labels(labels: Sequence[str] | None, ndim: int) -> tuple[str, ...]:
    """Return a label for each axis; by default its number, counted from the last: -3, -2, -1."""
    return _texts("axis_labels", range(-ndim, 0) if labels is None else labels, ndim)


def _units(units: str | Sequence[str] | None, ndim: int) -> tuple[str, ...]:
    if units is None or isinstance(units, str):
        return (units or "pixel",) * ndim
    return _texts("units", units, ndim)


def _texts(name: str, texts: Any, ndim: int) -> tuple[str, ...]:
    if not isinstance(texts, Sequence) or len(texts) != ndim:
        raise UsageError(f"{name}: must be {ndim} texts, got {texts!r}")
    return tuple(str(text) for text in texts)
