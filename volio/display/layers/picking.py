"""Values of a layer: at a position of a slice, or along a line of sight through a volume."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.channels import plain
from volio.display.layers.geometry.rays import Pick, pick_along_ray, ray_samples
from volio.display.layers.sight_lines import crossing
from volio.flags import check_flags

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["get_status", "get_value", "pick"]

#: Samples of a ray that are read together.
RUN = 32

Point = NDArray[np.float64]
Voxels = NDArray[np.intp]


def get_value(
    layer: ImageLayer,
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
        Take the value of the slice that is shown, whatever the position along the other axes.

    Returns
    -------
    number, or array of colours
        None outside, where nothing is seen, and if the layer is hidden. If multiscale a pair:
        the level that was looked at, and the value. A voxel of a coarse level covers whole voxels
        of the finest.
    """
    seen = pick(layer, position, view_direction, dims_displayed, world, shown)
    if seen.value is None or not layer.multiscale:
        return seen.value
    return seen.level, seen.value


def pick(
    layer: ImageLayer,
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
    check_flags(world=world, shown=shown)
    axes = list(layer.dims_displayed if dims_displayed is None else dims_displayed)
    if not layer.visible:
        return Pick(None, None, layer.data_level)
    if view_direction is not None and len(axes) == 3:
        point, along = layer.placement.line_in_data(position, view_direction, world)
        return _pick_along(layer, point, along, axes)
    point = _point_in_data(layer, position, world)
    return _pick_shown(layer, point, axes) if shown else _pick_at(layer, point)


def get_status(
    layer: ImageLayer,
    position: ArrayLike | None = None,
    *,
    view_direction: ArrayLike | None = None,
    dims_displayed: Sequence[int] | None = None,
    world: bool = False,
    value: object = None,
) -> dict[str, str]:
    """Return what a status line shows of a position.

    Parameters
    ----------
    position, view_direction, dims_displayed, world
        As for `get_value`; without a position coordinates and values are empty.
    value : optional
        What `get_value` gave, if it is known.

    Returns
    -------
    dict of str
        layer_name, layer_base, source_type, plugin, coordinates (``"[z, y, x]: value"``),
        coords, value.
    """
    source = layer.source
    status = {
        "layer_name": layer.name,
        "layer_base": layer.name,
        "source_type": "sample" if source.sample else (source.path or ""),
        "plugin": source.reader_plugin or "",
        "coordinates": "",
        "coords": "",
        "value": "",
    }
    if position is None:
        return status
    if value is None:
        value = get_value(layer, position, view_direction, dims_displayed, world)
    status["coords"] = _coordinates_text(layer, position, world)
    status["value"] = "" if value is None else value_text(value) + _name_of(layer, value)
    status["coordinates"] = ": ".join(filter(None, (status["coords"], status["value"])))
    return status


def _name_of(layer: ImageLayer, value: Any) -> str:
    """Return the name of a label after its value, in brackets; "" where there is none."""
    table = getattr(layer, "label_table", None)
    if table is None or np.ndim(value):
        return ""
    name = table.names_of([value])[0]
    return f" ({name})" if name else ""


def _coordinates_text(layer: ImageLayer, position: ArrayLike, world: bool) -> str:
    point = _point_in_data(layer, position, world)
    rounded = np.round(point) + 0.0  # no -0
    return "[" + ", ".join(f"{number:.0f}" for number in rounded) + "]"


def value_text(value: Any, digits: int = 3) -> str:
    """Return a value as text: floats with so many digits, pairs and colours with commas."""
    if isinstance(value, tuple):
        return ", ".join(value_text(part, digits) for part in value)
    if np.ndim(value):
        return f"[{', '.join(value_text(part, digits) for part in np.asarray(value))}]"
    return f"{value:.{digits}g}" if isinstance(value, float | np.floating) else str(value)


# At a position.


def _point_in_data(layer: ImageLayer, position: ArrayLike, world: bool) -> Point:
    """Return a position in voxels of the finest level."""
    return layer.world_to_data(position) if world else layer.placement.as_position(position)


def _pick_shown(layer: ImageLayer, point: Point, axes: list[int]) -> Pick:
    """Return the value of the slice that is shown, at the coordinates of its axes."""
    in_slice = layer.shown.point_in_data()
    in_slice[axes] = point[axes]
    if layer.shown.thickness_in_data().any():
        return _pick_in_slab(layer, in_slice)
    return _pick_at(layer, in_slice)


def _voxel_at(layer: ImageLayer, point: Point) -> Voxels:
    """Return the voxel (n,) of the level shown that is nearest to a point in finest voxels."""
    in_level = layer.level_grids.to_level(layer.data_level, point)
    voxel: Voxels = np.round(in_level).astype(np.intp)
    return voxel


def _is_inside(layer: ImageLayer, voxel: Voxels) -> NDArray[np.bool_]:
    """Return for each axis whether a voxel is one of the level shown."""
    inside: NDArray[np.bool_] = (voxel >= 0) & (voxel < layer.level_shapes[layer.data_level])
    return inside


def _pick_at(layer: ImageLayer, point: Point) -> Pick:
    voxel = _voxel_at(layer, point)
    if not _is_inside(layer, voxel).all():
        return Pick(None, None, layer.data_level)
    index = as_index(voxel)
    return Pick(_value_at(layer, index), index, layer.data_level)


def _pick_in_slab(layer: ImageLayer, point: Point) -> Pick:
    """Return what is shown of the slices of a slab, and the voxel in its middle."""
    displayed = list(layer.dims_displayed)
    voxel = _voxel_at(layer, point)
    values = layer.slice_values()
    if values is None or not _is_inside(layer, voxel)[displayed].all():
        return Pick(None, None, layer.data_level)
    return Pick(values[tuple(voxel[displayed])], as_index(voxel), layer.data_level)


def _value_at(layer: ImageLayer, voxel: tuple[int, ...]) -> Any:
    """Return one value: of the slice in memory if it is there, else read."""
    kept = layer.shown.kept_values
    index = None if kept is None else layer.slice_index()
    if kept is None or index is None:
        return layer.voxels.read(voxel, layer.data_level)[()]
    if all(index[axis] == voxel[axis] for axis in layer.slicing.hidden):
        return kept[tuple(voxel[axis] for axis in layer.dims_displayed)]
    return layer.voxels.read(voxel, layer.data_level)[()]


def as_index(voxel: Voxels) -> tuple[int, ...]:
    """Return a voxel as an index of numbers of Python."""
    return tuple(int(n) for n in voxel)


# Along a line of sight.


def _pick_along(layer: ImageLayer, point: Point, along: Point, axes: list[int]) -> Pick:
    level = layer.data_level
    voxels = _voxels_along(layer, point, along, axes)
    if voxels is None:
        return Pick(None, None, level)
    voxels = voxels[_is_uncut(layer, voxels, axes)]
    if not len(voxels):
        return Pick(None, None, level)
    values = _values_of(layer.voxels.levels[level], voxels)
    seen = pick_along_ray(
        values.mean(axis=-1) if layer.rgb else values,
        layer.rendering,
        layer.limits.limits,
        layer.iso_threshold,
        layer.attenuation,
    )
    if seen is None:
        return Pick(None, None, level)
    value, sample = seen
    return Pick(values[sample] if layer.rgb else value, as_index(voxels[sample]), level)


def _is_uncut(layer: ImageLayer, voxels: Voxels, axes: list[int]) -> NDArray[np.bool_]:
    """Return which voxels (K, n) of the level no clipping plane cuts off."""
    centres = layer.level_grids.to_finest(layer.data_level, voxels)
    return layer.experimental_clipping_planes.keeps(centres[:, axes])


def _voxels_along(layer: ImageLayer, point: Point, along: Point, axes: list[int]) -> Voxels | None:
    """Return the voxels (K, n) of the level that a line of sight meets, front to back."""
    ends = _ends_of_line(layer, point, along, axes)
    if ends is None:
        return None
    index = _voxel_at(layer, ends[0])
    hidden = [axis for axis in range(layer.ndim) if axis not in axes]
    if not _is_inside(layer, index)[hidden].all():
        return None
    samples = _samples_between(layer, *ends, axes)
    voxels = np.tile(index, (len(samples), 1))
    voxels[:, axes] = samples
    return voxels


def _ends_of_line(
    layer: ImageLayer, point: Point, along: Point, axes: list[int]
) -> tuple[Point, Point] | None:
    """Return where a line of sight enters and leaves what is shown; None if it misses that."""
    edges = np.array(layer.shape)[axes] - 0.5
    ends = crossing(point, along, axes, np.full(len(axes), -0.5), edges)
    if ends is None or layer.depiction != "plane":
        return ends
    met = _on_plane(layer, *ends, axes)
    return None if met is None else (met, met)


def _samples_between(layer: ImageLayer, enter: Point, leave: Point, axes: list[int]) -> Voxels:
    """Return the voxels (K, 3) of the level between two points, along the axes shown."""
    shape = layer.level_shapes[layer.data_level]
    first, last = layer.level_grids.to_level(layer.data_level, [enter, leave])
    return ray_samples(first[axes], last[axes], shape[axes])


def _on_plane(layer: ImageLayer, enter: Point, leave: Point, axes: list[int]) -> Point | None:
    """Return where a line of sight meets the plane; None outside of the box."""
    along = (leave - enter)[axes]
    if not along @ np.array(layer.plane.normal):
        return None
    met = layer.plane.intersect_with_line(enter[axes], along)
    if not ((met >= -0.5) & (met <= np.array(layer.shape)[axes] - 0.5)).all():
        return None
    point = enter.copy()
    point[axes] = met
    return point


def _values_of(level: Any, voxels: Voxels) -> NDArray[Any]:
    """Return the values of voxels (K, n) of a level; colours last."""
    if isinstance(level, np.ndarray | LazyArray):
        return plain(np.asarray(level[tuple(voxels.T)]))
    # Other lazy arrays differ in what lists of indices mean: read small boxes.
    runs = [voxels[first : first + RUN] for first in range(0, len(voxels), RUN)]
    return np.concatenate([_in_box(level, run) for run in runs])


def _in_box(level: Any, voxels: Voxels) -> NDArray[Any]:
    """Return the values of voxels (K, n) from the box around them."""
    low = voxels.min(axis=0)
    stop = voxels.max(axis=0) + 1
    box = tuple(slice(int(first), int(end)) for first, end in zip(low, stop, strict=True))
    values: NDArray[Any] = plain(np.asarray(level[box]))[tuple((voxels - low).T)]
    return values
