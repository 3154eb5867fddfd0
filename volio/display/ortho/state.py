"""The state of a viewer of three planes: its position, its layers, and what they show there."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.events import Event
from volio.display.base.level_grids import LevelGrids
from volio.display.base.series import volume_count
from volio.display.colour.drawing import Bytes, digits_between
from volio.display.layers.picking import value_text
from volio.display.ortho.position import ViewerPosition
from volio.display.ortho.section_grid import SectionGrid, SeenPart, whole_section
from volio.display.pictures.style import contour_plane, draw_layers
from volio.display.sampling.sections import PicturePlane, Section
from volio.display.scene.contours import ContourLines, Contours, Line, shapes_of
from volio.display.scene.overlay import Overlay
from volio.display.scene.plane_values import PlaneValues
from volio.errors import UsageError

__all__ = ["OrthoState"]

#: Overlays of finer grids are shown with up to so many pixels along a side of a voxel.
FINEST = 4
#: Points along a side of a section at which contours are found.
CONTOUR_POINTS = 1024
#: Digits of values.
DIGITS = 6
#: Of a voxel: overlays that are finer by less than this are of the same size.
SAME_SIZE = 0.01
#: Events of a layer that change the picture.
CHANGING = ("contrast_limits", "colormap", "gamma", "opacity", "visible", "blending")


class OrthoState(ViewerPosition):
    """The position of a viewer, and what it shows there, without anything that draws.

    Parameters
    ----------
    image : Overlay
        The lowest layer: its voxels make the planes.
    start, radiological
        As for `ViewerPosition`.
    known : bool
        Whether the positions of voxels in the world are known.

    Attributes
    ----------
    layers : list of Overlay
        The lowest first.
    contours : list of Contours

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> state = volio.display.OrthoState(volio.display.Overlay(img, "gray", None), start="centre")
    >>> state.voxel
    array([4, 4, 5])
    """

    def __init__(
        self,
        image: Overlay,
        start: str | ArrayLike = "origin",
        radiological: bool = False,
        known: bool = True,
    ) -> None:
        affine = image.affine if known else None
        super().__init__(
            image.shape, image.n_volumes, affine, start, radiological, image.is_anatomical
        )
        self.layers: list[Overlay] = []
        self.contours: list[Contours] = []
        #: The last slice of each layer in each section, with what it depends on.
        self._kept: dict[tuple[int, int], tuple[Any, PlaneValues]] = {}
        self._seen: dict[int, SeenPart] = {}
        self._grids: dict[int, tuple[tuple[Any, ...], SectionGrid]] = {}
        self.add(image)

    # What is shown.

    def add(self, shown: Overlay | Contours) -> None:
        """Put a layer or contours on top."""
        if isinstance(shown, Contours):
            self.contours.append(shown)
        else:
            self.layers.append(shown)
        self._grids.clear()
        self._count_volumes()
        for name in CHANGING:
            shown.layer.events[name].connect(self._looks_changed)
        self.events.looks()

    def remove(self, shown: Overlay | Contours) -> None:
        """Take a layer or contours away; the image itself stays.

        Raises
        ------
        UsageError
            If it is not there, or the image.
        """
        added: list[Any] = self.contours if isinstance(shown, Contours) else self.layers
        is_there = any(each is shown for each in added)
        if not is_there or shown is self.layers[0]:
            raise UsageError("remove: only overlays and contours that were added can be removed")
        added[:] = [each for each in added if each is not shown]
        self._count_volumes()
        for name in CHANGING:
            shown.layer.events[name].disconnect(self._looks_changed)
        self._kept.clear()
        self._grids.clear()
        self.events.looks()

    def _count_volumes(self) -> None:
        """Have as many volumes as the longest series of what is shown."""
        shapes = shapes_of(self.layers[0], self.layers[1:], self.contours)
        self.n_volumes = max(map(volume_count, shapes))
        self.set_volume(self.volume)

    def _looks_changed(self, event: Event) -> None:
        if event.type == "contrast_limits" and event.source is self.layers[0].layer:
            self._call_linked(lambda other: other.set_limits(event.value), limits=True)
        self.events.looks()

    def set_limits(self, limits: Sequence[float]) -> None:
        """Set the contrast limits of the image, and of those that are linked so."""
        layer = self.layers[0].layer
        if list(limits) != layer.contrast_limits:
            layer.contrast_limits = limits

    def link(self, other: Self, limits: bool = False) -> None:
        """Keep the position, the volume, and with `limits` the contrast, of two states the same.

        The other one takes those of this one.
        """
        super().link(other, limits)
        if limits:
            other.set_limits(self.layers[0].layer.contrast_limits)

    # What is seen there.

    @property
    def is_multiscale(self) -> bool:
        """Whether something that is shown has several resolutions."""
        shown: list[Overlay | Contours] = [*self.layers, *self.contours]
        return any(each.layer.multiscale for each in shown)

    def show_part(self, panel: int, seen: SeenPart) -> None:
        """Take notice of the part of a section that a window shows, and how large."""
        self._seen[panel] = seen

    def grid(self, panel: int) -> SectionGrid:
        """Return the pixels of the picture of a section.

        They are voxels of the image, or parts of these where another layer is finer. Where
        something has several resolutions, they are of the level of the image that fits what is
        seen, and of no more than this.
        """
        locked = self.layers[0].layer.locked_data_level
        depends_on = (self.sections, *self.voxel.tolist(), self._seen.get(panel), locked)
        kept = self._grids.get(panel)
        if kept is None or kept[0] != depends_on:
            kept = depends_on, self._new_grid(panel)
            self._grids[panel] = kept
        return kept[1]

    def _new_grid(self, panel: int) -> SectionGrid:
        section = self.sections[panel]
        if not self.is_multiscale:
            return self._level_grid(section, 0).with_pixels(self._finer(section.sizes, FINEST))
        seen = self._seen.get(panel) or whole_section(section)
        grid = self._level_grid(section, self._fitting_level(section, seen.pixel)).cropped(seen)
        sizes = grid.section.sizes
        return grid.with_pixels(self._finer(sizes, max(1, ceil(min(sizes) / seen.pixel))))

    def _level_grid(self, section: Section, level: int) -> SectionGrid:
        """Return a pixel for each voxel of a section, at a level of the image."""
        image = self.layers[0].layer
        shape = image.level_shapes[level, :3].tolist()
        grids = image.level_grids.of_axes((0, 1, 2))
        voxel = self.voxel.astype(np.float64)
        return SectionGrid.of(section, voxel, grids, shape, level)

    def _fitting_level(self, section: Section, pixel: float) -> int:
        """Return the level of the image for pixels of a size in mm: a locked one, or that fits."""
        image = self.layers[0].layer
        grids: LevelGrids = image.level_grids.of_axes(section.axes)
        locked: int | None = image.locked_data_level
        return grids.fitting(section.sizes, pixel) if locked is None else locked

    def _finer(self, sizes: Sequence[float], most: int) -> int:
        """Return how many pixels along a side of a voxel are fine enough for all layers."""
        others = [layer for layer in self.layers[1:] if not layer.on_grid(self.sections)]
        if not others:
            return 1
        finest = min(float(layer.layer.placement.voxel_sizes[:3].min()) for layer in others)
        return max(1, min(most, ceil(min(sizes) / finest - SAME_SIZE)))

    def values(self, number: int, panel: int) -> PlaneValues:
        """Return the values of a layer in a section, rows upwards: those of `grid`.

        Those of the image, and of a layer on its grid, are the voxels, of their dtype: one for
        each, also where there are several pixels along its sides. One slice of each layer is kept
        for each section.
        """
        layer = self.layers[number]
        grid = self.grid(panel)
        volume = min(self.volume, layer.n_volumes - 1)
        depends_on = (int(self.voxel[grid.section.through]), volume, grid.key)
        kept = self._kept.get((id(layer), panel))
        if kept is not None and kept[0] == depends_on:
            return kept[1]
        values = self._read(layer, grid, volume)
        self._kept[(id(layer), panel)] = (depends_on, values)
        return values

    def _read(self, layer: Overlay, grid: SectionGrid, volume: int) -> PlaneValues:
        """Return the values of a layer: its voxels where they are those of the grid."""
        if self._is_on(grid, layer):
            last = int(layer.layer.level_shapes[grid.level, grid.section.through]) - 1
            return layer.read(grid.section, grid.ranges(last), volume, grid.level)
        return layer.sample(grid.plane(), self.volume)

    def _is_on(self, grid: SectionGrid, layer: Overlay) -> bool:
        """Return whether voxels of a layer are those of a grid: others are sampled."""
        if layer is self.layers[0]:
            return True
        return grid.level == 0 and layer.on_grid(self.sections)

    def level_shown(self, number: int, panel: int) -> int:
        """Return the level of a layer that is shown in a section, 0 for the finest."""
        layer = self.layers[number]
        grid = self.grid(panel)
        return grid.level if self._is_on(grid, layer) else layer.level_on(grid.plane())

    def picture(self, panel: int) -> Bytes:
        """Return a section in colours, rows upwards: (rows, columns, 4) uint8, as `grid`."""
        grid = self.grid(panel)
        plane = grid.plane()
        values = [_repeated(self.values(n, panel), grid.shape) for n in range(len(self.layers))]
        alphas = [layer.sample_alpha(plane, self.volume) for layer in self.layers]
        return draw_layers(self.layers, values, alphas, (0, 0, 0))

    def outlines(self, panel: int) -> list[tuple[Contours, ContourLines]]:
        """Return the contours in a section, in rows and columns of the finest voxels."""
        found = []
        for contours in self.contours:
            grid, plane = self._contour_grid(contours, panel)
            for color, lines in contours.lines_on(plane, self.volume):
                in_voxels = [_in_finest(line, grid, plane.shape) for line in lines]
                found.append((contours, ContourLines(color, in_voxels)))
        return found

    def _contour_grid(self, contours: Contours, panel: int) -> tuple[SectionGrid, PicturePlane]:
        """Return the pixels of a section, and the points on them at which contours are found."""
        section = self.sections[panel]
        if not self.is_multiscale:
            return self._level_grid(section, 0), contour_plane(contours, section, self.voxel)
        grid = self.grid(panel)
        seen = self._seen.get(panel) or whole_section(section)
        finer = ceil(min(grid.section.sizes) / seen.pixel)  # a point for each pixel of the window
        grid = grid.with_pixels(max(1, min(finer, CONTOUR_POINTS // max(grid.shape))))
        return grid, grid.plane()

    def values_here(self) -> list[tuple[str, Any]]:
        """Return the name of each layer and its value at the position, as they are shown."""
        return [(layer.layer.name, self._value_here(n)) for n, layer in enumerate(self.layers)]

    def _value_here(self, number: int) -> Any:
        """Return the value of a layer at the position, whatever part the window shows."""
        row, column = self.sections[0].at(self.voxel.tolist())
        value = self.value_at(number, 0, row, column)
        if value is not None:
            return value
        layer = self.layers[number]
        whole = self._level_grid(self.sections[0], self.grid(0).level)
        around = whole.cropped(SeenPart((row, row), (column, column), 1.0))
        values = self._read(layer, around, min(self.volume, layer.n_volumes - 1))
        pixel = around.pixel_at(row, column)
        return np.nan if pixel is None else values.at(*pixel)  # a level may lack the last voxels

    def value_at(self, number: int, panel: int, row: float, column: float) -> Any:
        """Return the value of a layer that is shown at a row and a column; None outside.

        Rows and columns are those of the finest level; the value is that of the level shown.
        """
        grid = self.grid(panel)
        values = self.values(number, panel)
        per_value = grid.shape[0] // values.values.shape[0]
        pixel = grid.pixel_at(row, column)
        return None if pixel is None else values.at(pixel[0] // per_value, pixel[1] // per_value)

    def time_course(self) -> NDArray[Any]:
        """Return the values of the voxel in all volumes of the image."""
        return self.layers[0].time_course(self.voxel)

    def level_note(self, number: int, panel: int) -> str:
        """Return what is added to a value that is not of the finest level."""
        level = self.level_shown(number, panel)
        return f" (level {level})" if level else ""

    @property
    def lazy(self) -> bool:
        """Whether voxels of the image are read when they are asked for."""
        return not isinstance(self.layers[0].layer.voxels.finest, np.ndarray)

    def text(self) -> str:
        """Return position and voxel in a line, and values in another."""
        smallest = min(min(self.sections[n].sizes) for n in range(3))
        decimals = max(1, -floor(log10(smallest)))
        position = ", ".join(f"{mm:.{decimals}f}" for mm in self.position + 0.0)  # no -0
        voxel = self.voxel.tolist()
        if self.n_volumes > 1:
            voxel.append(self.volume)
        values = [
            f"{name} = {value_text(value, _digits(self.layers[n]))}{self.level_note(n, 0)}"
            for n, (name, value) in enumerate(self.values_here())
        ]
        return f"({position}) mm    voxel {voxel}\n" + "    ".join(values)


def _digits(layer: Overlay) -> int:
    """Return the digits that tell values of a layer apart, 6 at least."""
    if layer.layer.rgb:
        return DIGITS
    low, high = layer.layer.contrast_limits
    return max(DIGITS, digits_between(max(-low, high), (high - low) / 1000))


def _in_finest(line: Line, grid: SectionGrid, shape: tuple[int, int]) -> Line:
    """Return a line on points that cover a grid in rows and columns of the finest voxels."""
    # Points and pixels have their centres at integers, and common edges.
    pixels = (line + 0.5) * grid.shape / np.array(shape) - 0.5
    rows = grid.rows.to_finest(pixels[:, 0])
    return np.stack([rows, grid.columns.to_finest(pixels[:, 1])], axis=-1)


def _repeated(plane: PlaneValues, shape: tuple[int, int]) -> PlaneValues:
    """Return values with each repeated so that they fill a shape."""
    values = plane.values
    for axis in (0, 1):
        times = shape[axis] // values.shape[axis]
        if times > 1:
            values = np.repeat(values, times, axis=axis)
    return plane._replace(values=values)
