"""What a page of surfaces shows: meshes, grays below, maps, and from where they are seen."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from numbers import Real
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import as_count, chosen, optional_text
from volio.display.colour.drawing import printable_lines
from volio.display.page.rotations import named_rotations, rotation_of
from volio.display.page.surface_maps import surface_maps
from volio.display.page.template import LIMIT
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.painted import SULC, SurfaceStyle
from volio.display.surfaces.picture import SHADINGS
from volio.display.surfaces.vertex_paint import background_paint
from volio.display.surfaces.vertex_values import vertex_values
from volio.display.surfaces.views import OF_HEMISPHERES, as_cameras
from volio.errors import UsageError
from volio.flags import as_flag
from volio.images.kinds import check_kind
from volio.images.labels import Labels
from volio.io import load

__all__ = ["SurfaceContent", "loaded_surface"]

#: The views that a page has buttons for; the first two only where the hemisphere is known.
BUTTONS = (*OF_HEMISPHERES, "left", "right", "anterior", "posterior", "dorsal", "ventral")


def loaded_surface(surface: Any) -> Any:
    """Return a surface, loaded if it is the path of one."""
    if isinstance(surface, str | PathLike):
        surface = load(surface)
    check_kind(surface, "surface", "surface_page")
    return surface


def _check_table(labels: Any) -> None:
    """Refuse labels that are not a table."""
    if labels is not None and not isinstance(labels, Labels):
        raise UsageError(f"labels: a table is needed, volio.Labels; got {type(labels).__name__}")


class SurfaceContent:
    """The content of a page of surfaces.

    Parameters
    ----------
    surfaces : mapping of str to Surface or path
        By side: 'left', 'right', or "" for one of which nothing says it.
    values, map, ...
        As for `surface_page`.
    """

    def __init__(
        self,
        surfaces: Mapping[str, Any],
        *,
        values: Any = None,
        map: int = 0,
        background: Any = SULC,
        cmap: Any = None,
        vmin: float | None = None,
        vmax: float | None = None,
        threshold: float | tuple[float, float] | None = None,
        labels: Labels | None = None,
        alpha: Any = None,
        view: Any = None,
        shading: str = "smooth",
        outline: bool = False,
        black_bg: bool = True,
        limit: int | None = LIMIT,
        title: str | None = None,
    ) -> None:
        # What is asked for, checked before anything is loaded.
        _check_table(labels)
        self.limit = None if limit is None else as_count("limit", limit, 0, sys.maxsize)
        self.shading = chosen("shading", shading, SHADINGS)
        self.outline = as_flag("outline", outline)
        self.is_black = as_flag("black_bg", black_bg)
        stated_title = optional_text("title", title) or ""
        # The meshes.
        self.sides = list(surfaces)
        self.surfaces = [loaded_surface(surface) for surface in surfaces.values()]
        self.meshes = [DrawnMesh.of_surface(surface) for surface in self.surfaces]
        numbers = range(len(self.surfaces))
        # Their colours.
        self.style = SurfaceStyle(
            cmap=cmap, vmin=vmin, vmax=vmax, threshold=threshold, alpha=alpha, labels=labels
        )
        self.opacity = self.style.opacity
        self.grays = [self._grays(number, background) for number in numbers]
        self.alphas = [self._alphas(number, alpha) for number in numbers]
        self.maps = surface_maps(self.surfaces, values, self.style)
        self.first = as_count("map", map, 0, max(len(self.maps) - 1, 0))
        # The page.
        self.start = [self._start(view, side) for side in self.sides]
        one_line = " ".join(printable_lines(stated_title))
        self.title = one_line or self._name()

    def _name(self) -> str:
        """Return the names of the files, or of the classes."""
        names = [surface.get_filename() for surface in self.surfaces]
        known = [str(name).rpartition("/")[2] for name in names if name is not None]
        return ", ".join(known) or type(self.surfaces[0]).__name__

    def _of_side(self, given: Any, number: int) -> Any:
        """Return what is given for a surface: of a tuple for left and right its own."""
        if not isinstance(given, tuple):
            return given
        if len(given) != len(self.surfaces):
            raise UsageError(
                f"a tuple has one for each of {len(self.surfaces)} surfaces: {given!r}"
            )
        return given[number]

    def _grays(self, number: int, background: Any) -> NDArray[np.uint8]:
        """Return the gray of each vertex of a surface below the colours, 0 to 255."""
        surface = self.surfaces[number]
        given = self._of_side(background, number)
        if isinstance(given, str) and given == SULC and SULC not in surface.data:
            given = None
        found = vertex_values(surface, given, what="background")
        values = None if found is None else found.values
        colours = background_paint(values, surface.n_vertices).of_vertices()
        return np.rint(colours[:, 0] * 255).astype(np.uint8)

    def _alphas(self, number: int, alpha: Any) -> NDArray[np.uint8] | None:
        """Return how opaque each vertex is, 0 to 255; None where all are the same."""
        given = self._of_side(alpha, number)
        if given is None or isinstance(given, Real):
            return None
        found = vertex_values(self.surfaces[number], given, what="alpha")
        if found is None:
            return None
        share = np.clip(np.nan_to_num(found.values), 0, 1)
        in_bytes: NDArray[np.uint8] = np.rint(share * 255).astype(np.uint8)
        return in_bytes

    # From where.

    def _start(self, view: Any, side: str) -> list[float]:
        """Return the rotation of the first view of a side."""
        if view is None:
            view = "lateral" if all(self.sides) else "left"
        cameras = as_cameras(view, lambda: self._hemisphere(side))
        if len(cameras) != 1:
            raise UsageError(f"view: a page begins with one view, got {view!r}")
        return rotation_of(cameras[0])

    def _hemisphere(self, side: str) -> str:
        if not side:
            raise UsageError("view: nothing says which hemisphere this is; hemi= says it")
        return side

    @property
    def views(self) -> dict[str, list[list[float]]]:
        """The rotations of the views that there are buttons for, one for each surface."""
        names = [name for name in BUTTONS if all(self.sides) or name not in OF_HEMISPHERES]
        by_side = [named_rotations(names, side) for side in self.sides]
        return {name: [rotations[name] for rotations in by_side] for name in names}
