"""Surfaces as nilearn has them: meshes and values of both hemispheres in one image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from volio.errors import UsageError
from volio.extras import need
from volio.surfaces.structures import hemisphere_of_name

if TYPE_CHECKING:
    from volio.surfaces.surface import Surface

__all__ = ["nilearn_image"]

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


def nilearn_image(
    surface: Surface, other: Surface | None, values: str | None, hemi: str | None
) -> Any:
    """Return nilearn's image of one or two hemispheres; see `Surface.to_nilearn`."""
    sides = {_side(surface, hemi): surface}
    if other is not None:
        side = _side(other, SIDES[1 - SIDES.index(next(iter(sides)))] if hemi else None)
        if side in sides:
            raise UsageError(f"other: both surfaces are of the {side} hemisphere")
        sides[side] = other
    nilearn = need("nilearn.surface", "nilearn")
    mesh = nilearn.PolyMesh(**{side: _mesh(nilearn, each) for side, each in sides.items()})
    arrays = _arrays(sides, values)
    return mesh if arrays is None else nilearn.SurfaceImage(mesh, arrays)


def _side(surface: Surface, hemi: str | None) -> Side:
    """Return which hemisphere a surface is of, as asked for, or as structure and name say."""
    named = hemisphere_of_name(surface.get_filename() or "")
    found = hemi or surface.structure.rpartition("_")[2] or named
    for side in SIDES:
        if found == side:
            return side
    raise UsageError(
        f"hemi: must be 'left' or 'right', got {found!r}; the surface does not say which it is of"
    )


def _mesh(nilearn: Any, surface: Surface) -> Any:
    if surface.vertices is None or surface.faces is None:
        raise UsageError("to_nilearn: a mesh is needed; mesh.with_data(values) joins them")
    return nilearn.InMemoryMesh(surface.vertices, surface.faces)


def _arrays(sides: Mapping[Side, Surface], values: str | None) -> dict[Side, Any] | None:
    """Return the values of each hemisphere by a name; None where there are none at all."""
    name = values
    if name is None:
        names = list(next(iter(sides.values())).data)
        if not names:
            return None
        name = names[0]
    missing = [side for side, surface in sides.items() if name not in surface.data]
    if missing:
        raise UsageError(f"values: the {missing[0]} hemisphere has no values {name!r}")
    return {side: surface.data[name] for side, surface in sides.items()}
