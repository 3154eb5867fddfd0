"""Projection ray by ray: each sample where its ray is, however long that takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.accumulators import Accumulator
from volio.display.projection.geometry import Cut, Rays, kept
from volio.display.sampling.points import sample_points

__all__ = ["march_plane", "march_rays"]

Floats = NDArray[np.float64]


def march_rays(rays: Rays, fold: Accumulator, step: float, name: str, cuts: Sequence[Cut] = ()) -> Floats:
    """Accumulator samples along rays, equally far apart, from where each enters the volume.

    Parameters
    ----------
    rays : Rays
    fold : Accumulator
        Of the picture's shape.
    step : float
        Between samples, mm.
    name : str
        Interpolation.
    cuts : sequence of Cut
        What is left out.

    Returns
    -------
    ndarray
        Depths of the fold's rays in mm; NaN where there is nothing.
    """
    enter, leave = rays.ends()
    way = np.where(leave > enter, leave - enter, 0)
    counts = np.maximum(np.rint(way / step), way > 0).astype(int)
    for number in range(int(counts.max(initial=0))):
        # Samples stand for the step around them.
        _fold_points(rays, fold, number, enter + (number + 0.5) * step, counts > number, name, cuts)
        if fold.done():
            break
    return enter + (fold.depth() + 0.5) * step


def _fold_points(
    rays: Rays,
    fold: Accumulator,
    number: int,
    depth: Floats,
    active: NDArray[np.bool_],
    name: str,
    cuts: Sequence[Cut],
) -> None:
    if not active.any():
        return
    depth = np.where(active, depth, 0)
    points = rays.starts()[active] + depth[active][:, np.newaxis] * rays.direction
    _fold_at(rays, fold, number, points, active, name, cuts)


def _fold_at(
    rays: Rays,
    fold: Accumulator,
    number: int,
    points: Floats,
    active: NDArray[np.bool_],
    name: str,
    cuts: Sequence[Cut],
) -> None:
    """Accumulator the samples at the points of the active rays; NaN is left out."""
    channels = (rays.block.channels,) if rays.block.channels else ()
    sheet = np.zeros((*active.shape, *channels), np.float32)
    found = sample_points(rays.block, points, name, None)
    missing = np.isnan(found)
    sheet[active] = np.where(missing, 0, found)
    good = ~(missing.any(axis=-1) if channels else missing)
    keep = active.copy()
    keep[active] = good & kept(points, cuts)
    fold.add(sheet, number, (slice(None), slice(None)), keep)


def march_plane(
    rays: Rays,
    make: Callable[[float], Accumulator],
    position: Floats,
    normal: Floats,
    thickness: float,
    name: str,
    cuts: Sequence[Cut] = (),
) -> tuple[Accumulator, Floats, Floats]:
    """Accumulator a slab about a plane: samples along its normal, about the point each ray meets.

    Parameters
    ----------
    rays : Rays
    make : callable
        Makes a fold of the picture's shape for samples so many voxels apart.
    position, normal : ndarray, shape (3,)
        Of the plane, in voxels of the finest level.
    thickness : float
        Of the slab, in voxels along the normal; ``ceil(thickness)`` samples, at least one, lie
        symmetrically about the plane.
    name : str
        Interpolation.
    cuts : sequence of Cut

    Returns
    -------
    fold : Accumulator
    depth : ndarray
        Of the plane, mm; NaN where there is nothing.
    points : ndarray, (rows, columns, 3)
        Where rays meet the plane, moved along the normal by the fold's depth; voxels.
    """
    factors = rays.block.factors
    place = (position - (factors - 1) / 2) / factors
    across, along = normal * factors, normal / factors
    speed = float(rays.direction @ across)
    count = max(1, ceil(thickness - 1e-9))
    apart = thickness / count if count > 1 else 1.0
    fold = make(apart)
    if abs(speed) < 1e-12:  # seen from its edge
        return fold, np.full(rays.size, np.nan), rays.starts()
    depth = ((place - rays.starts()) @ across) / speed
    points = rays.at(depth)
    shape, away = np.asarray(rays.block.shape), along * np.sign(speed) * apart
    for number in range(count):
        moved = points + (number - (count - 1) / 2) * away
        active = ((moved >= -0.5 - 1e-9) & (moved <= shape - 0.5 + 1e-9)).all(axis=-1)
        if active.any():
            _fold_at(rays, fold, number, moved[active], active, name, cuts)
    found = fold.depth()
    shift = np.nan_to_num(found) - (count - 1) / 2
    depth[np.isnan(found)] = np.nan
    return fold, depth, points + shift[..., np.newaxis] * away
