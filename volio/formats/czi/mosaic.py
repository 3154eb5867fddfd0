"""Mosaic: the tiles of one resolution of a scene, by plane, in the order of drawing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LimitError
from volio.formats.czi.compression import RAW
from volio.formats.czi.directory import Integers, Subblocks
from volio.formats.czi.subblock import Subblock

__all__ = ["AXES", "Extents", "Mosaic", "Rectangle", "mosaics_of"]

#: Dimensions besides X and Y in the order of arrays, the slowest first. S and M are no axes: scenes
#: and tiles of a mosaic lie next to each other in a plane.
AXES = "TZBHVRIC"

MOST_LEVELS = 32
SPARSEST = 1 << 16  # pixels of an image for each byte of the file
FARTHEST = 1 << 62

Sides = tuple[int, int, int, int]


class Rectangle(NamedTuple):
    """A rectangle of pixels.

    Parameters
    ----------
    x, y : int
        Left and upper edge.
    w, h : int
        Width and height.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> volio.stacks.CziReader(samples_of("czi")[0].path).bounds
    Rectangle(x=-4, y=-3, w=33, h=13)
    """

    x: int
    y: int
    w: int
    h: int

    @classmethod
    def around(cls, table: Subblocks) -> Rectangle:
        """Return the rectangle around all of some subblocks."""
        corner = table.start[:, :2]  # X, Y
        low = corner.min(axis=0)
        width, height = (corner + table.size).max(axis=0) - low
        return cls(int(low[0]), int(low[1]), int(width), int(height))


class Extents(NamedTuple):
    """How far an image reaches.

    Attributes
    ----------
    letters : str
        Its dimensions besides X and Y, in the order of `AXES`.
    lows, lengths : tuple of int
        First index and length along each.
    rectangle : Rectangle
        In the plane.
    """

    letters: str
    lows: tuple[int, ...]
    lengths: tuple[int, ...]
    rectangle: Rectangle

    @classmethod
    def of(cls, table: Subblocks, nbytes: int, name: str) -> Extents:
        """Return how far subblocks of the finest level reach.

        Parameters
        ----------
        table : Subblocks
        nbytes : int
            That the file has.
        name : str
            Of the file, for messages.

        Raises
        ------
        LimitError
            If nearly all of the image would be empty, or the file cannot have so many pixels.
        """
        letters = "".join([letter for letter in AXES if np.any(table.has(letter))])
        columns = [table.along(letter) for letter in letters]
        lows = [int(column.min()) for column in columns]
        lengths = [int(column.max()) - low + 1 for column, low in zip(columns, lows, strict=True)]
        rectangle = Rectangle.around(table)
        shape = (*lengths, rectangle.h, rectangle.w)
        # Tiles that are raw take a byte a pixel at least.
        raw = table.stored.prod(axis=1)[table.compression == RAW]
        if prod(shape) > min(FARTHEST, SPARSEST * nbytes) or raw.max(initial=0) > nbytes:
            raise LimitError(
                f"{name}: dimensions {letters}YX of lengths {shape}, the file has {nbytes} bytes "
                "for all pixels"
            )
        return cls(letters, tuple(lows), tuple(lengths), rectangle)

    def along(self, letter: str) -> tuple[int, int]:
        """Return the first index and the length along a dimension; 0 and 1 where it has none."""
        if letter not in self.letters:
            return 0, 1
        axis = self.letters.index(letter)
        return self.lows[axis], self.lengths[axis]


class Mosaic:
    """The tiles of one resolution of a scene.

    Parameters
    ----------
    table : Subblocks
        Those of this resolution.
    extents : Extents
        Of the finest resolution.
    factor : float
        How many pixels of the finest resolution are one here, along X and along Y.

    Attributes
    ----------
    height, width : int
        In pixels of this resolution.
    """

    def __init__(self, table: Subblocks, extents: Extents, factor: float = 1) -> None:
        self.extents = extents
        self.factor = factor
        self.width = ceil(extents.rectangle.w / factor)
        self.height = ceil(extents.rectangle.h / factor)
        planes = self._planes_of(table)
        tile_numbers = np.where(table.has("M"), table.along("M"), np.iinfo(np.int64).min)
        # By plane, then by M, then as in the directory: what comes later is drawn over it.
        order = np.lexsort((np.arange(len(table)), tile_numbers, planes))
        self.table = table.take(order)
        self._sorted_planes = planes[order]
        self._sides = self._sides_of(self.table)

    def _planes_of(self, table: Subblocks) -> Integers:
        """Return the number of the plane of each subblock; -1 for one outside the extents."""
        indices = [
            table.along(letter) - low
            for letter, low in zip(self.extents.letters, self.extents.lows, strict=True)
        ]
        planes = np.zeros(len(table), np.int64)
        is_inside = np.ones(len(table), np.bool_)
        for index, length in zip(indices, self.extents.lengths, strict=True):
            planes = planes * length + index
            is_inside &= (index >= 0) & (index < length)
        return np.where(is_inside, planes, -1)

    def _sides_of(self, table: Subblocks) -> Integers:
        """Return the pixels of this resolution that tiles cover: left, right, top, bottom."""
        rectangle = self.extents.rectangle
        corner = table.start[:, :2] - np.array([rectangle.x, rectangle.y])
        low = np.floor(corner / self.factor + 0.5).astype(np.int64)
        high = low + table.stored
        return np.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], axis=1)

    @cached_property
    def is_raw(self) -> bool:
        """Whether rows of every tile can be read alone."""
        return not np.any(self.table.compression != RAW)

    @property
    def is_complete(self) -> bool:
        """Whether the tiles reach to all sides of the image, on all planes of the finest level."""
        sides = self._sides
        # A pyramid may have one pixel less than is needed for all of the finest level.
        reaches = (
            sides[:, 0].min() <= 0
            and sides[:, 2].min() <= 0
            and sides[:, 1].max() >= self.width - 1
            and sides[:, 3].max() >= self.height - 1
        )
        return bool(reaches)

    @property
    def planes(self) -> NDArray[np.int64]:
        """Numbers of the planes that have a tile."""
        return np.unique(self._sorted_planes)

    def plane(self, position: Sequence[int]) -> int:
        """Return the number of a plane.

        Parameters
        ----------
        position : sequence of int
            Along the axes of `extents`, counted from the first index.
        """
        number = 0
        for at, length in zip(position, self.extents.lengths, strict=True):
            number = number * length + at
        return number

    def touching(self, plane: int, sides: Sides) -> list[tuple[Subblock, Sides]]:
        """Return the tiles of a plane that have pixels in a rectangle, the lowest first.

        Parameters
        ----------
        plane : int
        sides : (int, int, int, int)
            Left, right, top and bottom of the rectangle, in pixels of this resolution.

        Returns
        -------
        list of (Subblock, (int, int, int, int))
            With the sides of each tile.
        """
        start, stop = np.searchsorted(self._sorted_planes, [plane, plane + 1]).tolist()
        left, right, top, bottom = sides
        of_plane = self._sides[start:stop]
        touches = of_plane[:, 0] < right
        touches &= of_plane[:, 1] > left
        touches &= of_plane[:, 2] < bottom
        touches &= of_plane[:, 3] > top
        rows = np.flatnonzero(touches) + start
        return [(self._tile(row), tuple(self._sides[row].tolist())) for row in rows.tolist()]

    def _tile(self, row: int) -> Subblock:
        table = self.table
        width, height = table.stored[row].tolist()
        return Subblock(
            int(table.position[row]),
            int(table.pixel_type[row]),
            int(table.compression[row]),
            height,
            width,
        )


def mosaics_of(table: Subblocks, extents: Extents, name: str) -> tuple[Mosaic, ...]:
    """Return the resolutions of a scene, the finest first.

    Raises
    ------
    HeaderDataError
        If there are more than 32.
    """
    finest = Mosaic(table.take(table.is_finest), extents)
    found = [finest]
    factors = _factors(table)
    for factor in np.unique(factors[factors > 1]).tolist():
        mosaic = Mosaic(table.take(factors == factor), extents, factor)
        if mosaic.is_complete and np.array_equal(mosaic.planes, finest.planes):
            found.append(mosaic)
    if len(found) > MOST_LEVELS:
        raise HeaderDataError(f"{name}: {len(found)} resolutions, at most {MOST_LEVELS} are read")
    return tuple(found)


def _factors(table: Subblocks) -> NDArray[np.float64]:
    """Return how many pixels of the finest level are one of each tile; 1 for the finest.

    That is the size on the finest level by that in the file, which is rounded: the largest tiles
    say what factors there are, and the others have the one that fits best.
    """
    longer = table.stored.argmax(axis=1)[:, np.newaxis]
    stored = np.take_along_axis(table.stored, longer, axis=1)
    size = np.take_along_axis(table.size, longer, axis=1)
    kinds, kind_of = np.unique(np.hstack([-stored, size]), axis=0, return_inverse=True)
    known = [1.0]
    factors = []
    for minus_pixels, length in kinds.tolist():  # the largest first
        factor = _factor(length, -minus_pixels, known)
        if factor not in known:
            known.append(factor)
        factors.append(factor)
    found = np.array(factors)[kind_of.reshape(-1)]
    return np.where(table.is_finest, 1.0, np.maximum(found, 1.0))


def _factor(size: int, pixels: int, known: Sequence[float]) -> float:
    """Return how many of `size` pixels are one: a known factor if one fits, else a new one."""
    best = min(known, key=lambda factor: abs(size / factor - pixels))
    if _fits(size, pixels, best) and (best > 1 or size == pixels):
        return best
    ratio = size / pixels
    return float(round(ratio)) if _fits(size, pixels, round(ratio)) else ratio


def _fits(size: int, pixels: int, factor: float) -> bool:
    """Return whether as many pixels are made of `size` pixels by a factor, rounded up or down."""
    return abs(size / factor - pixels) < 1
