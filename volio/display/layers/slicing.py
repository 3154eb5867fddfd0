"""The part of a layer that knows what is shown of its voxels: two or three axes, at a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.channels import plain
from volio.display.base.choices import PROJECTIONS, as_numbers, chosen
from volio.display.layers.levels import choose_level, level_corners
from volio.display.layers.thick_slices import covered, flattened, nearest
from volio.display.layers.voxels import VoxelLayer
from volio.errors import UsageError

__all__ = ["SlicedLayer"]

Index = tuple[int | slice, ...]


class SlicedLayer(VoxelLayer):
    """Voxels of n axes, of which two or three are shown; the others at a point, or a slab of them.

    Parameters
    ----------
    projection_mode : str
    **voxels
        For `VoxelLayer`.
    """

    def __init__(self, data: Any, *, projection_mode: str, **voxels: Any) -> None:
        super().__init__(data, **voxels)
        self._projection_mode = chosen("projection_mode", projection_mode, PROJECTIONS)
        self._dims_displayed: tuple[int, ...] = (self.ndim - 2, self.ndim - 1)
        self._dims_point = np.zeros(self.ndim)
        self._dims_thickness = np.zeros(self.ndim)
        self._corners: NDArray[np.intp] | None = None
        self._slice: NDArray[Any] | None = None

    def _axes_changed(self, before: int) -> None:
        """Keep the last axes, or add leading ones."""
        super()._axes_changed(before)
        missing = np.zeros(max(0, self.ndim - before))
        self._dims_point = np.concatenate([missing, self._dims_point])[-self.ndim :]
        self._dims_thickness = np.concatenate([missing, self._dims_thickness])[-self.ndim :]
        self._dims_displayed = (self.ndim - 2, self.ndim - 1)

    def _extent_changed(self) -> None:
        self._corners = None
        super()._extent_changed()

    def _slice_changed(self) -> None:
        self._slice = None
        super()._slice_changed()

    # What is shown.

    @property
    def dims_displayed(self) -> tuple[int, ...]:
        """The axes shown: two for a slice, three for a volume; at first the last two."""
        return self._dims_displayed

    @dims_displayed.setter
    def dims_displayed(self, value: Sequence[int]) -> None:
        dims = tuple(range(self.ndim)[dim] for dim in value if -self.ndim <= dim < self.ndim)
        if len(dims) != len(value) or len(set(dims)) != len(dims) or len(dims) not in (2, 3):
            raise UsageError(
                f"dims_displayed: must be two or three of {self.ndim} axes, got {tuple(value)}"
            )
        self._dims_displayed = dims
        self._corners = None
        self._slice_changed()
        self.events.dims(value=dims)

    @property
    def dims_point(self) -> NDArray[np.float64]:
        """The point in world coordinates (n,) whose slice is shown; at first the origin."""
        return self._dims_point

    @dims_point.setter
    def dims_point(self, value: ArrayLike) -> None:
        self._dims_point = self._checked_numbers("dims_point", value)
        self._slice_changed()
        self.events.dims(value=self._dims_point)

    @property
    def dims_thickness(self) -> NDArray[np.float64]:
        """Thickness in world units (n,) of what is shown, along each axis of the data.

        It counts along axes that are not displayed: the slices whose centres lie less than half
        of it away from `dims_point` are brought together as `projection_mode` says; at first 0,
        which is the nearest slice.
        """
        return self._dims_thickness

    @dims_thickness.setter
    def dims_thickness(self, value: ArrayLike) -> None:
        thickness = self._checked_numbers("dims_thickness", value)
        if (thickness < 0).any():
            raise UsageError(f"dims_thickness: must be 0 or more, got {value!r}")
        self._dims_thickness = thickness
        self._slice_changed()
        self.events.dims(value=thickness)

    def _checked_numbers(self, name: str, value: ArrayLike) -> NDArray[np.float64]:
        numbers = as_numbers(name, value)
        if numbers.shape != (self.ndim,) or not np.isfinite(numbers).all():
            raise UsageError(f"{name}: must be {self.ndim} finite numbers, got {value!r}")
        return numbers

    @property
    def projection_mode(self) -> str:
        """What becomes of slices that are shown together: none (the nearest), sum, mean, max, min.

        It matters where `dims_thickness` holds more than one slice.
        """
        return self._projection_mode

    @projection_mode.setter
    def projection_mode(self, value: str) -> None:
        mode = chosen("projection_mode", value, PROJECTIONS)
        if mode != self._projection_mode:
            self._projection_mode = mode
            self.events.projection_mode(value=mode)
            self._show_again()

    # What the parts above this one know better.

    def _point_in_data(self) -> NDArray[np.float64]:
        """Return `dims_point` in voxels."""
        return self._dims_point

    def _thickness_in_data(self) -> NDArray[np.float64]:
        """Return `dims_thickness` in voxels."""
        return self._dims_thickness

    # The slice.

    def slice_index(self, level: int | None = None) -> Index | None:
        """Return the numpy index of the slice that is shown, at a level.

        Returns
        -------
        tuple of slice and int
            None if `dims_point` lies outside. An axis that is not displayed has a number, or a
            slice where several are shown together.
        """
        level = self.data_level if level is None else level
        factors, shape = self.downsample_factors[level], self.level_shapes[level]
        point, thickness = self._point_in_data(), self._thickness_in_data()
        index: list[int | slice] = [slice(None)] * self.ndim
        for axis in self._hidden():
            half = 0.0 if self._projection_mode == "none" else float(thickness[axis] / 2)
            if covered(float(point[axis]), half, self.shape[axis]) is None:
                return None
            centre, factor, count = float(point[axis]), float(factors[axis]), int(shape[axis])
            found = covered(centre / factor, half / factor, count)
            first, stop = found or nearest(centre / factor, count)
            index[axis] = first if half == 0 else slice(first, stop)
        return tuple(index)

    def _hidden(self) -> list[int]:
        """Return the axes that are not displayed."""
        return [axis for axis in range(self.ndim) if axis not in self.dims_displayed]

    def slice_values(self) -> NDArray[Any] | None:
        """Return the slice or volume that is shown, at the level that is shown.

        Returns
        -------
        ndarray
            Axes in the order of `dims_displayed`, colours last; None outside of the image. It is
            read when it is first asked for, and kept until another one is shown.
        """
        if self._slice is None:
            self._slice = self._read_slice(self.data_level)
        return self._slice

    def _read_slice(self, level: int) -> NDArray[Any] | None:
        index = self.slice_index(level)
        if index is None:
            return None
        values = plain(np.asarray(self._levels[level][index]))
        read = [axis for axis, part in enumerate(index) if isinstance(part, slice)]
        slab = tuple(place for place, axis in enumerate(read) if axis not in self.dims_displayed)
        if slab:
            values = flattened(values, slab, self._projection_mode, self.rgb)
        kept = sorted(self.dims_displayed)
        order = [kept.index(axis) for axis in self.dims_displayed]
        return values.transpose(*order, *range(len(order), values.ndim))

    def set_view_slice(self) -> None:
        """Read the slice that is shown now."""
        self._slice = None
        self.slice_values()

    # The level that fits.

    def fit_level(self, corners: ArrayLike, canvas: ArrayLike) -> int:
        """Show the level that fits a view: the coarsest with a voxel for each pixel.

        Parameters
        ----------
        corners : (K, n) array-like
            Corners of what is seen, in voxels of the finest level, all n axes.
        canvas : number or (m,) array-like
            Size of the picture in pixels, along the axes shown.

        Returns
        -------
        int
            The level, now `data_level` unless one is locked. `corner_pixels` is what is seen.
        """
        shown = list(self.dims_displayed)
        points = np.asarray(corners, np.float64)
        box = np.array([np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))])
        field = (box[1] - box[0])[shown]
        fitting = choose_level(self.downsample_factors[:, shown], field, canvas)
        self.data_level = fitting
        level = self.data_level
        self._corners = level_corners(box, self.downsample_factors[level], self.level_shapes[level])
        return level

    @property
    def corner_pixels(self) -> NDArray[np.intp]:
        """First and last voxel of the level that are seen, (2, n), as `fit_level` found.

        Until then all of the axes displayed, and 0 for the others.
        """
        if self._corners is not None:
            return self._corners
        corners = np.zeros((2, self.ndim), np.intp)
        shown = list(self.dims_displayed)
        corners[1, shown] = self.level_shapes[self.data_level][shown] - 1
        return corners
