"""Pictures of tracts: lines over the planes of an image, coloured by direction or by values."""

from __future__ import annotations

from math import ceil
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_count, as_number
from volio.display.base.given import AnyImage, AnyTracts
from volio.display.base.inputs import check_options
from volio.display.colour.blending import blend
from volio.display.colour.drawing import Bytes
from volio.display.colour.srgb import to_bytes
from volio.display.layers.conversion import loaded
from volio.display.pictures.plots import AXES, SectionSheet
from volio.display.pictures.tiles import SheetStyle, finished
from volio.display.sampling.sections import PicturePlane
from volio.display.tracts.line_raster import draw_segments
from volio.display.tracts.segment_colours import group_colours, segment_colours
from volio.display.tracts.segments import LineSegments
from volio.errors import UsageError
from volio.images.kinds import check_kind

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer
    from volio.display.scene.overlay import Overlay
    from volio.tracts.tractogram import Tractogram

__all__ = ["plot_tracts"]

Floats = NDArray[np.floating]

#: Lines that are drawn of more.
LINES = 5000
#: Parts along the longest side of the box around tracts that have no image.
PARTS = 128


def plot_tracts(
    tracts: AnyTracts,
    image: AnyImage | ImageLayer | Overlay | None = None,
    *,
    views: str = "xyz",
    lines: int = LINES,
    colour: str | ArrayLike = "direction",
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw tracts from the side, from behind and from above, over planes of an image.

    Parameters
    ----------
    tracts : Tractogram, or path of one
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image, optional
        Its planes through the middle of the tracts are below all lines.
    views : str
        World axes that are looked along: x, y, z, or several.
    lines : int
        Of more lines so many are drawn, chosen by a seed of 0; a note says so.
    colour : str or colour
        "direction": red for left to right, green for back to front, blue for feet to head;
        "group", whose names are on the first picture; the name of values per point or per line;
        or one colour for all.
    output_file : path, optional
        Where to save the picture as PNG.
    cut_coords : (3,) array-like, optional
        The point of the planes, RAS+ mm.
    cmap : str or anything `as_colormap` takes
        Of values.
    vmin, vmax : float, optional
        Values of the first and the last colour.
    linewidth : float
        Pixels.
    alpha : float
        How opaque lines are.
    size : int
        Pixels of the longest side of a view; all have the same scale.
    colorbar, annotate, black_bg, radiological, title
        As for `plot_ortho`.

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA. Lines nearer to the viewer cover those behind them.

    Raises
    ------
    UsageError
        If there are no lines, no such values, or an option is outside what it may be.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [0, 30, 4], [1, 40, 9]])
    >>> picture = volio.display.plot_tracts(tracts, views="xz", size=80, output_file="tracts.png")
    >>> picture.dtype.name
    'uint8'
    """
    check_options(options, _TractSheet.__init__)
    given: Tractogram = loaded(tracts)
    check_kind(given, "tracts", "plot_tracts")
    most = as_count("lines", lines, high=2**31)
    if not isinstance(views, str) or not views or set(views) - set(AXES):
        raise UsageError(f"views: must be made of x, y and z, got {views!r}")
    drawn = given.subsample(most) if len(given) > most else given
    sheet = _TractSheet(drawn, image, colour, **options)
    pictures = [sheet.view(AXES[name]) for name in views]
    if isinstance(colour, str) and colour == "group":
        sheet.name_groups(pictures[0], drawn)
    if len(drawn) < len(given):
        sheet.note(pictures[-1], f"{len(drawn):,} of {len(given):,} lines")
    return sheet.finish(pictures, output_file)


class _TractSheet:
    """Tracts with their colours, and planes below them."""

    def __init__(
        self,
        tracts: Any,
        image: Any,
        colour: Any,
        *,
        cut_coords: Any = None,
        cmap: Any = "viridis",
        vmin: float | None = None,
        vmax: float | None = None,
        linewidth: float = 1.0,
        alpha: float = 1.0,
        size: int = 400,
        colorbar: bool = True,
        annotate: bool = True,
        black_bg: bool = True,
        radiological: bool = False,
        title: str | None = None,
    ) -> None:
        self.segments = LineSegments.of(tracts)
        self.linewidth = as_number("linewidth", linewidth)
        self.colorbar = colorbar
        style = {"cmap": cmap, "vmin": vmin, "vmax": vmax}
        self.colours, self.bar = segment_colours(tracts, self.segments, colour, style)
        self.colours[:, 3] *= _share("alpha", alpha)
        below = {} if image is not None else _nothing_around(self.segments.box, black_bg)
        self.sheet = SectionSheet(
            below.pop("image", image),
            (),
            size,
            annotate=annotate,
            black_bg=black_bg,
            radiological=radiological,
            title=title,
            **below,
        )
        self.voxel = self._voxel(cut_coords)
        self.scale = self.sheet.scale((0, 1, 2))

    def _voxel(self, point: Any) -> NDArray[np.intp]:
        """Return the voxel that planes go through: in the middle of the tracts, if it is there."""
        middle = self.segments.box.mean(axis=0)
        if point is None and self.sheet.sections.inside(middle):
            point = middle
        return self.sheet.voxel_at(point)

    def view(self, world: int) -> Bytes:
        """Return the picture along a world axis."""
        style = self.sheet.style
        section = self.sheet.sections[world]
        picture = style.draw(section, self.voxel, self.scale)
        plane = section.plane(self.voxel.tolist(), picture.shape[:2], down=True)
        picture = self._with_lines(picture, plane)
        if style.annotate:
            style.draw_letters(picture, section)
        return picture

    def _with_lines(self, picture: Bytes, plane: PicturePlane) -> Bytes:
        """Return a picture with all segments over it, the nearest before the others."""
        starts = _on_plane(self.segments.starts, plane)
        ends = _on_plane(self.segments.ends, plane)
        lines = draw_segments(starts, ends, self.colours, plane.shape, self.linewidth)
        over = blend(picture / np.float32(255), lines, "translucent_no_depth")
        return to_bytes(over)

    def note(self, picture: Bytes, text: str) -> None:
        """Write into the lower left corner of a picture."""
        if self.sheet.style.annotate:
            self.sheet.style.draw_note(picture, text)

    def name_groups(self, picture: Bytes, tracts: Any) -> None:
        """Write the names of groups onto a picture, in their colours, in place of a colour bar."""
        if self.sheet.style.annotate and self.colorbar:
            self.sheet.style.draw_key(picture, group_colours(tracts))

    def finish(self, pictures: list[Bytes], path: str | PathLike[str] | None) -> Bytes:
        """Return one picture with the colour bar and the title, and save it."""
        style = self.sheet.style
        look = SheetStyle(style.letter_size, style.letter_color, style.background)
        bar = self.bar if self.colorbar else None
        return finished(pictures, len(pictures), look, bar, self.sheet.title, path)


def _share(name: str, value: Any) -> float:
    number = as_number(name, value)
    if not 0 <= number <= 1:
        raise UsageError(f"{name}: must be from 0 to 1, got {value!r}")
    return float(number)


def _nothing_around(box: Floats, black: bool) -> dict[str, Any]:
    """Return an image of nothing around a box, and its options."""
    lengths = box[1] - box[0]
    step = max(float(lengths.max()), 1e-6) / PARTS
    shape = [ceil(length / step) + 3 for length in lengths]
    affine = np.diag([step, step, step, 1])
    affine[:3, 3] = box[0] - step
    # A lazy view of one zero.
    nothing = np.broadcast_to(np.zeros((), np.uint8), shape)
    return {"image": nothing, "affine": affine, "cmap": "gray" if black else "gray_r"}


def _unit(vector: Floats) -> Floats:
    """Return a vector of length 1 with the same direction."""
    shorter = vector / np.abs(vector).max()
    unit: Floats = shorter / np.linalg.norm(shorter)
    return unit


def _on_plane(points: Floats, plane: PicturePlane) -> NDArray[np.float64]:
    """Return row, column and nearness (mm) of points, shape (n, 3)."""
    # Of length 1 before they are multiplied: lines may be as far away as float64 goes.
    towards = np.cross(_unit(plane.v), -_unit(plane.u))
    towards /= np.linalg.norm(towards)
    axes = np.linalg.inv(np.stack([plane.u, plane.v, towards], axis=1))
    on_plane: NDArray[np.float64] = (points - plane.origin) @ axes.T
    return on_plane
