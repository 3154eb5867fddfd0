"""Planes in a volume: those that are shown, and those that cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import EmitterGroup
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["ClippingPlane", "Plane", "SlicingPlane", "as_plane", "triple"]

Triple = tuple[float, float, float]
P = TypeVar("P", bound="Plane")


class Plane:
    """A plane, by a point in it and its normal.

    Coordinates are voxel indices of the three axes shown (data coordinates), in their order.

    Parameters
    ----------
    position : (3,) array-like
        A point in the plane.
    normal : (3,) array-like
        Of any length but 0; stored with length 1.

    Attributes
    ----------
    events : EmitterGroup
        An event for each field.

    Raises
    ------
    UsageError
        If one of them is not three finite numbers, or the normal is 0.

    Examples
    --------
    >>> volio.display.Plane(position=(4, 4, 4), normal=(0, 0, 2)).normal
    (0.0, 0.0, 1.0)
    """

    _fields: tuple[str, ...] = ("position", "normal")

    def __init__(self, position: ArrayLike = (0, 0, 0), normal: ArrayLike = (1, 0, 0)) -> None:
        self.events = EmitterGroup(self, *self._fields)
        self._position = triple("position", position)
        self._normal = _unit(normal)

    @property
    def position(self) -> Triple:
        """A point in the plane."""
        return self._position

    @position.setter
    def position(self, value: ArrayLike) -> None:
        self._position = triple("position", value)
        self.events.position(value=self._position)

    @property
    def normal(self) -> Triple:
        """Direction square to the plane, length 1."""
        return self._normal

    @normal.setter
    def normal(self, value: ArrayLike) -> None:
        self._normal = _unit(value)
        self.events.normal(value=self._normal)

    @classmethod
    def from_points(cls, a: ArrayLike, b: ArrayLike, c: ArrayLike, **fields: Any) -> Self:
        """Return the plane through three points: its normal is ab x ac, its position their mean.

        Raises
        ------
        UsageError
            If they are on a line.
        """
        points = np.array([triple("a", a), triple("b", b), triple("c", c)])
        to_b, to_c = points[1:] - points[0]
        normal = np.cross(to_b, to_c)
        if not normal.any():
            raise UsageError(f"a, b, c: are on a line, which is in many planes: {points.tolist()}")
        return cls(position=points.mean(axis=0), normal=normal, **fields)

    @classmethod
    def from_array(cls, array: ArrayLike, **fields: Any) -> Self:
        """Return the plane of a (2, 3) array of position and normal."""
        rows = np.asarray(array, np.float64)
        if rows.shape != (2, 3):
            raise UsageError(f"array: must be (2, 3), position and normal, got {rows.shape}")
        return cls(position=rows[0], normal=rows[1], **fields)

    def as_array(self) -> NDArray[np.float64]:
        """Return position and normal as an array of shape (2, 3)."""
        return np.array([self.position, self.normal])

    def distance(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the distances of points (..., 3) from the plane, positive on the normal's side."""
        offsets = np.asarray(points, np.float64) - self.position
        distances: NDArray[np.float64] = offsets @ np.array(self.normal)
        return distances

    def intersect_with_line(
        self, line_position: ArrayLike, line_direction: ArrayLike
    ) -> NDArray[np.float64]:
        """Return where a line meets the plane, shape (3,).

        Raises
        ------
        UsageError
            If the line runs along the plane.
        """
        start = np.array(triple("line_position", line_position))
        along = np.array(triple("line_direction", line_direction))
        slope = float(along @ np.array(self.normal))
        if slope == 0:
            raise UsageError(f"line_direction: {along.tolist()} runs along the plane")
        steps = -float(self.distance(start)) / slope
        point: NDArray[np.float64] = start + along * steps
        return point

    def shift_along_normal_vector(self, distance: float) -> None:
        """Move the plane along its normal, in voxels."""
        self.position = np.add(self.position, np.multiply(distance, self.normal))

    def dict(self) -> dict[str, Any]:
        """Return the fields by name; ``Plane(**plane.dict())`` makes the same plane."""
        return {name: getattr(self, name) for name in self._fields}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.dict() == other.dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.dict().items())
        return f"{type(self).__name__}({fields})"


class SlicingPlane(Plane):
    """The plane a volume is shown on when its depiction is ``"plane"``.

    Parameters
    ----------
    position, normal : (3,) array-like
        As for `Plane`.
    thickness : float
        Of the slab that is shown, in voxels along the normal, the plane in its middle.

    Examples
    --------
    >>> plane = volio.display.SlicingPlane(position=(4, 4, 4), normal=(0, 0, 1), thickness=3)
    >>> plane.thickness
    3.0
    """

    _fields = ("position", "normal", "thickness")

    def __init__(
        self,
        position: ArrayLike = (0, 0, 0),
        normal: ArrayLike = (1, 0, 0),
        thickness: float = 0.0,
    ) -> None:
        super().__init__(position, normal)
        self._thickness = _thickness(thickness)

    @property
    def thickness(self) -> float:
        """Thickness of the slab in voxels."""
        return self._thickness

    @thickness.setter
    def thickness(self, value: float) -> None:
        self._thickness = _thickness(value)
        self.events.thickness(value=self._thickness)


class ClippingPlane(Plane):
    """A plane that hides what is behind it, seen along its normal.

    Parameters
    ----------
    position, normal : (3,) array-like
        As for `Plane`. Voxels at ``(voxel - position) . normal >= 0`` are kept.
    enabled : bool
        False hides nothing.

    Examples
    --------
    >>> plane = volio.display.ClippingPlane(position=(4, 4, 4), normal=(0, 0, 2))
    >>> plane.normal, plane.enabled
    ((0.0, 0.0, 1.0), True)
    """

    _fields = ("position", "normal", "enabled")

    def __init__(
        self,
        position: ArrayLike = (0, 0, 0),
        normal: ArrayLike = (1, 0, 0),
        enabled: bool = True,
    ) -> None:
        super().__init__(position, normal)
        self._enabled = as_flag("enabled", enabled)

    @property
    def enabled(self) -> bool:
        """Whether it cuts."""
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = as_flag("enabled", value)
        self.events.enabled(value=self._enabled)


def as_plane(cls: type[P], plane: Any) -> P:
    """Return a plane of a class from one, or from a mapping of its fields.

    Raises
    ------
    UsageError
        If it is something else, or has other fields.
    """
    if isinstance(plane, cls):
        return plane
    given = plane.dict() if isinstance(plane, Plane) else plane
    if not isinstance(given, Mapping):
        raise UsageError(f"plane: must be a {cls.__name__} or a dict of its fields, got {plane!r}")
    unknown = sorted(set(given) - set(cls._fields))
    if unknown:
        raise UsageError(f"plane: has no {unknown}; fields of {cls.__name__}: {cls._fields}")
    return cls(**given)


def triple(name: str, value: ArrayLike) -> Triple:
    """Return three finite numbers.

    Raises
    ------
    UsageError
        If it is something else.
    """
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be three numbers, got {value!r}") from error
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise UsageError(f"{name}: must be three finite numbers, got {value!r}")
    return (float(numbers[0]), float(numbers[1]), float(numbers[2]))


def _unit(normal: ArrayLike) -> Triple:
    vector = np.array(triple("normal", normal))
    length = float(np.linalg.norm(vector))
    if length == 0:
        raise UsageError("normal: (0, 0, 0) has no direction")
    return triple("normal", vector / length)


def _thickness(value: float) -> float:
    thickness = float(value)
    if not 0 <= thickness < float("inf"):
        raise UsageError(f"thickness: must be 0 or more voxels, got {value!r}")
    return thickness
