"""Which part of which tile goes where in a region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from volio.formats.catmaid.index import TileIndex, tiles_touched
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.roi import PixelBox
from volio.formats.catmaid.spaces import reordered

__all__ = ["Region", "TilePart"]

Place = tuple[slice, ...]
Side = tuple[int, int]


class TilePart(NamedTuple):
    """What a region has of a tile.

    Attributes
    ----------
    tile : TileIndex
    rows, cols : slice
        Of the tile.
    target : tuple of slice
        Of the result, in the order of its axes.
    """

    tile: TileIndex
    rows: slice
    cols: slice
    target: Place


@dataclass(frozen=True)
class Region:
    """A region of a zoom level.

    Parameters
    ----------
    box : PixelBox
        May reach beyond the level, also below 0.
    level_shape : (int, int, int)
        Pixels of the level along x, y, z.
    dims : str
        Order of the axes of the result.
    """

    box: PixelBox
    level_shape: tuple[int, int, int]
    dims: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return tuple(reordered(self.box.shape, "zyx", self.dims))

    @property
    def inside(self) -> PixelBox | None:
        """The part of it that is in the level; None where there is none."""
        sides = zip(self.box, self.level_shape, strict=True)
        clipped = [(max(lower, 0), min(upper, length)) for (lower, upper), length in sides]
        if any(upper <= lower for lower, upper in clipped):
            return None
        return PixelBox(*clipped)

    @property
    def slice_count(self) -> int:
        """How many slices of the level it has."""
        inside = self.inside
        return 0 if inside is None else inside.z[1] - inside.z[0]

    def tile_count(self, mirror: StackMirror) -> int:
        """Return how many tiles it touches.

        Parameters
        ----------
        mirror : StackMirror
            Of which tiles have the size.
        """
        inside = self.inside
        if inside is None:
            return 0
        return prod(len(numbers) for numbers in _tile_numbers(inside, mirror))

    def parts(self, mirror: StackMirror, zoom: int) -> Iterator[TilePart]:
        """Go through the tiles it touches: by depth, then row, then column.

        Parameters
        ----------
        mirror : StackMirror
            Of which tiles have the size.
        zoom : int
            Level of the tiles.
        """
        inside = self.inside
        if inside is None:
            return
        depths, rows, cols = _tile_numbers(inside, mirror)
        for depth in depths:
            for row in rows:
                for col in cols:
                    yield self._part(inside, mirror.tile_at(depth, row, col, zoom))

    def _part(self, inside: PixelBox, tile: TileIndex) -> TilePart:
        corner = tile.coords
        x = _shared(inside.x, corner["x"], tile.width)
        y = _shared(inside.y, corner["y"], tile.height)
        z = (tile.depth, tile.depth + 1)
        return TilePart(tile, _moved(y, corner["y"]), _moved(x, corner["x"]), self.place(x, y, z))

    def place(self, x: Side, y: Side, z: Side) -> Place:
        """Return where pixels of the level are in the result.

        Parameters
        ----------
        x, y, z : (int, int)
            First pixel and the one after the last.
        """
        slices = (_moved(x, self.box.x[0]), _moved(y, self.box.y[0]), _moved(z, self.box.z[0]))
        return tuple(reordered(slices, "xyz", self.dims))

    def outside(self) -> Iterator[Place]:
        """Go through the boxes of the result that are beyond the level; they do not overlap."""
        rest = self.box
        inside = self.inside
        if inside is None:
            yield self.place(*rest)
            return
        for axis, (lower, upper) in enumerate(inside):
            start, stop = rest[axis]
            for side in ((start, lower), (upper, stop)):
                if side[0] < side[1]:
                    yield self.place(*_with_side(rest, axis, side))
            rest = _with_side(rest, axis, (lower, upper))


def _tile_numbers(inside: PixelBox, mirror: StackMirror) -> tuple[range, range, range]:
    """Return depths, rows and columns of the tiles that a box touches."""
    rows = tiles_touched(*inside.y, mirror.tile_height)
    cols = tiles_touched(*inside.x, mirror.tile_width)
    return range(*inside.z), rows, cols


def _shared(side: Side, first: int, length: int) -> Side:
    """Return the pixels that a side of a box shares with a tile."""
    return max(side[0], first), min(side[1], first + length)


def _moved(side: Side, origin: int) -> slice:
    return slice(side[0] - origin, side[1] - origin)


def _with_side(box: PixelBox, axis: int, side: Side) -> PixelBox:
    sides = list(box)
    sides[axis] = side
    return PixelBox(*sides)
