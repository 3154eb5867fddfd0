"""Where a viewer of three planes looks, and its links to others."""

from __future__ import annotations

import weakref
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import EmitterGroup
from volio.display.sampling.sections import Sections
from volio.errors import UsageError

__all__ = ["STARTS", "Gaze"]

STARTS = ("origin", "centre")


class Gaze:
    """A position and a volume in a grid of voxels, and links to others that look there, too.

    Parameters
    ----------
    shape : sequence of int
        Voxels of the grid.
    n_volumes : int
    affine : (4, 4) array-like, optional
        Voxels to RAS+ mm, if it is known.
    start : {"origin", "centre"} or (3,) array-like
        Where to look at first: (0, 0, 0) mm if it lies inside of the grid, the middle voxel, or a
        position in mm.
    radiological : bool
        The subject's left is on the right.

    Attributes
    ----------
    sections : Sections
    position : (3,) array
        RAS+ mm, as it was set: it may lie outside of the grid, or between voxels.
    voxel : (3,) array of int
        The nearest voxel.
    volume : int
    events : EmitterGroup
        ``position``, ``volume``, ``looks`` (colours, layers), ``sides``, ``crosshair``.
    """

    def __init__(
        self,
        shape: Any,
        n_volumes: int,
        affine: ArrayLike | None,
        start: Any = "origin",
        radiological: bool = False,
    ) -> None:
        self._affine = affine
        self.sections = Sections(shape, affine, radiological)
        self.events = EmitterGroup(self, "position", "volume", "looks", "sides", "crosshair")
        self.n_volumes = n_volumes
        self.volume = 0
        self._crosshair = True
        self._links: list[_Link] = []
        self.position = self._start(start)
        self.voxel = self.sections.to_voxel(self.position)

    def _start(self, start: Any) -> NDArray[np.float64]:
        if isinstance(start, str) and start not in STARTS:
            raise UsageError(f"start: must be 'origin', 'centre' or mm, got {start!r}")
        if not isinstance(start, str):
            return _point(start)
        if start == "origin" and self.sections.inside((0, 0, 0)):
            return np.zeros(3)
        return self.sections.to_world(np.array(self.sections.shape) // 2)

    @property
    def radiological(self) -> bool:
        """Whether the subject's left is on the right."""
        return self.sections.radiological

    @radiological.setter
    def radiological(self, value: bool) -> None:
        self.sections = Sections(self.sections.shape, self._affine, value)
        self.events.sides()

    @property
    def crosshair(self) -> bool:
        """Whether lines go through the position."""
        return self._crosshair

    @crosshair.setter
    def crosshair(self, value: bool) -> None:
        self._crosshair = bool(value)
        self.events.crosshair()

    def set_position(
        self, x: float | None = None, y: float | None = None, z: float | None = None
    ) -> None:
        """Look at a position in mm; None leaves a coordinate as it is.

        Raises
        ------
        UsageError
            If a number is not finite.
        """
        given = zip((x, y, z), self.position, strict=True)
        place = _point([old if new is None else new for new, old in given])
        if np.array_equal(place, self.position):
            return
        self.position, self.voxel = place, self.sections.to_voxel(place)
        self.events.position(value=place)
        self._tell(lambda other: other.set_position(*place))

    def move_to(self, panel: int, row: float, column: float) -> None:
        """Look at the voxel at a row and a column of a section."""
        voxel = np.rint(self.sections[panel].voxel(row, column, self.voxel.tolist()))
        self._look_at(voxel)

    def step(self, panel: int, steps: int) -> None:
        """Go on through a section, to the right, the front or the top of the world."""
        moved = self.voxel.copy()
        moved[self.sections.order[panel]] += -steps if self.sections.against[panel] else steps
        self._look_at(moved)

    def _look_at(self, voxel: ArrayLike) -> None:
        inside = np.clip(voxel, 0, np.array(self.sections.shape) - 1)
        self.set_position(*self.sections.to_world(inside).tolist())

    def set_volume(self, volume: float) -> None:
        """Show a volume; numbers outside lead to the first or the last.

        Raises
        ------
        UsageError
            If the number is not finite.
        """
        if not np.isfinite(volume):
            raise UsageError(f"volume: must be a number, got {volume!r}")
        found = int(np.clip(np.rint(volume), 0, self.n_volumes - 1))
        if found == self.volume:
            return
        self.volume = found
        self.events.volume(value=found)
        self._tell(lambda other: other.set_volume(found))

    # Links.

    def link(self, other: Self, limits: bool = False) -> None:
        """Keep the position and the volume of two the same.

        The other one takes those of this one.
        """
        if other is self:
            return
        for one, its in ((self, other), (other, self)):
            one._links = [link for link in one._links if link.state() not in (None, its)]
            one._links.append(_Link(its, limits))
        other.set_position(*self.position.tolist())
        other.set_volume(self.volume)

    def unlink(self) -> None:
        """End all links."""
        for link in self._links:
            other = link.state()
            if other is not None:
                other._links = [one for one in other._links if one.state() is not self]
        self._links = []

    def _tell(self, call: Any, limits: bool = False) -> None:
        for link in list(self._links):
            other = link.state()
            if other is not None and (link.limits or not limits):
                call(other)


class _Link:
    """A link to another one, which it does not keep alive."""

    def __init__(self, state: Gaze, limits: bool) -> None:
        self.state = weakref.ref(state)
        self.limits = limits


def _point(given: ArrayLike) -> NDArray[np.float64]:
    place = np.asarray(given, np.float64)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise UsageError(f"position: must be three finite numbers in mm, got {given!r}")
    return place
