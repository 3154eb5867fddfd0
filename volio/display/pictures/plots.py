"""Pictures of images: the three planes, and many slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from math import ceil, sqrt
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_count, as_numbers, chosen, interpolation_2d, optional_text
from volio.display.base.given import AnyImage
from volio.display.base.inputs import check_options
from volio.display.base.series import check_volume
from volio.display.colour.drawing import Bytes, number_text
from volio.display.pictures.style import SectionStyle, fitting_letters
from volio.display.pictures.tiles import SheetStyle, blank, finished
from volio.display.sampling.sections import MODES, Sections
from volio.display.scene.contours import layers_and_contours, shapes_of
from volio.display.scene.overlay import Overlay, base_overlay
from volio.errors import UsageError
from volio.flags import as_flag
from volio.space.grids import vox2out_vox

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["AXES", "CUT_SIZE", "SectionSheet", "evenly_spread", "plot_mosaic", "plot_ortho"]

AXES = {"x": 0, "y": 1, "z": 2}
SPACES = ("voxels", "world")
#: Pixels of the longest side of a section of a mosaic.
CUT_SIZE = 160
#: Sections of a mosaic.
CUTS = 15
#: Sections across each axis of the display mode "mosaic".
CUTS_OF_EACH = 7
#: Width of a mosaic in tiles, for each in its height, before it is rounded.
WIDE = 1.4


def plot_ortho(
    image: AnyImage | ImageLayer | Overlay,
    cut_coords: ArrayLike | None = None,
    *,
    display_mode: str | None = None,
    overlays: Sequence[Any] = (),
    size: int = 300,
    draw_cross: bool = True,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw the sagittal, coronal and axial sections through a point.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
        Two axes or more. Of a lazy one the three slices, and a subsample for the limits, are
        read.
    cut_coords : (3,) array-like, optional
        The point, RAS+ mm (default: the middle of the image). For ``"mosaic"`` the `cuts` of
        `plot_mosaic` (default: 7 across each axis).
    display_mode : {"ortho", "tiled", "xz", "yx", "yz", "x", "y", "z", "mosaic"}
        Which sections: x is sagittal, y coronal, z axial; ``"tiled"`` puts three on a square,
        ``"mosaic"`` many of each in a row (default: ``"ortho"``, but of a single slice its own).
    overlays : image, Surface, Overlay or Contours, or sequence of these
        What is drawn over the image, the lowest first.
    size : int
        Pixels of the longest side of a section; all have the same scale.
    draw_cross : bool
        Lines through the point.
    output_file : path, optional
        Where to save the picture as PNG.
    **options
        Those of `plot_mosaic` but `axis`, `cuts`, `columns` and `size`.

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA.

    Raises
    ------
    UsageError
        If the point is outside of the image, or a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> picture = volio.display.plot_ortho(img, (4, 4, 5), output_file="ortho.png")
    >>> picture.dtype.name, picture.shape[2]
    ('uint8', 4)
    """
    if display_mode is not None:
        display_mode = chosen("display_mode", display_mode, ("mosaic", *MODES))
    as_flag("draw_cross", draw_cross)
    check_options(options, SectionSheet.__init__)
    sheet = SectionSheet(image, overlays, size, **options)
    if display_mode == "mosaic":
        rows = sheet.rows("xyz", cut_coords, CUTS_OF_EACH)
        return sheet.finish([*chain.from_iterable(rows)], len(rows[0]), output_file)
    worlds = sheet.sections.worlds(display_mode)
    pictures = sheet.through_point(worlds, cut_coords, draw_cross)
    columns = 2 if display_mode == "tiled" else len(worlds)
    return sheet.finish(pictures, columns, output_file)


def plot_mosaic(
    image: AnyImage | ImageLayer | Overlay,
    axis: str | None = None,
    cuts: int | ArrayLike | None = None,
    *,
    columns: int | None = None,
    overlays: Sequence[Any] = (),
    size: int = CUT_SIZE,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw many parallel sections of an image.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
        Two axes or more. Of a lazy one the slices that are shown, and a subsample for the
        limits, are read.
    axis : str
        World axis that is cut: ``"x"`` (sagittal), ``"y"`` (coronal) or ``"z"`` (axial); several,
        as ``"xyz"``, make a row each (default: ``"z"``, but of a single slice its own).
    cuts : int or sequence of float
        How many, evenly spread over the image, or where, mm along the axis. The slice nearest to
        each is drawn, with its position written on it. By default 15, or all where there are
        fewer slices.
    columns : int, optional
        Pictures in a row (default: as square as can be).
    overlays : image, Surface, Overlay or Contours, or sequence of these
        What is drawn over the image, the lowest first.
    size : int
        Pixels of the longest side of a section.
    output_file : path, optional
        Where to save the picture as PNG.
    cmap : str or anything `as_colormap` takes
        Of the image.
    vmin, vmax : float, optional
        Values of the first and the last colour.
    threshold : float or (float, float), optional
        Values nearer to 0 than this, or between the two, are not drawn.
    alpha : float or image
        How opaque the image is.
    volume : int
        Which volume of the longest series, of the image or of an overlay; of shorter ones the
        last is shown.
    annotate : bool
        Letters for the sides, and positions of slices.
    colorbar : bool
        A bar with the values of the colours: of the topmost overlay, else of the image.
    black_bg : bool
        A black background; else a white one.
    radiological : bool
        The subject's left on the right.
    interpolation : str
        Of the image between voxels: one of `volio.display.INTERPOLATIONS` (default: "linear",
        but "nearest" of label images, where nothing is between two numbers).
    space : {"voxels", "world"}
        Sections along the axes of the voxels, or, of an oblique image, along those of the world.
    affine : (4, 4) array-like, optional
        Of an array.
    title : str, optional
        A line, or several; long ones are broken.

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA.

    Raises
    ------
    UsageError
        If a cut is outside of the image, or a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> picture = volio.display.plot_mosaic(img, "z", cuts=6, output_file="mosaic.png")
    >>> picture.dtype.name, picture.shape[2]
    ('uint8', 4)
    """
    _check_axes(axis)
    check_options(options, SectionSheet.__init__)
    sheet = SectionSheet(image, overlays, size, **options)
    axis = axis or sheet.sections.single or "z"
    rows = sheet.rows(axis, cuts, CUTS)
    # Several axes make a row each; one makes a picture that is a little wider than high.
    width = len(rows[-1]) if len(axis) > 1 else ceil(sqrt(len(rows[0]) * WIDE))
    pictures = [*chain.from_iterable(rows)]
    if columns is not None:
        width = as_count("columns", columns)
    return sheet.finish(pictures, min(width, len(pictures)), output_file)


def _check_axes(axis: str | None) -> None:
    """Check the letters of the axes of the world that sections are across."""
    if axis is not None and (not isinstance(axis, str) or not axis or set(axis) - set(AXES)):
        raise UsageError(f"axis: must be made of x, y and z, got {axis!r}")


def evenly_spread(count: int, length: int) -> NDArray[np.float64]:
    """Return the slices in the middle of so many equal parts of an axis."""
    return np.round((np.arange(count) + 0.5) * length / count - 0.5)


class SectionSheet:
    """The sections of an image, and their style."""

    def __init__(
        self,
        image: Any,
        overlays: Sequence[Any],
        size: int,
        *,
        cmap: Any = None,
        vmin: float | None = None,
        vmax: float | None = None,
        threshold: float | tuple[float, float] | None = None,
        alpha: Any = None,
        volume: int = 0,
        annotate: bool = True,
        colorbar: bool = False,
        black_bg: bool = True,
        radiological: bool = False,
        interpolation: str | None = None,
        space: str = "voxels",
        affine: ArrayLike | None = None,
        title: str | None = None,
    ) -> None:
        as_count("size", size)
        if interpolation is not None:
            interpolation_2d("interpolation", interpolation)
        style = {"alpha": alpha, "vmin": vmin, "vmax": vmax, "affine": affine}
        image = base_overlay(image, cmap, threshold, **style)
        layers, contours = layers_and_contours(overlays)
        check_volume(volume, *shapes_of(image, layers, contours))
        self.style = SectionStyle(
            [image, *layers],
            contours,
            volume,
            interpolation,
            black=black_bg,
            annotate=annotate,
            letter_size=fitting_letters(size),
        )
        self.sections = Sections(*_grid(image, space), radiological, image.is_anatomical)
        self.size = size
        self.colorbar = colorbar
        self.title = optional_text("title", title)

    def scale(self, worlds: Sequence[int]) -> float:
        """Return pixels per mm, so that the longest side has the size of sections."""
        sections = [self.sections[world] for world in worlds]
        lengths = [np.multiply(section.shape, section.sizes).max() for section in sections]
        return float(self.size / max(lengths))

    # Through a point.

    def through_point(
        self, worlds: Sequence[int], point: ArrayLike | None, draw_cross: bool
    ) -> list[Bytes]:
        """Return the pictures of the sections across world axes through a point in mm."""
        voxel = self.voxel_at(point)
        scale = self.scale(worlds)
        sections = [self.sections[world] for world in worlds]
        pictures = [self.style.draw(section, voxel, scale) for section in sections]
        for picture, section in zip(pictures, sections, strict=True):
            if draw_cross:
                self.style.draw_cross(picture, section, voxel)
            if self.style.annotate:
                self.style.draw_letters(picture, section)
        return pictures

    def voxel_at(self, point: ArrayLike | None) -> NDArray[np.intp]:
        """Return the voxel at a point in mm; without one that in the middle."""
        if point is None:
            return np.array(self.sections.shape) // 2
        position = as_numbers("cut_coords", point)
        if position.shape != (3,) or not np.isfinite(position).all():
            raise UsageError(f"cut_coords: must be three numbers in mm, got {point!r}")
        if not self.sections.inside(position):
            raise UsageError(f"cut_coords: {position.tolist()} mm is outside of the image")
        return self.sections.to_voxel(position)

    # Across an axis.

    def rows(self, axis: str, cuts: int | ArrayLike | None, most: int) -> list[list[Bytes]]:
        """Return the pictures of sections across each of several world axes, at one scale.

        Without `cuts` there are as many across each as it has slices, and `most` at most. All
        rows have the length of the longest one.
        """
        scale = self.scale([AXES[name] for name in axis])
        rows = [self._across(name, self._cuts(name, cuts, most), scale) for name in axis]
        nothing = blank(1, 1, self.style.background)
        columns = zip_longest(*rows, fillvalue=nothing)
        return [list(row) for row in zip(*columns, strict=True)]

    def _cuts(self, name: str, cuts: int | ArrayLike | None, most: int) -> int | ArrayLike:
        return min(most, self._count(AXES[name])) if cuts is None else cuts

    def _count(self, world: int) -> int:
        """Return how many slices there are across a world axis."""
        return int(self.sections.shape[self.sections.order[world]])

    def _across(self, name: str, cuts: int | ArrayLike, scale: float) -> list[Bytes]:
        """Return the pictures of sections across a world axis."""
        world = AXES[name]
        section = self.sections[world]
        pictures = [self._slice(name, index, scale) for index in self._slices(world, cuts)]
        if self.style.annotate:
            self.style.draw_letters(pictures[0], section, every=False)
        return pictures

    def _slice(self, name: str, index: int, scale: float) -> Bytes:
        """Return the picture of one section across a world axis, with its position in mm."""
        world = AXES[name]
        voxel = np.array(self.sections.shape) // 2
        voxel[self.sections.order[world]] = index
        picture = self.style.draw(self.sections[world], voxel, scale)
        if self.style.annotate:
            mm = float(self.sections.to_world(voxel)[world])
            self.style.draw_note(picture, f"{name}={self._position_text(mm, world)}")
        return picture

    def _position_text(self, mm: float, world: int) -> str:
        """Return a position in mm that is different from that of the next slice."""
        step = abs(float(self.sections.affine[world, self.sections.order[world]]))
        return number_text(mm, step / 10)

    def _slices(self, world: int, cuts: int | ArrayLike) -> list[int]:
        """Return the slices across a world axis, so many or at positions in mm."""
        positions = as_numbers("cuts", cuts)
        if positions.ndim == 0:
            return self._spread_slices(world, float(positions))
        if positions.ndim > 1 or not positions.size or not np.isfinite(positions).all():
            raise UsageError(f"cuts: must be a number, or positions in mm, got {cuts!r}")
        return [self._slice_at(world, mm) for mm in positions.tolist()]

    def _spread_slices(self, world: int, count: float) -> list[int]:
        """Return so many slices across a world axis, evenly spread."""
        length = self._count(world)
        if not 1 <= count <= length or count % 1:
            raise UsageError(f"cuts: must be 1 to {length} for this image, got {count:g}")
        slices = [int(n) for n in evenly_spread(int(count), length)]
        return slices[::-1] if self.sections.against[world] else slices

    def _slice_at(self, world: int, mm: float) -> int:
        """Return the slice at a position along a world axis, on the line through the middle."""
        axis = self.sections.order[world]
        last = self.sections.shape[axis] - 1
        middle, middle_mm = self._middle(world)
        step = self.sections.affine[world, axis]
        index = middle + (mm - middle_mm) / step
        if not -0.5 <= index <= last + 0.5:
            ends = sorted(middle_mm + (end - middle) * step for end in (0, last))
            raise UsageError(
                f"cuts: {mm:g} mm is outside of the image, "
                f"whose slices are between {ends[0]:g} and {ends[1]:g} mm"
            )
        return int(np.clip(np.rint(index), 0, last))

    def _middle(self, world: int) -> tuple[int, float]:
        """Return the middle slice across a world axis, and its position in mm."""
        voxel = np.array(self.sections.shape) // 2
        axis = self.sections.order[world]
        return int(voxel[axis]), float(self.sections.to_world(voxel)[world])

    # The whole picture.

    def finish(
        self, pictures: Sequence[Bytes], columns: int, path: str | PathLike[str] | None
    ) -> Bytes:
        """Return one picture, with the colour bar and the title, and save it."""
        style = SheetStyle(self.style.letter_size, self.style.letter_color, self.style.background)
        with_values = [layer for layer in self.style.layers if not layer.layer.rgb]
        # The bar is of the topmost layer that has values.
        colours = with_values[-1].colours if self.colorbar and with_values else None
        return finished(pictures, columns, style, colours, self.title, path)


def _grid(image: Overlay, space: str) -> tuple[Any, Any]:
    """Return shape and affine of the voxels that are cut."""
    if chosen("space", space, SPACES) == "voxels":
        return image.shape[:3], image.affine if image.has_affine else None
    finest = float(np.linalg.norm(image.affine[:3, :3], axis=0).min())
    return vox2out_vox((image.shape[:3], image.affine), [finest] * 3)
