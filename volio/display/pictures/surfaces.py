"""Pictures of surfaces from their sides, with values, regions and a background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from math import ceil
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import ArrayLike

from volio.display.base.choices import as_count, chosen, optional_text
from volio.display.base.given import AnySurface
from volio.display.base.inputs import check_options
from volio.display.colour.blending import compose
from volio.display.colour.drawing import Bytes, text_size, write
from volio.display.pictures.style import BLACK, WHITE, fitting_letters
from volio.display.pictures.tiles import SheetStyle, blank, finished
from volio.display.surfaces.hemispheres import as_hemisphere, hemisphere_of, stated_hemisphere
from volio.display.surfaces.painted import SurfaceStyle, paint_surfaces
from volio.display.surfaces.picture import SHADINGS, draw_surface
from volio.display.surfaces.views import MARGIN, Camera, as_cameras, extent, fitted_view
from volio.errors import UsageError
from volio.images.kinds import check_kind
from volio.io import load

if TYPE_CHECKING:
    from volio.surfaces.vertex_data import VertexArray

__all__ = ["SIDES", "VertexValues", "Views", "as_surface", "plot_one_surface", "plot_surface"]

#: The name of an array of the surface, a file or surface with arrays, or numbers.
VertexValues: TypeAlias = "AnySurface | VertexArray | ArrayLike"
#: Names of views, or azimuth and elevation in degrees.
Views: TypeAlias = "str | Sequence[str | tuple[float, float] | float]"

#: Of pictures for which a row would be too long.
LONGEST_ROW = 3
#: Of the size of a picture: the width of a border between regions, on each of its sides.
BORDER = 1 / 300
#: Pixels between the name of a view and the edges of its picture.
NAME_MARGIN = 3
VIEWS = ("lateral", "medial")
SIDES = ("left", "right")


def plot_surface(
    left: AnySurface | None = None,
    right: AnySurface | None = None,
    *,
    values: VertexValues | Sequence[VertexValues | None] | None = None,
    views: Views = VIEWS,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw both hemispheres in one sheet: a row for each view, and one colour bar.

    Parameters
    ----------
    left, right : Surface, or path of one
        One of them may be missing.
    values : optional
        What is shown in colours. A name that both surfaces have in `data`, or a pair: of the left
        and of the right one (default: the first array of each that is not "sulc" or "curv").
        Values are names, files, surfaces loaded from files, and arrays of shape (V,) or (V, T).
    views : str, (azimuth, elevation), or sequence of these
        'lateral', 'medial', 'anterior', 'posterior', 'dorsal', 'ventral', 'left', 'right', or
        angles in degrees. 'lateral' and 'medial' are mirrored for the right hemisphere.
    output_file : path, optional
        Where to save the picture as PNG.
    background : str, path, Surface or array-like, optional
        What is shown in gray below: the larger, the darker, as for FreeSurfer's depth of sulci.
        A name, or a pair of values (default: "sulc", of surfaces that have it).
    cmap : str or anything `as_colormap` takes
        (default: "viridis", but "coolwarm" of values on both sides of a threshold). Of labels
        with a table only where it is given.
    vmin, vmax : float, optional
        Values of the first and the last colour (default: found in the values of both, without
        outliers, see `find_limits`).
    threshold : float or (float, float), optional
        Values nearer to 0 than this, or between the two, show the background, as NaN does.
    alpha : float, or one number per vertex
        How opaque the colours are.
    labels : Labels, or as `values`
        The table of whole numbers in `values`; or regions that are drawn over the values.
    outline : bool
        Draw the borders of regions instead of their areas.
    map : int
        Which of several arrays of a file, or of several columns.
    size : int
        Pixels of the longest side of a view; all have the same scale.
    shading : {"smooth", "flat", "none"}
        Light from the viewer. What faces the viewer has the colours of the bar.
    colorbar : bool
        A bar with the values of the colours; there is none for labels with a table.
    annotate : bool
        Write the side and the name of the view below each.
    black_bg : bool
        A black background; else a white one.
    title : str, optional
        A line, or several; long ones are broken.
    axes : matplotlib Axes, optional
        Where the picture is shown, too.

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA.

    Raises
    ------
    UsageError
        If a surface has no faces, there are no such values, or an option is outside what it may
        be.
    ImageDataError
        If values are not one for each vertex.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    >>> left = volio.Surface(corners, sides, {"height": [0, 0, 0, 1]})
    >>> right = volio.Surface(corners, sides, {"height": [0, 0, 0, 2]})
    >>> volio.display.plot_surface(left, right, values="height", size=60).dtype.name
    'uint8'
    """
    hemispheres = {"left": left, "right": right}
    given = {side: surface for side, surface in hemispheres.items() if surface is not None}
    if not given:
        raise UsageError("left, right: at least one surface is needed")
    check_options(options, _Sheet.__init__)
    sheet = _Sheet(given, values, **options)
    cameras = [as_cameras(views, partial(as_hemisphere, side)) for side in given]
    by_view = [*chain.from_iterable(zip(*sheet.rows(cameras), strict=True))]
    return sheet.finish(by_view, len(given), output_file)


def plot_one_surface(
    surface: AnySurface,
    values: VertexValues | None = None,
    *,
    views: Views | None = None,
    hemi: str | None = None,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw a surface from some sides, next to each other.

    Parameters
    ----------
    surface : Surface, or path of one
    values : optional
        As for `plot_surface`, of this surface.
    views : str, (azimuth, elevation), or sequence of these, optional
        (default: lateral and medial, but left and right of a structure that has both sides)
    hemi : {"left", "right"}, optional
        Which hemisphere it is (default: as its structure or the name of its file says, else by
        the sign of its mean x, with a warning).
    output_file : path, optional
        Where to save the picture as PNG.
    **options
        Of `plot_surface`.

    Returns
    -------
    (rows, columns, 4) uint8 array

    Raises
    ------
    UsageError
        As for `plot_surface`.
    """
    check_options(options, _Sheet.__init__)
    shown = as_surface(surface)
    side = stated_hemisphere(shown) if hemi is None else as_hemisphere(hemi)
    if views is None:
        # A structure that says no side, as "cortex", is of both.
        views = SIDES if shown.structure and not side else VIEWS
    sheet = _Sheet({side: shown}, {side: values}, **options)
    cameras = as_cameras(views, partial(hemisphere_of, shown, hemi))
    pictures = sheet.rows([cameras])[0]
    columns = len(cameras) if len(cameras) <= LONGEST_ROW else ceil(len(cameras) / 2)
    return sheet.finish(pictures, columns, output_file)


def as_surface(surface: Any) -> Any:
    """Return a surface, loaded if it is the path of one.

    Raises
    ------
    UsageError
        If it is not a surface.
    """
    if isinstance(surface, str | PathLike):
        surface = load(surface)
    check_kind(surface, "surface", "plot_surface")
    return surface


class _Sheet:
    """Surfaces with their paints, and the style of their pictures.

    Parameters
    ----------
    surfaces : mapping of str to Surface or path
        By side: 'left', 'right', or "" for one of which nothing says it.
    values
        For all of them, a pair for left and right, or a mapping by side.
    """

    def __init__(
        self,
        surfaces: Mapping[str, Any],
        values: Any,
        *,
        background: Any = "sulc",
        cmap: Any = None,
        vmin: float | None = None,
        vmax: float | None = None,
        threshold: float | tuple[float, float] | None = None,
        alpha: Any = None,
        labels: Any = None,
        outline: bool = False,
        map: int = 0,
        size: int = 500,
        shading: str = "smooth",
        colorbar: bool = True,
        annotate: bool = True,
        black_bg: bool = True,
        title: str | None = None,
        axes: Any = None,
    ) -> None:
        self.size = as_count("size", size, low=2 * MARGIN + 1)
        self.shading = chosen("shading", shading, SHADINGS)
        self.background = BLACK if black_bg else WHITE
        self.letters = WHITE if black_bg else BLACK
        self.letter_size = fitting_letters(size)
        self.colorbar = colorbar
        self.annotate = annotate
        self.title = optional_text("title", title)
        self.axes = axes
        self.sides = list(surfaces)
        common = SurfaceStyle(
            cmap=cmap,
            vmin=vmin,
            vmax=vmax,
            threshold=threshold,
            outline=max(1, round(size * BORDER)) if outline else 0,
            column=map,
        )
        each = {"values": values, "background": background, "alpha": alpha, "labels": labels}
        styles = []
        for side in self.sides:
            of_side = {name: _of_side(given, side) for name, given in each.items()}
            styles.append(replace(common, **of_side))
        loaded = [as_surface(surface) for surface in surfaces.values()]
        self.painted, self.colours = paint_surfaces(loaded, styles)

    def rows(self, cameras: Sequence[Sequence[Camera]]) -> list[list[Bytes]]:
        """Return the pictures of each surface from each of its cameras, all at one scale."""
        extents = [
            extent(camera, painted.mesh.drawn_vertices)
            for painted, seen_by in zip(self.painted, cameras, strict=True)
            for camera in seen_by
        ]
        # A surface of one point, or one seen from its edge, has some size, too.
        pixel = (max(extents) or 1.0) / (self.size - 2 * MARGIN)
        return [
            [self._view(number, camera, pixel) for camera in seen_by]
            for number, seen_by in enumerate(cameras)
        ]

    def _view(self, number: int, camera: Camera, pixel: float) -> Bytes:
        """Return the picture of a surface from a camera."""
        painted = self.painted[number]
        view = fitted_view(camera, painted.mesh.drawn_vertices, pixel)
        drawn = draw_surface(painted.mesh, view, painted.paints, self.shading)
        picture = compose([drawn], background=self.background)
        return self._with_name(picture, f"{self.sides[number]} {camera.name}".strip())

    def _with_name(self, picture: Bytes, name: str) -> Bytes:
        """Return a picture with its name in the lower left corner; a narrow one is made wider."""
        if not self.annotate:
            return picture
        width = text_size(name, self.letter_size)[1] + 2 * NAME_MARGIN
        if width > picture.shape[1]:
            strip = blank(picture.shape[0], width, self.background)
            left = (width - picture.shape[1]) // 2
            strip[:, left : left + picture.shape[1]] = picture
            picture = strip
        corner = (picture.shape[0] - NAME_MARGIN, NAME_MARGIN)
        write(picture, name, corner, "lb", self.letters, self.letter_size)
        return picture

    def finish(
        self, pictures: Sequence[Bytes], columns: int, path: str | PathLike[str] | None
    ) -> Bytes:
        """Return one picture, with the colour bar and the title; show and save it."""
        style = SheetStyle(self.letter_size, self.letters, self.background)
        colours = self.colours if self.colorbar else None
        picture = finished(pictures, columns, style, colours, self.title, path)
        if self.axes is not None:
            self.axes.imshow(picture)
            self.axes.set_axis_off()
        return picture


def _of_side(given: Any, side: str) -> Any:
    """Return what belongs to a side: of a pair, or of a mapping; else all have the same."""
    if isinstance(given, Mapping):
        return given[side]
    if isinstance(given, tuple | list) and len(given) == len(SIDES) and side:
        return given[SIDES.index(side)]
    return given
