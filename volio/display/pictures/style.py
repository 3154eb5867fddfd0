"""What is drawn of a section: the image, what lies over it, the cross and the letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from volio.display.colour.blending import compose
from volio.display.colour.drawing import Bytes, draw_cross, draw_lines, write
from volio.display.sampling.sections import PicturePlane, Section
from volio.display.scene.contours import Contours
from volio.display.scene.overlay import Overlay

__all__ = ["CROSS", "LIGHT", "Look", "draw_layers"]

#: Contours are found on a grid of at most so many points along an axis.
FINEST = 1024
CROSS = (0.2, 0.9, 0.2, 0.8)
LIGHT, DARK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


@dataclass
class Look:
    """What is drawn, and how.

    Parameters
    ----------
    layers : list of Overlay
        The lowest first.
    contours : list of Contours
    volume : int
        Which volume of a series.
    interpolation : str
        Of the lowest layer.
    black : bool
        The background; white if not.
    annotate : bool
        Letters of sides and places.
    letter : float
        Height of letters, pixels.
    """

    layers: list[Overlay]
    contours: list[Contours] = field(default_factory=list)
    volume: int = 0
    interpolation: str = "linear"
    black: bool = True
    annotate: bool = True
    letter: float = 13.0

    @property
    def background(self) -> tuple[float, float, float]:
        """Colour of what no image covers."""
        return DARK if self.black else LIGHT

    @property
    def ink(self) -> tuple[float, float, float]:
        """Colour of letters."""
        return LIGHT if self.black else DARK

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
        shape = self.shape(section, scale)
        plane = section.plane(voxel, shape, down=True)
        planes = [one.sample(plane, self.volume, self._how(n)) for n, one in enumerate(self.layers)]
        alphas = [one.sample_alpha(plane, self.volume) for one in self.layers]
        picture = draw_layers(self.layers, planes, alphas, self.background)
        for contours in self.contours:
            self._outline(picture, contours, section, voxel)
        return picture

    def shape(self, section: Section, scale: float) -> tuple[int, int]:
        """Return the rows and columns of the picture of a section."""
        rows, columns = (
            max(1, round(n * size * scale))
            for n, size in zip(section.shape, section.sizes, strict=True)
        )
        return rows, columns

    def _how(self, number: int) -> str | None:
        return self.interpolation if number == 0 else None

    def _outline(self, picture: Bytes, contours: Contours, section: Section, voxel: Any) -> None:
        plane = contour_plane(contours, section, voxel, down=True)
        values = contours.sample(plane, self.volume)
        finer = np.array(picture.shape[:2]) / plane.shape
        for color, lines in contours.outlines(values):
            places = [(line + 0.5) * finer - 0.5 for line in lines]
            draw_lines(picture, places, color, contours.linewidths)

    def cross(self, picture: Bytes, section: Section, voxel: Any) -> None:
        """Draw the cross through a voxel."""
        row, column = section.at(voxel)
        rows, columns = np.array(picture.shape[:2]) / section.shape
        down = picture.shape[0] - 1 - ((row + 0.5) * rows - 0.5)
        draw_cross(picture, down, (column + 0.5) * columns - 0.5, CROSS)

    def letters(self, picture: Bytes, section: Section, every: bool = True) -> None:
        """Write what lies at each side, or at the left and right alone."""
        rows, columns = picture.shape[:2]
        top, right, bottom, left = section.letters
        places = [(left, (rows / 2, 4), "lm"), (right, (rows / 2, columns - 5), "rm")]
        if every:
            places += [(top, (3, columns / 2), "mt"), (bottom, (rows - 4, columns / 2), "mb")]
        for text, place, anchor in places:
            write(picture, text, place, anchor, self.ink, self.letter)


def contour_plane(
    contours: Contours, section: Section, voxel: Any, down: bool = False
) -> PicturePlane:
    """Return the points at which contours are looked for: as fine as the finer of the two grids."""
    own = np.linalg.norm(contours.layer.data_to_world_matrix[:3, :3], axis=0).min()
    factor = max(1, round(min(section.sizes) / own))
    rows, columns = (max(n, min(n * factor, FINEST)) for n in section.shape)
    return section.plane(voxel, (rows, columns), down)


def draw_layers(
    layers: Sequence[Overlay], values: Sequence[Any], alphas: Sequence[Any], background: Any
) -> Bytes:
    """Return layers in their colours, over each other; those that are not visible are left out.

    Parameters
    ----------
    layers : sequence of Overlay
    values, alphas : sequences of array, shape (rows, columns)
        Of each layer; None for an alpha that is the same everywhere.
    background : sequence of float

    Returns
    -------
    (rows, columns, 4) uint8 array
    """
    pictures: list[Any] = [np.zeros((*np.shape(values[0])[:2], 4), np.float32)]
    modes = ["translucent_no_depth"]
    for layer, found, alpha in zip(layers, values, alphas, strict=True):
        if layer.layer.visible:
            pictures.append(layer.coloured(found, alpha))
            modes.append(layer.layer.blending)
    if len(pictures) > 1:  # the lowest is what the others are blended with
        del pictures[0], modes[0]
    return compose(pictures, modes, background)
