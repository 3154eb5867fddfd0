"""Positions of the samples of a plane, in the voxels of a volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.sampling.shown_volume import ShownVolume
from volio.errors import UsageError
from volio.space.affines import to_matvec

__all__ = ["ON_VOXEL", "PlaneGrid", "WorldPlane", "snapped"]

Floats = NDArray[np.float64]

#: Of a voxel: what is nearer than this to its centre is on it.
ON_VOXEL = 1e-4
#: Sine of the angle between two steps that are along one line.
SAME_DIRECTION = 1e-12


@dataclass(frozen=True)
class WorldPlane:
    """The samples of a plane in the world: (i, j) is at ``origin + i * u + j * v``.

    Parameters
    ----------
    origin, u, v : (3,) array
        mm.
    shape : (int, int)
        Numbers of samples.
    normal : (3,) array
        Square to u and v, length 1.
    """

    origin: Floats
    u: Floats
    v: Floats
    shape: tuple[int, int]
    normal: Floats

    @classmethod
    def of(cls, origin: ArrayLike, u: ArrayLike, v: ArrayLike, shape: tuple[int, int]) -> Self:
        """Return the plane of an origin and two steps.

        Raises
        ------
        UsageError
            If u and v do not span a plane, or there are no samples.
        """
        start, row_step, column_step = (_finite_vector(vector) for vector in (origin, u, v))
        counts = int(shape[0]), int(shape[1])
        if min(counts) < 1:
            raise UsageError(f"shape: must be two positive numbers of samples, got {shape}")
        return cls(start, row_step, column_step, counts, _normal(row_step, column_step))

    @property
    def pixel(self) -> float:
        """The shorter of the two steps, mm."""
        return float(min(np.linalg.norm(self.u), np.linalg.norm(self.v)))


@dataclass(frozen=True)
class PlaneGrid:
    """The samples of a plane in a volume: (i, j) is at ``start + i * steps[0] + j * steps[1]``.

    Parameters
    ----------
    volume : ShownVolume
    start : (3,) array
        In voxels.
    steps : (2, 3) array
        In voxels.
    shape : (int, int)
        Numbers of samples.
    normal : (3,) array
        Of the plane, world, length 1.
    """

    volume: ShownVolume
    start: Floats
    steps: Floats
    shape: tuple[int, int]
    normal: Floats

    @classmethod
    def of_world(cls, volume: ShownVolume, plane: WorldPlane) -> Self:
        """Return the grid of a plane in the world."""
        linear, translation = to_matvec(volume.inverse)
        return cls(
            volume,
            start=linear @ plane.origin + translation,
            steps=np.stack([linear @ plane.u, linear @ plane.v]),
            shape=plane.shape,
            normal=plane.normal,
        )

    def moved(self, distance: float) -> Self:
        """Return the grid at a distance in mm along the normal."""
        offset = self.volume.inverse[:3, :3] @ self.normal * distance
        return replace(self, start=self.start + offset)

    def points(self) -> Floats:
        """Return the positions of all samples, (n, m, 3)."""
        rows = np.arange(self.shape[0])[:, None, None]
        columns = np.arange(self.shape[1])[:, None]
        points: Floats = self.start + rows * self.steps[0] + columns * self.steps[1]
        return points

    def voxel_axes(self) -> tuple[int, int] | None:
        """Return the axes of the voxels that the steps run along; None for an oblique plane."""
        axes = [int(np.argmax(np.abs(step))) for step in self.steps]
        for step, axis, count in zip(self.steps, axes, self.shape, strict=True):
            sideways = np.abs(np.delete(step, axis)).max() * max(1, count - 1)
            if sideways > ON_VOXEL:
                return None
        return (axes[0], axes[1]) if axes[0] != axes[1] else None

    def on_slices(self) -> Self:
        """Return the grid moved to the nearest slice of the voxels; an oblique one as it is."""
        axes = self.voxel_axes()
        if axes is None:
            return self
        across = 3 - sum(axes)  # the third of the axes 0, 1 and 2
        start = self.start.copy()
        start[across] = np.rint(start[across])
        return replace(self, start=start)

    def indices(self, number: int, axis: int) -> Floats:
        """Return the indices of the samples along rows (0) or columns (1), on a voxel axis."""
        steps = np.arange(self.shape[number]) * self.steps[number, axis]
        return snapped(self.start[axis] + steps)


def _finite_vector(given: ArrayLike) -> Floats:
    vector = np.asarray(given, np.float64)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise UsageError("origin, u and v: must be three finite numbers each, world mm")
    return vector


def _normal(u: Floats, v: Floats) -> Floats:
    """Return the direction square to two steps, length 1."""
    lengths = np.linalg.norm(u), np.linalg.norm(v)
    if min(lengths) > 0:  # whatever the unit of the world
        normal = np.cross(u / lengths[0], v / lengths[1])
        sine = float(np.linalg.norm(normal))
        if sine > SAME_DIRECTION:
            unit: Floats = normal / sine
            return unit
    raise UsageError(f"u and v: must span a plane, got {u.tolist()} and {v.tolist()}")


def snapped(indices: Floats) -> Floats:
    """Return indices, those next to a voxel's centre on it."""
    nearest = np.rint(indices)
    return np.where(np.abs(indices - nearest) < ON_VOXEL, nearest, indices)
