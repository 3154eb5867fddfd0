"""A view in the voxels of a volume: where its rays run, and what planes cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.shown_volume import ShownVolume
from volio.display.sampling.view import View

__all__ = ["Cut", "Rays", "cuts_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rays:
    """The rays of a view, in voxels of a block.

    Parameters
    ----------
    block : ShownVolume
    origin, down, right : ndarray, shape (3,)
        The ray of pixel (row, column) goes through ``origin + row * down + column * right``.
    direction : ndarray, shape (3,)
        Voxels per mm of way, away from the viewer.
    size : (rows, columns)
    """

    block: ShownVolume
    origin: Floats
    down: Floats
    right: Floats
    direction: Floats
    size: tuple[int, int]

    @classmethod
    def of(cls, block: ShownVolume, view: View) -> Rays:
        """Return the rays of a view."""
        inverse = block.inverse
        origin, down, right = view.plane()
        linear = inverse[:3, :3]
        return cls(
            block,
            linear @ origin + inverse[:3, 3],
            linear @ down,
            linear @ right,
            linear @ view.direction,
            view.size,
        )

    def starts(self) -> Floats:
        """Return where rays cross the plane through the view's centre, (rows, columns, 3)."""
        rows, columns = (np.arange(length)[:, np.newaxis] for length in self.size)
        result: Floats = self.origin + rows[:, np.newaxis] * self.down + columns * self.right
        return result

    def at(self, depth: Floats) -> Floats:
        """Return the points at depths in mm behind that plane, (rows, columns, 3)."""
        return self.starts() + depth[..., np.newaxis] * self.direction

    @property
    def voxel(self) -> float:
        """Edge in mm of a cube with the volume of a voxel."""
        return float(abs(np.linalg.det(self.block.matrix[:3, :3])) ** (1 / 3))

    def ends(self) -> tuple[Floats, Floats]:
        """Return the depths, mm, at which rays enter and leave the box of the voxels.

        Rays that miss it leave before they enter.
        """
        starts = self.starts()
        enter, leave = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        for axis, length in enumerate(self.block.shape):
            speed, place = self.direction[axis], starts[..., axis]
            if abs(speed) < 1e-12:
                outside = (place < -0.5) | (place > length - 0.5)
                leave[outside] = -np.inf
                continue
            sides = (-0.5 - place) / speed, (length - 0.5 - place) / speed
            np.maximum(enter, np.minimum(*sides), out=enter)
            np.minimum(leave, np.maximum(*sides), out=leave)
        return enter, leave


@dataclass(frozen=True)
class Cut:
    """What is kept: voxels p of a block with ``normal @ p >= limit``."""

    normal: Floats
    limit: float


def cuts_of(planes: Any, block: ShownVolume) -> Sequence[Cut]:
    """Return the enabled planes of a layer, which are in voxels of its finest level.

    Parameters
    ----------
    planes : iterable of plane or mapping
        With position, normal, and perhaps enabled.
    block : ShownVolume
    """
    found = []
    for plane in planes or ():
        position, normal, enabled = (
            plane.get(name, default) if isinstance(plane, dict) else getattr(plane, name, default)
            for name, default in (("position", (0, 0, 0)), ("normal", (1, 0, 0)), ("enabled", True))
        )
        if enabled:
            normal = np.asarray(normal, np.float64)
            moved = np.asarray(position, np.float64) - (block.factors - 1) / 2
            # Rounding must not cut voxels that lie on the plane.
            found.append(Cut(normal * block.factors, float(normal @ moved) - 1e-9))
    return found


def kept(points: Floats, cuts: Sequence[Cut]) -> NDArray[np.bool_]:
    """Tell which points no plane cuts off."""
    result = np.ones(points.shape[:-1], np.bool_)
    for cut in cuts:
        result &= points @ cut.normal >= cut.limit
    return result
