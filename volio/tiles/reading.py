"""TileRead: one read of a region, tile by tile, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from volio.arrays.dtypes import Array
from volio.caller import warn_caller
from volio.errors import VolioWarning
from volio.formats.catmaid.broken import BrokenSlices, interpolated
from volio.formats.catmaid.index import TileIndex
from volio.tiles.regions import Place, Region, TilePart
from volio.tiles.result import RegionArray

__all__ = ["RegionWork", "TileRead"]

#: Called with the number of bytes of each part that is done.
OnDone = Callable[[int], object]


@dataclass(frozen=True)
class RegionWork:
    """A region, what becomes of it, and the broken slices of its level.

    Parameters
    ----------
    region : Region
    result : RegionArray
    slices : BrokenSlices
    """

    region: Region
    result: RegionArray
    slices: BrokenSlices

    def put(self, place: Place, pixels: Array | None) -> None:
        """Put pixels, or the fill value, into the result.

        Parameters
        ----------
        place : tuple of slice
            In the result.
        pixels : ndarray or None
        """
        if pixels is None:
            self.result.fill(place)
        else:
            self.result.put(place, pixels)

    def slice_or_substitute(
        self, depth: int, read_slice: Callable[[int], Array | None]
    ) -> Array | None:
        """Return a slice, or what stands in for it where it is broken.

        Parameters
        ----------
        depth : int
        read_slice : callable
            Returns the part of a slice that is wanted; None where it is absent.

        Returns
        -------
        ndarray or None
            None for the fill value.
        """
        if depth not in self.slices:
            return read_slice(depth)
        substitute = self.slices.substitute(depth)
        found = [read_slice(each) for each in substitute.slices]
        present = [pixels for pixels in found if pixels is not None]
        if len(present) == 2:
            return interpolated(present[0], present[1], substitute.weight)
        return present[0] if present else None

    def notes(self) -> list[str]:
        """Return what a user should know of what stands in for broken slices."""
        inside = self.region.inside
        depths = range(0) if inside is None else range(*inside.z)
        return [self.slices.note(depth) for depth in depths if depth in self.slices]


class TileRead:
    """What is fetched for a region, and what is to be said of it.

    Parameters
    ----------
    work : RegionWork
    read_tile : callable
        Returns a decoded tile, rows by columns; None where the server has none. Called from
        several threads.
    address : callable
        Returns the address of a tile, for messages.
    """

    def __init__(
        self,
        work: RegionWork,
        read_tile: Callable[[TileIndex], Array | None],
        address: Callable[[TileIndex], str],
    ) -> None:
        self._work = work
        self._read_tile = read_tile
        self._address = address
        self._lock = Lock()
        self._absent: set[TileIndex] = set()

    def take(self, part: TilePart, on_tile: OnDone) -> None:
        """Fetch a tile, or what stands in for it, and put its part into the result.

        Parameters
        ----------
        part : TilePart
        on_tile : callable
            Called with the number of bytes of the part.
        """

        def read_slice(depth: int) -> Array | None:
            return self._part_of(part, depth)

        pixels = self._work.slice_or_substitute(part.tile.depth, read_slice)
        self._work.put(part.target, pixels)
        on_tile(0 if pixels is None else pixels.nbytes)

    def _part_of(self, part: TilePart, depth: int) -> Array | None:
        """Return a part of a tile of a slice."""
        tile = part.tile.at_depth(depth)
        pixels = self._read_tile(tile)
        if pixels is not None:
            return pixels[part.rows, part.cols]
        with self._lock:
            self._absent.add(tile)
        return None

    def warn(self) -> None:
        """Warn of what was not there."""
        notes = self._work.notes()
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
