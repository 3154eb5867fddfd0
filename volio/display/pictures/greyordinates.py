"""Pictures of CIFTI-2: a map on the surfaces of both hemispheres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from volio.display.colour.drawing import Bytes
from volio.display.pictures.surfaces import SIDES, as_surface, plot_one_surface, plot_surface
from volio.display.surfaces.hemispheres import hemisphere_of
from volio.errors import UsageError
from volio.images.kinds import check_kind
from volio.surfaces.vertex_data import VertexArray

__all__ = ["plot_greyordinates"]

#: What the values of a series are called, whose points have no names.
UNNAMED = "time series"


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
    if not isinstance(surfaces, Sequence) or isinstance(surfaces, str):
        surface = as_surface(surfaces)
        structure = surface.structure or f"cortex_{hemisphere_of(surface)}"
        array = _map_on(chosen, structure)
        return plot_one_surface(surface, array, **_titled(options, array))
    by_side = _by_side(surfaces)
    values = {side: _map_on(chosen, f"cortex_{side}") for side in by_side}
    pair = tuple(values.get(side) for side in SIDES)
    options = _titled(options, next(iter(values.values())))
    return plot_surface(by_side.get("left"), by_side.get("right"), values=pair, **options)


def _titled(options: Mapping[str, Any], array: VertexArray) -> dict[str, Any]:
    """Return options of a picture, with the name of the map as the title where none is given."""
    name = {} if array.name == UNNAMED else {"title": array.name}
    return {**name, **options}


def _by_side(surfaces: Sequence[Any]) -> dict[str, Any]:
    """Return the left and the right surface, by side; without one that is None.

    Raises
    ------
    UsageError
        If they are not two, or one says that it is of another structure.
    """
    if len(surfaces) != len(SIDES):
        raise UsageError(f"surfaces: a left and a right one, got {len(surfaces)}")
    given = dict(zip(SIDES, surfaces, strict=True))
    loaded = {side: as_surface(each) for side, each in given.items() if each is not None}
    if not loaded:
        raise UsageError("surfaces: at least one is needed")
    for side, surface in loaded.items():
        _check_structure(surface, side)
    return loaded


def _map_on(chosen: Any, structure: str) -> VertexArray:
    """Return the values of the only map of an image, on the surface of a structure."""
    array: VertexArray
    (array,) = chosen.on_surface(structure).contents().arrays
    if array.values.ndim == 1:
        return array
    return VertexArray(array.name, array.values[:, 0], array.labels, array.meta)


def _check_structure(surface: Any, side: str) -> None:
    """Refuse a surface that says to be of another structure."""
    expected = f"cortex_{side}"
    if surface.structure not in ("", expected):
        raise UsageError(
            f"{surface.get_filename() or 'surface'}: is of {surface.structure}, not of {expected}"
        )
