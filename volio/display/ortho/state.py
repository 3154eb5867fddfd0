"""The state of a viewer of three planes: its position, its layers, and what they show there."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.display.base.events import Event
from volio.display.base.series import volume_count
from volio.display.colour.drawing import Bytes, digits_between
from volio.display.layers.picking import value_text
from volio.display.ortho.position import ViewerPosition
from volio.display.pictures.style import contour_plane, draw_layers
from volio.display.sampling.sections import Section
from volio.display.scene.contours import ContourLines, Contours, shapes_of
from volio.display.scene.overlay import Overlay
from volio.display.scene.plane_values import PlaneValues
from volio.errors import UsageError

__all__ = ["OrthoState"]

#: Overlays of finer grids are shown with up to so many pixels along a side of a voxel.
FINEST = 4
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
        start: Any = "origin",
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
        self.add(image)

    # What is shown.

    def add(self, shown: Overlay | Contours) -> None:
        """Put a layer or contours on top."""
        if isinstance(shown, Contours):
            self.contours.append(shown)
        else:
            self.layers.append(shown)
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

    def values(self, number: int, panel: int) -> PlaneValues:
        """Return the values of a layer in a section, rows upwards.

        Those of a layer on the grid of the image are the voxels, of their dtype. One slice of
        each layer is kept for each section.
        """
        layer = self.layers[number]
        section = self.sections[panel]
        index = int(self.voxel[section.through])
        volume = min(self.volume, layer.n_volumes - 1)
        shape = None if layer.on_grid(self.sections) else self._shape(section)
        depends_on = (index, volume, section.flips, shape)
        kept = self._kept.get((id(layer), panel))
        if kept is not None and kept[0] == depends_on:
            return kept[1]
        if shape is None:
            values = layer.read(section, index, volume)
        else:
            values = layer.sample(section.plane(self.voxel.tolist(), shape), self.volume)
        self._kept[(id(layer), panel)] = (depends_on, values)
        return values

    def _shape(self, section: Section) -> tuple[int, int]:
        """Return the shape of the picture of a section: fine enough for all layers."""
        others = [layer for layer in self.layers[1:] if not layer.on_grid(self.sections)]
        if not others:
            return section.shape
        finest = min(layer.layer.placement.voxel_sizes[:3].min() for layer in others)
        pixels = ceil(min(section.sizes) / finest - SAME_SIZE)  # along a side of a voxel
        finer = max(1, min(FINEST, pixels))
        return section.shape[0] * finer, section.shape[1] * finer

    def picture(self, panel: int) -> Bytes:
        """Return a section in colours, rows upwards: (rows, columns, 4) uint8."""
        section = self.sections[panel]
        shape = self._shape(section)
        plane = section.plane(self.voxel.tolist(), shape)
        values = [_repeated(self.values(n, panel), shape) for n in range(len(self.layers))]
        alphas = [layer.sample_alpha(plane, self.volume) for layer in self.layers]
        return draw_layers(self.layers, values, alphas, (0, 0, 0))

    def outlines(self, panel: int) -> list[tuple[Contours, ContourLines]]:
        """Return the contours in a section, in rows and columns of its voxels."""
        section = self.sections[panel]
        found = []
        for contours in self.contours:
            plane = contour_plane(contours, section, self.voxel)
            points_per_voxel = np.array(plane.shape) / section.shape
            for color, lines in contours.outlines(contours.sample(plane, self.volume)):
                # Points and voxels have their centres at integers, and common edges.
                in_voxels = [(line + 0.5) / points_per_voxel - 0.5 for line in lines]
                found.append((contours, ContourLines(color, in_voxels)))
        return found

    def values_here(self) -> list[tuple[str, Any]]:
        """Return the name of each layer and its value at the position."""
        section = self.sections[0]
        row, column = section.at(self.voxel.tolist())
        found = []
        for number, layer in enumerate(self.layers):
            values = self.values(number, 0)
            pixels = values.values.shape[0] // section.shape[0]  # along a side of a voxel
            found.append((layer.layer.name, values.at(int(row) * pixels, int(column) * pixels)))
        return found

    def time_course(self) -> NDArray[Any]:
        """Return the values of the voxel in all volumes of the image."""
        return self.layers[0].time_course(self.voxel)

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
        digits = [_digits(layer) for layer in self.layers]
        values = [
            f"{name} = {value_text(value, count)}"
            for count, (name, value) in zip(digits, self.values_here(), strict=True)
        ]
        return f"({position}) mm    voxel {voxel}\n" + "    ".join(values)


def _digits(layer: Overlay) -> int:
    """Return the digits that tell values of a layer apart, 6 at least."""
    if layer.layer.rgb:
        return DIGITS
    low, high = layer.layer.contrast_limits
    return max(DIGITS, digits_between(max(-low, high), (high - low) / 1000))


def _repeated(plane: PlaneValues, shape: tuple[int, int]) -> PlaneValues:
    """Return values with each repeated so that they fill a shape."""
    values = plane.values
    for axis in (0, 1):
        times = shape[axis] // values.shape[axis]
        if times > 1:
            values = np.repeat(values, times, axis=axis)
    return plane._replace(values=values)
