"""Lists of clipping planes, which cut a volume together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import EmitterGroup
from volio.display.layers.geometry.planes import ClippingPlane, Plane, as_plane, triple
from volio.errors import UsageError

__all__ = ["ClippingPlaneList"]


class ClippingPlaneList(MutableSequence[ClippingPlane]):
    """Clipping planes that cut together: what all of them keep is kept.

    It behaves as a list does; planes may be given as dicts of their fields.

    Parameters
    ----------
    planes : iterable of ClippingPlane or mapping, optional

    Attributes
    ----------
    events : EmitterGroup
        ``changed``: a plane came, went or moved.

    Examples
    --------
    >>> planes = volio.display.ClippingPlaneList([{"position": (4, 4, 4), "normal": (0, 0, 1)}])
    >>> len(planes), planes[0].position
    (1, (4.0, 4.0, 4.0))
    """

    def __init__(self, planes: Iterable[Any] = ()) -> None:
        self.events = EmitterGroup(self, "changed")
        self._planes: list[ClippingPlane] = []
        for plane in planes:
            self.append(plane)

    def __len__(self) -> int:
        return len(self._planes)

    def __getitem__(self, index: Any) -> Any:
        found = self._planes[index]
        return type(self)(found) if isinstance(index, slice) else found

    def __setitem__(self, index: Any, plane: Any) -> None:
        """Put a plane in place of another."""
        if isinstance(index, slice):
            raise TypeError("clipping planes are replaced one at a time")
        new = as_plane(ClippingPlane, plane)
        old = self._planes[index]
        self._planes[index] = new
        self._let_go(old)
        new.events.connect(self._changed)
        self._changed()

    def __delitem__(self, index: Any) -> None:
        """Take planes out."""
        gone = self._planes[index]
        del self._planes[index]
        for plane in gone if isinstance(gone, list) else [gone]:
            self._let_go(plane)
        self._changed()

    def __iter__(self) -> Iterator[ClippingPlane]:
        return iter(self._planes)

    def insert(self, index: int, value: ClippingPlane | Mapping[str, Any]) -> None:
        """Put a plane before another one."""
        plane = as_plane(ClippingPlane, value)
        self._planes.insert(index, plane)
        plane.events.connect(self._changed)
        self._changed()

    def _let_go(self, plane: ClippingPlane) -> None:
        if not any(other is plane for other in self._planes):
            plane.events.disconnect(self._changed)

    def _changed(self) -> None:
        self.events.changed()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClippingPlaneList | list):
            return NotImplemented
        return self._planes == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._planes})"

    @classmethod
    def from_planes(
        cls, planes: Plane | Mapping[str, Any] | Iterable[Plane | Mapping[str, Any]] | None
    ) -> Self:
        """Return a list of what is given: planes, mappings of their fields, or one of these.

        Raises
        ------
        UsageError
            If it is something else.
        """
        if planes is None:
            return cls()
        if isinstance(planes, Plane | Mapping):
            planes = [planes]
        if isinstance(planes, str) or not isinstance(planes, Iterable):  # type: ignore[unreachable]
            raise UsageError(f"planes: must be clipping planes or dicts, got {planes!r}")
        return cls(planes)

    @classmethod
    def from_array(cls, array: ArrayLike, enabled: bool = True) -> Self:
        """Return the planes of an (N, 2, 3) array of positions and normals."""
        rows = np.asarray(array, np.float64)
        if rows.ndim != 3 or rows.shape[1:] != (2, 3):
            raise UsageError(f"array: must be (N, 2, 3), got {rows.shape}")
        return cls(ClippingPlane.from_array(row, enabled=enabled) for row in rows)

    @classmethod
    def from_bounding_box(
        cls, center: Sequence[float], dimensions: Sequence[float], enabled: bool = True
    ) -> Self:
        """Return the six planes of a box, normals inward.

        Parameters
        ----------
        center : (3,) floats
        dimensions : (3,) floats
            Lengths of the sides.
        enabled : bool
        """
        middle = np.array(triple("center", center))
        half = np.array(triple("dimensions", dimensions)) / 2
        # Two planes across each axis: the first with its normal along the axis, one against it.
        normals = np.stack([np.eye(3), -np.eye(3)], axis=1).reshape(6, 3)
        rows = np.stack([middle - half * normals, normals], axis=1)
        return cls.from_array(rows + 0.0, enabled)  # no -0

    def as_array(self) -> NDArray[np.float64]:
        """Return positions and normals of the planes that are enabled, shape (N, 2, 3)."""
        rows = [plane.as_array() for plane in self if plane.enabled]
        return np.array(rows).reshape(-1, 2, 3)

    def keeps(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which of the points (..., 3) are kept by all planes that are enabled."""
        given = np.asarray(points, np.float64)
        kept = np.ones(given.shape[:-1], bool)
        for plane in self:
            if plane.enabled:
                kept &= plane.distance(given) >= 0
        return kept

    def add_plane(self, plane: ClippingPlane) -> None:
        """Add a plane."""
        self.append(plane)
