"""TileSupply: the tiles of one mirror at a time, those that a fetcher keeps first."""

from __future__ import annotations

from typing import Any

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.formats.catmaid.chunked_mirrors import chunked_level
from volio.formats.catmaid.credentials import TileAccess
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.info import Stack
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.tiles import TileChoices, TileSource
from volio.tiles.cache import TileCache

__all__ = ["TileSupply"]


class TileSupply:
    """Where a fetcher has its tiles from; pickles without them.

    Parameters
    ----------
    stack : Stack
    access : TileAccess
        What is sent with requests.
    max_items, max_bytes : int or None
        Of the tiles that are kept besides those that the process keeps.
    """

    def __init__(
        self, stack: Stack, access: TileAccess, max_items: int | None, max_bytes: int | None
    ) -> None:
        self._stack = stack
        self._access = access
        self._limits = (max_items, max_bytes)
        self._tiles = TileCache(max_items, max_bytes)
        self._volumes: dict[int, LazyArray] = {}  # levels of a mirror without tiles
        self._source: TileSource | None = None
        self._mirror: StackMirror | None = None  # failing over leads the source to another

    def source(self, mirror: StackMirror, choices: TileChoices) -> TileSource:
        """Return where the tiles of a mirror come from.

        Parameters
        ----------
        mirror : StackMirror
        choices : TileChoices
            Where these or the mirror are not those of before, no tile of before is kept.
        """
        source = self._source
        if source is None or source.choices != choices or self._mirror is not mirror:
            source = TileSource(self._stack, mirror, self._access, choices)
            self.clear()
            self._source = source
            self._mirror = mirror
        return source

    def tile(self, source: TileSource, tile: TileIndex) -> Array | None:
        """Return a tile: of those that are kept here or by the process, or of the server.

        Parameters
        ----------
        source : TileSource
        tile : TileIndex

        Returns
        -------
        ndarray or None
            Rows and columns that are in the stack; None where the server has no such tile.
        """
        found = self._tiles.get(tile)
        if found is None:
            found = source.kept_tile(tile)
            if found is not None:
                self._tiles[tile] = found
        return found

    def volume(self, source: TileSource, level: int) -> LazyArray:
        """Return a level of a mirror without tiles; the same each time, so that chunks are kept.

        Parameters
        ----------
        source : TileSource
        level : int
        """
        if level not in self._volumes:
            self._volumes[level] = chunked_level(source, level)
        return self._volumes[level]

    def clear(self) -> None:
        """Forget what is kept here."""
        self._tiles.clear()
        self._volumes = {}

    def forget(self, choices: TileChoices) -> None:
        """Forget what is kept here and by the process, of all mirrors.

        Parameters
        ----------
        choices : TileChoices
        """
        self.clear()
        for mirror in self._stack.mirrors:
            TileSource(self._stack, mirror, self._access, choices).forget()

    def __getstate__(self) -> dict[str, Any]:
        return {"_stack": self._stack, "_access": self._access, "_limits": self._limits}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TileSupply.__init__(self, state["_stack"], state["_access"], *state["_limits"])
