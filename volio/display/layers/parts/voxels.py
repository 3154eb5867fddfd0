"""The voxels of a layer: an array, or several of the same image at falling resolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.views import lazy_slice
from volio.display.base.channels import colour_fields, looks_rgb, plain
from volio.display.base.choices import as_number
from volio.display.base.image_levels import ImageLevels, level_for_limits
from volio.display.base.level_grids import LevelGrids
from volio.display.layers.levels import as_levels
from volio.display.layers.parts.part import LayerPart
from volio.errors import ImageDataError, UsageError
from volio.flags import as_flag

__all__ = ["VoxelLevels"]


class VoxelLevels(LayerPart):
    """Voxels of n axes, at one resolution or several; nothing is read until it is asked for.

    Parameters
    ----------
    data : array-like, or list of array-like
        Two axes or more; lazy ones stay lazy. A list of arrays of falling size is one image at
        several resolutions.
    level_matrices : sequence of (n+1, n+1) array-like, optional
        From voxels of each level to those of the finest, a scale and an offset along each axis
        (default: all levels cover the same box).
    locked_data_level : int, optional
        A level to show whatever would fit.
    multiscale : bool, optional
        Default: found out.
    rgb : bool or "guess", optional
        Whether the last axis is colour; see `ImageLayer`.

    Attributes
    ----------
    raw : object
        What was given as data, itself.
    levels : list of array-like
        Finest first.

    Raises
    ------
    UsageError
        If there are fewer than two axes, or no such level.
    ImageDataError
        If the data cannot be shown: complex, without voxels, not numbers.
    """

    further_events = ("data", "data_level", "locked_data_level")

    def __init__(
        self,
        data: Any,
        *,
        level_matrices: Sequence[ArrayLike] | None = None,
        locked_data_level: int | None = None,
        multiscale: bool | None = None,
        rgb: bool | str | None = None,
    ) -> None:
        super().__init__()
        self._hold(data, multiscale, rgb, level_matrices)
        self._data_level = len(self.levels) - 1
        self._locked_level = self._optional_level(locked_data_level)

    def _hold(
        self,
        data: Any,
        multiscale: bool | None,
        rgb: bool | str | None,
        matrices: Sequence[ArrayLike] | None = None,
    ) -> None:
        levels, several = as_levels(data, multiscale)
        dtype = levels[0].dtype
        is_colour = _is_colour(dtype, levels[0].shape, rgb)
        has_colour_axis = is_colour and not dtype.names
        _check_shape(tuple(levels[0].shape), has_colour_axis)
        if not is_colour:
            _check_dtype(dtype)
        ndim = len(levels[0].shape) - has_colour_axis
        grids = LevelGrids.of([level.shape[:ndim] for level in levels], matrices)
        self.raw = data
        self.levels = levels
        self._grids = grids
        self._has_matrices = matrices is not None
        self._multiscale = several
        self._rgb = is_colour
        self._colour_axis = has_colour_axis

    @property
    def data(self) -> Any:
        """The array as it was given, lazy ones too; a list of levels if multiscale."""
        return self.levels if self.multiscale else self.levels[0]

    @data.setter
    def data(self, value: Any) -> None:
        # Colours as fields of the dtype are found in the new data; a last axis of them is kept.
        self._hold(value, self.multiscale, self.rgb if self._colour_axis else None)
        last = len(self.levels) - 1
        self._data_level = min(self._data_level, last)
        if self._locked_level is not None:
            self._locked_level = min(self._locked_level, last)
        self.events.data(value=self.data)

    @property
    def multiscale(self) -> bool:
        """Whether `data` is a list of levels, finest first."""
        return self._multiscale

    @property
    def rgb(self) -> bool:
        """Whether voxels are colours."""
        return self._rgb

    @property
    def ndim(self) -> int:
        """Number of axes n, without one of colours."""
        return len(self.finest.shape) - self._colour_axis

    @property
    def finest(self) -> Any:
        """The level with the most voxels."""
        return self.levels[0]

    @property
    def coarsest(self) -> Any:
        """The level with the fewest voxels."""
        return self.levels[-1]

    def level_for_limits(self, rule: str) -> Any:
        """Return the level that contrast limits are found in, whatever level is shown.

        By the rule of napari it is the coarsest, by others the coarsest that has enough values.
        """
        return self.coarsest if rule == "napari" else level_for_limits(self.levels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the voxels; of one channel of structured ones."""
        dtype: np.dtype[Any] = self.finest.dtype
        return dtype[0] if dtype.names else dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the finest level, without colours."""
        return tuple(int(n) for n in self.finest.shape[: self.ndim])

    @property
    def level_shapes(self) -> NDArray[np.intp]:
        """Shape of each level, (L, n), without colours."""
        return np.array([level.shape[: self.ndim] for level in self.levels], np.intp)

    @property
    def downsample_factors(self) -> NDArray[np.float64]:
        """Voxels of the finest level in one of each level, (L, n)."""
        return self._grids.factors

    @property
    def level_grids(self) -> LevelGrids:
        """Positions of the voxels of all levels, in those of the finest."""
        return self._grids

    @property
    def level_matrices(self) -> list[NDArray[np.float64]] | None:
        """From voxels of each level to those of the finest, (n+1, n+1); None if all are one box."""
        return self._grids.matrices if self._has_matrices else None

    def one_volume(self, index: Sequence[int]) -> ImageLevels:
        """Return one volume at each level; lazy voxels stay lazy.

        Parameters
        ----------
        index : sequence of int
            Along the axes after the third, in voxels of the finest level.

        Returns
        -------
        ImageLevels
            Of three axes, and perhaps one of colours.
        """
        if not self.multiscale:
            return ImageLevels([_volume_at(self.finest, index)], None)
        arrays = [
            _volume_at(array, self.volume_at_level(index, level))
            for level, array in enumerate(self.levels)
        ]
        return ImageLevels(arrays, self._grids.of_axes((0, 1, 2)).matrices)

    def volume_at_level(self, index: Sequence[int], level: int) -> list[int]:
        """Return the index along the axes after the third that is nearest in a level."""
        nearest = np.rint(self._grids.to_level(level, [0, 0, 0, *index])[3:])
        last = np.array(self.levels[level].shape[3 : self.ndim]) - 1
        inside: list[int] = np.clip(nearest, 0, last).astype(int).tolist()
        return inside

    def keep_in_memory(self, level: int) -> None:
        """Read all of a level, which stays in memory."""
        values = np.asarray(self.levels[level])
        if values.dtype.names and not self.multiscale:
            values = plain(values)
            self._colour_axis = True
        self.levels[level] = values

    def read(self, index: tuple[Any, ...], level: int) -> NDArray[Any]:
        """Read voxels of a level at a numpy index of its axes; colours are the last axis."""
        return plain(np.asarray(self.levels[level][index]))

    @property
    def data_level(self) -> int:
        """The level that is shown; at first the coarsest."""
        return self._data_level if self._locked_level is None else self._locked_level

    @data_level.setter
    def data_level(self, value: int) -> None:
        level = self.checked_level(value)
        if level != self._data_level:
            self._data_level = level
            self.events.data_level(value=level)

    @property
    def locked_data_level(self) -> int | None:
        """A level that is shown whatever would fit; None for the one that fits."""
        return self._locked_level

    @locked_data_level.setter
    def locked_data_level(self, value: int | None) -> None:
        self._locked_level = self._optional_level(value)
        self.events.locked_data_level(value=value)

    def _optional_level(self, value: int | None) -> int | None:
        return None if value is None else self.checked_level(value)

    def checked_level(self, value: int) -> int:
        """Return the number of a level.

        Raises
        ------
        UsageError
            If there is no such level.
        """
        level = as_number("locked_data_level", value)
        if not (0 <= level < len(self.levels) and level == int(level)):
            there = f"there are 0 to {len(self.levels) - 1}"
            raise UsageError(f"locked_data_level: {there}, got {value!r}")
        return int(level)


def _volume_at(array: Any, index: Sequence[int]) -> Any:
    """Return all of the first three axes of an array, at an index of the later ones."""
    return lazy_slice(array, (*[slice(None)] * 3, *index)) if index else array


def _is_colour(dtype: np.dtype[Any], shape: Sequence[int], rgb: bool | str | None) -> bool:
    """Return whether voxels are colours: fields of the dtype, or a last axis of them."""
    if dtype.names:
        if not colour_fields(dtype) or rgb is False:
            raise ImageDataError(
                f"data: fields {dtype} are not colours; show one: data[{dtype.names[0]!r}]"
            )
        return True
    if isinstance(rgb, str) and rgb == "guess":
        return looks_rgb(tuple(shape))
    if rgb is not None:
        as_flag("rgb", rgb)
    if rgb and (len(shape) < 3 or shape[-1] not in (3, 4)):
        raise UsageError(f"rgb: needs 3 or 4 channels as the last axis, got shape {tuple(shape)}")
    return bool(rgb)


def _check_shape(shape: tuple[int, ...], has_colour_axis: bool) -> None:
    if len(shape) - has_colour_axis < 2:
        raise UsageError(f"data: must have two axes or more, got shape {shape}")
    if 0 in shape:
        raise ImageDataError(f"data: has no voxels, its shape is {shape}")


def _check_dtype(dtype: np.dtype[Any]) -> None:
    if dtype.kind == "c":
        raise ImageDataError("data: is complex; show np.abs(data), say")
    if dtype.kind not in "biuf":
        raise ImageDataError(f"data: must be numbers, got dtype {dtype}")
