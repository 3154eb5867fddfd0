"""The part of a layer that holds voxels: arrays, levels, and the slice that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.channels import colour_fields, looks_rgb, plain
from volio.display.identity import Identity
from volio.display.levels import as_levels, choose_level, level_corners
from volio.errors import ImageDataError, UsageError

__all__ = ["VoxelLayer"]


class VoxelLayer(Identity):
    """Voxels of n axes, of which two or three are shown.

    Parameters
    ----------
    data : array-like or list of these
    rgb : bool, "guess" or None
    multiscale : bool or None
    locked_data_level : int or None
    **identity
        For `Identity`.
    """

    def __init__(
        self,
        data: Any,
        *,
        rgb: bool | str | None,
        multiscale: bool | None,
        locked_data_level: int | None,
        **identity: Any,
    ) -> None:
        super().__init__(**identity)
        self._take(data, multiscale, rgb)
        self._data_level = len(self._levels) - 1
        self._locked_level = (
            None if locked_data_level is None else self._checked_level(locked_data_level)
        )
        self._dims_displayed: tuple[int, ...] = (self.ndim - 2, self.ndim - 1)
        self._dims_point = np.zeros(self.ndim)
        self._corners = np.array([np.zeros(self.ndim), self.level_shapes[self.data_level] - 1])
        self._slice: NDArray[Any] | None = None

    def _take(self, data: Any, multiscale: bool | None, rgb: bool | str | None) -> None:
        levels, several = as_levels(data, multiscale)
        channels = _channels(levels, rgb)
        ndim = len(levels[0].shape) - (channels == -1)
        if ndim < 2:
            raise UsageError(f"data: must have two axes or more, got shape {levels[0].shape}")
        if 0 in levels[0].shape:
            raise ImageDataError(f"data: has no voxels, its shape is {levels[0].shape}")
        _check_dtype(levels[0].dtype, bool(channels))
        self._data_raw = data
        self._levels, self._multiscale, self._rgb = levels, several, bool(channels)
        self._colour_axis = channels == -1
        self.ndim = ndim

    @property
    def data(self) -> Any:
        """The array as it was given, lazy ones too; a list of levels if multiscale."""
        return self._levels if self._multiscale else self._levels[0]

    @data.setter
    def data(self, value: Any) -> None:
        before = self.ndim
        self._take(value, self._multiscale, self._rgb if self._colour_axis else None)
        if self.ndim != before:
            self._axes_changed(before)
        self._data_level = min(self._data_level, len(self._levels) - 1)
        self._extent_changed()
        self._values_changed()
        self.events.data(value=self.data)

    def _axes_changed(self, before: int) -> None:
        """Keep the last axes, or add leading ones."""
        grown = np.concatenate([np.zeros(max(0, self.ndim - before)), self._dims_point])
        self._dims_point = grown[-self.ndim :]
        self._dims_displayed = (self.ndim - 2, self.ndim - 1)

    def _values_changed(self) -> None:
        """Forget what was found in the values that were there before."""

    def _extent_changed(self) -> None:
        self.events.extent()
        self._slice_changed()

    def _slice_changed(self) -> None:
        self._slice = None
        super()._slice_changed()

    @property
    def data_raw(self) -> Any:
        """What was given as data, itself."""
        return self._data_raw

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the voxels; of one channel of structured ones."""
        dtype: np.dtype[Any] = self._levels[0].dtype
        return dtype[dtype.names[0]] if dtype.names else dtype

    @property
    def rgb(self) -> bool:
        """Whether voxels are colours."""
        return self._rgb

    @property
    def multiscale(self) -> bool:
        """Whether `data` is a list of levels, finest first."""
        return self._multiscale

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the finest level, without colours."""
        return tuple(int(n) for n in self._levels[0].shape[: self.ndim])

    @property
    def level_shapes(self) -> NDArray[np.intp]:
        """Shape of each level, (L, n), without colours."""
        return np.array([level.shape[: self.ndim] for level in self._levels], np.intp)

    @property
    def downsample_factors(self) -> NDArray[np.float64]:
        """Voxels of the finest level in one of each level, (L, n)."""
        shapes = self.level_shapes
        factors: NDArray[np.float64] = shapes[0] / shapes
        return factors

    @property
    def data_level(self) -> int:
        """The level that is shown; at first the coarsest."""
        return self._data_level if self._locked_level is None else self._locked_level

    @data_level.setter
    def data_level(self, value: int) -> None:
        level = self._checked_level(value)
        if level != self._data_level:
            self._data_level = level
            self.refresh()

    @property
    def locked_data_level(self) -> int | None:
        """A level that is shown whatever would fit; None for the one that fits."""
        return self._locked_level

    @locked_data_level.setter
    def locked_data_level(self, value: int | None) -> None:
        self._locked_level = None if value is None else self._checked_level(value)
        self.events.locked_data_level(value=value)
        self.refresh()

    def _checked_level(self, value: int) -> int:
        if not 0 <= value < len(self._levels):
            raise UsageError(f"level: there are 0 to {len(self._levels) - 1}, got {value!r}")
        return int(value)

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
        """First and last voxel of the level that are seen, (2, n), as `fit_level` found."""
        return self._corners.astype(np.intp)

    # The slice that is shown.

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
        self._slice_changed()
        self.events.dims(value=dims)

    @property
    def dims_point(self) -> NDArray[np.float64]:
        """The point in world coordinates (n,) whose slice is shown; at first the origin."""
        return self._dims_point

    @dims_point.setter
    def dims_point(self, value: ArrayLike) -> None:
        point = np.asarray(value, np.float64)
        if point.shape != (self.ndim,) or not np.isfinite(point).all():
            raise UsageError(f"dims_point: must be {self.ndim} finite numbers, got {value!r}")
        self._dims_point = point.copy()
        self._slice_changed()
        self.events.dims(value=self._dims_point)

    def _point_in_data(self) -> NDArray[np.float64]:
        """Return `dims_point` in voxels; placed layers know better."""
        return self._dims_point

    def slice_index(self, level: int | None = None) -> tuple[Any, ...] | None:
        """Return the numpy index of the slice that is shown, at a level.

        Returns
        -------
        tuple of slice and int
            None if `dims_point` lies outside.
        """
        level = self.data_level if level is None else level
        voxel = np.round(self._point_in_data())
        index: list[Any] = [slice(None)] * self.ndim
        for axis in set(range(self.ndim)) - set(self.dims_displayed):
            if not 0 <= voxel[axis] < self.shape[axis]:
                return None
            scaled = round(float(voxel[axis] / self.downsample_factors[level][axis]))
            index[axis] = min(scaled, int(self.level_shapes[level][axis]) - 1)
        return tuple(index)

    def slice_values(self) -> NDArray[Any] | None:
        """Return the slice or volume that is shown, at the level that is shown.

        Returns
        -------
        ndarray
            Axes in the order of `dims_displayed`, colours last; None outside of the image. It is
            read when it is first asked for, and kept until another one is shown.
        """
        if self._slice is None:
            index = self.slice_index()
            if index is None:
                return None
            values = plain(np.asarray(self._levels[self.data_level][index]))
            kept = sorted(self.dims_displayed)
            order = [kept.index(axis) for axis in self.dims_displayed]
            self._slice = values.transpose(*order, *range(len(order), values.ndim))
        return self._slice

    def set_view_slice(self) -> None:
        """Read the slice that is shown now."""
        self._slice = None
        self.slice_values()

    def refresh(self, event: Any = None) -> None:
        """Read the slice again when it is needed, and tell everyone; nothing if hidden.

        Parameters
        ----------
        event : Event, optional
            Not used: lets events be connected to this method.
        """
        if self.visible:
            self._slice_changed()
        self.events.refresh()


def _channels(levels: Sequence[Any], rgb: bool | str | None) -> int:
    """Return 0 for no colours, -1 for a last axis of colours, else the number of fields."""
    shape, fields = levels[0].shape, colour_fields(levels[0].dtype)
    if fields or levels[0].dtype.names:
        if not fields or rgb is False:
            raise ImageDataError(
                f"data: fields {levels[0].dtype} are no colours; show one: data[{'name'!r}]"
            )
        return fields
    if rgb == "guess":
        rgb = looks_rgb(tuple(shape))
    if not rgb:
        return 0
    if len(shape) < 3 or shape[-1] not in (3, 4):
        raise UsageError(f"rgb: needs 3 or 4 channels as the last axis, got shape {tuple(shape)}")
    return -1


def _check_dtype(dtype: np.dtype[Any], rgb: bool) -> None:
    if not rgb and dtype.kind == "c":
        raise ImageDataError("data: is complex; show np.abs(data), say")
    if not rgb and dtype.kind not in "biuf":
        raise ImageDataError(f"data: must be numbers, got dtype {dtype}")
