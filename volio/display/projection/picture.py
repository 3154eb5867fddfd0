"""The picture of one layer in parallel projection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import RENDERINGS, chosen
from volio.display.base.far_numbers import exact_number, middle
from volio.display.base.given import AnyImage
from volio.display.base.image_levels import level_for_limits
from volio.display.base.layer_protocol import PlainLayer, Shown, as_shown
from volio.display.colour.contrast import find_limits
from volio.display.colour.value_colours import ValueColours
from volio.display.projection.geometry import Rays
from volio.display.projection.lazy_parts import in_memory
from volio.display.projection.renderer import Projection, Renderer, empty
from volio.display.projection.surface import (
    Light,
    halvings_for,
)
from volio.display.sampling.kernels import checked_interpolation
from volio.display.sampling.shown_volume import ShownVolume, shown_volume
from volio.display.sampling.view import View
from volio.errors import UsageError

__all__ = ["MODES", "Projection", "finite_values_in_view", "project"]

#: Ways of rendering.
MODES = RENDERINGS
QUALITIES = ("fast", "exact")
#: Voxels between samples of the exact projection.
STEP = 0.25
#: Of a step: how near the surface is found.
PRECISION = 1 / 64


def project(
    image: AnyImage | Shown,
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
        A name stands for ``View.of(image, name)``. From the front by default.
    mode : str, optional
        Of `MODES`; the layer's by default.

        * ``'mip'``, ``'minip'``: the largest or smallest value; of an overlay whose threshold
          hides what is around 0, and whose limits are on both sides of it, the value farthest
          from there.
        * ``'average'``: the mean along the ray, inside the volume.
        * ``'attenuated_mip'``: the largest value, each weakened by what is before it.
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

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> view = volio.display.View((4, 4, 5), (0, 1, 0), (0, 0, 1), field_of_view=12, size=(32, 32))
    >>> volio.display.project(img, view, "mip").values.shape
    (32, 32)
    """
    if not (step > 0 and 0 < precision <= 1):
        raise UsageError(f"step and precision: must be positive, got {step} and {precision}")
    layer = _ready(as_shown(image))
    mode = chosen("mode", layer.rendering if mode is None else mode, MODES)
    is_exact = chosen("quality", quality, QUALITIES) == "exact"
    seen_from = view if isinstance(view, View) else View.of(layer, view or "front")
    if not layer.visible:
        return empty(seen_from.size, 3 if layer.rgb else 0)
    renderer = replace(
        _renderer(layer, seen_from, mode, is_exact),
        light=light or Light(),
        cutoff=_is_cut_off(layer, cutoff),
        halvings=halvings_for(precision),
    )
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # volumes hold infinities
        picture = renderer.picture(step if is_exact else None)
    return _with_origin(picture, renderer.rays.volume)


def _is_cut_off(layer: Any, cutoff: bool | None) -> bool:
    """Return whether rays may end where nothing more is seen: by default in translucent layers.

    Of hidden values it is not known before they are sampled.
    """
    is_wanted = layer.blending.startswith("translucent") if cutoff is None else cutoff
    return is_wanted and layer.hidden_values is None


def _with_origin(picture: Projection, volume: ShownVolume) -> Projection:
    """Return a picture of a volume with its level, and the values that it has itself."""
    values = picture.values
    if volume.origin and values is not None:
        values = values.astype(np.float64) + float(volume.origin)
    return replace(picture, values=values, level=volume.level)


def finite_values_in_view(layer: Any, view: View) -> NDArray[np.floating[Any]] | None:
    """Return the values of a layer's projection in which infinite voxels do not count.

    Less what `ValueColours.origin` takes away; None for modes that have no values.
    """
    renderer = _renderer(layer, view, layer.rendering, is_exact=False)
    volume = replace(renderer.rays.volume, finite_only=True)
    finite = replace(renderer, rays=replace(renderer.rays, volume=volume))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return finite.picture(None).values


def _ready(layer: Any) -> Any:
    """Return a layer that has limits and a threshold: those of plain arrays are found."""
    if isinstance(layer, PlainLayer):
        if not layer.rgb and not len(layer.contrast_limits):
            values = level_for_limits(layer.data) if layer.multiscale else layer.data
            layer.contrast_limits = find_limits(values, hidden=layer.hidden_values)
        if layer.iso_threshold is None and not layer.rgb:
            layer.iso_threshold = middle(*layer.contrast_limits)
    return layer


def _renderer(layer: Any, view: View, mode: str, is_exact: bool) -> Renderer:
    """Return the renderer of a layer; far from 0, of its values less the lower limit."""
    interpolation = checked_interpolation(layer.interpolation3d, custom=False)
    colours = ValueColours.of(layer)
    volume = shown_volume(layer, pixel=min(view.pixel))
    channel = volume.array.dtype[0] if volume.array.dtype.names else volume.array.dtype
    origin = colours.origin(channel)
    rays = _rays(replace(volume, origin=origin), layer, view, is_exact)
    threshold = float(_surface_value(layer) - origin) if mode == "iso" else 0.0
    return Renderer(layer, rays, mode, interpolation, colours.less(origin), threshold)


def _surface_value(layer: Any) -> float:
    """Return the value of the surface of a layer; of colours their brightness, from 0 to 1."""
    value = layer.iso_threshold
    if not layer.rgb:
        if layer.hidden_values is not None:
            low, high = layer.hidden_values
            if low < value < high:
                raise UsageError(
                    f"iso_threshold: {value:g} is hidden by the threshold {low:g} to {high:g}"
                )
        return exact_number(value)
    if value is not None and not 0 <= value <= 1:
        raise UsageError(f"iso_threshold: brightness of colours is from 0 to 1, got {value:g}")
    return 0.5 if value is None else float(value)


def _rays(volume: ShownVolume, layer: Any, view: View, is_exact: bool) -> Rays:
    """Return the rays of a view in the level of a layer that fits its pixels."""
    rays = Rays.of(volume, view)
    # Samples of all rays are looked up at every step: that needs the volume in memory.
    if is_exact and rays.volume.lazy and layer.depiction != "plane":
        return in_memory(rays)
    return rays
