"""Contours: outlines of masks, regions and surfaces, and lines of equal value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import optional_text
from volio.display.base.far_numbers import exact_number
from volio.display.base.given import AnyImage, AnySurface
from volio.display.base.inputs import listed
from volio.display.base.series import volume_index
from volio.display.base.settings import number_from
from volio.display.colour.colors import Colors, as_colors
from volio.display.colour.value_colours import ValueColours
from volio.display.layers.conversion import loaded
from volio.display.sampling.sections import PicturePlane
from volio.display.scene.mesh_cuts import MeshCuts
from volio.display.scene.overlay import Overlay, as_layer, as_overlay, sampled
from volio.display.scene.plane_values import PlaneValues
from volio.display.scene.surface_outlines import OutlineLayer, cuts_of, name_of
from volio.errors import UsageError
from volio.images.kinds import kind_of

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["ContourLines", "Contours", "Line", "layers_and_contours", "shapes_of"]

#: Colours of outlines in turn: of one level the first alone.
COLORS = ("red", "cyan", "yellow", "lime", "magenta", "orange", "deepskyblue", "violet")
#: Levels below this are those of numbers near 0.
FAR = 4096.0
#: Widest lines, points.
WIDEST = 100.0
#: More different integers in a slice than this are not regions.
REGIONS = 512

#: Row and column of each point, shape (n, 2).
Line = NDArray[np.float64]


class ContourLines(NamedTuple):
    """Lines of one colour."""

    color: NDArray[np.float32]
    lines: list[Line]


class Contours:
    """Contours of an image or a surface, to be shown over another image.

    Parameters
    ----------
    image : SpatialImage, ImageLayer, array-like, Surface, or path of an image or surface
        Of an image three axes or more. A surface is cut with the plane of each slice, exactly.
    levels : float or sequence of float, optional
        Values that lines follow, which are closed at the borders: outside, and where there is no
        value, counts as 0 (for numbers far from 0 as their lowest). Without levels booleans,
        integers and images whose intent is "label" are regions, each of which is outlined, but
        for 0; of other numbers the line at 0.5 is drawn.
    colors : colour or sequence of colours, optional
        In turn for levels, and for regions by their numbers; the first is that of a surface.
    linewidths : float
        In points on a screen, pixels in a picture.
    affine : (4, 4) array-like, optional
        Of an array: voxels to mm.
    name : str, optional
    space : str
        Of a surface: the space that the affine of the image below leads to.
    reference : SpatialImage, optional
        Of a surface: the volume that it was made from, as for `Surface.vertices_in`.

    Raises
    ------
    UsageError
        If the image has fewer than three axes, a level is not finite, a surface has no faces, or
        is given what only images have.
    SpaceError
        If nothing says where the surface is in `space`.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> contours = volio.display.Contours(img, levels=[50, 100], colors="red")
    >>> picture = volio.display.plot_ortho(img, overlays=[contours])
    """

    def __init__(
        self,
        image: AnyImage | AnySurface | ImageLayer,
        levels: float | Sequence[float] | None = None,
        colors: ArrayLike | None = None,
        linewidths: float = 1.5,
        *,
        affine: ArrayLike | None = None,
        name: str | None = None,
        space: str = "scanner",
        reference: AnyImage | None = None,
    ) -> None:
        options = {} if optional_text("name", name) is None else {"name": name}
        self.colors = _line_colors(colors)
        self.linewidths = number_from(0, WIDEST)("linewidths", linewidths)
        #: None of a surface, and for regions.
        self.levels: tuple[float, ...] | None = None
        #: The cuts of a surface; None of an image.
        self.cuts: MeshCuts | None = None
        image = loaded(image)
        if kind_of(image) == "surface":
            _refuse_for_surfaces(levels=levels, affine=affine)
            self.cuts = cuts_of(image, space, reference)
            self.layer: Any = OutlineLayer(3, {"name": name_of(image), **options})
            return
        self.layer = as_layer(image, affine, **options)
        if self.layer.rgb:
            raise UsageError("contours: colours have no levels; give numbers")
        are_regions = self.layer.dtype.kind in "biu" or self.layer.limits.are_known_labels
        if levels is not None or not are_regions:
            self.levels = _finite_levels(0.5 if levels is None else levels)

    def lines_on(self, plane: PicturePlane, volume: int) -> Iterator[ContourLines]:
        """Go through the lines in a plane, in rows and columns of its points.

        Parameters
        ----------
        plane : PicturePlane
            Images are sampled at its points; surfaces are cut with it.
        volume : int
            Which one of a series.
        """
        if self.cuts is None:
            yield from self.outlines(self.sample(plane, volume))
        elif lines := self.cuts.lines(plane):
            yield ContourLines(self._color(0), lines)

    @property
    def spacing(self) -> float:
        """The distance of points between which nothing is lost, mm; infinite for surfaces."""
        if self.cuts is not None:
            return np.inf
        return float(self.layer.placement.voxel_sizes[:3].min())

    def sample(self, plane: PicturePlane, volume: int) -> PlaneValues:
        """Return values at the points of a plane: between voxels, but for regions."""
        index = volume_index(volume, self.layer.shape)
        if self.levels is None:
            numbers = _dtype_of_regions(self.layer.dtype)
            return sampled(self.layer, plane, index, "nearest", dtype=numbers, outside=0)
        return sampled(self.layer, plane, index, "linear", self.outside)

    @property
    def outside(self) -> float:
        """The value that counts outside: 0, or of numbers far from 0 the lowest."""
        if self.levels is None or max(map(abs, self.levels)) < FAR:
            return 0.0
        return ValueColours.of(self.layer).origin(self.layer.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along all axes; three of a surface, which is not a series."""
        if self.cuts is not None:
            return (1, 1, 1)
        return tuple(int(n) for n in self.layer.shape)

    def outlines(self, values: NDArray[Any] | PlaneValues) -> Iterator[ContourLines]:
        """Go through the outlines in a slice, by level or by region.

        Parameters
        ----------
        values : PlaneValues, or array of shape (rows, columns)

        Raises
        ------
        UsageError
            If there are too many regions.
        """
        found = values if isinstance(values, PlaneValues) else PlaneValues(values)
        if self.levels is None:
            yield from self._regions(found.values)
            return
        outside = float(self.outside - found.origin)
        for number, level in enumerate(self.levels):
            lines = _lines_at(found.values, float(level - found.origin), outside)
            if lines:
                yield ContourLines(self._color(number), lines)

    def _regions(self, values: NDArray[Any]) -> Iterator[ContourLines]:
        from scipy.ndimage import find_objects

        numbers = np.where(np.isfinite(values), values, 0)
        regions, ranks = np.unique(numbers, return_inverse=True)
        if len(regions) > REGIONS:
            raise UsageError(f"contours: {len(regions)} different integers in a slice: give levels")
        boxes = find_objects(ranks.reshape(values.shape) + 1)
        for region, box in zip(regions, boxes, strict=True):
            if region and box is not None:
                lines = _outlines_in(numbers[box] == region, box)
                yield ContourLines(self._color(int(region) - 1), lines)

    def _color(self, number: int) -> NDArray[np.float32]:
        color: NDArray[np.float32] = self.colors[number % len(self.colors)]
        return color


def layers_and_contours(overlays: Any) -> tuple[list[Overlay], list[Contours]]:
    """Return what is to be drawn over an image as overlays and as contours.

    Parameters
    ----------
    overlays : image, Surface, Overlay or Contours, or iterable of these
        Surfaces become contours, in colours of their own.
    """
    layers: list[Overlay] = []
    contours: list[Contours] = []
    for given in listed("overlays", overlays):
        if isinstance(given, Contours):
            contours.append(given)
        elif kind_of(given) == "surface":
            contours.append(Contours(given, colors=COLORS[len(contours) % len(COLORS)]))
        else:
            layers.append(as_overlay(given))
    return layers, contours


def shapes_of(
    image: Overlay, layers: Sequence[Overlay], contours: Sequence[Contours]
) -> list[tuple[int, ...]]:
    """Return the shapes of an image and of all that is drawn over it."""
    over = [layer.shape for layer in layers] + [each.shape for each in contours]
    return [image.shape, *over]


def _refuse_for_surfaces(**given: Any) -> None:
    """Refuse what only contours of images have."""
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name}: is for contours of images; a surface has its outline alone")


def _finite_levels(levels: float | Sequence[float]) -> tuple[float, ...]:
    """Return levels as numbers; integers that float64 rounds stay integers."""
    given = levels if isinstance(levels, Iterable) else [levels]
    try:
        numbers = tuple([exact_number(level) for level in given])
    except (TypeError, ValueError):
        numbers = ()
    if not numbers or not all(map(isfinite, numbers)):
        raise UsageError(f"levels: must be finite numbers, got {levels!r}")
    return numbers


def _dtype_of_regions(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that the numbers of regions keep: float64 holds all but long integers."""
    is_long = dtype.kind in "iu" and dtype.itemsize == 8
    return dtype.newbyteorder("=") if is_long else np.dtype(np.float64)


def _line_colors(colors: Any) -> Colors:
    """Return the colours of lines: one may be given as a tuple of numbers."""
    if colors is None:
        return as_colors(COLORS)
    if not isinstance(colors, Iterable):
        raise UsageError(f"colors: must be a colour or several, got {colors!r}")
    is_one = isinstance(colors, tuple) and all(isinstance(part, int | float) for part in colors)
    return as_colors([colors] if is_one else colors)


def _outlines_in(inside: NDArray[np.bool_], box: Sequence[slice]) -> list[Line]:
    """Return the outlines of what is inside, in rows and columns of the slice around a box."""
    corner = [side.start for side in box]
    return [line + corner for line in _lines_at(inside.astype(np.float32), 0.5)]


def _lines_at(values: NDArray[Any], level: float, outside: float = 0.0) -> list[Line]:
    """Return the lines at a level; where there is no value, and outside, one value counts."""
    from contourpy import contour_generator

    is_known = np.isfinite(values)
    if (values[is_known] == outside).all():
        return []
    if level == outside:  # around that value itself, outside has to be below
        outside -= 1
    filled = np.pad(np.where(is_known, values, outside), 1, constant_values=outside)
    found: list[Any] = contour_generator(z=filled).lines(level)  # type: ignore[assignment]
    # contourpy has (x, y) of the padded array.
    return [np.asarray(line)[:, ::-1] - 1 for line in found]
