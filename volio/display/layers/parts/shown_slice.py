"""The slice or volume of a layer that is shown: which voxels, and their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.layers.levels import choose_level, level_corners
from volio.display.layers.parts.placement import Placement
from volio.display.layers.parts.slicing import Slicing
from volio.display.layers.parts.voxels import VoxelLevels
from volio.display.layers.thick_slices import covered, flattened, nearest
from volio.flags import as_flag

__all__ = ["ShownSlice"]

Index = tuple[int | slice, ...]
Point = NDArray[np.float64]


class ShownSlice:
    """The slice or volume of voxels that is shown, read when it is first asked for.

    Parameters
    ----------
    voxels : VoxelLevels
    placement : Placement
    slicing : Slicing
    cache : bool
        Keep the values that are shown; False reads them each time.
    """

    def __init__(
        self, voxels: VoxelLevels, placement: Placement, slicing: Slicing, *, cache: bool = True
    ) -> None:
        self.voxels = voxels
        self.placement = placement
        self.slicing = slicing
        #: Whether the slice that is shown is kept.
        self.cache = as_flag("cache", cache)
        self._values: NDArray[Any] | None = None
        self._corners: NDArray[np.intp] | None = None

    def forget(self, corners: bool = False) -> None:
        """Read again when values are asked for next.

        Parameters
        ----------
        corners : bool
            Forget `corner_pixels`, too: other axes or other voxels are shown.
        """
        self._values = None
        if corners:
            self._corners = None

    # What contrast limits are found in.

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of one channel."""
        return self.voxels.dtype

    @property
    def rgb(self) -> bool:
        """Whether voxels are colours."""
        return self.voxels.rgb

    @property
    def in_memory(self) -> bool:
        """Whether the coarsest level is an array in memory."""
        return isinstance(self.voxels.coarsest, np.ndarray)

    def level_for_limits(self, rule: str) -> Any:
        """Return the level that contrast limits are found in by a rule."""
        return self.voxels.level_for_limits(rule)

    # The slice.

    @property
    def kept_values(self) -> NDArray[Any] | None:
        """The values that are shown, if they are in memory."""
        return self._values

    def point_in_data(self) -> Point:
        """Return `dims_point` in voxels of the finest level, (n,)."""
        return self.placement.world_to_data(self.slicing.dims_point)

    def thickness_in_data(self) -> Point:
        """Return `dims_thickness` in voxels of the finest level, (n,)."""
        thickness: Point = self.slicing.dims_thickness / self.placement.voxel_sizes
        return thickness

    def slice_index(self, level: int | None = None) -> Index | None:
        """Return the numpy index of the slice that is shown, at a level.

        Returns
        -------
        tuple of slice and int
            None if `dims_point` is outside. An axis that is not displayed has a number, or a
            slice where several are shown together.
        """
        level = self.voxels.data_level if level is None else level
        point = self.point_in_data().tolist()
        half = self._half_thickness().tolist()
        index: list[int | slice] = [slice(None)] * self.voxels.ndim
        for axis in self.slicing.hidden:
            if covered(point[axis], half[axis], self.voxels.shape[axis]) is None:
                return None
            index[axis] = self._slices(level, axis, point[axis], half[axis])
        return tuple(index)

    def _half_thickness(self) -> Point:
        """Return half of the thickness of the slab that is shown, in finest voxels."""
        if self.slicing.projection_mode == "none":
            return np.zeros(self.slicing.ndim)
        half: Point = self.thickness_in_data() / 2
        return half

    def _slices(self, level: int, axis: int, centre: float, half: float) -> int | slice:
        """Return the slice of a level at a point of an axis, or several; in finest voxels."""
        grids = self.voxels.level_grids
        factor = float(grids.factors[level, axis])
        count = int(self.voxels.level_shapes[level, axis])
        in_level = (centre - float(grids.offsets[level, axis])) / factor
        found = covered(in_level, half / factor, count)
        # A slab between two slices of a level shows the nearest.
        first, stop = found or nearest(in_level, count)
        return first if half == 0 else slice(first, stop)

    def slice_values(self) -> NDArray[Any] | None:
        """Return the slice or volume that is shown, at the level that is shown.

        Returns
        -------
        ndarray
            Axes in the order of `dims_displayed`, colours last; None outside of the image. It is
            read when it is first asked for, and kept until another one is shown (unless `cache`
            is False).
        """
        if self._values is not None:
            return self._values
        values = self.read(self.voxels.data_level)
        if self.cache:
            self._values = values
        return values

    def small_values(self, side: int) -> NDArray[Any] | None:
        """Return what is shown at the coarsest level that is fine enough for a small picture.

        Parameters
        ----------
        side : int
            Pixels of the longer side of the picture: half as many voxels are enough.
        """
        lengths = self.voxels.level_shapes[:, list(self.slicing.dims_displayed)].max(axis=1)
        fine_enough = np.flatnonzero(2 * lengths >= side)
        level = int(fine_enough[-1]) if fine_enough.size else 0
        return self.slice_values() if self.voxels.data_level == level else self.read(level)

    def set_view_slice(self) -> None:
        """Read the slice that is shown now."""
        self.forget()
        self.slice_values()

    def read(self, level: int) -> NDArray[Any] | None:
        """Read what is shown, at any level; None outside of the image."""
        index = self.slice_index(level)
        if index is None:
            return None
        values = self._without_slab(self.voxels.read(index, level), index)
        # The axes come as they are stored; the last one may hold colours.
        displayed = self.slicing.dims_displayed
        stored_order = sorted(displayed)
        order = [stored_order.index(axis) for axis in displayed]
        return values.transpose(*order, *range(len(order), values.ndim))

    def _without_slab(self, values: NDArray[Any], index: Index) -> NDArray[Any]:
        """Reduce the axes of values that are read together, but not displayed."""
        displayed = self.slicing.dims_displayed
        read_axes = [axis for axis, part in enumerate(index) if isinstance(part, slice)]
        slab = tuple(n for n, axis in enumerate(read_axes) if axis not in displayed)
        if not slab:
            return values
        return flattened(values, slab, self.slicing.projection_mode, self.voxels.rgb)

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
        shown = list(self.slicing.dims_displayed)
        points = np.asarray(corners, np.float64)
        box = np.array([np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))])
        factors = self.voxels.downsample_factors[:, shown]
        self.voxels.data_level = choose_level(factors, (box[1] - box[0])[shown], canvas)
        self._corners = self._corners_at(self.voxels.data_level, box)
        return self.voxels.data_level

    def _corners_at(self, level: int, box: Point) -> NDArray[np.intp]:
        """Return the first and last voxel of a level that a box (2, n) of finest voxels touches."""
        grids = self.voxels.level_grids
        # Corners are edges of voxels: those of a level begin where its first voxel does.
        first = grids.offsets[level] - (grids.factors[level] - 1) / 2
        return level_corners(box - first, grids.factors[level], self.voxels.level_shapes[level])

    @property
    def corner_pixels(self) -> NDArray[np.intp]:
        """First and last voxel of the level that are seen, (2, n), as `fit_level` found.

        Until then all of the axes displayed, and 0 for the others.
        """
        if self._corners is not None:
            return self._corners
        shown = list(self.slicing.dims_displayed)
        corners = np.zeros((2, self.voxels.ndim), np.intp)
        corners[1, shown] = self.voxels.level_shapes[self.voxels.data_level][shown] - 1
        return corners
