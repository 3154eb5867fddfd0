"""Pictures of images: the three planes, and many slices."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.display.colour.drawing import Bytes, write
from volio.display.pictures.style import Look
from volio.display.pictures.tiles import beside, colour_bar, save_png, tiled
from volio.display.sampling.sections import Sections
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay
from volio.errors import UsageError
from volio.space.grids import vox2out_vox

__all__ = ["MODES", "plot_mosaic", "plot_ortho"]

#: World axes across which each mode cuts.
MODES = {
    "ortho": (0, 1, 2),
    "tiled": (1, 0, 2),
    "xz": (0, 2),
    "yx": (1, 0),
    "yz": (1, 2),
    "x": (0,),
    "y": (1,),
    "z": (2,),
}
AXES = {"x": 0, "y": 1, "z": 2}
SPACES = ("voxels", "world")
CUTS = 15


def plot_ortho(
    image: Any,
    cut_coords: ArrayLike | None = None,
    *,
    display_mode: str = "ortho",
    overlays: Sequence[Any] = (),
    size: int = 300,
    draw_cross: bool = True,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw the sagittal, coronal and axial sections through a point.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay or array-like
        Three axes or more. Of a lazy one the three slices, and a subsample for the limits, are
        read.
    cut_coords : (3,) array-like, optional
        The point, RAS+ mm (default: the middle of the image). For ``"mosaic"`` the `cuts` of
        `plot_mosaic` (default: 7 across each axis).
    display_mode : {"ortho", "tiled", "xz", "yx", "yz", "x", "y", "z", "mosaic"}
        Which sections: x is sagittal, y coronal, z axial; ``"tiled"`` puts three on a square,
        ``"mosaic"`` many of each in a row.
    overlays : sequence of image, Overlay or Contours
        What lies over the image, the lowest first.
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
        If the point lies outside of the image, or a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> picture = volio.display.plot_ortho(img, (4, 4, 5), output_file="ortho.png")
    >>> picture.dtype.name, picture.shape[2]
    ('uint8', 4)
    """
    if display_mode == "mosaic":
        cuts = 7 if cut_coords is None else cut_coords
        options |= {"size": size, "overlays": overlays, "output_file": output_file}
        return plot_mosaic(image, "xyz", cuts, **options)
    if display_mode not in MODES:
        names = ", ".join(("mosaic", *MODES))
        raise UsageError(f"display_mode: must be one of {names}, got {display_mode!r}")
    sheet = _Sheet(image, overlays, size, **options)
    voxel = sheet.voxel(cut_coords)
    worlds = MODES[display_mode]
    scale = sheet.scale(worlds, size)
    pictures = []
    for world in worlds:
        section = sheet.sections[world]
        picture = sheet.look.draw(section, voxel, scale)
        if draw_cross:
            sheet.look.cross(picture, section, voxel)
        if sheet.look.annotate:
            sheet.look.letters(picture, section)
        pictures.append(picture)
    return sheet.finish(pictures, 2 if display_mode == "tiled" else len(worlds), output_file)


def plot_mosaic(
    image: Any,
    axis: str = "z",
    cuts: int | ArrayLike = CUTS,
    *,
    columns: int | None = None,
    overlays: Sequence[Any] = (),
    size: int = 160,
    output_file: str | PathLike[str] | None = None,
    **options: Any,
) -> Bytes:
    """Draw many parallel sections of an image.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, Overlay or array-like
        Three axes or more. Of a lazy one the slices that are shown, and a subsample for the
        limits, are read.
    axis : str
        World axis that is cut: ``"x"`` (sagittal), ``"y"`` (coronal) or ``"z"`` (axial); several,
        as ``"xyz"``, make a row each.
    cuts : int or sequence of float
        How many, evenly spread over the image, or where, mm along the axis. The slice nearest to
        each is drawn, and where that lies is written on it.
    columns : int, optional
        Pictures in a row (default: as square as can be).
    overlays : sequence of image, Overlay or Contours
        What lies over the image, the lowest first.
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
        Which volume of a series.
    annotate : bool
        Letters for the sides, and places of slices.
    colorbar : bool
        A bar with the values of the colours: of the topmost overlay, else of the image.
    black_bg : bool
        A black background; else a white one.
    radiological : bool
        The subject's left on the right.
    interpolation : str
        Of the image between voxels: one of `volio.display.INTERPOLATIONS`.
    space : {"voxels", "world"}
        Sections along the axes of the voxels, or, of an oblique image, along those of the world.
    affine : (4, 4) array-like, optional
        Of an array.
    title : str, optional

    Returns
    -------
    (rows, columns, 4) uint8 array
        RGBA.

    Raises
    ------
    UsageError
        If a cut lies outside of the image, or a setting is outside what it may be.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> picture = volio.display.plot_mosaic(img, "z", cuts=6, output_file="mosaic.png")
    >>> picture.dtype.name, picture.shape[2]
    ('uint8', 4)
    """
    if not axis or set(axis) - set(AXES):
        raise UsageError(f"axis: must be made of x, y and z, got {axis!r}")
    sheet = _Sheet(image, overlays, size, **options)
    scale = sheet.scale([AXES[name] for name in axis], size)
    pictures = []
    for name in axis:
        places = sheet.places(AXES[name], cuts)
        for number, (voxel, mm) in enumerate(places):
            section = sheet.sections[AXES[name]]
            picture = sheet.look.draw(section, voxel, scale)
            if sheet.look.annotate:
                sheet.note(picture, f"{name}={mm:.4g}")
                if number == 0:
                    sheet.look.letters(picture, section, every=False)
            pictures.append(picture)
    width = len(places) if len(axis) > 1 else ceil(sqrt(len(places) * 1.4))
    return sheet.finish(pictures, min(columns or width, len(pictures)), output_file)


class _Sheet:
    """The sections of an image and its look."""

    def __init__(
        self,
        image: Any,
        overlays: Sequence[Any],
        size: int,
        *,
        cmap: Any = "gray",
        vmin: float | None = None,
        vmax: float | None = None,
        threshold: float | tuple[float, float] | None = None,
        alpha: Any = None,
        volume: int = 0,
        annotate: bool = True,
        colorbar: bool = False,
        black_bg: bool = True,
        radiological: bool = False,
        interpolation: str = "linear",
        space: str = "voxels",
        affine: ArrayLike | None = None,
        title: str | None = None,
    ) -> None:
        if size < 1:
            raise UsageError(f"size: must be 1 pixel or more, got {size}")
        if not isinstance(image, Overlay):
            image = Overlay(image, cmap, threshold, alpha, vmin, vmax, affine=affine)
        if not 0 <= volume < image.n_volumes:
            raise UsageError(f"volume: must be 0 to {image.n_volumes - 1}, got {volume}")
        over = [one if isinstance(one, Overlay | Contours) else Overlay(one) for one in overlays]
        self.look = Look(
            [image, *(one for one in over if isinstance(one, Overlay))],
            [one for one in over if isinstance(one, Contours)],
            volume,
            interpolation,
            black_bg,
            annotate,
            min(15.0, max(8.0, size / 14)),
        )
        known = getattr(image.layer.origin_image, "affine", True) is not None
        self.sections = Sections(*_grid(image, known, space), radiological)
        self.colorbar, self.title = colorbar, title

    def scale(self, worlds: Sequence[int], size: int) -> float:
        """Return pixels per mm, so that the longest side has so many pixels."""
        sections = [self.sections[world] for world in worlds]
        longest = max(
            n * mm for one in sections for n, mm in zip(one.shape, one.sizes, strict=True)
        )
        return size / longest

    def voxel(self, point: ArrayLike | None) -> Any:
        """Return the voxel at a point in mm."""
        if point is None:
            return np.array(self.sections.shape) // 2
        place = np.asarray(point, np.float64)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise UsageError(f"cut_coords: must be three numbers in mm, got {point!r}")
        if not self.sections.inside(place):
            raise UsageError(f"cut_coords: {place.tolist()} mm lies outside of the image")
        return self.sections.to_voxel(place)

    def places(self, world: int, cuts: int | ArrayLike) -> list[tuple[Any, float]]:
        """Return the voxels that sections across a world axis go through, and where in mm."""
        axis = self.sections.order[world]
        length = self.sections.shape[axis]
        if np.ndim(cuts) == 0:
            count = int(cuts)  # type: ignore[arg-type]
            if not 1 <= count <= length:
                raise UsageError(f"cuts: must be 1 to {length} for this image, got {cuts!r}")
            indices = np.round((np.arange(count) + 0.5) * length / count - 0.5)
            indices = indices[::-1] if self.sections.against[world] else indices
        else:
            indices = np.array([self._cut(world, axis, mm) for mm in np.asarray(cuts).tolist()])
        found = []
        for index in indices:
            voxel = np.array(self.sections.shape) // 2
            voxel[axis] = index
            found.append((voxel, float(self.sections.to_world(voxel)[world].round(6)) + 0.0))
        return found

    def _cut(self, world: int, axis: int, mm: float) -> int:
        """Return the slice at a place along a world axis, on the line through the middle."""
        voxel = np.array(self.sections.shape) // 2
        place = self.sections.to_world(voxel)[world]
        step = self.sections.affine[world, axis]
        index = voxel[axis] + (mm - place) / step
        if not -0.5 <= index <= self.sections.shape[axis] - 0.5:
            ends = [
                place + (end - voxel[axis]) * step for end in (0, self.sections.shape[axis] - 1)
            ]
            raise UsageError(
                f"cuts: {mm:g} mm lies outside of the image, "
                f"whose slices lie between {min(ends):g} and {max(ends):g} mm"
            )
        return int(np.clip(np.rint(index), 0, self.sections.shape[axis] - 1))

    def note(self, picture: Bytes, text: str) -> None:
        """Write into the lower left corner."""
        place = (picture.shape[0] - 3, 3)
        write(picture, text, place, "lb", self.look.ink, self.look.letter)

    def finish(self, pictures: list[Bytes], columns: int, path: Any) -> Bytes:
        """Return one picture, with the colour bar and the title, and save it."""
        look = self.look
        whole = tiled(pictures, columns, look.background)
        shown = [one for one in look.layers if not one.layer.rgb]
        if self.colorbar and shown:
            height = whole.shape[0]
            bar = colour_bar(shown[-1], height, look.letter, look.ink, look.background)
            whole = beside(whole, bar, look.background)
        if self.title:
            head = np.zeros((round(look.letter * 1.8), whole.shape[1], 4), np.uint8)
            head[...] = (*(round(255 * part) for part in look.background), 255)
            write(head, self.title, (head.shape[0] / 2, 6), "lm", look.ink, look.letter)
            whole = np.concatenate([head, whole])
        if path is not None:
            save_png(whole, path)
        return whole


def _grid(image: Overlay, known: bool, space: str) -> tuple[Any, Any]:
    """Return shape and affine of the voxels that are cut."""
    if space not in SPACES:
        raise UsageError(f"space: must be one of {', '.join(SPACES)}, got {space!r}")
    if space == "voxels":
        return image.shape[:3], image.affine if known else None
    finest = float(np.linalg.norm(image.affine[:3, :3], axis=0).min())
    return vox2out_vox((image.shape[:3], image.affine), [finest] * 3)
