"""The style of sections: layers, contours, cross and letters, and their colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from volio.display.colour.blending import compose
from volio.display.colour.drawing import Bytes, draw_cross, draw_lines, write
from volio.display.sampling.sections import PicturePlane, Section
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay
from volio.display.scene.plane_values import PlaneValues

__all__ = ["CROSS", "WHITE", "SectionStyle", "contour_plane", "draw_layers", "fitting_letters"]

#: Contours are found on a grid of at most so many points along an axis.
FINEST = 1024
#: Points along a side of a pixel, at which those of images of several resolutions are found.
POINTS_PER_PIXEL = 2
#: Heights of letters, pixels: the smallest, the largest, and the share of a picture.
SMALLEST_LETTERS = 8.0
LARGEST_LETTERS = 15.0
LETTER_SHARE = 1 / 14
CROSS = (0.2, 0.9, 0.2, 0.8)
WHITE = (1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0)

Rgb = tuple[float, float, float]


@dataclass
class SectionStyle:
    """The layers of pictures of sections, and how they are drawn.

    Parameters
    ----------
    layers : list of Overlay
        The lowest first.
    contours : list of Contours
    volume : int
        Which volume of a series.
    interpolation : str, optional
        Of the lowest layer (default: linear, but nearest of labels).
    black : bool
        The background; white if not.
    annotate : bool
        Letters of sides and positions.
    letter_size : float
        Height of letters, pixels.
    """

    layers: list[Overlay]
    contours: list[Contours] = field(default_factory=list)
    volume: int = 0
    interpolation: str | None = None
    black: bool = True
    annotate: bool = True
    letter_size: float = 13.0

    @property
    def background(self) -> Rgb:
        """Colour of what no image covers."""
        return BLACK if self.black else WHITE

    @property
    def letter_color(self) -> Rgb:
        """Colour of letters."""
        return WHITE if self.black else BLACK

    def draw(self, section: Section, voxel: Any, scale: float) -> Bytes:
        """Return the picture of a section.

        Parameters
        ----------
        section : Section
        voxel : (3,) array-like
            A voxel that it goes through.
        scale : float
            Pixels per mm.

        Returns
        -------
        (rows, columns, 4) uint8 array
        """
        plane = section.plane(voxel, self.shape(section, scale), down=True)
        # The section is on a slice of the finest level, which may be between two of another.
        lowest = self.layers[0].sample(plane, self.volume, self._interpolation(), whole_slices=True)
        others = [layer.sample(plane, self.volume) for layer in self.layers[1:]]
        alphas = [layer.sample_alpha(plane, self.volume) for layer in self.layers]
        picture = draw_layers(self.layers, [lowest, *others], alphas, self.background)
        for contours in self.contours:
            if contours.layer.visible:
                self._draw_contours(picture, contours, section, voxel)
        return picture

    def _interpolation(self) -> str:
        """Return the interpolation of the lowest layer: none between labels."""
        if self.interpolation is not None:
            return self.interpolation
        return "nearest" if self.layers[0].labels else "linear"

    def shape(self, section: Section, scale: float) -> tuple[int, int]:
        """Return the rows and columns of the picture of a section."""
        height = section.shape[0] * section.sizes[0]
        width = section.shape[1] * section.sizes[1]
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _draw_contours(
        self, picture: Bytes, contours: Contours, section: Section, voxel: Any
    ) -> None:
        most = None
        if contours.layer.multiscale or self.layers[0].layer.multiscale:
            most = POINTS_PER_PIXEL * max(picture.shape[:2])
        plane = contour_plane(contours, section, voxel, down=True, most=most)
        pixels_per_point = np.array(picture.shape[:2]) / plane.shape
        for color, lines in contours.lines_on(plane, self.volume):
            # Points and pixels have their centres at integers, and common edges.
            pixels = [(line + 0.5) * pixels_per_point - 0.5 for line in lines]
            seen = color * np.array([1, 1, 1, contours.layer.opacity], np.float32)
            draw_lines(picture, pixels, seen, contours.linewidths)

    def draw_cross(self, picture: Bytes, section: Section, voxel: Any) -> None:
        """Draw the cross through a voxel."""
        pixels_per_voxel = np.array(picture.shape[:2]) / section.shape
        row, column = (np.array(section.at(voxel)) + 0.5) * pixels_per_voxel - 0.5
        # Rows of a section run upwards, those of a picture downwards.
        draw_cross(picture, picture.shape[0] - 1 - row, column, CROSS)

    def draw_letters(self, picture: Bytes, section: Section, every: bool = True) -> None:
        """Write the direction of each side, or of the left and right alone."""
        rows, columns = picture.shape[:2]
        top, right, bottom, left = section.letters
        self._write(picture, left, (rows / 2, 4), "lm")
        self._write(picture, right, (rows / 2, columns - 5), "rm")
        if every:
            self._write(picture, top, (3, columns / 2), "mt")
            self._write(picture, bottom, (rows - 4, columns / 2), "mb")

    def draw_note(self, picture: Bytes, text: str) -> None:
        """Write into the lower left corner."""
        self._write(picture, text, (picture.shape[0] - 3, 3), "lb")

    def draw_key(self, picture: Bytes, colours: Mapping[str, Sequence[float]]) -> None:
        """Write names into the upper left corner, each in its colour, as many as have room."""
        height = 1.3 * self.letter_size
        room = max(1, int(picture.shape[0] / height) - 1)
        names = list(colours)
        for number, name in enumerate(names[:room]):
            text = name
            color = colours[name][:3]
            if number == room - 1 and len(names) > room:
                text = f"and {len(names) - number} more"
                color = self.letter_color
            write(picture, text, (3 + number * height, 3), "lt", color, self.letter_size)

    def _write(self, picture: Bytes, text: str, position: tuple[float, float], anchor: str) -> None:
        write(picture, text, position, anchor, self.letter_color, self.letter_size)


def fitting_letters(size: int) -> float:
    """Return the height of letters on pictures of a size, pixels."""
    return min(LARGEST_LETTERS, max(SMALLEST_LETTERS, size * LETTER_SHARE))


def contour_plane(
    contours: Contours,
    section: Section,
    voxel: ArrayLike,
    down: bool = False,
    most: int | None = None,
) -> PicturePlane:
    """Return the points at which contours are looked for: as fine as the finer of the two grids.

    Parameters
    ----------
    contours : Contours
    section : Section
    voxel : (3,) array-like
        That the section goes through.
    down : bool
        Whether row 0 is the highest.
    most : int, optional
        Points along a side: for grids that are much finer than what is drawn.
    """
    factor = max(1, round(min(section.sizes) / contours.spacing))
    rows, columns = (max(n, min(n * factor, FINEST)) for n in section.shape)
    if most is not None:
        rows = min(rows, most)
        columns = min(columns, most)
    return section.plane(np.asarray(voxel).tolist(), (rows, columns), down)


def draw_layers(
    layers: Sequence[Overlay],
    values: Sequence[PlaneValues],
    alphas: Sequence[Any],
    background: Sequence[float],
) -> Bytes:
    """Return layers in their colours, over each other; those that are not visible are left out.

    Parameters
    ----------
    layers : sequence of Overlay
    values : sequence of PlaneValues
        Of each layer.
    alphas : sequence of array, shape (rows, columns)
        None for an alpha that is the same everywhere.
    background : sequence of float

    Returns
    -------
    (rows, columns, 4) uint8 array
    """
    visible = [number for number, layer in enumerate(layers) if layer.layer.visible]
    if not visible:
        return compose([np.zeros((*values[0].values.shape[:2], 4))], background=background)
    pictures = [layers[n].coloured(values[n], alphas[n]) for n in visible]
    return compose(pictures, [layers[n].layer.blending for n in visible], background)
