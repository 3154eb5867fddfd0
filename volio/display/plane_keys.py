"""What keys do to a layer that shows a plane: turn it square to an axis or to the line of sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from volio.display.placement import direction

__all__ = ["PLANE_KEYS"]


def normal_along_first(layer: Any) -> None:
    """Turn the plane square to the first axis shown."""
    layer.plane.normal = (1, 0, 0)


def normal_along_second(layer: Any) -> None:
    """Turn the plane square to the second axis shown."""
    layer.plane.normal = (0, 1, 0)


def normal_along_third(layer: Any) -> None:
    """Turn the plane square to the third axis shown."""
    layer.plane.normal = (0, 0, 1)


def normal_along_view(layer: Any) -> Iterator[None]:
    """Keep the plane square to the line of sight while the key is held."""

    def turn() -> None:
        if layer.view_direction is not None and len(layer.dims_displayed) == 3:
            along = direction(layer.world_to_data_matrix, layer.view_direction)
            shown = along[list(layer.dims_displayed)]
            if np.any(shown):
                layer.plane.normal = shown

    turn()
    layer.events.view_direction.connect(turn)
    yield
    layer.events.view_direction.disconnect(turn)


#: Keys of every image layer.
PLANE_KEYS = {
    "Z": normal_along_first,
    "Y": normal_along_second,
    "X": normal_along_third,
    "O": normal_along_view,
}
