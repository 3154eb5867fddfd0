"""The position that a viewer of three planes shows, and its links to other viewers."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.display.base.events import EmitterGroup
from volio.display.sampling.sections import Sections
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["STARTS", "ViewerPosition"]

STARTS = ("origin", "centre")

Point = NDArray[np.float64]


class ViewerPosition:
    """A position and a volume in a grid of voxels, and links to others that show the same ones.

    Parameters
    ----------
    shape : sequence of int
        Voxels of the grid.
    n_volumes : int
    affine : (4, 4) array-like, optional
        Voxels to RAS+ mm, if it is known.
    start : {"origin", "centre"} or (3,) array-like
        The first position: (0, 0, 0) mm if it is inside of the grid, the middle voxel, or a
        position in mm.
    radiological : bool
        The subject's left is on the right.
    anatomical : bool
        The affine leads to RAS+, not to the axes of a microscope.

    Attributes
    ----------
    sections : Sections
    position : (3,) array
        RAS+ mm, as it was set: it may be outside of the grid, or between voxels.
    voxel : (3,) array of int
        The nearest voxel.
    volume : int
    events : EmitterGroup
        ``position``, ``volume``, ``looks`` (colours, layers), ``sides``, ``crosshair``.
    """

    def __init__(
        self,
        shape: Sequence[int],
        n_volumes: int,
        affine: ArrayLike | None,
        start: Any = "origin",
        radiological: bool = False,
        anatomical: bool = True,
    ) -> None:
        self._affine = affine
        self.sections = Sections(shape, affine, radiological, anatomical)
        self.events = EmitterGroup(self, "position", "volume", "looks", "sides", "crosshair")
        self.n_volumes = n_volumes
        self.volume = 0
        self._crosshair = True
        self._links: list[_Link] = []
        self.position = self._start(start)
        self.voxel = self.sections.to_voxel(self.position)

    def _start(self, start: Any) -> Point:
        if not isinstance(start, str):
            return _finite_point(start, "start")
        if start not in STARTS:
            raise UsageError(f"start: must be 'origin', 'centre' or mm, got {start!r}")
        if start == "origin" and self.sections.inside((0, 0, 0)):
            return np.zeros(3)
        return self.sections.to_world(np.array(self.sections.shape) // 2)

    @property
    def radiological(self) -> bool:
        """Whether the subject's left is on the right."""
        return self.sections.radiological

    @radiological.setter
    def radiological(self, value: bool) -> None:
        self.sections = Sections(self.sections.shape, self._affine, value, self.sections.anatomical)
        self.events.sides()

    @property
    def crosshair(self) -> bool:
        """Whether lines go through the position."""
        return self._crosshair

    @crosshair.setter
    def crosshair(self, value: bool) -> None:
        self._crosshair = as_flag("crosshair", value)
        self.events.crosshair()

    def set_position(
        self, x: float | None = None, y: float | None = None, z: float | None = None
    ) -> None:
        """Go to a position in mm; None leaves a coordinate as it is.

        Raises
        ------
        UsageError
            If a number is not finite.
        """
        given = zip((x, y, z), self.position, strict=True)
        position = _finite_point([old if new is None else new for new, old in given])
        if np.array_equal(position, self.position):
            return
        self.position = position
        self.voxel = self.sections.to_voxel(position)
        self.events.position(value=position)
        self._call_linked(lambda other: other.set_position(*position))

    def move_to(self, panel: int, row: float, column: float) -> None:
        """Go to the voxel at a row and a column of a section."""
        voxel = np.rint(self.sections[panel].voxel(row, column, self.voxel.tolist()))
        self._set_voxel(voxel)

    def step(self, panel: int, steps: int) -> None:
        """Go on through a section, to the right, the front or the top of the world."""
        voxel = self.voxel.copy()
        axis = self.sections.order[panel]
        voxel[axis] += -steps if self.sections.against[panel] else steps
        self._set_voxel(voxel)

    def _set_voxel(self, voxel: ArrayLike) -> None:
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
        nearest = int(np.clip(np.rint(volume), 0, self.n_volumes - 1))
        if nearest == self.volume:
            return
        self.volume = nearest
        self.events.volume(value=nearest)
        self._call_linked(lambda other: other.set_volume(nearest))

    # Links.

    def link(self, other: Self, limits: bool = False) -> None:
        """Keep the position and the volume of two the same.

        The other one takes those of this one.
        """
        as_flag("limits", limits)
        if other is self:
            return
        self._add_link(other, limits)
        other._add_link(self, limits)
        other.set_position(*self.position.tolist())
        other.set_volume(self.volume)

    def _add_link(self, other: Self, limits: bool) -> None:
        """Add a link, instead of one to the same viewer and those to viewers that are gone."""
        self._links = [link for link in self._links if link.target() not in (None, other)]
        self._links.append(_Link(other, limits))

    def unlink(self) -> None:
        """End all links."""
        for link in self._links:
            other = link.target()
            if other is not None:
                other._links = [back for back in other._links if back.target() is not self]
        self._links = []

    def _call_linked(self, call: Callable[[Any], None], limits: bool = False) -> None:
        """Call a function with each linked viewer, or with those that share limits."""
        for link in list(self._links):
            other = link.target()
            if other is not None and (link.limits or not limits):
                call(other)


class _Link:
    """A link to another viewer, which it does not keep alive."""

    def __init__(self, target: ViewerPosition, limits: bool) -> None:
        self.target = weakref.ref(target)
        self.limits = limits


def _finite_point(given: ArrayLike, name: str = "position") -> Point:
    position = as_numbers(name, given)
    if position.shape != (3,) or not np.isfinite(position).all():
        raise UsageError(f"{name}: must be three finite numbers in mm, got {given!r}")
    return position
