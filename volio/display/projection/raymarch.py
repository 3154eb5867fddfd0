"""Projection ray by ray: each sample where its ray is, however long that takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.accumulators import Accumulator
from volio.display.projection.geometry import HalfSpace, Rays, within
from volio.display.sampling.points import sample_points

__all__ = ["PlaneSlab", "march_plane", "march_rays"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Thickness in voxels that rounding may add without one more sample.
ROUNDING = 1e-9
#: Speed along its normal at which a plane is seen from its edge.
EDGE_ON = 1e-12


@dataclass(frozen=True)
class Marcher:
    """Samples of rays that are added to an accumulator.

    Parameters
    ----------
    rays : Rays
    accumulator : Accumulator
        Of the picture's shape.
    interpolation : str
    spaces : sequence of HalfSpace
        What clipping planes keep.
    """

    rays: Rays
    accumulator: Accumulator
    interpolation: str
    spaces: Sequence[HalfSpace]

    def add(self, step: int, points: Floats, active: Mask) -> None:
        """Add one sample of each active ray.

        Parameters
        ----------
        step : int
            Number of the sample along the rays.
        points : ndarray, shape (k, 3)
            Of the k active rays, in voxels.
        active : ndarray of bool, of the picture's shape
        """
        values = sample_points(self.rays.volume, points, self.interpolation, None)
        missing = np.isnan(values)
        sheet = np.zeros((*active.shape, *values.shape[1:]), np.float32)
        sheet[active] = np.where(missing, 0, values)
        is_known = ~missing if values.ndim == 1 else ~missing.any(axis=-1)
        keep = active.copy()
        keep[active] = is_known & within(points, self.spaces)
        seen = self.accumulator.seen(sheet, keep)
        self.accumulator.add(sheet, step, (slice(None), slice(None)), seen)


def march_rays(
    rays: Rays,
    accumulator: Accumulator,
    step: float,
    interpolation: str,
    spaces: Sequence[HalfSpace] = (),
) -> Floats:
    """Add samples along rays, equally far apart, from where each enters the volume.

    Parameters
    ----------
    rays : Rays
    accumulator : Accumulator
        Of the picture's shape.
    step : float
        Between samples, mm.
    interpolation : str
    spaces : sequence of HalfSpace
        What clipping planes keep.

    Returns
    -------
    ndarray
        Depths that the accumulator finds, in mm; NaN where there is nothing.
    """
    marcher = Marcher(rays, accumulator, interpolation, spaces)
    enter, leave = rays.ends()
    counts = _sample_counts(leave - enter, step)
    starts = rays.starts()
    for number in range(int(counts.max(initial=0))):
        active = counts > number
        # Samples stand for the step around them.
        depth = enter[active] + (number + 0.5) * step
        points = starts[active] + depth[:, np.newaxis] * rays.direction
        marcher.add(number, points, active)
        if accumulator.done():
            break
    return enter + (accumulator.depth() + 0.5) * step


def _sample_counts(way: Floats, step: float) -> NDArray[np.intp]:
    """Return the number of samples on ways through the volume: one at least, on short ones too."""
    counts = np.rint(np.maximum(way, 0) / step)
    return np.maximum(counts, way > 0).astype(np.intp)


class PlaneSlab(NamedTuple):
    """A slab about a plane: position and normal (3,), and thickness along it, in finest voxels."""

    position: Floats
    normal: Floats
    thickness: float


def march_plane(
    rays: Rays,
    make: Callable[[float], Accumulator],
    slab: PlaneSlab,
    interpolation: str,
    spaces: Sequence[HalfSpace] = (),
) -> tuple[Accumulator, Floats, Floats]:
    """Add samples of a slab: along its normal, about the point at which each ray meets the plane.

    Parameters
    ----------
    rays : Rays
    make : callable
        Makes an accumulator of the picture's shape for samples so many voxels apart.
    slab : PlaneSlab
        ``ceil(thickness)`` samples, at least one, are on both sides of the plane alike.
    interpolation : str
    spaces : sequence of HalfSpace
        What clipping planes keep.

    Returns
    -------
    accumulator : Accumulator
    depth : ndarray
        Of the plane, mm; NaN where there is nothing.
    points : ndarray, (rows, columns, 3)
        Where rays meet the plane, moved along the normal by the accumulator's depth; voxels.
    """
    plane = _LevelPlane.of(slab, rays)
    accumulator = make(plane.apart)
    if abs(plane.speed) < EDGE_ON:
        return accumulator, np.full(rays.size, np.nan), rays.starts()
    depth = plane.depth(rays)
    points = rays.at(depth)
    marcher = Marcher(rays, accumulator, interpolation, spaces)
    _add_slab(marcher, points, plane.away, plane.samples)
    found = accumulator.depth()
    depth[np.isnan(found)] = np.nan
    shift = np.nan_to_num(found) - (plane.samples - 1) / 2
    return accumulator, depth, points + shift[..., np.newaxis] * plane.away


class _LevelPlane(NamedTuple):
    """The plane of a slab in voxels of the level that rays run through.

    Parameters
    ----------
    position : ndarray, shape (3,)
    covector : ndarray, shape (3,)
        Times a step in voxels: the way along the normal, in voxels of the finest level.
    speed : float
        Way of rays along the normal, voxels per mm.
    samples : int
        Through the slab.
    apart : float
        Between them, in voxels of the finest level.
    away : ndarray, shape (3,)
        From sample to sample, away from the viewer.
    """

    position: Floats
    covector: Floats
    speed: float
    samples: int
    apart: float
    away: Floats

    @classmethod
    def of(cls, slab: PlaneSlab, rays: Rays) -> _LevelPlane:
        """Return the plane of a slab."""
        count = max(1, ceil(slab.thickness - ROUNDING))
        apart = slab.thickness / count if count > 1 else 1.0
        # A voxel p of the level is at ``p * factors + offsets`` in the finest.
        factors = rays.volume.factors
        position = (slab.position - rays.volume.offsets) / factors
        covector = slab.normal * factors
        speed = float(rays.direction @ covector)
        away = slab.normal / factors * np.sign(speed) * apart
        return cls(position, covector, speed, count, apart, away)

    def depth(self, rays: Rays) -> Floats:
        """Return the depths in mm at which rays meet the plane."""
        depth: Floats = ((self.position - rays.starts()) @ self.covector) / self.speed
        return depth


def _add_slab(marcher: Marcher, points: Floats, away: Floats, count: int) -> None:
    """Add so many samples of each ray, on both sides of its point (rows, columns, 3) alike."""
    edges = np.asarray(marcher.rays.volume.shape) - 0.5
    for number in range(count):
        moved = points + (number - (count - 1) / 2) * away
        inside = (moved >= -0.5 - ROUNDING) & (moved <= edges + ROUNDING)
        active = np.asarray(inside.all(axis=-1))
        if active.any():
            marcher.add(number, moved[active], active)
