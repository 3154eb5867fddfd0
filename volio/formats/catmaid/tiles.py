"""TileSource and TileChunks: tiles of a server, as arrays.

A `TileSource` fetches and decodes one tile; a `TileChunks` makes the tiles of a zoom level the
chunks of an array, with what is shown in place of broken slices.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.chunk_cache import chunk_cache
from volio.arrays.chunked import ChunkedArray, ChunkIndex, ChunkSource
from volio.arrays.dtypes import COLOURS, Array, DType
from volio.caller import warn_caller
from volio.errors import (
    CorruptFileError,
    ImageDataError,
    LossWarning,
    RemoteError,
    RemoteMissingError,
    VolioWarning,
)
from volio.files.remote.connections import TimeLimits
from volio.files.remote.disk_cache import FetchedAnswer, disk_cache, fetch_kept
from volio.files.remote.http import HTTPRequest
from volio.forks import fork_safe_lock
from volio.formats.catmaid.broken import BrokenSlices, interpolated
from volio.formats.catmaid.choices import TileChoices
from volio.formats.catmaid.credentials import TileAccess, without_auth, without_credentials
from volio.formats.catmaid.decode import TileForm, decode_tile
from volio.formats.catmaid.fastest import fastest_mirror
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.info import Stack
from volio.formats.catmaid.mirrors import LARGEST_BODY, StackMirror, other_mirrors

__all__ = ["TileChoices", "TileChunks", "TileSource", "broken_slices"]

WHOLE_TRY = 30.0  # seconds


class TileSource:
    """Fetches and decodes the tiles of a stack, from any number of threads.

    Parameters
    ----------
    stack : Stack
    mirror : StackMirror
        Where tiles are.
    access : TileAccess, optional
        What is sent with requests. It may change: each request looks.
    choices : TileChoices, optional
    """

    def __init__(
        self,
        stack: Stack,
        mirror: StackMirror,
        access: TileAccess | None = None,
        choices: TileChoices | None = None,
    ) -> None:
        self.stack = stack
        self.mirror = mirror
        self.access = access or TileAccess()
        self.choices = choices or TileChoices()
        self._is_to_choose = False
        self._lock = fork_safe_lock()
        self._noted: set[str] = set()

    def choose_later(self) -> None:
        """Take the fastest mirror at the first read, of those with tiles of the same size."""
        self._is_to_choose = True

    def choose(self) -> None:
        """Take the fastest mirror, if that is still to be done.

        Raises
        ------
        UsageError
            If none answers with a tile.
        """
        if not self._is_to_choose:
            return
        with self._lock:
            if self._is_to_choose:
                candidates = copy(self.stack)
                others = other_mirrors(self.stack.mirrors, self.mirror)
                candidates.mirrors = [self.mirror, *others]
                self.mirror = fastest_mirror(
                    candidates,
                    self.choices.timeout,
                    credential_for=self.access.to_mirror,
                    rules=self.choices.rules,
                )
            self._is_to_choose = False

    def tile(self, tile_index: TileIndex) -> Array | None:
        """Fetch and decode a tile.

        Parameters
        ----------
        tile_index : TileIndex

        Returns
        -------
        ndarray or None
            Rows and columns of the tile that are within the stack; None where that is nothing, or
            the server has no such tile.

        Raises
        ------
        RemoteMissingError
            If the server has no such tile, and that is to be an error.
        RemoteError
            If the server does not give it; with address, status and tries.
        CorruptFileError
            If what it gives is not an image of the right size.
        """
        shape = self.shape_of(tile_index)
        if 0 in shape:
            return None
        mirror = self.mirror
        try:
            return self._tile_of(mirror, tile_index, shape)
        except (RemoteError, CorruptFileError) as error:
            if not self.choices.failover or isinstance(error, RemoteMissingError):
                raise
            return self._from_others(mirror, tile_index, error)

    def kept_tile(self, tile_index: TileIndex) -> Array | None:
        """Return a tile, one that is kept in the memory of the process if it is there; see `tile`.

        Tiles are fetched once, however many threads ask. A thread that waits here for another may
        have claimed a chunk itself, if that is not one of these tiles.

        Parameters
        ----------
        tile_index : TileIndex

        Returns
        -------
        ndarray or None
            Read-only.
        """

        def fetched() -> Array | None:
            found = self.tile(tile_index)
            return None if found is None else found[np.newaxis]

        place = (tile_index.depth, tile_index.row, tile_index.col)
        key = (self.identity(tile_index.zoom_level), place)
        found = chunk_cache().decoded_once(key, None, fetched, keep=True)
        return None if found is None else found[0]

    def _from_others(
        self, failed: StackMirror, tile_index: TileIndex, error: RemoteError | CorruptFileError
    ) -> Array | None:
        """Ask the other mirrors; the one that works is asked first from then on."""
        for mirror in other_mirrors(self.stack.mirrors, failed):
            try:
                found = self._tile_of(mirror, tile_index, self.shape_of(tile_index))
            except (RemoteError, CorruptFileError) as next_error:
                if isinstance(next_error, RemoteMissingError):
                    raise
                error = next_error
            else:
                self.mirror = mirror
                return found
        raise error

    def shape_of(self, tile_index: TileIndex) -> tuple[int, int]:
        """Return how many rows and columns of a tile are within the stack.

        Parameters
        ----------
        tile_index : TileIndex
        """
        width, height, depth = self.stack.level_shape(tile_index.zoom_level)
        first = tile_index.coords
        if min(tile_index.depth, tile_index.row, tile_index.col) < 0 or tile_index.depth >= depth:
            return 0, 0
        rows = min(tile_index.height, height - first["y"])
        columns = min(tile_index.width, width - first["x"])
        return max(rows, 0), max(columns, 0)

    def url_of(self, tile_index: TileIndex) -> str:
        """Return the address of a tile.

        Parameters
        ----------
        tile_index : TileIndex
        """
        return self.mirror.generate_url(tile_index, self.stack.tile_orientation)

    def _tile_of(
        self, mirror: StackMirror, tile_index: TileIndex, shape: tuple[int, int]
    ) -> Array | None:
        url = mirror.generate_url(tile_index, self.stack.tile_orientation)
        request = self._request(mirror, url)
        found = self._fetched(request)
        transposed = mirror.is_transposed(self.stack.tile_orientation)
        form = self._form(tile_index, shape[::-1] if transposed else shape, transposed)
        try:
            values = self._values(url, found, form)
        except CorruptFileError:
            if not found.was_kept:
                raise
            # What was kept may be damaged, or of before the server was repaired.
            cache = disk_cache(self.choices.cache_folder)
            if cache is not None:
                cache.forget(url, request.credential)
            values = self._values(url, self._fetched(request), form)
        return values.T if transposed and values is not None else values

    def _request(self, mirror: StackMirror, url: str) -> HTTPRequest:
        return HTTPRequest(
            url,
            timeout=self.choices.timeout,
            limits=TimeLimits(whole=WHOLE_TRY, rate=0.0),
            credential=self.access.to_mirror(mirror, url),
            largest=LARGEST_BODY,
            allow_private=mirror.allow_private,
            rules=self.choices.rules,
        )

    def _fetched(self, request: HTTPRequest) -> FetchedAnswer:
        choices = self.choices
        return fetch_kept(request, disk_cache(choices.cache_folder), choices.missing_codes)

    def _form(self, tile_index: TileIndex, shape: tuple[int, int], transposed: bool) -> TileForm:
        whole = (tile_index.height, tile_index.width)
        if transposed:
            whole = whole[::-1]
        # Servers send the last tiles of a row or column whole, or without what is outside.
        sent = [
            (rows, columns) for rows in (whole[0], shape[0]) for columns in (whole[1], shape[1])
        ]
        return TileForm(shape, sent, self.choices.color, self.choices.cval)

    def _values(self, url: str, found: FetchedAnswer, form: TileForm) -> Array | None:
        if found.data is None:
            if self.choices.missing == "error":
                raise RemoteMissingError(f"{url}: the server has no such tile")
            return None
        try:
            decoded = decode_tile(found.data, form)
        except CorruptFileError as error:
            raise CorruptFileError(f"{url}: {error}") from error
        if decoded.lost_color:
            text = f"{url}: has colours, of which luminance is read; color='rgb' keeps them"
            self.note_once("colours", text, LossWarning)
        return decoded.values

    def note_once(self, what: str, text: str, category: type[VolioWarning]) -> None:
        """Warn of something the first time.

        Parameters
        ----------
        what : str
            Distinguishes it from other things.
        text : str
        category : type of warning
        """
        with self._lock:
            is_noted = what in self._noted
            self._noted.add(what)
        if not is_noted:
            warn_caller(text, category)

    def forget(self) -> None:
        """Forget the tiles that are kept in memory."""
        for zoom in range(self.stack.level_count):
            chunk_cache().forget(self.identity(zoom))

    def identity(self, zoom: int) -> Hashable:
        """Return what distinguishes the tiles of a zoom level from others.

        Parameters
        ----------
        zoom : int
        """
        mirror = self.mirror
        return (
            *(mirror.stack_url, mirror.image_base, int(mirror.tile_source_type)),
            *(mirror.file_extension, mirror.tile_height, mirror.tile_width),
            *(self.stack.tile_orientation, zoom, self.choices.color, self.choices.cval),
            *(self.choices.missing, self.choices.missing_codes),
        )

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"]
        if not self.access.is_pickled:
            state["stack"] = without_credentials(self.stack)
            state["mirror"] = _counterpart(self.mirror, self.stack, state["stack"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = fork_safe_lock()


def _counterpart(mirror: StackMirror, stack: Stack, copied: Stack) -> StackMirror:
    """Return the copy of a mirror in the copy of its stack."""
    if mirror in stack.mirrors:
        return copied.mirrors[stack.mirrors.index(mirror)]
    return without_auth(mirror)


def broken_slices(stack: Stack, zoom: int, handling: str) -> BrokenSlices:
    """Return the broken slices of a zoom level, which may have fewer slices than the stack.

    Parameters
    ----------
    stack : Stack
    zoom : int
    handling : {"fill", "above", "below", "closest", "interpolate"}
        What is shown in place of them.
    """
    depth = stack.level_shape(zoom)[2]
    factor = stack.level_factors(zoom)["z"]
    if factor == 1:
        return BrokenSlices(stack.broken_slices, depth, handling, stack.replacements)
    return BrokenSlices({int(z // factor) for z in stack.broken_slices}, depth, handling)


class TileChunks(ChunkSource):
    """The tiles of a zoom level as the chunks of an array, axes z, y, x.

    Parameters
    ----------
    source : TileSource
    zoom : int
    broken : BrokenSlices
        What is shown in place of broken slices.
    dtype : dtype-like, optional
        That tiles must have.
    """

    is_remote = True

    def __init__(
        self, source: TileSource, zoom: int, broken: BrokenSlices, dtype: DTypeLike = np.uint8
    ) -> None:
        self.tiles = source
        self.zoom = zoom
        self.broken = broken
        self.dtype: DType = COLOURS[3] if source.choices.color == "rgb" else np.dtype(dtype)
        self.name = f"{source.mirror.image_base} (zoom level {zoom})"
        self._noted: set[int] = set()  # broken slices

    @property
    def identity(self) -> Hashable:
        """Of the tiles, and of what stands in for broken slices."""
        tiles = self.tiles.identity(self.zoom)
        return tiles if self.broken.handling == "fill" else (tiles, self.broken.handling)

    def array(self) -> ChunkedArray:
        """Return the lazy array, axes z, y, x."""
        mirror = self.tiles.mirror
        cval = self.tiles.choices.cval
        fill = (cval,) * 3 if self.dtype.names else cval
        return ChunkedArray(
            self.tiles.stack.level_shape(self.zoom)[::-1],
            self.dtype,
            (1, mirror.tile_height, mirror.tile_width),
            self,
            fill=fill,
        )

    def check(self) -> None:
        """Choose the mirror, before the first read."""
        self.tiles.choose()

    def read(self, index: ChunkIndex) -> Array | None:
        """Return a tile, or what stands in for it; see `ChunkSource.read`."""
        z, row, col = index
        if z not in self.broken:
            return self._valid(z, row, col)
        self._note_broken(z)
        found = self.broken.substitute(z)
        if not found.slices:
            return None
        first = self._kept(found.slices[0], row, col)
        if len(found.slices) == 1:
            return first
        second = self._kept(found.slices[1], row, col)
        if first is None or second is None:
            return second if first is None else first
        return interpolated(first, second, found.weight)

    def _note_broken(self, z: int) -> None:
        """Warn once of a slice for which nothing, or one that is far away, stands in."""
        note = "" if z in self._noted else self.broken.note(z)
        self._noted.add(z)
        if note:
            warn_caller(f"{self.name}: {note}", VolioWarning)

    def _valid(self, z: int, row: int, col: int) -> Array | None:
        tile = self.tiles.tile(self._tile_index(z, row, col))
        if tile is None:
            return None
        if tile.dtype != self.dtype:
            raise ImageDataError(
                f"{self.key((z, row, col))}: has values of {tile.dtype}, the image has "
                f"{self.dtype}: load it with dtype='{tile.dtype}'"
            )
        return tile[np.newaxis]

    def _kept(self, z: int, row: int, col: int) -> Array | None:
        """Return the tile of another slice, which is likely to be wanted itself.

        A thread may wait here while it has claimed a chunk: its chunk is of a broken slice, those
        that it waits for are not, and so wait for none.
        """
        key = (self.identity, (z, row, col))
        return chunk_cache().decoded_once(key, None, lambda: self._valid(z, row, col), keep=True)

    def _tile_index(self, z: int, row: int, col: int) -> TileIndex:
        return self.tiles.mirror.tile_at(z, row, col, self.zoom)

    def key(self, index: ChunkIndex) -> str:
        """Return the address of a tile."""
        return self.tiles.url_of(self._tile_index(*index))

    def note_absent(self, indices: Sequence[ChunkIndex]) -> None:
        """Warn of tiles that the server does not have, and of broken slices without any other."""
        absent = [index for index in indices if index[0] not in self.broken]
        if absent:
            warn_caller(
                f"{self.key(absent[0])}: the server has no such tile; {len(absent)} in all are "
                f"filled with {self.tiles.choices.cval}",
                VolioWarning,
            )
