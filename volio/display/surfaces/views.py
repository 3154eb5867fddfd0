"""Views of surfaces by name: anatomical, from RAS+ and the hemisphere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.display.sampling.view import NAMES as SIDES_OF_VOLUMES
from volio.display.sampling.view import View, direction_of_angles
from volio.errors import UsageError

__all__ = ["VIEWS", "Camera", "as_cameras", "camera_named", "extent", "fitted_view"]

Vector = NDArray[np.float64]

#: The views that mean a side of a hemisphere, for the left one: where the viewer looks to, RAS+.
OF_HEMISPHERES = {"lateral": (1, 0, 0), "medial": (-1, 0, 0)}
#: Further names of views, and the names that volumes have for them.
SYNONYMS = {"dorsal": "superior", "ventral": "inferior", "rostral": "anterior"}
#: The names of all views.
VIEWS = (
    *OF_HEMISPHERES,
    *SYNONYMS,
    *(name for name in SIDES_OF_VOLUMES if name not in ("axial", "coronal", "sagittal")),
)
HEAD = (0, 0, 1)
#: Pixels around what is drawn.
MARGIN = 2


@dataclass(frozen=True)
class Camera:
    """Where a viewer looks.

    Parameters
    ----------
    name : str
        Of the view; of angles their numbers.
    direction : (x, y, z)
        Away from the viewer, RAS+.
    up : (x, y, z)
        What is up in the picture.
    """

    name: str
    direction: tuple[float, float, float]
    up: tuple[float, float, float]


def camera_named(name: str, hemisphere: str) -> Camera:
    """Return the camera of a view.

    Parameters
    ----------
    name : str
        One of `VIEWS`. 'lateral' and 'medial' are sides of the hemisphere: lateral of the left
        one is seen from the subject's left. The others are sides of the subject.
    hemisphere : {"left", "right"}
        Counts for 'lateral' and 'medial' alone.

    Raises
    ------
    UsageError
        If there is no such view.
    """
    if name in OF_HEMISPHERES:
        mirrored = -1 if hemisphere == "right" else 1
        x, y, z = OF_HEMISPHERES[name]
        return Camera(name, (mirrored * x, y, z), HEAD)
    if name not in VIEWS:
        raise UsageError(f"views: must be of {', '.join(VIEWS)}, or angles, got {name!r}")
    direction, up = SIDES_OF_VOLUMES[SYNONYMS.get(name, name)]
    return Camera(name, direction, up)


def as_cameras(views: Any, hemisphere: Callable[[], str]) -> list[Camera]:
    """Return the cameras of views.

    Parameters
    ----------
    views : str, (azimuth, elevation), or sequence of these
        Names of `VIEWS`; angles in degrees: azimuth 0 is seen from the front, 90 from the
        subject's left, and elevation is above the horizon.
    hemisphere : callable
        Returns the hemisphere; asked once, where a view depends on it: it may warn.

    Raises
    ------
    UsageError
        If there is no such view, or none is given.
    """
    listed = [views] if isinstance(views, str) or _are_angles(views) else list(views)
    if not listed:
        raise UsageError("views: at least one is needed")
    asked_once = cache(hemisphere)
    return [_camera(view, asked_once) for view in listed]


def _are_angles(view: Any) -> bool:
    """Return whether a view is a pair of numbers."""
    is_pair = isinstance(view, Sequence | np.ndarray) and len(view) == 2
    return is_pair and not any(isinstance(part, str | Sequence | np.ndarray) for part in view)


def _camera(view: Any, hemisphere: Callable[[], str]) -> Camera:
    if isinstance(view, str):
        name = view.lower()
        return camera_named(name, hemisphere() if name in OF_HEMISPHERES else "")
    angles = as_numbers("views", view)
    if angles.shape != (2,) or not np.isfinite(angles).all():
        raise UsageError(
            f"views: must be of {', '.join(VIEWS)}, or azimuth and elevation, got {view!r}"
        )
    azimuth, elevation = angles.tolist()
    direction, up = direction_of_angles(azimuth, elevation)
    return Camera(f"{azimuth:g}, {elevation:g}", _triple(direction), _triple(up))


def _triple(vector: Vector) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return x, y, z


def fitted_view(camera: Camera, points: ArrayLike, pixel: float) -> View:
    """Return the view of a camera that shows some points, in as few pixels as they need.

    Parameters
    ----------
    camera : Camera
    points : array-like, shape (n, 3)
        mm.
    pixel : float
        Side of a pixel, mm.
    """
    axes, low, high = _seen_box(camera, points)
    rows, columns = (ceil(length / pixel) + 2 * MARGIN for length in high - low)
    field = (rows * pixel, columns * pixel)
    return View((low + high) / 2 @ axes, camera.direction, camera.up, field, (rows, columns))


def extent(camera: Camera, points: ArrayLike) -> float:
    """Return the longer side of what a camera sees of some points, mm."""
    _, low, high = _seen_box(camera, points)
    return float((high - low).max())


def _seen_box(camera: Camera, points: ArrayLike) -> tuple[Vector, Vector, Vector]:
    """Return the unit vectors up and to the right, and the ends of points along these, mm."""
    view = View((0, 0, 0), camera.direction, camera.up, 1.0)
    axes = np.stack([view.up, view.right])
    across = axes @ np.asarray(points).T
    return axes, across.min(axis=1), across.max(axis=1)
