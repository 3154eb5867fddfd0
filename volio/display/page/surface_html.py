"""The HTML page of surfaces: one, or both hemispheres, with maps to choose from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple

from volio.display.base.given import AnySurface
from volio.display.base.inputs import check_options
from volio.display.page.mesh_packing import pack_mesh, position_step
from volio.display.page.packing import pack
from volio.display.page.surface_content import SurfaceContent, loaded_surface
from volio.display.page.template import PageFiles, filled_page, name_of_page, write_text
from volio.display.surfaces.hemispheres import as_hemisphere, stated_hemisphere
from volio.display.surfaces.picture import LIGHT
from volio.errors import UsageError

__all__ = ["one_surface_page", "surface_page"]

FILES = PageFiles(
    "surface.html",
    "stage.css",
    (
        *("rotations.js", "stage.js", "surface_scene.js", "surface_canvas.js"),
        *("surface_webgl.js", "surface.js"),
    ),
)


class Precision(NamedTuple):
    """How exactly a page holds surfaces.

    Attributes
    ----------
    bits : int
        Of a coordinate.
    steps : int or None
        Values are rounded to so many steps of their range; None for the values themselves.
    """

    bits: int
    steps: int | None


#: What is left out first where a page is too large.
PRECISIONS = (Precision(16, None), Precision(14, 65535), Precision(12, 255))


class PackedMap(NamedTuple):
    """A map as a page holds it.

    Attributes
    ----------
    number : int
        Which of the maps it is.
    facts : dict
    """

    number: int
    facts: dict[str, Any]


def surface_page(
    left: AnySurface | None = None,
    right: AnySurface | None = None,
    path: str | PathLike[str] | None = None,
    **options: Any,
) -> str | None:
    """Make one HTML page of both hemispheres, which any browser of 2023 or later shows offline.

    Parameters
    ----------
    left, right : Surface, or path of one
        One of them may be missing.
    path : str or path, optional
        Name of the page; without one its text is returned.
    values : optional
        The maps that can be chosen. A name that the surfaces have in `data`, a file, a surface
        loaded from one, or numbers of shape (V,) or (V, T), each column a map; a tuple of these
        for the left and the right; a list of all this, or a mapping of names to it (default: all
        values of the surfaces, or else the colours of their vertices).
    map : int
        Which of the maps is shown first.
    background : str, path, Surface or array-like, optional
        What is shown in gray below, or a tuple for the left and the right (default: "sulc", of
        surfaces that have it).
    cmap : str or anything `as_colormap` takes
        Of values, as are `vmin`, `vmax` and `threshold`, each as for `plot_surface`.
    vmin, vmax : float, optional
    threshold : float or (float, float), optional
    labels : Labels, optional
        The table of whole numbers that have none.
    alpha : float, or one number per vertex
        How opaque the colours are.
    view : str or (azimuth, elevation)
        From where the surfaces are seen first, as for `plot_surface` (default: "lateral", but
        "left" of a surface of which nothing says what hemisphere it is).
    shading : {"smooth", "flat", "none"}
    outline : bool
        Show the borders of labels instead of their areas.
    black_bg : bool
    limit : int or None
        Bytes that the page may have (default 2,000,000). Where all takes more, positions and then
        values are rounded, to a 4096th of the size of the surface and a 256th of the range of
        values; where that does not do, maps are left out, the last first. The page says so. None
        is for everything.
    title : str, optional
        Default: the names of the files.

    Returns
    -------
    str or None
        The text of the page, if there is no `path`.

    Raises
    ------
    UsageError
        If a surface has no faces, there are no such values, the limit is too small for the
        surfaces alone, or an option is outside what it may be.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    >>> left = volio.Surface(corners, sides, {"height": [0, 0, 0, 1]})
    >>> right = volio.Surface(corners, sides, {"height": [0, 0, 0, 2]})
    >>> volio.display.surface_page(left, right, "both.html", values="height")
    """
    hemispheres = {"left": left, "right": right}
    given = {side: surface for side, surface in hemispheres.items() if surface is not None}
    if not given:
        raise UsageError("left, right: at least one surface is needed")
    return _page_of(given, path, options)


def one_surface_page(
    surface: Any,
    path: str | PathLike[str] | None = None,
    values: Any = None,
    *,
    hemi: str | None = None,
    **options: Any,
) -> str | None:
    """Make one HTML page of a surface; see `Surface.to_html`."""
    surface = loaded_surface(surface)
    side = stated_hemisphere(surface) if hemi is None else as_hemisphere(hemi)
    return _page_of({side: surface}, path, {"values": values, **options})


def _page_of(
    surfaces: Mapping[str, Any], path: str | PathLike[str] | None, options: Mapping[str, Any]
) -> str | None:
    """Return the text of a page, or write it."""
    name = None if path is None else name_of_page(path)
    check_options(options, SurfaceContent.__init__)
    text = _Page(SurfaceContent(surfaces, **options)).fitting()
    if name is None:
        return text
    write_text(name, text)
    return None


class _Page:
    """A page of surfaces, as exact as its limit allows.

    Parameters
    ----------
    content : SurfaceContent
    """

    def __init__(self, content: SurfaceContent) -> None:
        self.content = content
        numbers = range(len(content.maps))
        #: Numbers of the maps in the order in which they are kept: the one shown first.
        self.by_rank = sorted(numbers, key=lambda number: number != content.first)
        self._meshes: dict[int, list[dict[str, Any]]] = {}

    def fitting(self) -> str:
        """Return the page, with as much in it as its limit allows.

        Raises
        ------
        UsageError
            If the surfaces alone do not fit.
        """
        limit = self.content.limit
        if limit is None:
            return self._text(PRECISIONS[0], self._maps(PRECISIONS[0], None))
        for precision in PRECISIONS:
            maps = self._maps(precision, limit)
            text = self._text(precision, maps)
            while len(text.encode()) > limit and maps:
                maps.pop()
                text = self._text(precision, maps)
            has_all = len(maps) == len(self.by_rank)
            if has_all and len(text.encode()) <= limit:
                return text
        if len(text.encode()) > limit:
            raise UsageError(
                f"limit: a page of these surfaces needs {len(text.encode())} bytes without a map, "
                f"and may have {limit}; None is for everything"
            )
        return text

    def _maps(self, precision: Precision, limit: int | None) -> list[PackedMap]:
        """Return the maps that fit into so many bytes, or all, by their rank."""
        left = None if limit is None else limit - len(self._text(precision, []))
        found: list[PackedMap] = []
        for number in self.by_rank:
            if left is not None and left <= 0:
                break
            packed = PackedMap(number, self.content.maps[number].facts(precision.steps))
            if left is not None:
                left -= len(json.dumps(packed.facts))
                if left < 0:
                    break
            found.append(packed)
        return found

    def _text(self, precision: Precision, maps: list[PackedMap]) -> str:
        """Return the text of the page with some maps."""
        content = self.content
        in_order = sorted(maps, key=lambda packed: packed.number)
        numbers = [packed.number for packed in in_order]
        scene = {
            "surfaces": self._surfaces(precision),
            "maps": [packed.facts for packed in in_order],
            "shown": numbers.index(content.first) if maps else -1,
            "opacity": content.opacity,
            "start": content.start,
            "views": content.views,
            "shading": content.shading,
            "light": [LIGHT.ambient, LIGHT.diffuse],
            "outline": content.outline,
            "black": content.is_black,
        }
        note = " ".join(self._notes(precision, len(maps)))
        return filled_page(FILES, content.title, note, scene)

    def _surfaces(self, precision: Precision) -> list[dict[str, Any]]:
        """Return what a page needs to show the surfaces without a map."""
        content = self.content
        if precision.bits not in self._meshes:
            packed = [
                pack_mesh(each.vertices, each.faces, precision.bits) for each in content.meshes
            ]
            self._meshes[precision.bits] = _with_shared_faces(packed)
        return [
            {
                "side": side,
                "space": surface.space,
                "mesh": mesh,
                "gray": pack(gray),
                "alpha": None if alpha is None else pack(alpha),
                "indices": None if surface.indices is None else pack(surface.indices),
            }
            for side, surface, mesh, gray, alpha in zip(
                content.sides,
                content.surfaces,
                self._meshes[precision.bits],
                content.grays,
                content.alphas,
                strict=True,
            )
        ]

    def _notes(self, precision: Precision, maps: int) -> Iterator[str]:
        """Yield what the page says below: how large the surfaces are, and what is left out."""
        content = self.content
        for side, mesh in zip(content.sides, content.meshes, strict=True):
            size = f"{len(mesh.vertices):,} vertices, {len(mesh.faces):,} faces."
            yield f"{side.capitalize()}: {size}" if side else size
        step = max(position_step(each.vertices, precision.bits) for each in content.meshes)
        yield f"Positions are rounded to {step:.1g} mm."
        if maps and precision.steps is not None:
            yield f"Values but labels are rounded to {precision.steps:,} steps of their range."
        elif maps:
            yield "Values are those of the data."
        if maps < len(content.maps):
            yield f"{maps} of {len(content.maps)} maps are on this page; it has no room for more."


def _with_shared_faces(meshes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return packed meshes, those with the faces of the first without any of their own."""
    first = meshes[0]
    return [
        {**mesh, "faces": None} if mesh is not first and mesh["faces"] == first["faces"] else mesh
        for mesh in meshes
    ]
