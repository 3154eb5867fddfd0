"""Isosurfaces: where rays first meet a value, and the light on the surface there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.srgb import linear_to_srgb, srgb_to_linear
from volio.display.projection.accumulators import Accumulator, Keep, Sheet, Where, luminance
from volio.display.projection.geometry import Rays
from volio.display.sampling.points import sample_points

__all__ = ["WIDEST", "FirstHit", "Light", "halvings_for", "on_faces", "refined", "shaded"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Returns whether values are above the threshold at depths of rays; of some rays by their numbers.
Above = Callable[..., Mask]

#: Steps to either side of a hit in which the surface is looked for first.
REACH = 0.75
#: Steps to either side in which it is looked for where it was not found.
WIDEST = 3.0
#: Steps behind a face within which hits are on it.
FACE = 1.5
#: Lengths of a slope below this are those of none.
NO_LENGTH = 1e-30


@dataclass(frozen=True)
class Light:
    """The light on a surface, from the viewer.

    Parameters
    ----------
    shininess : float
        Exponent of the highlight; 0 or less for none.
    emissive : (red, green, blue)
        Colour that the surface gives off itself, sRGB in 0..1.
    ambient, diffuse, specular : float
        Shares of the light: from everywhere, scattered by the surface, in the highlight.
    """

    shininess: float = 30.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ambient: float = 0.1
    diffuse: float = 0.7
    specular: float = 0.3

    def on(self, colour: Sheet, facing: Sheet) -> Sheet:
        """Return the colour (k, 3) of a surface whose normal's cosine to the viewer is given."""
        cosine = facing[:, np.newaxis]
        light = srgb_to_linear(colour) * (self.ambient + self.diffuse * cosine)
        if self.shininess > 0:
            light = light + self.specular * cosine ** np.float32(self.shininess)
        light = light + srgb_to_linear(np.asarray(self.emissive, np.float32))
        return linear_to_srgb(np.clip(light, 0, 1))


class FirstHit(Accumulator):
    """The first step at which the value is above the threshold."""

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        #: The sample before; NaN where there is none.
        self.before = np.full(shape, np.nan, np.float32)

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        value = luminance(sheet) if self.channels else sheet
        hit = value > np.float32(self.settings.threshold)
        if hit.any():
            hit &= np.isnan(self.first[where])
            if keep is not None:
                hit &= keep
            self._note_hits(value, step, where, hit)
        self.before[where] = value if keep is None else np.where(keep, value, np.float32(np.nan))

    def _note_hits(self, value: Sheet, step: int, where: Where, hit: Mask) -> None:
        """Note the steps of hits, between the sample before and this one."""
        above = value[hit]
        before = self.before[where][hit]
        back = (above - np.float32(self.settings.threshold)) / (above - before)
        first = self.first[where]
        first[hit] = step - np.where(np.isnan(back), np.float32(0), back)

    def result(self) -> Sheet:
        """Return the threshold where there is a hit."""
        return np.where(np.isnan(self.first), self.first, np.float32(self.settings.threshold))


def _values(rays: Rays, points: Floats, interpolation: str) -> Sheet:
    values = sample_points(rays.volume, points, interpolation, None)
    return luminance(values) if rays.volume.channels else values


def halvings_for(precision: float) -> int:
    """Return how often a way of `REACH` is halved until its middle is within a part of a step."""
    return max(1, ceil(log2(REACH / (2 * precision))))


def refined(
    rays: Rays, depth: Floats, step: float, threshold: float, interpolation: str, halvings: int
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
    interpolation : str
    halvings : int

    Returns
    -------
    ndarray
        Hits behind a face of the volume, or of what is cut off, stay; where there is no surface
        on the ray of the pixel itself, NaN.
    """
    is_hit = np.isfinite(depth)
    starts = rays.starts()[is_hit]

    def above(depths: Floats, which: Any = slice(None)) -> Mask:
        points = starts[which] + depths[:, np.newaxis] * rays.direction
        return np.asarray(_values(rays, points, interpolation) > threshold)

    result = depth.copy()
    result[is_hit] = _crossings(above, depth[is_hit], step, halvings)
    return result


def _crossings(above: Above, hits: Floats, step: float, halvings: int) -> Floats:
    """Return the depths of the surface near hits; NaN where there is none."""
    bracket = Bracket.around(above, hits, step)
    bracket.widen(above, hits, step)
    for _ in range(halvings):
        bracket.halve(above)
    crossed = np.where(bracket.has_surface, bracket.middle, hits)
    return np.where(bracket.has_surface | bracket.starts_inside, crossed, np.nan)


@dataclass
class Bracket:
    """Ways along rays in which the surface is looked for.

    Parameters
    ----------
    low, high : ndarray, shape (k,)
        Depths of the ends.
    has_surface : ndarray of bool, shape (k,)
        Whether the value crosses the threshold between them.
    starts_inside : ndarray of bool, shape (k,)
        Whether it is above the threshold at the hit itself.
    """

    low: Floats
    high: Floats
    has_surface: Mask
    starts_inside: Mask

    @classmethod
    def around(cls, above: Above, hits: Floats, step: float) -> Bracket:
        """Return the ways before hits that are inside, and behind the others."""
        inside = above(hits)
        low = hits + np.where(inside, -REACH, 0.0) * step
        high = hits + np.where(inside, 0.0, REACH) * step
        has_surface = above(np.where(inside, low, high)) != inside
        return cls(low, high, has_surface, inside)

    @property
    def middle(self) -> Floats:
        """The middle of each way."""
        middle: Floats = (self.low + self.high) / 2
        return middle

    def halve(self, above: Above) -> None:
        """Keep the half with the surface in it."""
        middle = self.middle
        inside = above(middle)
        self.high = np.where(inside, middle, self.high)
        self.low = np.where(inside, self.low, middle)

    def widen(self, above: Above, hits: Floats, step: float) -> None:
        """Look further, from the front, where the surface is steep: hits of neighbours are far."""
        left = np.flatnonzero(~self.has_surface)
        if not len(left):
            return
        before = hits[left] - WIDEST * step
        was_outside = ~above(before, left)
        for number in range(1, round(2 * WIDEST / REACH) + 1):
            after = hits[left] + (number * REACH - WIDEST) * step
            inside = above(after, left)
            is_first = was_outside & inside & ~self.has_surface[left]
            self._set(left[is_first], before[is_first], after[is_first])
            before = after
            was_outside = ~inside

    def _set(self, numbers: NDArray[np.intp], low: Floats, high: Floats) -> None:
        """Set the ends of ways in which the surface was found."""
        self.low[numbers] = low
        self.high[numbers] = high
        self.has_surface[numbers] = True


def on_faces(depth: Floats, entry: Floats, step: float) -> Mask:
    """Return which hits are on faces: of the volume, or of what clipping planes leave.

    Parameters
    ----------
    depth : ndarray
        Of hits, mm; NaN for none.
    entry : ndarray
        Where rays enter what is shown, mm.
    step : float
        Of the search, mm: a hit is found up to so far behind its face.
    """
    return np.asarray(depth - entry < FACE * step)


def shaded(
    rays: Rays,
    points: Floats,
    colour: Sheet,
    light: Light,
    interpolation: str,
    threshold: float,
    faces: Floats,
) -> Sheet:
    """Return the colours of surface points, lit from the viewer.

    Parameters
    ----------
    rays : Rays
    points : ndarray, shape (k, 3)
        In voxels.
    colour : ndarray, shape (k, 4)
    light : Light
    interpolation : str
    threshold : float
        Value of the surface.
    faces : ndarray, shape (k, 3)
        Normals of the faces that points are on, as slopes per voxel; NaN for those on none.

    Returns
    -------
    ndarray of float32, shape (k, 4)
    """
    slopes = faces.astype(np.float32)
    is_free = np.isnan(faces).any(axis=1)
    slopes[is_free] = _slopes(rays, points[is_free], interpolation, threshold)
    facing = _cosine_to_viewer(rays, slopes)
    return np.concatenate([light.on(colour[:, :3], facing), colour[:, 3:]], axis=-1)


def _cosine_to_viewer(rays: Rays, slopes: Sheet) -> Sheet:
    """Return the cosines between surfaces' normals and the rays; 1 where there is no slope."""
    matrix = rays.volume.matrix[:3, :3]
    # Slopes per voxel become slopes per mm: covectors transform by the inverse.
    normal = np.nan_to_num(slopes) @ np.linalg.inv(matrix)
    view = matrix @ rays.direction
    length = np.linalg.norm(normal, axis=-1)
    cosine = np.abs(normal @ view) / np.maximum(length, NO_LENGTH)
    return np.where(length > 0, cosine, 1).astype(np.float32)


def _slopes(rays: Rays, points: Floats, interpolation: str, threshold: float) -> Sheet:
    """Return central differences of the values at points (k, 3), two voxels wide."""
    differences = []
    for step in np.eye(3):
        after = _values(rays, points + step, interpolation)
        before = _values(rays, points - step, interpolation)
        differences.append(
            _or_below(after, before, threshold) - _or_below(before, after, threshold)
        )
    return np.stack(differences, axis=-1)


def _or_below(values: Sheet, opposite: Sheet, threshold: float) -> Sheet:
    """Return values; where there is none, one as far below the surface as the opposite is above."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    below = 2 * threshold - np.maximum(opposite, threshold)
    return np.where(missing, below, values).astype(np.float32)
