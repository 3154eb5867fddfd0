"""Keys of a layer that shows a plane: they turn it square to an axis or to the line of sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from volio.display.layers.interaction.plane_mouse import meet_plane

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["PLANE_KEYS"]


def normal_along_first(layer: ImageLayer) -> None:
    """Turn the plane square to the first world axis shown, about the point under the mouse."""
    turn_about_cursor(layer, (1, 0, 0))


def normal_along_second(layer: ImageLayer) -> None:
    """Turn the plane square to the second world axis shown, about the point under the mouse."""
    turn_about_cursor(layer, (0, 1, 0))


def normal_along_third(layer: ImageLayer) -> None:
    """Turn the plane square to the third world axis shown, about the point under the mouse."""
    turn_about_cursor(layer, (0, 0, 1))


def turn_about_cursor(layer: ImageLayer, normal: Any) -> None:
    """Turn the plane; it goes through the point under the mouse, if that is on the plane now."""
    if layer.depiction != "plane" or len(layer.dims_displayed) != 3:
        return
    if layer.cursor_position is not None and layer.view_direction is not None:
        met = meet_plane(layer, layer.cursor_position, layer.view_direction, layer.dims_displayed)
        if met is not None:
            layer.plane.position = met
    turn_square_to(layer, normal)


def normal_along_view(layer: ImageLayer) -> Iterator[None]:
    """Keep the plane square to the line of sight while the key is held."""

    def turn() -> None:
        if layer.view_direction is not None and len(layer.dims_displayed) == 3:
            turn_square_to(layer, layer.view_direction[list(layer.dims_displayed)])

    turn()
    layer.events.view_direction.connect(turn)
    yield
    layer.events.view_direction.disconnect(turn)


def turn_square_to(layer: ImageLayer, vector: Any) -> None:
    """Turn the plane square to a direction (3,) of the world axes shown."""
    shown = list(layer.dims_displayed)
    # A plane square to a direction in the world is not so in voxels: normals map by the transpose.
    normal = layer.data_to_world_matrix[np.ix_(shown, shown)].T @ np.asarray(vector, np.float64)
    if normal.any():
        layer.plane.normal = normal


#: Keys of every image layer.
PLANE_KEYS = {
    "Z": normal_along_first,
    "Y": normal_along_second,
    "X": normal_along_third,
    "O": normal_along_view,
}
