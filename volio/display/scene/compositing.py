"""One picture of several layers: each drawn from the same view, then blended in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.blending import compose
from volio.display.colour.srgb import Picture
from volio.display.colour.value_colours import ValueColours
from volio.display.layers.layer import ImageLayer
from volio.display.projection.picture import project
from volio.display.sampling.plane import sample_plane
from volio.display.sampling.view import View
from volio.display.scene.bounding_boxes import draw_box

__all__ = ["composite"]


def composite(
    layers: Iterable[ImageLayer],
    view: View,
    volume: bool = True,
    background: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
) -> NDArray[np.uint8]:
    """Return a picture of layers, the lowest first.

    Parameters
    ----------
    layers : iterable of ImageLayer
        Hidden ones are left out; boxes that are visible are drawn over everything.
    view : View
    volume : bool
        Draw volumes by their rendering; False draws the slice through the view's centre.
    background : (red, green, blue) or (red, green, blue, alpha)

    Returns
    -------
    (h, w, 4) uint8 array
    """
    visible = [layer for layer in layers if layer.visible]
    if visible:
        draw = _projection if volume else _slice
        pictures, depths = zip(*(draw(layer, view) for layer in visible), strict=True)
        modes = [layer.blending for layer in visible]
        picture = compose(pictures, modes, background, depths=depths)
    else:
        picture = compose([np.zeros((*view.size, 4))], background=background)
    for layer in visible:
        if layer.bounding_box.visible:
            draw_box(picture, layer, view, volume)
    return picture


def _projection(layer: ImageLayer, view: View) -> tuple[Picture, NDArray[np.float64]]:
    """Return the picture of a volume and its depths, infinite where there is nothing."""
    projection = project(layer, view)
    depth = projection.depth
    return projection.rgba, np.where(np.isnan(depth), np.inf, depth)


def _slice(layer: ImageLayer, view: View) -> tuple[Picture, None]:
    """Return the picture of a slice, which hides nothing by its depth."""
    colours = ValueColours.of(layer)
    origin = colours.origin(layer.dtype)
    method = layer.interpolation2d
    values = sample_plane(layer, *view.plane(), view.size, method, origin_value=origin)
    return colours.less(origin).colours(values), None
