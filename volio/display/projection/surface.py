"""Isosurfaces: where rays first meet a value, and how the surface shines there."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.srgb import linear_to_srgb, srgb_to_linear
from volio.display.projection.accumulators import Accumulator, Sheet, luminance
from volio.display.projection.geometry import Rays
from volio.display.sampling.points import sample_points

__all__ = ["WIDEST", "FirstHit", "Light", "halvings_for", "refined", "shaded"]

Floats = NDArray[np.float64]
REACH, WIDEST = 0.75, 3.0  # steps to either side of a hit in which the surface is looked for


@dataclass(frozen=True)
class Light:
    """How a surface shines in a light beside the viewer.

    Parameters
    ----------
    shininess : float
        Exponent of the highlight; 0 or less for none.
    emissive : (red, green, blue)
        Colour that the surface gives off itself, sRGB in 0..1.
    """

    shininess: float = 30.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ambient: float = 0.1
    diffuse: float = 0.7
    specular: float = 0.3

    def on(self, colour: Sheet, facing: Sheet) -> Sheet:
        """Return the colour (k, 3) of a surface whose normal's cosine to the viewer is given."""
        part = facing[:, np.newaxis]
        light = srgb_to_linear(colour) * (self.ambient + self.diffuse * part)
        if self.shininess > 0:
            light = light + self.specular * part ** np.float32(self.shininess)
        light = light + srgb_to_linear(np.asarray(self.emissive, np.float32))
        return linear_to_srgb(np.clip(light, 0, 1))


class FirstHit(Accumulator):
    """The first step at which the value is above the threshold."""

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        self.before = np.full(shape, np.nan, np.float32)  # the sample before, where there is one

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
        """Take a sheet of samples."""
        value = luminance(sheet) if self.channels else sheet
        threshold = np.float32(self.settings.threshold)
        before, first = self.before[where], self.first[where]
        hit = value > threshold
        if hit.any():
            hit &= np.isnan(first)
            if keep is not None:
                hit &= keep
            now = value[hit]
            back = (now - threshold) / (now - before[hit])
            first[hit] = step - np.where(np.isnan(back), np.float32(0), back)
        before[...] = value if keep is None else np.where(keep, value, np.float32(np.nan))

    def result(self) -> Sheet:
        """Return values or colours."""
        return np.where(np.isnan(self.first), self.first, np.float32(self.settings.threshold))


def _values(rays: Rays, points: Floats, name: str) -> Sheet:
    found = sample_points(rays.block, points, name, None)
    return luminance(found) if rays.block.channels else found


def halvings_for(precision: float) -> int:
    """Return how often a way of `REACH` is halved until its middle is within a part of a step."""
    return max(1, ceil(log2(REACH / (2 * precision))))


def refined(
    rays: Rays, depth: Floats, step: float, threshold: float, name: str, halvings: int
) -> Floats:
    """Move hits to where the value is the threshold, by halving the way around them.

    Parameters
    ----------
    rays : Rays
    depth : ndarray
        Of hits, mm along the rays; NaN for none.
    step : float
        Of the search that found them, mm.
    threshold : float
    name : str
        Interpolation.
    halvings : int

    Returns
    -------
    ndarray
        Hits on a face of the volume, or of what is cut off, stay; where there is no surface on
        the ray of the pixel itself, NaN.
    """
    hit = np.isfinite(depth)
    starts, found = rays.starts()[hit], depth[hit]

    def above(at: Floats, which: Any = slice(None)) -> NDArray[np.bool_]:
        points = starts[which] + at[:, np.newaxis] * rays.direction
        return np.asarray(_values(rays, points, name) > threshold)

    behind = above(found)  # then the surface is before
    near, far = np.where(behind, -REACH, 0.0), np.where(behind, 0.0, REACH)
    low, high = found + near * step, found + far * step
    crossing = above(np.where(behind, low, high)) != behind
    _widen(above, low, high, crossing, found, step)
    for _ in range(halvings):
        middle = (low + high) / 2
        inside = above(middle)
        high, low = np.where(inside, middle, high), np.where(inside, low, middle)
    crossed = np.where(crossing, (low + high) / 2, found)
    result = depth.copy()
    result[hit] = np.where(crossing | behind, crossed, np.nan)
    return result


def _widen(
    above: Any, low: Floats, high: Floats, crossing: NDArray[np.bool_], found: Floats, step: float
) -> None:
    """Look further, from the front, where the surface is steep: a neighbour's hit is far off."""
    left = np.flatnonzero(~crossing)
    if not len(left):
        return
    before = found[left] - WIDEST * step
    outside = ~above(before, left)
    for number in range(1, round(2 * WIDEST / REACH) + 1):
        after = found[left] + (number * REACH - WIDEST) * step
        inside = above(after, left)
        new = outside & inside & ~crossing[left]
        low[left[new]], high[left[new]] = before[new], after[new]
        crossing[left[new]] = True
        before, outside = after, ~inside


def shaded(rays: Rays, points: Floats, colour: Sheet, light: Light, name: str) -> Sheet:
    """Return the colours of surface points, lit from the viewer.

    Parameters
    ----------
    rays : Rays
    points : ndarray, shape (k, 3)
        In voxels.
    colour : ndarray, shape (k, 4)
    light : Light
    name : str
        Interpolation.

    Returns
    -------
    ndarray of float32, shape (k, 4)
    """
    steps = np.eye(3)
    slope = np.stack(
        [_values(rays, points + one, name) - _values(rays, points - one, name) for one in steps],
        axis=-1,
    )
    matrix = rays.block.matrix[:3, :3]
    # Slopes per voxel become slopes per mm: covectors transform by the inverse.
    normal = np.nan_to_num(slope) @ np.linalg.inv(matrix)
    view = matrix @ rays.direction
    length = np.linalg.norm(normal, axis=-1)
    facing = np.where(length > 0, np.abs(normal @ view) / np.maximum(length, 1e-30), 1)
    lit = light.on(colour[:, :3], facing.astype(np.float32))
    return np.concatenate([lit, colour[:, 3:]], axis=-1)
