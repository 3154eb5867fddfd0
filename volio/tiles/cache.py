"""TileCache: the decoded tiles that were used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.formats.catmaid.index import TileIndex

__all__ = ["TileCache"]

Tile = NDArray[np.generic]


class TileCache(MutableMapping[TileIndex, Tile]):
    """Decoded tiles by their index; those that were not used for longest are dropped first.

    Any number of threads may use it.

    Parameters
    ----------
    max_items : int or None, optional
        How many tiles stay; None for any number.
    max_bytes : int or None, optional
        How many bytes they may take; None for any number. A tile that takes more leaves nothing,
        not even itself.

    Raises
    ------
    UsageError
        If a limit is negative.

    Examples
    --------
    >>> import numpy as np
    >>> cache = volio.tiles.TileCache(max_items=2)
    >>> for row in range(3):
    ...     tile = volio.tiles.TileIndex(0, row, 0, zoom_level=0, height=4, width=4)
    ...     cache[tile] = np.full((4, 4), row)
    >>> [tile.row for tile in cache]
    [1, 2]
    """

    def __init__(self, max_items: int | None = 10, max_bytes: int | None = None) -> None:
        for name, limit in {"max_items": max_items, "max_bytes": max_bytes}.items():
            if limit is not None and limit < 0:
                raise UsageError(f"{name}: must be 0 or more, or None, got {limit}")
        self.max_items = max_items
        self.max_bytes = max_bytes
        self._tiles: OrderedDict[TileIndex, Tile] = OrderedDict()
        self._nbytes = 0
        self._lock = RLock()

    @property
    def current_bytes(self) -> int:
        """How many bytes the tiles take; -1 where they are not limited."""
        return -1 if self.max_bytes is None else self._nbytes

    def __getitem__(self, key: TileIndex) -> Tile:
        with self._lock:
            tile = self._tiles[key]
            self._tiles.move_to_end(key)
            return tile

    def __setitem__(self, key: TileIndex, value: Tile) -> None:
        with self._lock:
            self._drop(key)
            self._tiles[key] = value
            self._nbytes += value.nbytes
            while self._is_full():
                self._drop(next(iter(self._tiles)))

    def __delitem__(self, key: TileIndex) -> None:
        with self._lock:
            if key not in self._tiles:
                raise KeyError(key)
            self._drop(key)

    def __contains__(self, key: object) -> bool:
        with self._lock:  # of a mapping it would count as use
            return key in self._tiles

    def __iter__(self) -> Iterator[TileIndex]:
        with self._lock:
            return iter(list(self._tiles))

    def __len__(self) -> int:
        return len(self._tiles)

    def clear(self) -> None:
        """Drop all tiles."""
        with self._lock:
            self._tiles.clear()
            self._nbytes = 0

    def _is_full(self) -> bool:
        too_many = self.max_items is not None and len(self._tiles) > self.max_items
        too_large = self.max_bytes is not None and self._nbytes > self.max_bytes
        return too_many or too_large

    def _drop(self, key: TileIndex) -> None:
        tile = self._tiles.pop(key, None)
        if tile is not None:
            self._nbytes -= tile.nbytes
