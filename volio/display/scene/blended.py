"""One picture of several layers: each drawn from the same view, then blended in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import compose
from volio.display.colour.colours import colorize, colorize_rgb
from volio.display.projection.picture import project
from volio.display.sampling.plane import sample_plane
from volio.display.sampling.view import View
from volio.display.scene.boxes import draw_box

__all__ = ["blended"]


def blended(
    layers: Iterable[Any],
    view: View,
    volume: bool = True,
    background: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
) -> NDArray[np.uint8]:
    """Return a picture of layers, the lowest first.

    Parameters
    ----------
    layers : iterable of ImageLayer
        Hidden ones are left out; boxes that are visible lie over everything.
    view : View
    volume : bool
        Draw volumes as their rendering says; False draws the slice through the view's centre.
    background : (red, green, blue) or (red, green, blue, alpha)

    Returns
    -------
    (h, w, 4) uint8 array
    """
    pictures: list[Any] = []
    depths: list[Any] = []
    modes: list[str] = []
    shown = [layer for layer in layers if layer.visible]
    for layer in shown:
        picture, depth = _projected(layer, view) if volume else (_slice(layer, view), None)
        pictures.append(picture)
        depths.append(depth)
        modes.append(layer.blending)
    if not pictures:
        pictures, depths, modes = [np.zeros((*view.size, 4))], [None], ["translucent"]
    whole = compose(pictures, modes, background, depths=depths)
    for layer in shown:
        if layer.bounding_box.visible:
            draw_box(whole, layer, view, volume)
    return whole


def _projected(layer: Any, view: View) -> tuple[Any, Any]:
    found = project(layer, view)
    return found.rgba, np.where(np.isnan(found.depth), np.inf, found.depth)


def _slice(layer: Any, view: View) -> Any:
    values = sample_plane(layer, *view.plane(), view.size, layer.interpolation2d)
    if layer.rgb:
        return colorize_rgb(values, opacity=layer.opacity)
    return colorize(values, layer.contrast_limits, layer.gamma, layer.colormap, layer.opacity)
