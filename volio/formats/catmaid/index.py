"""TileIndex: which tile of a stack, and which tiles a range of pixels touches."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import product
from operator import index
from typing import ClassVar, SupportsIndex

from volio.errors import UsageError, UsageTypeError

__all__ = ["TileIndex", "fill_tiled_cuboid", "tiles_touched"]


@dataclass(frozen=True)
class TileIndex:
    """Which tile, of a pyramid of tiles of one size.

    Parameters
    ----------
    depth : int
        Slice of the stack.
    row, col : int
        Counted from the first pixel of the slice; negative above or left of it.
    zoom_level : int
    height, width : int
        Of every tile, in pixels.

    Raises
    ------
    UsageTypeError
        If a number is not an integer.
    UsageError
        If a size is below 1.

    Examples
    --------
    >>> tile = volio.tiles.TileIndex(3, 5, 4, 0, height=514, width=512)
    >>> tile.coords
    {'x': 2048, 'y': 2570, 'z': 3}
    """

    hash_keys: ClassVar = ("depth", "row", "col", "zoom_level", "height", "width")
    url_keys: ClassVar = ("depth", "row", "col", "zoom_level")
    comparable_keys: ClassVar = ("zoom_level", "height", "width")

    depth: int
    row: int
    col: int
    zoom_level: int
    height: int
    width: int

    def __post_init__(self) -> None:
        for each in fields(self):
            number = _integer(each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, number)  # the dataclass is frozen
        if self.height < 1 or self.width < 1:
            raise UsageError(
                f"tile: height and width must be 1 or more, got {self.height} and {self.width}"
            )

    @property
    def coords(self) -> dict[str, int]:
        """First pixel of the tile, in pixels of its zoom level."""
        return {"x": self.width * self.col, "y": self.height * self.row, "z": self.depth}

    @property
    def url_kwargs(self) -> dict[str, int]:
        """What an address names: depth, row, col and zoom level."""
        return {key: getattr(self, key) for key in self.url_keys}

    def at_depth(self, depth: int) -> TileIndex:
        """Return the tile at the same place of another slice.

        Parameters
        ----------
        depth : int
        """
        return replace(self, depth=depth)

    def is_comparable(self, other: TileIndex) -> bool:
        """Return whether two tiles are of the same zoom level and size.

        Parameters
        ----------
        other : TileIndex
        """
        return all(getattr(self, key) == getattr(other, key) for key in self.comparable_keys)


def _integer(name: str, value: SupportsIndex) -> int:
    try:
        return index(value)
    except TypeError:
        raise UsageTypeError(f"tile: {name}: must be an integer, got {value!r:.60}") from None


def tiles_touched(lower: int, upper: int, size: int) -> range:
    """Return which tiles a range of pixels touches, along one axis.

    Parameters
    ----------
    lower, upper : int
        First pixel and the one after the last; may be negative.
    size : int
        Of a tile.

    Returns
    -------
    range
        Empty for an empty range of pixels.
    """
    if upper <= lower:
        return range(0)
    # Floor division: tile i holds the pixels from i * size up to (i + 1) * size, also below 0.
    return range(lower // size, (upper - 1) // size + 1)


def fill_tiled_cuboid(min_tile_idx: TileIndex, max_tile_idx: TileIndex) -> set[TileIndex]:
    """Return all tiles between two corners.

    Parameters
    ----------
    min_tile_idx, max_tile_idx : TileIndex
        Lowest and highest depth, row and column; both are among the tiles.

    Returns
    -------
    set of TileIndex

    Raises
    ------
    UsageError
        If the two are of different zoom levels or sizes.

    Examples
    --------
    >>> first = volio.tiles.TileIndex(0, 0, 0, zoom_level=0, height=256, width=256)
    >>> last = volio.tiles.TileIndex(1, 2, 3, zoom_level=0, height=256, width=256)
    >>> len(volio.tiles.fill_tiled_cuboid(first, last))
    24
    """
    if not min_tile_idx.is_comparable(max_tile_idx):
        raise UsageError(
            "tiles: corners must be of one zoom level and tile size, got "
            f"{min_tile_idx} and {max_tile_idx}"
        )
    depths = range(min_tile_idx.depth, max_tile_idx.depth + 1)
    rows = range(min_tile_idx.row, max_tile_idx.row + 1)
    cols = range(min_tile_idx.col, max_tile_idx.col + 1)
    shared = (min_tile_idx.zoom_level, min_tile_idx.height, min_tile_idx.width)
    return {TileIndex(*place, *shared) for place in product(depths, rows, cols)}
