"""Lines of sight through a layer: where they cross its box, its planes, and drags of the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.layers.geometry.rays import drag_distance, meet_box

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = [
    "click_plane_from_click_data",
    "crossing",
    "get_ray_intersections",
    "projected_distance_from_mouse_drag",
]

Point = NDArray[np.float64]


def get_ray_intersections(
    layer: ImageLayer,
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
    shown = list(dims_displayed)
    point, along = layer.placement.line_in_data(position, view_direction, world)
    shape = np.array(layer.shape)[shown]
    ends = crossing(point, along, shown, 0 * shape, shape)
    return (None, None) if ends is None else ends


def crossing(
    point: Point, along: Point, shown: Sequence[int], low: ArrayLike, high: ArrayLike
) -> tuple[Point, Point] | None:
    """Return where a line enters and leaves a box of some of its axes.

    Parameters
    ----------
    point, along : (n,) array
        A point of the line, and its direction.
    shown : sequence of int
        The m axes of the box.
    low, high : (m,) array-like
        Corners of the box.

    Returns
    -------
    start, end : (n,) array
        Along the other axes they have the coordinates of the point; None if the line misses the
        box.
    """
    axes = list(shown)
    met = meet_box(point[axes], along[axes], low, high)
    if met is None:
        return None
    start = point.copy()
    end = point.copy()
    start[axes], end[axes] = met
    return start, end


def click_plane_from_click_data(
    layer: ImageLayer,
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
    point, along = layer.placement.line_in_data(click_position, view_direction, world=True)
    return point[shown], along[shown]


def projected_distance_from_mouse_drag(
    layer: ImageLayer,
    start_position: ArrayLike,
    end_position: ArrayLike,
    view_direction: ArrayLike,
    vector: ArrayLike,
    dims_displayed: Sequence[int],
) -> float | NDArray[np.float64]:
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
    start, along = layer.placement.line_in_data(start_position, view_direction, world=True)
    end = layer.world_to_data(end_position)
    distance: float | NDArray[np.float64] = drag_distance(
        start[shown], end[shown], along[shown], vector
    )
    return distance
