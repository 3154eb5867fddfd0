"""What the mouse does to a layer that shows a plane: drag it along its normal, put it somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.layers.interaction.mouse import MouseEvent

__all__ = ["meet_plane", "move_plane_along_normal", "set_plane_position"]

Point = NDArray[np.float64]


def move_plane_along_normal(layer: Any, event: MouseEvent) -> Iterator[None]:
    """Move the plane along its normal with the mouse, while Shift is held; the view stays.

    The plane does not leave the box of the voxels.
    """
    if "Shift" not in event.modifiers or not _listens(layer, event):
        return
    met = meet_plane(layer, event.position, event.view_direction, event.dims_displayed)
    if met is None:
        return
    start, normal = event.position, np.array(layer.plane.normal)
    layer.plane.position = met
    layer.mouse_pan = False
    yield
    while event.type == "mouse_move":
        distance = layer.projected_distance_from_mouse_drag(
            start, event.position, event.view_direction, normal, event.dims_displayed
        )
        low, high = layer.extent_edges.data[:, list(event.dims_displayed)]
        layer.plane.position = np.clip(met + distance * normal, low, high)
        yield
    layer.mouse_pan = True


def set_plane_position(layer: Any, event: MouseEvent) -> None:
    """Put the position of the plane where a click meets it."""
    if _listens(layer, event):
        met = meet_plane(layer, event.position, event.view_direction, event.dims_displayed)
        if met is not None:
            layer.plane.position = met


def meet_plane(layer: Any, position: Any, view: Any, dims: Any) -> Point | None:
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


def _listens(layer: Any, event: MouseEvent) -> bool:
    shown = layer.visible and layer.mouse_pan and layer.depiction == "plane"
    return shown and len(event.dims_displayed) == 3 and event.view_direction is not None
