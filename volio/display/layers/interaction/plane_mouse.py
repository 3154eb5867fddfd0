"""The mouse on a layer that shows a plane: it drags it along its normal, or sets its position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from volio.display.layers.interaction.mouse import MouseEvent

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["meet_plane", "move_plane_along_normal", "set_plane_position"]

Point = NDArray[np.float64]


def move_plane_along_normal(layer: ImageLayer, event: MouseEvent) -> Iterator[None]:
    """Move the plane along its normal with the mouse, while Shift is held; the view stays.

    The plane does not leave the box of the voxels.
    """
    if "Shift" not in event.modifiers or not _is_draggable(layer, event):
        return
    met = meet_plane(layer, event.position, event.view_direction, event.dims_displayed)
    if met is None:
        return
    start = event.position
    layer.plane.position = met
    layer.mouse_pan = False
    yield
    while event.type == "mouse_move":
        _drag_plane(layer, event, start, met)
        yield
    layer.mouse_pan = True


def _drag_plane(layer: ImageLayer, event: MouseEvent, start: Any, met: Point) -> None:
    """Move the plane from where it was met as far as the mouse was dragged along its normal."""
    if event.view_direction is None:  # the view has changed to slices
        return
    normal = np.array(layer.plane.normal)
    distance = layer.projected_distance_from_mouse_drag(
        start, event.position, event.view_direction, normal, event.dims_displayed
    )
    low, high = layer.extent_edges.data[:, list(event.dims_displayed)]
    layer.plane.position = np.clip(met + distance * normal, low, high)


def set_plane_position(layer: ImageLayer, event: MouseEvent) -> None:
    """Set the position of the plane to the point of it that was clicked."""
    if _is_draggable(layer, event):
        met = meet_plane(layer, event.position, event.view_direction, event.dims_displayed)
        if met is not None:
            layer.plane.position = met


def meet_plane(layer: ImageLayer, position: Any, view: Any, dims: Any) -> Point | None:
    """Return where a line of sight meets the plane, in voxels of the axes shown.

    Parameters
    ----------
    layer : ImageLayer
    position, view : (n,) array-like
        A point of the line and its direction, in world coordinates.
    dims : sequence of int
        The axes shown.

    Returns
    -------
    (3,) array or None
        None if it runs along the plane, or meets it outside of the voxel centres.
    """
    point, along = layer.click_plane_from_click_data(position, view, dims)
    if not along @ np.array(layer.plane.normal):
        return None
    met: Point = layer.plane.intersect_with_line(point, along)
    low, high = layer.extent.data[:, list(dims)]
    return met if ((met >= low) & (met <= high)).all() else None


def _is_draggable(layer: ImageLayer, event: MouseEvent) -> bool:
    """Return whether the mouse is on a plane that is shown in three dimensions."""
    shown = layer.visible and layer.mouse_pan and layer.depiction == "plane"
    return shown and len(event.dims_displayed) == 3 and event.view_direction is not None
