"""Pictures of CIFTI-2: a map on the surfaces of both hemispheres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from volio.display.colour.drawing import Bytes
from volio.display.pictures.surfaces import plot_one_surface, plot_surface
from volio.display.surfaces.greyordinates import (
    LEFT,
    RIGHT,
    UNNAMED,
    map_on,
    surfaces_below,
)
from volio.images.kinds import check_kind

__all__ = ["plot_greyordinates"]


def plot_greyordinates(img: Any, surfaces: Any, map: int | str = 0, **options: Any) -> Bytes:
    """Draw a map of a CIFTI-2 image on the surfaces that its vertices are of.

    Parameters
    ----------
    img : Cifti2Image
        Of its rows only the one that is shown is read.
    surfaces : (left, right), or one of them
        Surfaces, or paths of these. Of a pair one may be None.
    map : int or str
        Number of a row, or the name of a map.
    **options
        Of `plot_surface`: ``views``, ``background``, ``threshold``, ... The title is the name of
        the map unless another one is given.

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA. The medial wall, and vertices that the image has no values for, show the background.

    Raises
    ------
    UsageError
        If there is no such map, or the image has no vertices of a surface.
    ImageDataError
        If a surface has another number of vertices.
    """
    check_kind(img, "greyordinates", "plot_greyordinates")
    chosen = img.sel(maps=[map])
    below = surfaces_below(surfaces, "plot_greyordinates")
    values = {structure: map_on(chosen, structure) for structure in below}
    first = next(iter(values.values()))
    name = {} if first.name == UNNAMED else {"title": first.name}
    titled = {**name, **options}
    if not isinstance(surfaces, Sequence) or isinstance(surfaces, str):
        [surface] = below.values()
        return plot_one_surface(surface, first, **titled)
    pair = (values.get(LEFT), values.get(RIGHT))
    return plot_surface(below.get(LEFT), below.get(RIGHT), values=pair, **titled)
