"""Maps of CIFTI-2 images on the surfaces that their vertices are of."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from volio.display.surfaces.hemispheres import hemisphere_of
from volio.errors import UsageError
from volio.images.kinds import check_kind
from volio.io import load
from volio.surfaces.vertex_data import VertexArray

__all__ = ["LEFT", "RIGHT", "UNNAMED", "map_on", "surfaces_below"]

#: The structures of a pair of surfaces.
LEFT = "cortex_left"
RIGHT = "cortex_right"
HEMISPHERES = (LEFT, RIGHT)
#: What the values of a series are called, whose points have no names.
UNNAMED = "time series"


def surfaces_below(surfaces: Any, task: str) -> dict[str, Any]:
    """Return the surfaces that greyordinates are shown on, loaded, by the structure they are of.

    Parameters
    ----------
    surfaces : (left, right), or one of them
        Surfaces, or paths of these. Of a pair one may be None.
    task : str
        For messages.

    Raises
    ------
    UsageError
        If they are not surfaces, not two, or one says that it is of another structure.
    """
    if not isinstance(surfaces, Sequence) or isinstance(surfaces, str):
        surface = _loaded(surfaces, task)
        return {surface.structure or f"cortex_{hemisphere_of(surface)}": surface}
    if len(surfaces) != len(HEMISPHERES):
        raise UsageError(f"surfaces: a left and a right one, got {len(surfaces)}")
    given = dict(zip(HEMISPHERES, surfaces, strict=True))
    loaded = {name: _loaded(each, task) for name, each in given.items() if each is not None}
    if not loaded:
        raise UsageError("surfaces: at least one is needed")
    for structure, surface in loaded.items():
        _check_structure(surface, structure)
    return loaded


def map_on(chosen: Any, structure: str) -> VertexArray:
    """Return the values of the only map of an image, on the surface of a structure."""
    array: VertexArray
    (array,) = chosen.on_surface(structure).contents().arrays
    if array.values.ndim == 1:
        return array
    return VertexArray(array.name, array.values[:, 0], array.labels, array.meta)


def _loaded(surface: Any, task: str) -> Any:
    if isinstance(surface, str | PathLike):
        surface = load(surface)
    check_kind(surface, "surface", task)
    return surface


def _check_structure(surface: Any, expected: str) -> None:
    """Refuse a surface that says to be of another structure."""
    if surface.structure not in ("", expected):
        raise UsageError(
            f"{surface.get_filename() or 'surface'}: is of {surface.structure}, not of {expected}"
        )
