"""The pixels that a section is drawn with: at the level, and of the part, that a window shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.display.base.level_grids import LevelGrids
from volio.display.sampling.sections import PicturePlane, Section

__all__ = ["GridSide", "SectionGrid", "SeenPart", "whole_section"]

Floats = NDArray[np.float64]

#: Voxels that are drawn beyond each edge of what is seen: contours end there.
MARGIN = 2
#: Pixels of the longer side of a section where no window says how many there are.
PIXELS = 512


class SeenPart(NamedTuple):
    """What a window shows of a section.

    Attributes
    ----------
    rows, columns : (float, float)
        From edge to edge, in rows and columns of the finest level.
    pixel : float
        mm of the section in a pixel of the window.
    """

    rows: tuple[float, float]
    columns: tuple[float, float]
    pixel: float


def whole_section(section: Section) -> SeenPart:
    """Return all of a section, in a window of usual size."""
    rows, columns = section.shape
    longest = max(np.multiply(section.shape, section.sizes).tolist())
    return SeenPart((-0.5, rows - 0.5), (-0.5, columns - 0.5), longest / PIXELS)


class GridSide(NamedTuple):
    """The pixels along the rows or the columns of a section.

    Attributes
    ----------
    start, length : int
        The first row of the level that is drawn, and how many.
    finer : int
        Pixels along a side of a voxel of the level.
    factor, offset : float
        Row r of the level is at ``r * factor + offset`` in rows of the finest.
    """

    start: int
    length: int
    finer: int
    factor: float
    offset: float

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.length * self.finer

    def to_finest(self, pixels: Floats) -> Floats:
        """Return positions in pixels, whose centres are at integers, in rows of the finest."""
        rows = self.start + (pixels + 0.5) / self.finer - 0.5
        return rows * self.factor + self.offset

    @property
    def ends(self) -> tuple[float, float]:
        """The outer edges of the first and the last pixel, in rows of the finest level."""
        low, high = self.to_finest(np.array([-0.5, self.pixels - 0.5])).tolist()
        return low, high

    def pixel_at(self, row: float) -> int | None:
        """Return the pixel that a position in rows of the finest level is in; None outside."""
        in_level = (row - self.offset) / self.factor
        pixel = floor((in_level + 0.5 - self.start) * self.finer)
        return pixel if 0 <= pixel < self.pixels else None


@dataclass(frozen=True)
class SectionGrid:
    """The pixels of a section.

    Attributes
    ----------
    level : int
        Of the image.
    section : Section
        Of all voxels of the level.
    voxel : (3,) array
        That the section goes through, in voxels of the level.
    rows, columns : GridSide
    """

    level: int
    section: Section
    voxel: Floats
    rows: GridSide
    columns: GridSide

    @classmethod
    def of(
        cls,
        section: Section,
        voxel: Floats,
        grids: LevelGrids,
        shape: Sequence[int],
        level: int = 0,
    ) -> Self:
        """Return the pixels of all of a section, one for each voxel of a level.

        Parameters
        ----------
        section : Section
            Of the finest level.
        voxel : (3,) array
            That it goes through, in voxels of the finest level.
        grids : LevelGrids
            Of the three axes.
        shape : sequence of int
            Of the level.
        level : int
        """
        rows, columns = (_side_of_level(section, side, grids, shape, level) for side in (0, 1))
        in_level = replace(
            section,
            shape=(rows.length, columns.length),
            sizes=(section.sizes[0] * rows.factor, section.sizes[1] * columns.factor),
            affine=section.affine @ grids.matrices[level],
        )
        return cls(level, in_level, grids.to_level(level, voxel), rows, columns)

    def cropped(self, seen: SeenPart) -> Self:
        """Return the pixels of the voxels that are seen, and of a few around them."""
        rows = _cropped(self.rows, seen.rows)
        columns = _cropped(self.columns, seen.columns)
        return replace(self, rows=rows, columns=columns)

    def with_pixels(self, finer: int) -> Self:
        """Return so many pixels along a side of each voxel."""
        rows = self.rows._replace(finer=finer)
        return replace(self, rows=rows, columns=self.columns._replace(finer=finer))

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels along the rows and the columns."""
        return self.rows.pixels, self.columns.pixels

    @property
    def key(self) -> tuple[object, ...]:
        """What the values of the image depend on, besides the volume."""
        return self.level, self.index, self.section.flips, self.rows, self.columns

    @property
    def index(self) -> int:
        """The slice of the level."""
        return int(np.rint(self.voxel[self.section.through]))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top edge, in columns and rows of the finest level."""
        return (*self.columns.ends, *self.rows.ends)

    def plane(self) -> PicturePlane:
        """Return where the pixels are in the world, rows upwards."""
        finer = self.rows.finer
        rows, columns = self.section.shape
        whole = self.section.plane(self.voxel.tolist(), (rows * finer, columns * finer))
        first = self.rows.start * finer * whole.u + self.columns.start * finer * whole.v
        return PicturePlane(whole.origin + first, whole.u, whole.v, self.shape)

    def ranges(self, last: int) -> list[slice | int]:
        """Return the index of the voxels along the three axes of the level.

        Parameters
        ----------
        last : int
            The last slice of the level across the section: it may lack those of the finest.
        """
        section = self.section
        index: list[slice | int] = [min(max(self.index, 0), last)] * 3
        for side, part in enumerate((self.rows, self.columns)):
            start = part.start
            if section.flips[side]:
                start = section.shape[side] - part.start - part.length
            index[section.axes[side]] = slice(start, start + part.length)
        return index

    def pixel_at(self, row: float, column: float) -> tuple[int, int] | None:
        """Return the pixel at a row and a column of the finest level; None outside."""
        pixel = self.rows.pixel_at(row), self.columns.pixel_at(column)
        return None if pixel[0] is None or pixel[1] is None else (pixel[0], pixel[1])


def _side_of_level(
    section: Section, side: int, grids: LevelGrids, shape: Sequence[int], level: int
) -> GridSide:
    """Return a pixel for each row (side 0) or column (1) of a level; see `SectionGrid.of`."""
    axis = section.axes[side]
    factor = float(grids.factors[level, axis])
    offset = float(grids.offsets[level, axis])
    if section.flips[side]:  # rows are counted from the other end
        offset = section.shape[side] - 1 - factor * (shape[axis] - 1) - offset
    return GridSide(0, shape[axis], 1, factor, offset)


def _cropped(side: GridSide, seen: tuple[float, float]) -> GridSide:
    """Return the voxels of a side between two positions in rows of the finest level."""
    low, high = [(row - side.offset) / side.factor for row in seen]
    # Voxel n reaches from n - 0.5 to n + 0.5.
    first = floor(low + 0.5) - MARGIN
    behind = ceil(high + 0.5) + MARGIN
    start = min(max(0, first), side.length - 1)
    stop = max(start + 1, min(side.length, behind))
    return side._replace(start=start, length=stop - start)
