"""Views: the orthographic camera that volumes are looked at with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.given import AnyImage
from volio.display.base.layer_protocol import Shown, as_shown
from volio.display.sampling.shown_volume import shown_volume
from volio.errors import UsageError
from volio.space.quaternions import quat2mat

__all__ = ["NAMES", "View", "direction_of_angles"]

Vector = NDArray[np.float64]

#: Vectors shorter than this have no direction.
NO_LENGTH = 1e-12

#: For each name: the direction of view, and what is up, in RAS+ (right, front, head).
NAMES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "axial": ((0, 0, 1), (0, 1, 0)),  # from the feet: the subject's left is on the right
    "coronal": ((0, -1, 0), (0, 0, 1)),
    "sagittal": ((1, 0, 0), (0, 0, 1)),
    "left": ((1, 0, 0), (0, 0, 1)),
    "right": ((-1, 0, 0), (0, 0, 1)),
    "front": ((0, -1, 0), (0, 0, 1)),
    "anterior": ((0, -1, 0), (0, 0, 1)),
    "back": ((0, 1, 0), (0, 0, 1)),
    "posterior": ((0, 1, 0), (0, 0, 1)),
    "top": ((0, 0, -1), (0, 1, 0)),
    "superior": ((0, 0, -1), (0, 1, 0)),
    "bottom": ((0, 0, 1), (0, 1, 0)),
    "inferior": ((0, 0, 1), (0, 1, 0)),
}


@dataclass(frozen=True)
class View:
    """An orthographic camera: rays are parallel, sizes do not depend on distance.

    Parameters
    ----------
    centre : (3,) array-like
        Point in the middle of the picture, world mm.
    direction : (3,) array-like
        Where the viewer looks: away from the viewer.
    up : (3,) array-like
        What is up in the picture; the part along `direction` is taken off.
    field_of_view : float or (height, width)
        What the picture spans, mm. One number is the longer side; pixels are square then.
    size : (height, width)
        Of the picture, pixels.

    Raises
    ------
    UsageError
        If a vector has no length, `up` is along `direction`, or a size is not positive.

    Examples
    --------
    >>> view = volio.display.View((0, 0, 0), direction=(0, 1, 0), up=(0, 0, 1), field_of_view=200)
    >>> view.size
    (256, 256)
    """

    centre: Any
    direction: Any
    up: Any
    field_of_view: Any
    size: tuple[int, int] = (256, 256)

    def __post_init__(self) -> None:
        direction = _unit("direction", self.direction)
        up = _triple("up", self.up)
        checked = {
            "centre": _triple("centre", self.centre),
            "direction": direction,
            "up": _unit("up", up - (up @ direction) * direction),
            "size": _pixels(self.size),
            "field_of_view": _field_of_view(self.field_of_view, _pixels(self.size)),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # the class is frozen

    @property
    def right(self) -> Vector:
        """Unit vector to the right of the picture."""
        return np.cross(self.direction, self.up)

    @property
    def pixel(self) -> tuple[float, float]:
        """Height and width of a pixel, mm."""
        return self.field_of_view[0] / self.size[0], self.field_of_view[1] / self.size[1]

    def plane(self) -> tuple[Vector, Vector, Vector]:
        """Return where pixels are on the plane through the centre.

        Returns
        -------
        origin, down, right : ndarray, shape (3,)
            The centre of pixel (row, column) is at ``origin + row * down + column * right``.
        """
        rows, columns = self.size
        height, width = self.pixel
        down = -self.up * height
        right = self.right * width
        origin = self.centre - (rows - 1) / 2 * down - (columns - 1) / 2 * right
        return origin, down, right

    @classmethod
    def of(
        cls,
        image: AnyImage | Shown,
        name: str = "front",
        size: int | Sequence[int] = (256, 256),
        **changes: Any,
    ) -> Self:
        """Return a view that shows a whole volume from a side.

        Parameters
        ----------
        image : layer, SpatialImage or array-like
        name : str
            A name in `NAMES`. 'axial' is seen from the feet, 'sagittal' from the left.
        size : int or (height, width)
            Pixels.
        **changes
            Of the other parameters, instead of what fits the volume.

        Raises
        ------
        UsageError
            If there is no such name.
        """
        if name not in NAMES:
            raise UsageError(f"view: must be one of {', '.join(NAMES)}, got {name!r}")
        direction, up = NAMES[name]
        return cls.fitting(image, direction, up, size, **changes)

    @classmethod
    def from_angles(
        cls,
        image: AnyImage | Shown,
        azimuth: float = 0.0,
        elevation: float = 0.0,
        size: int | Sequence[int] = (256, 256),
        **changes: Any,
    ) -> Self:
        """Return a view that shows a whole volume from an angle.

        Parameters
        ----------
        image : layer, SpatialImage or array-like
        azimuth : float
            Degrees about the axis from feet to head: at 0 the viewer stands in front of the
            subject, at 90 at the subject's left, at 180 behind.
        elevation : float
            Degrees above the horizon, -90 to 90.
        size : int or (height, width)
        **changes
            Of the other parameters. A fixed `field_of_view` keeps pictures of a turn together.
        """
        direction, up = direction_of_angles(azimuth, elevation)
        return cls.fitting(image, direction, up, size, **changes)

    @classmethod
    def from_camera(cls, state: Mapping[str, Any], size: int | Sequence[int] = (256, 256)) -> Self:
        """Return the view of a camera of pygfx or fastplotlib: ``camera.get_state()``.

        Parameters
        ----------
        state : mapping
            ``position`` (x, y, z), ``rotation`` (quaternion x, y, z, w), ``width``, ``height``,
            ``zoom`` and ``maintain_aspect``. With a ``fov`` above 0, in degrees, sizes are right
            at the distance of what the camera looks at: rays stay parallel here.
        size : int or (height, width)
            Pixels.
        """
        x, y, z, w = state.get("rotation", (0.0, 0.0, 0.0, 1.0))
        rotation = np.asarray(quat2mat((w, x, y, z)), np.float64)
        # The camera looks along its own -z, and its own y is up.
        backward = rotation[:, 2]
        position = np.asarray(state.get("position", (0.0, 0.0, 0.0)), np.float64)
        height, width = _camera_field(state, _pixels(size))
        centre = position - _camera_distance(state) * backward
        return cls(centre, -backward, rotation[:, 1], (height, width), _pixels(size))

    @classmethod
    def fitting(
        cls,
        image: AnyImage | Shown,
        direction: ArrayLike,
        up: ArrayLike,
        size: int | Sequence[int] = (256, 256),
        **changes: Any,
    ) -> Self:
        """Return a view along a direction that shows a whole volume."""
        corners = _corners(image)
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        rows, columns = _pixels(size)
        view = cls(middle, direction, up, 1.0, (rows, columns))
        pixel = max(np.ptp(corners @ view.up) / rows, np.ptp(corners @ view.right) / columns)
        view = replace(view, field_of_view=(pixel * rows, pixel * columns))
        return replace(view, **changes) if changes else view


def direction_of_angles(azimuth: float, elevation: float) -> tuple[Vector, Vector]:
    """Return the direction of view and what is up, for angles in degrees.

    Raises
    ------
    UsageError
        If the elevation is beyond the zenith.
    """
    if not -90 <= elevation <= 90:
        raise UsageError(f"elevation: must be between -90 and 90 degrees, got {elevation}")
    around = np.deg2rad(azimuth)
    above = np.deg2rad(elevation)
    horizon = np.array([-np.sin(around), np.cos(around), 0.0])  # to the viewer, on the horizon
    head = np.array([0.0, 0.0, 1.0])
    to_viewer = np.cos(above) * horizon + np.sin(above) * head
    up = np.cos(above) * head - np.sin(above) * horizon
    return -to_viewer, up


def _corners(image: Any) -> Vector:
    """Return the corners of the voxels, world, shape (8, 3)."""
    volume = shown_volume(as_shown(image))
    edges = [(-0.5, n - 0.5) for n in volume.shape]
    corners = np.array(np.meshgrid(*edges)).reshape(3, 8).T
    return corners @ volume.matrix[:3, :3].T + volume.matrix[:3, 3]


def _camera_distance(state: Mapping[str, Any]) -> float:
    """Return the distance of what a camera of pygfx looks at; 0 for one with parallel rays."""
    angle = np.deg2rad(float(state.get("fov", 0.0)))
    if angle <= 0:
        return 0.0
    width, height = _camera_size(state)
    return float((width + height) / 4 / np.tan(angle / 2))


def _camera_size(state: Mapping[str, Any]) -> tuple[float, float]:
    return float(state.get("width", 1.0)), float(state.get("height", 1.0))


def _camera_field(state: Mapping[str, Any], size: tuple[int, int]) -> tuple[float, float]:
    """Return the height and the width that a camera of pygfx sees."""
    width, height = _camera_size(state)
    rows, columns = size
    if state.get("maintain_aspect", True):
        # The side that is too short for square pixels grows.
        pixel = max(width / columns, height / rows)
        width = pixel * columns
        height = pixel * rows
    zoom = float(state.get("zoom", 1.0))
    return height / zoom, width / zoom


def _pixels(size: int | Sequence[int]) -> tuple[int, int]:
    rows, columns = (int(length) for length in np.broadcast_to(size, 2))
    if min(rows, columns) < 1:
        raise UsageError(f"size: must be two positive numbers of pixels, got {size}")
    return rows, columns


def _field_of_view(field_of_view: ArrayLike, size: tuple[int, int]) -> tuple[float, float]:
    """Return the height and width of a picture in mm; one number is the longer side."""
    field = np.asarray(field_of_view, np.float64)
    if field.shape == ():
        field = field * np.asarray(size) / max(size)
    if field.shape != (2,) or not (np.isfinite(field).all() and (field > 0).all()):
        raise UsageError(f"field_of_view: must be positive mm, got {field_of_view!r}")
    return float(field[0]), float(field[1])


def _triple(name: str, value: ArrayLike) -> Vector:
    vector = np.asarray(value, np.float64)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise UsageError(f"{name}: must be three finite numbers, got {value!r}")
    return vector


def _unit(name: str, value: ArrayLike) -> Vector:
    vector = _triple(name, value)
    length = float(np.linalg.norm(vector))
    if length < NO_LENGTH:
        raise UsageError(f"{name}: must have a length, and up must not be along direction")
    return vector / length
