"""Rotations of what pages show, as their scripts have them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volio.display.sampling.view import View
from volio.display.surfaces.views import Camera, camera_named

__all__ = ["named_rotations", "rotation_of"]


def rotation_of(camera: Camera) -> list[float]:
    """Return the matrix of a camera, row by row: to the right, up, and to the viewer."""
    view = View((0, 0, 0), camera.direction, camera.up, 1.0)
    rows = [view.right, view.up, np.negative(view.direction)]
    return [round(float(part), 12) + 0.0 for row in rows for part in row]


def named_rotations(names: Iterable[str], side: str = "") -> dict[str, list[float]]:
    """Return the matrices of views by name; 'lateral' and 'medial' are sides of a hemisphere."""
    return {name: rotation_of(camera_named(name, side)) for name in names}
