"""The part of a layer that tells what is seen at a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.channels import plain
from volio.display.layers.appearance import ShadedLayer
from volio.display.layers.geometry.rays import Pick, pick, ray_samples

__all__ = ["SeenLayer"]

#: Samples of a ray that are read together.
RUN = 32


class SeenLayer(ShadedLayer):
    """Values under the mouse, in a slice or along a line of sight.

    Parameters
    ----------
    cache : bool
    **shaded
        For `ShadedLayer`.
    """

    def __init__(self, data: Any, *, cache: bool, **shaded: Any) -> None:
        super().__init__(data, **shaded)
        #: Whether the slice that is shown is kept.
        self.cache = bool(cache)
        #: The image the layer was made from; None for others.
        self.origin_image: Any = None
        self._view_direction: NDArray[np.float64] | None = None

    def slice_values(self) -> NDArray[Any] | None:
        """Return the slice or volume that is shown, at the level that is shown.

        Returns
        -------
        ndarray
            Axes in the order of `dims_displayed`, colours last; None outside of the image. It is
            read when it is first asked for, and kept until another one is shown (unless `cache`
            is False).
        """
        values = super().slice_values()
        if not self.cache:
            self._slice = None
        return values

    @property
    def view_direction(self) -> NDArray[np.float64] | None:
        """Line of sight in world coordinates (n,), which a front end sets; None for slices."""
        return self._view_direction

    @view_direction.setter
    def view_direction(self, value: ArrayLike | None) -> None:
        self._view_direction = None if value is None else self._fitted(value)
        self.events.view_direction(value=self._view_direction)

    def get_value(
        self,
        position: ArrayLike,
        view_direction: ArrayLike | None = None,
        dims_displayed: Sequence[int] | None = None,
        world: bool = False,
        shown: bool = False,
    ) -> Any:
        """Return the value at a position, or what is seen along a line of sight.

        Parameters
        ----------
        position : (n,) array-like
        view_direction : (n,) array-like, optional
            With three axes shown: look along this line through the position.
        dims_displayed : sequence of int, optional
            The axes shown (default: those of the layer).
        world : bool
            Whether position and direction are in world coordinates, not in voxels.
        shown : bool
            Take the value of the slice that is shown, wherever the position lies along the other
            axes.

        Returns
        -------
        number, or array of colours
            None outside, where nothing is seen, and if the layer is hidden. If multiscale a pair:
            the level that was looked at, and the value.
        """
        seen = self.pick(position, view_direction, dims_displayed, world, shown)
        if seen.value is None or not self.multiscale:
            return seen.value
        return seen.level, seen.value

    def pick(
        self,
        position: ArrayLike,
        view_direction: ArrayLike | None = None,
        dims_displayed: Sequence[int] | None = None,
        world: bool = False,
        shown: bool = False,
    ) -> Pick:
        """Return the value at a position or along a line of sight, and the voxel it comes from.

        Parameters
        ----------
        position, view_direction, dims_displayed, world, shown
            As for `get_value`.

        Returns
        -------
        Pick
        """
        dims = tuple(self.dims_displayed if dims_displayed is None else dims_displayed)
        if not self.visible:
            return Pick(None, None, self.data_level)
        if view_direction is not None and len(dims) == 3:
            return self._pick_along(position, view_direction, dims, world)
        point = self.world_to_data(position) if world else self._fitted(position)
        if not shown:
            return self._pick_at(point)
        where = self._point_in_data()
        where[list(dims)] = point[list(dims)]
        slab = self._thickness_in_data().any()
        return self._pick_in_slab(where) if slab else self._pick_at(where)

    def _pick_in_slab(self, point: NDArray[np.float64]) -> Pick:
        """Return what is shown of the slices of a slab, and the voxel in its middle."""
        level, shown = self.data_level, list(self.dims_displayed)
        voxel = np.round(point / self.downsample_factors[level]).astype(np.intp)
        inside = ((voxel >= 0) & (voxel < self.level_shapes[level]))[shown].all()
        values = self.slice_values()
        if values is None or not inside:
            return Pick(None, None, level)
        return Pick(values[tuple(voxel[shown])], tuple(int(n) for n in voxel), level)

    def _pick_at(self, point: NDArray[np.float64]) -> Pick:
        level = self.data_level
        shape = self.level_shapes[level]
        voxel = np.round(point / self.downsample_factors[level])
        if not ((voxel >= 0) & (voxel < shape)).all():
            return Pick(None, None, level)
        index = tuple(int(n) for n in voxel)
        return Pick(self._value_at(index), index, level)

    def _value_at(self, voxel: tuple[int, ...]) -> Any:
        """Return one value: of the slice in memory if it is there, else read."""
        here = self.slice_index()
        if self._slice is not None and here is not None:
            others = set(range(self.ndim)) - set(self.dims_displayed)
            if all(here[axis] == voxel[axis] for axis in others):
                return self._slice[tuple(voxel[axis] for axis in self.dims_displayed)]
        return plain(np.asarray(self._levels[self.data_level][voxel]))[()]

    def _pick_along(
        self, position: ArrayLike, view: ArrayLike, dims: tuple[int, ...], world: bool
    ) -> Pick:
        level, shown = self.data_level, list(dims)
        voxels = self._voxels_along(position, view, shown, world)
        if voxels is None:
            return Pick(None, None, level)
        values = self._values_of(voxels)
        kept = self.experimental_clipping_planes.keeps(
            voxels[:, shown] * self.downsample_factors[level][shown]
        )
        voxels, values = voxels[kept], values[kept]
        colours = values.mean(axis=-1) if self.rgb else values
        low, high = self.contrast_limits
        found = pick(colours, self.rendering, (low, high), self.iso_threshold, self.attenuation)
        if found is None:
            return Pick(None, None, level)
        value, at = found
        return Pick(values[at] if self.rgb else value, tuple(int(n) for n in voxels[at]), level)

    def _voxels_along(
        self, position: ArrayLike, view: ArrayLike, shown: list[int], world: bool
    ) -> NDArray[np.intp] | None:
        """Return the voxels (K, n) of the level that a line of sight meets, front to back."""
        shape = self.level_shapes[self.data_level]
        factors = self.downsample_factors[self.data_level]
        ends = self._ray(
            position, view, shown, world, np.full(3, -0.5), np.array(self.shape)[shown] - 0.5
        )
        if ends is None:
            return None
        enter, leave = ends
        others = sorted(set(range(self.ndim)) - set(shown))
        index = np.round(enter / factors).astype(np.intp)
        if not ((index >= 0) & (index < shape))[others].all():
            return None
        if self.depiction == "plane":
            enter = leave = self._on_plane(enter, leave, shown)
            if enter is None:
                return None
        corner = 0.5 - 0.5 / factors  # centres of voxels of other levels
        samples = ray_samples(
            (enter / factors - corner)[shown], (leave / factors - corner)[shown], shape[shown]
        )
        voxels = np.tile(index, (len(samples), 1))
        voxels[:, shown] = samples
        return voxels

    def _on_plane(
        self, enter: NDArray[np.float64], leave: NDArray[np.float64], shown: list[int]
    ) -> Any:
        """Return where a line of sight meets the plane; None outside of the box."""
        along = (leave - enter)[shown]
        if not along @ np.array(self.plane.normal):
            return None
        met = self.plane.intersect_with_line(enter[shown], along)
        if not ((met >= -0.5) & (met <= np.array(self.shape)[shown] - 0.5)).all():
            return None
        point = enter.copy()
        point[shown] = met
        return point

    def _values_of(self, voxels: NDArray[np.intp]) -> NDArray[Any]:
        data = self._levels[self.data_level]
        if isinstance(data, np.ndarray | LazyArray):
            return plain(np.asarray(data[tuple(voxels.T)]))
        # Other lazy arrays differ in what lists of indices mean: read small boxes.
        found = [_in_box(data, voxels[first : first + RUN]) for first in range(0, len(voxels), RUN)]
        return np.concatenate(found)

    def get_status(
        self,
        position: ArrayLike | None = None,
        *,
        view_direction: ArrayLike | None = None,
        dims_displayed: Sequence[int] | None = None,
        world: bool = False,
        value: Any = None,
    ) -> dict[str, str]:
        """Return what a status line shows of a position.

        Parameters
        ----------
        position, view_direction, dims_displayed, world
            As for `get_value`; without a position places and values are empty.
        value : optional
            What `get_value` gave, if it is known.

        Returns
        -------
        dict of str
            layer_name, layer_base, source_type, plugin, coordinates (``"[z, y, x]: value"``),
            coords, value.
        """
        status = {
            "layer_name": self.name,
            "layer_base": self.name,
            "source_type": "sample" if self.source.sample else (self.source.path or ""),
            "plugin": self.source.reader_plugin or "",
            **{"coordinates": "", "coords": "", "value": ""},
        }
        if position is None:
            return status
        if value is None:
            value = self.get_value(position, view_direction, dims_displayed, world)
        point = self._fitted(self.world_to_data(position) if world else position)
        status["coords"] = f"[{', '.join(f'{n:.0f}' for n in np.round(point) + 0.0)}]"
        status["value"] = "" if value is None else written(value)
        status["coordinates"] = ": ".join(filter(None, (status["coords"], status["value"])))
        return status


def _in_box(data: Any, voxels: NDArray[np.intp]) -> NDArray[Any]:
    """Return the values of voxels (K, n) from the box around them."""
    low = voxels.min(axis=0)
    stop = voxels.max(axis=0) + 1
    box = data[tuple(slice(int(a), int(b)) for a, b in zip(low, stop, strict=True))]
    values: NDArray[Any] = plain(np.asarray(box))[tuple((voxels - low).T)]
    return values


def written(value: Any, digits: int = 3) -> str:
    """Return a value as text: floats with so many digits, pairs and colours with commas."""
    if isinstance(value, tuple):
        return ", ".join(written(part, digits) for part in value)
    if np.ndim(value):
        return f"[{', '.join(written(part, digits) for part in np.asarray(value))}]"
    return f"{value:.{digits}g}" if isinstance(value, float | np.floating) else str(value)
