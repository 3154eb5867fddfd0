"""The part of a layer that holds voxels: arrays, and levels of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.channels import colour_fields, looks_rgb
from volio.display.base.choices import as_number
from volio.display.layers.identity import Identity
from volio.display.layers.levels import as_levels
from volio.errors import ImageDataError, UsageError

__all__ = ["VoxelLayer"]


class VoxelLayer(Identity):
    """Voxels of n axes, at one resolution or several.

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
        self.events.data(value=self.data)

    def _axes_changed(self, before: int) -> None:
        """Fit what there is one of for each axis to another number of axes."""

    def _extent_changed(self) -> None:
        self.events.extent()
        self._slice_changed()

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
            self._show_again()

    @property
    def locked_data_level(self) -> int | None:
        """A level that is shown whatever would fit; None for the one that fits."""
        return self._locked_level

    @locked_data_level.setter
    def locked_data_level(self, value: int | None) -> None:
        self._locked_level = None if value is None else self._checked_level(value)
        self._show_again()
        self.events.locked_data_level(value=value)

    def _checked_level(self, value: int) -> int:
        level = as_number("level", value)
        if not (0 <= level < len(self._levels) and level == int(level)):
            raise UsageError(f"level: there are 0 to {len(self._levels) - 1}, got {value!r}")
        return int(level)


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
