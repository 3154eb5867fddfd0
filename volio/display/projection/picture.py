"""One picture of one layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import RENDERINGS, chosen
from volio.display.base.layer_protocol import as_shown
from volio.display.colour.colours import colorize, colorize_rgb
from volio.display.colour.srgb import Picture, to_bytes
from volio.display.projection.accumulators import ACCUMULATORS, Accumulator, Settings
from volio.display.projection.geometry import Rays, cuts_of
from volio.display.projection.lazy_parts import held, parts
from volio.display.projection.raymarch import march_plane, march_rays
from volio.display.projection.shearwarp import Shear, accumulate_slices, warp, warp_nearest
from volio.display.projection.surface import WIDEST, FirstHit, Light, halvings_for, refined, shaded
from volio.display.sampling.kernels import checked_interpolation, reach_of
from volio.display.sampling.points import sample_points
from volio.display.sampling.shown_volume import ShownVolume, shown_volume
from volio.display.sampling.view import View
from volio.errors import UsageError

__all__ = ["MODES", "Projection", "project"]

#: Ways of rendering.
MODES = RENDERINGS
QUALITIES = ("fast", "exact")
CUT = ("mip", "minip", "attenuated_mip")
STEP = 0.25  # voxels between samples of the exact projection
PRECISION = 1 / 64


@dataclass(frozen=True)
class Projection:
    """A picture, and what is in it.

    Parameters
    ----------
    rgba : ndarray of float32, shape (h, w, 4)
        In 0..1, alpha not multiplied in.
    values : ndarray of float32, shape (h, w), or None
        The value behind each colour, NaN for nothing: of mip, minip, average, attenuated_mip and
        iso; None for modes that add colours, and for volumes of colours.
    depth : ndarray, shape (h, w)
        World mm behind the plane through the view's centre: of the voxel shown by mip, minip and
        attenuated_mip, of the surface, else of the first sample that counts. NaN for nothing.
    voxel : ndarray of int, shape (h, w, 3)
        The voxel at that place, along the axes shown; -1 for nothing.
    """

    rgba: Picture
    values: NDArray[np.float32] | None
    depth: NDArray[np.float64]
    voxel: NDArray[np.intp]

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture as bytes, shape (h, w, 4)."""
        return to_bytes(self.rgba)


def project(
    image: Any,
    view: View | str | None = None,
    mode: str | None = None,
    quality: str = "fast",
    *,
    step: float = STEP,
    precision: float = PRECISION,
    cutoff: bool | None = None,
    light: Light | None = None,
) -> Projection:
    """Project a volume onto a picture along parallel rays.

    Parameters
    ----------
    image : layer, SpatialImage or array-like
        Its limits, colours, opacity, interpolation, planes and so on are a layer's.
    view : View or str, optional
        From where; a name stands for ``View.of(image, name)``. From the front by default.
    mode : str, optional
        Of `MODES`; the layer's by default.

        * ``'mip'``, ``'minip'``: the largest or smallest value.
        * ``'average'``: the mean along the ray, inside the volume.
        * ``'attenuated_mip'``: the largest value, each weakened by what lies before it.
        * ``'additive'``: colours added up like light on a screen.
        * ``'translucent'``: colours over each other, from the front; alpha is that of a voxel of
          way, whatever the step.
        * ``'iso'``: the surface at `iso_threshold`, lit from the viewer.
    quality : {'fast', 'exact'}
        'fast' shifts slices (shear-warp), reads the volume once in order, and holds one chunk of
        slices and the next (a surface is looked at once more, in parts); 'exact' samples along
        each ray, much more slowly, and holds the whole volume.
    step : float
        Of 'exact': voxels between samples.
    precision : float
        Of a surface: part of a step to which it is found.
    cutoff : bool, optional
        Whether the largest (smallest) value is background where it is at the wrong limit; by
        default where the layer blends as 'translucent' or 'translucent_no_depth'.
    light : Light, optional
        On a surface.

    Returns
    -------
    Projection

    Raises
    ------
    UsageError
        If there is no such mode, quality or interpolation, or limits do not increase.
    """
    if not (step > 0 and 0 < precision <= 1):
        raise UsageError(f"step and precision: must be positive, got {step} and {precision}")
    layer = as_shown(image)
    mode = chosen("mode", layer.rendering if mode is None else mode, MODES)
    chosen("quality", quality, QUALITIES)
    name = checked_interpolation(layer.interpolation3d, custom=False)
    view = View.of(layer, view or "front") if not isinstance(view, View) else view
    if not layer.visible:
        return _nothing(view.size, 3 if layer.rgb else 0)
    rays = Rays.of(shown_volume(layer, pixel=min(view.pixel)), view)
    if quality == "exact" and rays.block.lazy and layer.depiction != "plane":
        rays = held(rays)
    if cutoff is None:
        cutoff = layer.blending.startswith("translucent")
    halvings = halvings_for(precision)
    scene = _Scene(layer, rays.block, rays, mode, name, light or Light(), cutoff, halvings)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # volumes hold infinities
        if layer.depiction == "plane":
            return scene.plane()
        return scene.exact(step) if quality == "exact" else scene.fast()


def _nothing(size: tuple[int, int], channels: int) -> Projection:
    return Projection(
        np.zeros((*size, 4), np.float32),
        None if channels else np.full(size, np.nan, np.float32),
        np.full(size, np.nan),
        np.full((*size, 3), -1),
    )


def _take(found: Projection, part: Projection, where: NDArray[np.bool_]) -> None:
    """Fill pixels of a picture with those of another."""
    found.rgba[where] = part.rgba[where]
    found.depth[where] = part.depth[where]
    if found.values is not None and part.values is not None:
        found.values[where] = part.values[where]


@dataclass(frozen=True)
class _Scene:
    """All that a picture is made from."""

    layer: Any
    block: ShownVolume
    rays: Rays
    mode: str
    name: str
    light: Light
    cutoff: bool
    halvings: int

    def settings(self, length: float) -> Settings:
        layer = self.layer
        limits = (0.0, 1.0) if layer.rgb else tuple(float(x) for x in layer.contrast_limits)
        return Settings(
            limits,  # type: ignore[arg-type]
            layer.gamma,
            layer.colormap,
            layer.attenuation,
            length,
            layer.iso_threshold,
        )

    def is_background(self, values: Any) -> Any:
        """Tell which values a translucent layer does not show: those at the wrong limit."""
        if not self.cutoff or self.mode not in CUT:
            return np.zeros(values.shape, np.bool_)
        low, high = self.layer.contrast_limits
        return values >= high if self.mode == "minip" else values <= low

    def fold(self, shape: tuple[int, ...], length: float) -> Accumulator:
        kind = FirstHit if self.mode == "iso" else ACCUMULATORS[self.mode]
        return kind(shape, self.settings(length), self.block.channels)

    def fast(self) -> Projection:
        shear = Shear(self.rays)
        fold = self.fold(shear.shape, shear.step)
        accumulate_slices(shear, fold, self.name, cuts_of(self.cuts, self.block))
        depth = shear.depth(warp_nearest(fold.depth(), shear))
        if self.mode == "iso":
            return self.surface(depth, abs(1 / shear.speed))
        enter, leave = self.rays.ends()
        return self.finished(warp(fold.result(), shear, leave > enter), depth)

    @property
    def cuts(self) -> Any:
        """The clipping planes of the layer."""
        return self.layer.experimental_clipping_planes

    def exact(self, step: float) -> Projection:
        apart = step / float(np.linalg.norm(self.rays.direction))
        fold = self.fold(self.rays.size, apart / self.rays.voxel)
        depth = march_rays(self.rays, fold, apart, self.name, cuts_of(self.cuts, self.block))
        if self.mode == "iso":
            return self.surface(depth, apart)
        return self.finished(fold.result(), depth)

    def plane(self) -> Projection:
        plane = self.layer.plane
        fold, depth, points = march_plane(
            self.rays,
            lambda apart: self.fold(self.rays.size, apart),
            np.asarray(plane.position, np.float64),
            np.asarray(plane.normal, np.float64),
            float(plane.thickness),
            self.name,
            cuts_of(self.cuts, self.block),
        )
        if self.mode == "iso":
            return self.lit(depth, points)
        return self.finished(fold.result(), depth)

    def surface(self, depth: Any, step: float) -> Projection:
        """Return a picture of the surface near hits; a lazy volume is read once more, in parts."""
        threshold, reach = self.layer.iso_threshold, reach_of(self.name) + 1
        found = _nothing(self.rays.size, self.block.channels)
        for rays, hits in parts(self.rays, depth, WIDEST * step, reach):
            exact = refined(rays, hits, step, threshold, self.name, self.halvings)
            part = replace(self, rays=rays, block=rays.block).lit(exact, rays.at(exact))
            _take(found, part, np.isfinite(exact))
        return replace(found, voxel=self.voxel(found.depth))

    def lit(self, depth: Any, points: Any) -> Projection:
        """Return a picture of the surface points where depth is finite."""
        hit = np.isfinite(depth)
        found = sample_points(self.block, points[hit], self.name, None)
        rgba = np.zeros((*self.rays.size, 4), np.float32)
        values = None if self.block.channels else np.full(self.rays.size, np.nan, np.float32)
        if values is not None:
            values[hit] = found
        colour = self.colours(found[np.newaxis])[0]
        colour[:, 3] = np.maximum(colour[:, 3], self.layer.opacity)  # a surface is no mixture
        rgba[hit] = shaded(self.rays, points[hit], colour, self.light, self.name)
        return Projection(rgba, values, depth, self.voxel(depth))

    def colours(self, values: Any) -> Picture:
        layer = self.layer
        if self.block.channels:
            return colorize_rgb(values, opacity=layer.opacity)
        limits = layer.contrast_limits
        return colorize(values, limits, layer.gamma, layer.colormap, layer.opacity)

    def finished(self, found: Any, depth: Any) -> Projection:
        """Return a picture of values, or of colours with alpha multiplied in."""
        if found.ndim == 2:
            background = self.is_background(found)
            found = np.where(background, np.float32(np.nan), found)
            depth = np.where(background | np.isnan(found), np.nan, depth)
            return Projection(self.colours(found), found, depth, self.voxel(depth))
        alpha = found[..., 3:]
        rgba = np.clip(found / np.where(alpha > 1e-6, alpha, 1), 0, 1)
        rgba[..., 3:] = np.clip(alpha, 0, 1) * self.layer.opacity
        return Projection(rgba, None, depth, self.voxel(depth))

    def voxel(self, depth: Any) -> NDArray[np.intp]:
        there = np.isfinite(depth)
        nearest = np.rint(self.rays.at(np.where(there, depth, 0)) - 1e-9).astype(np.intp)
        inside = np.clip(nearest, 0, np.asarray(self.block.shape) - 1)
        return np.where(there[..., np.newaxis], inside, -1)
