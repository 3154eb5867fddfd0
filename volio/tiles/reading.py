"""RegionRead: one read of a region, tile by tile, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from volio.arrays.dtypes import Array
from volio.caller import warn_caller
from volio.errors import VolioWarning
from volio.formats.catmaid.broken import BrokenSlices, interpolated
from volio.formats.catmaid.index import TileIndex
from volio.tiles.regions import TilePart
from volio.tiles.result import RegionArray

__all__ = ["RegionRead"]

#: Returns a decoded tile, rows by columns; None where the server has none.
ReadTile = Callable[[TileIndex], Array | None]


class RegionRead:
    """What is fetched for a region, and what is to be said of it.

    Parameters
    ----------
    read_tile : callable
        Returns a decoded tile, None where the server has none; called from several threads.
    address : callable
        Returns the address of a tile, for messages.
    result : RegionArray
    slices : BrokenSlices
    on_tile : callable
        Called with the number of bytes of each part that is done.
    """

    def __init__(
        self,
        read_tile: ReadTile,
        address: Callable[[TileIndex], str],
        result: RegionArray,
        slices: BrokenSlices,
        on_tile: Callable[[int], object],
    ) -> None:
        self._read_tile = read_tile
        self._address = address
        self._result = result
        self._slices = slices
        self._on_tile = on_tile
        self._lock = Lock()
        self._absent: dict[TileIndex, None] = {}
        self._broken: set[int] = set()

    def take(self, part: TilePart) -> None:
        """Fetch a tile, or what stands in for it, and put its part into the result.

        Parameters
        ----------
        part : TilePart
        """
        pixels = self._pixels(part)
        if pixels is None:
            self._result.fill(part.target)
        else:
            self._result.put(part.target, pixels)
        self._on_tile(0 if pixels is None else pixels.nbytes)

    def _pixels(self, part: TilePart) -> Array | None:
        depth = part.tile.depth
        if depth not in self._slices:
            return self._part_of(part, depth)
        with self._lock:
            self._broken.add(depth)
        substitute = self._slices.substitute(depth)
        found = [self._part_of(part, each) for each in substitute.slices]
        present = [pixels for pixels in found if pixels is not None]
        if len(present) < 2:
            return present[0] if present else None
        return interpolated(present[0], present[1], substitute.weight)

    def _part_of(self, part: TilePart, depth: int) -> Array | None:
        """Return a part of a tile of a slice."""
        tile = part.tile.at_depth(depth)
        pixels = self._read_tile(tile)
        if pixels is not None:
            return pixels[part.rows, part.cols]
        with self._lock:
            self._absent[tile] = None
        return None

    def warn(self) -> None:
        """Warn of what was not there."""
        notes = [self._slices.note(z) for z in sorted(self._broken)]
        if self._absent:
            first = min(self._absent, key=_order)
            count = len(self._absent)
            notes.append(
                f"{count} {'tile is' if count == 1 else 'tiles are'} missing on the server, the "
                f"first is {self._address(first)}: filled"
            )
        for note in filter(None, notes):
            warn_caller(note, VolioWarning)


def _order(tile: TileIndex) -> tuple[int, int, int]:
    return tile.depth, tile.row, tile.col
