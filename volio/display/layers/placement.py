"""The part of a layer that knows where its voxels lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.display.layers.geometry.affine import Affine, Extent, box_of, direction, padded
from volio.display.layers.geometry.rays import drag_distance, meet_box
from volio.display.layers.slicing import SlicedLayer
from volio.errors import UsageError
from volio.space.affines import apply_affine, to_matvec

__all__ = ["PlacedLayer"]

Point = NDArray[np.float64]


class PlacedLayer(SlicedLayer):
    """Voxels with a place: voxels to physical by parts, physical to world by an affine.

    ``world = affine @ (rotate @ shear @ diag(scale) @ voxel + translate)``

    Parameters
    ----------
    affine : (m+1, m+1) array-like or None
    scale, translate, rotate, shear
        As for `volio.display.layers.geometry.affine.Affine`.
    axis_labels, units : sequence of str or None
    **voxels
        For `SlicedLayer`.
    """

    def __init__(
        self,
        data: Any,
        *,
        affine: Any,
        scale: Any,
        translate: Any,
        rotate: Any,
        shear: Any,
        axis_labels: Sequence[str] | None,
        units: str | Sequence[str] | None,
        **voxels: Any,
    ) -> None:
        super().__init__(data, **voxels)
        self._physical = Affine(self.ndim, scale, translate, rotate, shear)
        self._world = Affine(self.ndim, matrix=np.eye(2) if affine is None else affine)
        self._axis_labels = self._per_axis("axis_labels", axis_labels, None)
        self._units = self._per_axis("units", units, "pixel")
        self._translate_grid = np.zeros(self.ndim)

    def _per_axis(self, name: str, given: Any, default: str | None) -> tuple[str, ...]:
        """Return a text for each axis; one is for all of them, if there is a default."""
        if default is None:
            texts = range(-self.ndim, 0) if given is None else given
        else:
            given = given or default
            texts = (given,) * self.ndim if isinstance(given, str) else given
        if not isinstance(texts, Sequence) or len(texts) != self.ndim:
            raise UsageError(f"{name}: must be {self.ndim} texts, got {given!r}")
        return tuple(str(text) for text in texts)

    def _axes_changed(self, before: int) -> None:
        super()._axes_changed(before)
        self._physical = self._physical.resized(self.ndim)
        self._world = self._world.resized(self.ndim)
        self._axis_labels = self._per_axis("axis_labels", None, None)
        self._units = (self._units[:1] * self.ndim + self._units)[-self.ndim :]
        self._translate_grid = np.zeros(self.ndim)

    def _placed(self, name: str) -> None:
        """Tell that the layer moved."""
        self._extent_changed()
        self.events[name](value=getattr(self, name))

    @property
    def scale(self) -> Point:
        """Scale of each axis, (n,); may be negative, not 0."""
        return self._physical.scale

    @scale.setter
    def scale(self, value: Any) -> None:
        self._physical = self._physical.replaced(scale=value)
        self._placed("scale")

    @property
    def translate(self) -> Point:
        """Physical position of voxel 0, (n,)."""
        return self._physical.translate

    @translate.setter
    def translate(self, value: Any) -> None:
        self._physical = self._physical.replaced(translate=value)
        self._placed("translate")

    @property
    def rotate(self) -> Point:
        """Rotation as a matrix (n, n); may be set by one angle or three in degrees."""
        return self._physical.rotate

    @rotate.setter
    def rotate(self, value: Any) -> None:
        self._physical = self._physical.replaced(rotate=value)
        self._placed("rotate")

    @property
    def shear(self) -> Point:
        """Shear: what is above the diagonal, row by row; a lower triangular one as a matrix."""
        return self._physical.shear

    @shear.setter
    def shear(self, value: Any) -> None:
        self._physical = self._physical.replaced(shear=value)
        self._placed("shear")

    @property
    def affine(self) -> Affine:
        """Physical to world; ``np.array(layer.affine)`` is its matrix (n+1, n+1)."""
        return self._world

    @affine.setter
    def affine(self, value: Any) -> None:
        self._world = Affine(self.ndim, matrix=value)
        self._placed("affine")

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
        self._axis_labels = self._per_axis("axis_labels", value, None)
        self.events.axis_labels(value=self._axis_labels)

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the world along each axis."""
        return self._units

    @units.setter
    def units(self, value: str | Sequence[str] | None) -> None:
        self._units = self._per_axis("units", value, "pixel")
        self.events.units(value=self._units)

    # Coordinates.

    @property
    def data_to_world_matrix(self) -> Point:
        """Voxels (centres at whole numbers) to world, (n+1, n+1)."""
        matrix: Point = self._world.affine_matrix @ self._physical.affine_matrix
        return matrix

    @property
    def world_to_data_matrix(self) -> Point:
        """World to voxels, (n+1, n+1)."""
        matrix: Point = self._physical.inverse_matrix @ self._world.inverse_matrix
        return matrix

    def data_to_world(self, position: ArrayLike) -> Point:
        """Return the world position (n,) of a voxel position.

        Of longer positions the last n numbers are taken, shorter ones get leading zeros.
        """
        return apply_affine(self.data_to_world_matrix, self._fitted(position))

    def world_to_data(self, position: ArrayLike) -> Point:
        """Return the voxel position (n,) of a world position; lengths as for `data_to_world`."""
        return apply_affine(self.world_to_data_matrix, self._fitted(position))

    def _fitted(self, position: ArrayLike) -> Point:
        given = as_numbers("position", position).ravel()[-self.ndim :]
        return np.concatenate([np.zeros(self.ndim - given.size), given])

    def _point_in_data(self) -> Point:
        return self.world_to_data(self.dims_point)

    def _thickness_in_data(self) -> Point:
        sizes = np.linalg.norm(to_matvec(self.data_to_world_matrix)[0], axis=0)
        voxels: Point = self.dims_thickness / sizes
        return voxels

    @property
    def extent(self) -> Extent:
        """How far the centres of the voxels reach."""
        return self._extent(0.0)

    @property
    def extent_edges(self) -> Extent:
        """How far the voxels reach with their edges: half a voxel further than `extent`."""
        return self._extent(0.5)

    def _extent(self, margin: float) -> Extent:
        low, high = np.zeros(self.ndim) - margin, np.array(self.shape) - 1 + margin
        matrix = self.data_to_world_matrix
        step = np.abs(np.diag(np.linalg.qr(to_matvec(matrix)[0])[1]))
        return Extent(np.array([low, high]), box_of(matrix, low, high), step)

    # The mouse in three dimensions.

    def get_ray_intersections(
        self,
        position: ArrayLike,
        view_direction: ArrayLike | None,
        dims_displayed: Sequence[int],
        world: bool = True,
    ) -> tuple[Point | None, Point | None]:
        """Return where a line of sight enters and leaves the box of the voxels.

        Parameters
        ----------
        position : (n,) array-like
            A point on the line.
        view_direction : (n,) array-like or None
        dims_displayed : sequence of int
            The three axes shown.
        world : bool
            Whether position and direction are in world coordinates, not in voxels.

        Returns
        -------
        start, end : (n,) array or None
            In voxels, on the box from 0 to the shape along the axes shown, start nearer to the
            eye; the other coordinates are those of the position. None for both where the line
            misses the box, or if not three axes are shown.
        """
        if view_direction is None or len(dims_displayed) != 3:
            return None, None
        shape = np.array(self.shape)[list(dims_displayed)]
        ends = self._ray(position, view_direction, dims_displayed, world, 0 * shape, shape)
        return (None, None) if ends is None else ends

    def _ray(
        self, position: Any, view: Any, dims: Sequence[int], world: bool, low: Any, high: Any
    ) -> tuple[Point, Point] | None:
        """Return where a line of sight enters and leaves a box of the axes shown."""
        shown = list(dims)
        point, along = self._line_in_data(position, view, world)
        met = meet_box(point[shown], along[shown], low, high)
        if met is None:
            return None
        start, end = point.copy(), point.copy()
        start[shown], end[shown] = met
        return start, end

    def _line_in_data(self, position: Any, view: Any, world: bool) -> tuple[Point, Point]:
        matrix = self.world_to_data_matrix if world else np.eye(self.ndim + 1)
        along = self._fitted(view)
        return apply_affine(matrix, self._fitted(position)), direction(matrix, along)

    def click_plane_from_click_data(
        self,
        click_position: ArrayLike,
        view_direction: ArrayLike,
        dims_displayed: Sequence[int],
    ) -> tuple[Point, Point]:
        """Return the plane square to the line of sight through a click.

        Parameters
        ----------
        click_position, view_direction : (n,) array-like
            In world coordinates.
        dims_displayed : sequence of int

        Returns
        -------
        position, normal : (3,) array
            In voxels along the axes shown; the normal has length 1 over all axes.
        """
        shown = list(dims_displayed)
        point, along = self._line_in_data(click_position, view_direction, world=True)
        return point[shown], along[shown]

    def projected_distance_from_mouse_drag(
        self,
        start_position: ArrayLike,
        end_position: ArrayLike,
        view_direction: ArrayLike,
        vector: ArrayLike,
        dims_displayed: Sequence[int],
    ) -> Any:
        """Return how far a drag of the mouse goes along vectors, in voxels.

        Parameters
        ----------
        start_position, end_position, view_direction : (n,) array-like
            In world coordinates.
        vector : (3,) or (k, 3) array-like
            In voxels along the axes shown; not normalized.
        dims_displayed : sequence of int
            The three axes shown.

        Returns
        -------
        float or (k,) array
        """
        shown = list(dims_displayed)
        start, along = self._line_in_data(start_position, view_direction, world=True)
        end = self.world_to_data(end_position)
        return drag_distance(start[shown], end[shown], along[shown], vector)
