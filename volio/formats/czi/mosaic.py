"""Mosaic: the tiles of one resolution of a scene, by plane, in the order of drawing."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.formats.czi.compression import RAW
from volio.formats.czi.entries import Integers, Subblocks
from volio.formats.czi.extents import Extents
from volio.formats.czi.subblock import Subblock

__all__ = ["Mosaic", "Sides"]

#: Left, right, top and bottom edge, in pixels.
Sides = tuple[int, int, int, int]


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

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """Indices along the axes but that of channels at which there is a tile, shape (n, axes)."""
        lengths = self.extents.lengths
        axes = tuple(lengths[: len(self.extents.letters.replace("C", ""))])
        places = np.unique(self.planes // self.extents.along("C")[1])
        return np.stack(np.unravel_index(places, axes), axis=1) if axes else np.zeros((1, 0), int)

    @cached_property
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
