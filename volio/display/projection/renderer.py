"""The renderer of one layer: all that a picture in parallel projection is made from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.srgb import Picture, to_bytes
from volio.display.colour.value_colours import ValueColours
from volio.display.projection.accumulator_kinds import ACCUMULATORS, Farthest
from volio.display.projection.accumulators import Accumulator, RaySettings, luminance
from volio.display.projection.geometry import HalfSpace, Rays, half_spaces
from volio.display.projection.lazy_parts import parts_around
from volio.display.projection.raymarch import PlaneSlab, march_plane, march_rays
from volio.display.projection.shearwarp import Shear, accumulate_slices
from volio.display.projection.surface import (
    WIDEST,
    FirstHit,
    Light,
    on_faces,
    refined,
    shaded,
)
from volio.display.projection.warp import warp, warp_nearest
from volio.display.sampling.kernels import NEAREST, reach_of
from volio.display.sampling.points import sample_points

__all__ = ["Projection", "Renderer", "empty"]

#: Modes in which values at the wrong limit may be background.
CUT = ("mip", "minip", "attenuated_mip")
#: Alpha below which a colour is clear.
CLEAR = 1e-6
#: Of a voxel: a point between two voxels is in the first of them.
ROUNDING = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """A picture, with the value, the depth and the voxel of each pixel.

    Parameters
    ----------
    rgba : ndarray of float32, shape (h, w, 4)
        In 0..1, alpha not multiplied in.
    values : ndarray of floats, shape (h, w), or None
        The value of each colour, NaN for nothing: of mip, minip, average, attenuated_mip and
        iso; None for modes that add colours, and for volumes of colours. float64 of numbers that
        float32 cannot tell apart, so far from 0.
    depth : ndarray, shape (h, w)
        World mm behind the plane through the view's centre: of the voxel shown by mip, minip and
        attenuated_mip, of the surface, else of the first sample that counts. NaN for nothing.
    voxel : ndarray of int, shape (h, w, 3)
        The voxel of `level` at that point, along the axes shown; -1 for nothing.
    level : int
        The level of the layer that was read, 0 for the finest.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> projection = volio.display.project(img, "left", "mip")
    >>> projection.rgba.shape == (*projection.values.shape, 4)
    True
    """

    rgba: Picture
    values: NDArray[np.floating[Any]] | None
    depth: NDArray[np.float64]
    voxel: NDArray[np.intp]
    level: int = 0

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture as bytes, shape (h, w, 4)."""
        return to_bytes(self.rgba)


def empty(size: tuple[int, int], channels: int) -> Projection:
    """Return the projection of nothing."""
    return Projection(
        rgba=np.zeros((*size, 4), np.float32),
        values=None if channels else np.full(size, np.nan, np.float32),
        depth=np.full(size, np.nan),
        voxel=np.full((*size, 3), -1),
    )


def fill(picture: Projection, part: Projection, where: NDArray[np.bool_]) -> None:
    """Fill pixels of a picture with those of another."""
    picture.rgba[where] = part.rgba[where]
    picture.depth[where] = part.depth[where]
    if picture.values is not None and part.values is not None:
        picture.values[where] = part.values[where]


@dataclass(frozen=True)
class Renderer:
    """All that a picture is made from."""

    layer: Any
    rays: Rays
    mode: str
    interpolation: str
    colours: ValueColours
    threshold: float
    light: Light = field(default_factory=Light)
    cutoff: bool = False
    halvings: int = 1

    @property
    def spaces(self) -> list[HalfSpace]:
        """What the clipping planes of the layer keep."""
        return half_spaces(self.layer.experimental_clipping_planes, self.rays.volume)

    def accumulator(self, shape: tuple[int, ...], length: float) -> Accumulator:
        """Return a new accumulator, for steps of a length in voxels."""
        settings = self._settings(length)
        kind = FirstHit if self.mode == "iso" else ACCUMULATORS[self.mode]
        if self.mode == "mip" and self.colours.hides_middle:
            kind = Farthest
        return kind(shape, settings, self.rays.volume.channels)

    def _settings(self, length: float) -> RaySettings:
        return RaySettings(
            limits=self.colours.limits,
            gamma=self.colours.gamma,
            colormap=self.colours.colormap,
            attenuation=self.layer.attenuation,
            length=length,
            threshold=self.threshold,
            hidden=self.colours.hidden,
        )

    def picture(self, step: float | None) -> Projection:
        """Return the picture of the plane; else fast, or by samples so many voxels apart."""
        if self.layer.depiction == "plane":
            return self._plane()
        return self._fast() if step is None else self._exact(step)

    def _fast(self) -> Projection:
        """Project by shear and warp."""
        shear = Shear(self.rays)
        accumulator = self.accumulator(shear.shape, shear.step)
        accumulate_slices(shear, accumulator, self.interpolation, self.spaces)
        depth = shear.depth(warp_nearest(accumulator.depth(), shear))
        if self.mode == "iso":
            return self._surface(depth, abs(1 / shear.speed))
        enter, leave = self.rays.ends()
        meets = leave > enter  # the rays that pass through the volume
        result = accumulator.result()
        if self.interpolation == NEAREST and result.ndim == 2:  # no value between two voxels'
            nearest = np.where(meets, warp_nearest(result, shear), np.nan)
            return self._finished(nearest.astype(np.float32), depth)
        return self._finished(warp(result, shear, meets), depth)

    def _exact(self, step: float) -> Projection:
        """Project ray by ray, with samples so many voxels apart."""
        apart = step / float(np.linalg.norm(self.rays.direction))
        accumulator = self.accumulator(self.rays.size, apart / self.rays.voxel)
        depth = march_rays(self.rays, accumulator, apart, self.interpolation, self.spaces)
        if self.mode == "iso":
            return self._surface(depth, apart)
        return self._finished(accumulator.result(), depth)

    def _plane(self) -> Projection:
        """Project the slab about the layer's plane."""
        plane = self.layer.plane
        slab = PlaneSlab(
            np.asarray(plane.position, np.float64),
            np.asarray(plane.normal, np.float64),
            float(plane.thickness),
        )
        make = partial(self.accumulator, self.rays.size)
        accumulator, depth, points = march_plane(
            self.rays, make, slab, self.interpolation, self.spaces
        )
        if self.mode == "iso":
            return self._lit(depth, points, np.full(points.shape, np.nan))
        return self._finished(accumulator.result(), depth)

    def _surface(self, depth: Floats, step: float) -> Projection:
        """Return a picture of the surface near hits; a lazy volume is read once more, in parts."""
        reach = reach_of(self.interpolation) + 1
        picture = empty(self.rays.size, self.rays.volume.channels)
        entry, normals = self.rays.entries(self.spaces)
        for rays, hits in parts_around(self.rays, depth, WIDEST * step, reach):
            surface = refined(rays, hits, step, self.threshold, self.interpolation, self.halvings)
            is_cut = self._is_cut(rays, surface, entry, step)
            surface[is_cut] = entry[is_cut]
            faces = np.where(is_cut[..., np.newaxis], normals, np.nan)
            part = replace(self, rays=rays)._lit(surface, rays.at(surface), faces)
            fill(picture, part, np.isfinite(surface))
        return replace(picture, voxel=self._voxels(picture.depth))

    def _is_cut(self, rays: Rays, surface: Floats, entry: Floats, step: float) -> NDArray[np.bool_]:
        """Return which surface points are those in which a face cuts through what is inside."""
        is_cut = on_faces(surface, entry, step)
        points = rays.starts()[is_cut] + entry[is_cut][:, np.newaxis] * rays.direction
        values = sample_points(rays.volume, points, self.interpolation, None)
        brightness = luminance(values) if rays.volume.channels else values
        is_cut[is_cut] = brightness > self.threshold
        return is_cut

    def _lit(self, depth: Floats, points: Floats, faces: Floats) -> Projection:
        """Return a picture of the surface points where depth is finite.

        `faces` are the normals of faces that they are on, NaN for none.
        """
        is_hit = np.isfinite(depth)
        picture = empty(self.rays.size, self.rays.volume.channels)
        values = sample_points(self.rays.volume, points[is_hit], self.interpolation, None)
        if picture.values is not None:
            values = self._values_on(values, faces[is_hit])
            picture.values[is_hit] = values
        picture.rgba[is_hit] = self._lit_colours(values, points[is_hit], faces[is_hit])
        return replace(picture, depth=depth, voxel=self._voxels(depth))

    def _values_on(self, values: NDArray[np.float32], faces: Floats) -> NDArray[np.float32]:
        """Return the values of surface points: that of the surface, but on faces and of voxels."""
        is_own = np.isnan(values)
        if self.interpolation != NEAREST:
            is_own |= np.isnan(faces).any(axis=1)
        return np.where(is_own, np.float32(self.threshold), values)

    def _lit_colours(self, values: NDArray[np.float32], points: Floats, faces: Floats) -> Picture:
        """Return the colours (k, 4) of surface points (k, 3) with some values, lit."""
        colour = self._colours(values[np.newaxis])[0]
        # A surface is not a mixture: it is as opaque as the layer.
        colour[:, 3] = np.maximum(colour[:, 3], self.layer.opacity)
        method = self.interpolation
        return shaded(self.rays, points, colour, self.light, method, self.threshold, faces)

    def _colours(self, values: NDArray[np.float32]) -> Picture:
        return self.colours.colours(values)

    def _finished(self, result: NDArray[np.float32], depth: Floats) -> Projection:
        """Return a picture of values, or of colours with alpha multiplied in."""
        if result.ndim == 3:
            return Projection(self._straight(result), None, depth, self._voxels(depth))
        background = self._is_background(result)
        values = np.where(background, np.float32(np.nan), result)
        depth = np.where(np.isnan(values), np.nan, depth)
        return Projection(self._colours(values), values, depth, self._voxels(depth))

    def _straight(self, premultiplied: NDArray[np.float32]) -> Picture:
        """Return colours with alpha times opacity, not multiplied in."""
        alpha = premultiplied[..., 3:]
        divisor = np.where(alpha > CLEAR, alpha, np.float32(1))
        rgba: Picture = np.clip(premultiplied / divisor, 0, 1)
        rgba[..., 3:] = np.clip(alpha, 0, 1) * self.layer.opacity
        return rgba

    def _is_background(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which values a translucent layer does not show: those at the wrong limit."""
        if not self.cutoff or self.mode not in CUT:
            return np.zeros(values.shape, np.bool_)
        low, high = self.colours.limits
        return np.asarray(values >= high if self.mode == "minip" else values <= low)

    def _voxels(self, depth: Floats) -> NDArray[np.intp]:
        """Return the voxel of each pixel at a depth, (rows, columns, 3); -1 for none."""
        is_found = np.isfinite(depth)
        points = self.rays.at(np.where(is_found, depth, 0))
        nearest = np.rint(points - ROUNDING).astype(np.intp)
        inside = np.clip(nearest, 0, np.asarray(self.rays.volume.shape) - 1)
        return np.where(is_found[..., np.newaxis], inside, -1)
