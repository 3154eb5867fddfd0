"""The rays of a view in the voxels of a volume, and the half-spaces that clipping planes keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.shown_volume import ShownVolume
from volio.display.sampling.view import View
from volio.space.affines import to_matvec

__all__ = ["HalfSpace", "Rays", "half_spaces", "within"]

Floats = NDArray[np.float64]

#: Voxels per mm below which a ray runs along an axis of the volume.
PARALLEL = 1e-12
#: Of a voxel: rounding must not cut voxels that are on a plane.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Rays:
    """The rays of a view, in voxels of a volume.

    Parameters
    ----------
    volume : ShownVolume
    origin, down, right : ndarray, shape (3,)
        The ray of pixel (row, column) goes through ``origin + row * down + column * right``.
    direction : ndarray, shape (3,)
        Voxels per mm of way, away from the viewer.
    size : (rows, columns)
    """

    volume: ShownVolume
    origin: Floats
    down: Floats
    right: Floats
    direction: Floats
    size: tuple[int, int]

    @classmethod
    def of(cls, volume: ShownVolume, view: View) -> Rays:
        """Return the rays of a view."""
        linear, translation = to_matvec(volume.inverse)
        origin, down, right = view.plane()
        return cls(
            volume,
            origin=linear @ origin + translation,
            down=linear @ down,
            right=linear @ right,
            direction=linear @ view.direction,
            size=view.size,
        )

    def starts(self) -> Floats:
        """Return where rays cross the plane through the view's centre, (rows, columns, 3)."""
        rows = np.arange(self.size[0])[:, np.newaxis, np.newaxis]
        columns = np.arange(self.size[1])[:, np.newaxis]
        starts: Floats = self.origin + rows * self.down + columns * self.right
        return starts

    def at(self, depth: Floats) -> Floats:
        """Return the points at depths in mm behind that plane, (rows, columns, 3)."""
        return self.starts() + depth[..., np.newaxis] * self.direction

    @property
    def voxel(self) -> float:
        """Edge in mm of a cube with the volume of a voxel of the finest level.

        Colours and alpha are those of a voxel of way: a coarser level is as opaque.
        """
        volume = np.linalg.det(self.volume.matrix[:3, :3]) / np.prod(self.volume.factors)
        return float(abs(volume) ** (1 / 3))

    def ends(self) -> tuple[Floats, Floats]:
        """Return the depths, mm, at which rays enter and leave the box of the voxels.

        Rays that miss it leave before they enter.
        """
        starts = self.starts()
        enter = np.full(self.size, -np.inf)
        leave = np.full(self.size, np.inf)
        for axis in range(3):
            near, far = self._ends_along(axis, starts[..., axis])
            np.maximum(enter, near, out=enter)
            np.minimum(leave, far, out=leave)
        return enter, leave

    def entries(self, spaces: Sequence[HalfSpace]) -> tuple[Floats, Floats]:
        """Return where rays enter what is shown: the box of the voxels, less what planes cut off.

        Returns
        -------
        depth : ndarray, shape (rows, columns)
            mm; infinite where no ray comes from outside.
        normal : ndarray, shape (rows, columns, 3)
            Of the face that is met there, into the volume, as slopes per voxel.
        """
        starts = self.starts()
        depth = np.full(self.size, -np.inf)
        normals = [np.zeros(3)]
        number = np.zeros(self.size, np.intp)
        for space in (*self._faces(), *spaces):
            speed = float(space.normal @ self.direction)
            if speed > PARALLEL:
                entry = (space.limit - starts @ space.normal) / speed
                is_later = entry > depth
                np.copyto(depth, entry, where=is_later)
                number[is_later] = len(normals)
                normals.append(space.normal)
        return depth, np.stack(normals)[number]

    def _faces(self) -> list[HalfSpace]:
        """Return what is inside of each of the six faces of the box of the voxels."""
        last = np.asarray(self.volume.shape) - 0.5
        near = [HalfSpace(axis, -0.5) for axis in np.eye(3)]
        far = [HalfSpace(-axis, -float(axis @ last)) for axis in np.eye(3)]
        return near + far

    def _ends_along(self, axis: int, start: Floats) -> tuple[Any, Any]:
        """Return the depths at which rays enter and leave the volume's range of one axis."""
        last = self.volume.shape[axis] - 0.5
        speed = self.direction[axis]
        if abs(speed) < PARALLEL:
            inside = (start >= -0.5) & (start <= last)
            return -np.inf, np.where(inside, np.inf, -np.inf)
        one = (-0.5 - start) / speed
        other = (last - start) / speed
        return np.minimum(one, other), np.maximum(one, other)


@dataclass(frozen=True)
class HalfSpace:
    """What is kept: voxels p of a volume with ``normal @ p >= limit``."""

    normal: Floats
    limit: float


def half_spaces(planes: Iterable[Any] | None, volume: ShownVolume) -> list[HalfSpace]:
    """Return what the enabled clipping planes of a layer keep.

    Parameters
    ----------
    planes : iterable of plane or mapping
        With position, normal, and perhaps enabled; in voxels of the finest level.
    volume : ShownVolume
    """
    return [_half_space(plane, volume) for plane in planes or () if _field(plane, "enabled", True)]


def _half_space(plane: Any, volume: ShownVolume) -> HalfSpace:
    position = np.asarray(_field(plane, "position", (0, 0, 0)), np.float64)
    normal = np.asarray(_field(plane, "normal", (1, 0, 0)), np.float64)
    # A voxel p of the level is at ``p * factors + offsets`` in the finest.
    distance = float(normal @ (position - volume.offsets))
    return HalfSpace(normal * volume.factors, distance - ROUNDING)


def _field(plane: Any, name: str, default: Any) -> Any:
    if isinstance(plane, Mapping):
        return plane.get(name, default)
    return getattr(plane, name, default)


def within(points: Floats, spaces: Sequence[HalfSpace]) -> NDArray[np.bool_]:
    """Return which points (..., 3) no plane cuts off."""
    kept = np.ones(points.shape[:-1], np.bool_)
    for space in spaces:
        kept &= points @ space.normal >= space.limit
    return kept
