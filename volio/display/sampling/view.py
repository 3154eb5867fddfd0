"""From where a volume is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.layer_protocol import as_shown
from volio.display.sampling.shown_volume import shown_volume
from volio.errors import UsageError
from volio.space.quaternions import quat2mat

__all__ = ["NAMES", "View"]

Vector = NDArray[np.float64]

#: For each name: where the viewer looks, and what is up, in RAS+ (right, front, head).
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
    """

    centre: Any
    direction: Any
    up: Any
    field_of_view: Any
    size: tuple[int, int] = (256, 256)

    def __post_init__(self) -> None:
        centre, direction = _triple("centre", self.centre), _unit("direction", self.direction)
        up = _triple("up", self.up)
        size = tuple(int(length) for length in np.broadcast_to(self.size, 2))
        if min(size) < 1:
            raise UsageError(f"size: must be two positive numbers of pixels, got {self.size}")
        field = np.asarray(self.field_of_view, np.float64)
        if field.shape == ():
            field = field * np.asarray(size) / max(size)
        if field.shape != (2,) or not (np.isfinite(field).all() and (field > 0).all()):
            raise UsageError(f"field_of_view: must be positive mm, got {self.field_of_view!r}")
        object.__setattr__(self, "centre", centre)
        object.__setattr__(self, "direction", direction)
        object.__setattr__(self, "up", _unit("up", up - (up @ direction) * direction))
        object.__setattr__(self, "field_of_view", (float(field[0]), float(field[1])))
        object.__setattr__(self, "size", size)

    @property
    def right(self) -> Vector:
        """Unit vector to the right of the picture."""
        return np.cross(self.direction, self.up)

    @property
    def pixel(self) -> tuple[float, float]:
        """Height and width of a pixel, mm."""
        return self.field_of_view[0] / self.size[0], self.field_of_view[1] / self.size[1]

    def plane(self) -> tuple[Vector, Vector, Vector]:
        """Return where pixels lie on the plane through the centre.

        Returns
        -------
        origin, down, right : ndarray, shape (3,)
            The centre of pixel (row, column) is at ``origin + row * down + column * right``.
        """
        down, right = -self.up * self.pixel[0], self.right * self.pixel[1]
        rows, columns = self.size
        return self.centre - (rows - 1) / 2 * down - (columns - 1) / 2 * right, down, right

    @classmethod
    def of(
        cls,
        image: Any,
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
        image: Any,
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
        if not -90 <= elevation <= 90:
            raise UsageError(f"elevation: must be between -90 and 90 degrees, got {elevation}")
        turn, rise = np.deg2rad(azimuth), np.deg2rad(elevation)
        place = np.array([-np.sin(turn), np.cos(turn), 0.0])  # of the viewer, on the horizon
        head = np.array([0.0, 0.0, 1.0])
        direction = -(np.cos(rise) * place + np.sin(rise) * head)
        return cls.fitting(
            image, direction, np.cos(rise) * head - np.sin(rise) * place, size, **changes
        )

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
        turn = np.asarray(quat2mat((w, x, y, z)), np.float64)
        width, height = float(state.get("width", 1.0)), float(state.get("height", 1.0))
        angle = np.deg2rad(float(state.get("fov", 0.0)))
        away = (width + height) / 4 / np.tan(angle / 2) if angle > 0 else 0.0
        centre = np.asarray(state.get("position", (0.0, 0.0, 0.0)), np.float64) - away * turn[:, 2]
        rows, columns = (int(length) for length in np.broadcast_to(size, 2))
        if state.get("maintain_aspect", True):  # the longer side grows, so that pixels are square
            width, height = (
                max(width, height * columns / rows),
                max(height, width * rows / columns),
            )
        zoom = float(state.get("zoom", 1.0))
        return cls(centre, -turn[:, 2], turn[:, 1], (height / zoom, width / zoom), (rows, columns))

    @classmethod
    def fitting(
        cls,
        image: Any,
        direction: ArrayLike,
        up: ArrayLike,
        size: int | Sequence[int] = (256, 256),
        **changes: Any,
    ) -> Self:
        """Return a view along a direction that shows a whole volume."""
        corners = _corners(image)
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        rows, columns = (int(length) for length in np.broadcast_to(size, 2))
        view = cls(middle, direction, up, 1.0, (rows, columns))
        spans = np.array([np.ptp(corners @ view.up), np.ptp(corners @ view.right)])
        pixel = max(spans[0] / rows, spans[1] / columns)
        view = replace(view, field_of_view=(pixel * rows, pixel * columns))
        return replace(view, **changes) if changes else view


def _corners(image: Any) -> Vector:
    """Corners of the voxels, world, shape (8, 3)."""
    block = shown_volume(as_shown(image))
    ends = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in block.shape])).reshape(3, 8).T
    return ends @ block.matrix[:3, :3].T + block.matrix[:3, 3]


def _triple(name: str, value: ArrayLike) -> Vector:
    vector = np.asarray(value, np.float64)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise UsageError(f"{name}: must be three finite numbers, got {value!r}")
    return vector


def _unit(name: str, value: ArrayLike) -> Vector:
    vector = _triple(name, value)
    length = float(np.linalg.norm(vector))
    if length < 1e-12:
        raise UsageError(f"{name}: must have a length, and up must not be along direction")
    return vector / length
