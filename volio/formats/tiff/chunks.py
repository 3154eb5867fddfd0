"""TiffChunks: strips and tiles of pages as the chunks of an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from math import prod
from operator import mul
from typing import Any

from volio.arrays.chunked import ChunkIndex, FileChunks
from volio.arrays.dtypes import Array
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.tiff.library import ErrorsOfTifffile
from volio.formats.tiff.page_chunks import PageChunks
from volio.formats.tiff.voxels import RAW_BAND, LevelVoxels, VoxelsOpener

__all__ = ["TiffChunks"]

BATCH = 1 << 20  # bytes, decoded, that are worth another thread
AT_ONCE = 64  # small chunks that one thread reads with the file opened once


class TiffChunks(FileChunks):
    """The chunks of a level; pickles as where they are.

    Parameters
    ----------
    source : ByteSource
    opener : VoxelsOpener
    series, level : int
    found : LevelVoxels
    """

    def __init__(
        self, source: ByteSource, opener: VoxelsOpener, series: int, level: int, found: LevelVoxels
    ) -> None:
        super().__init__(source, f"image {series}, level {level}", found.chunks)
        self.sources = (source,)
        self.is_remote = source.size() is not None and source.gap > RAW_BAND
        self._opener = opener
        self._place = series, level
        self._found: LevelVoxels | None = found
        self._strides = _strides(found)
        self._per_page = prod(found.grid.chunk_counts)
        nbytes = prod(found.chunks) * found.dtype.itemsize
        self._at_once = 1 if self.is_remote else max(1, min(AT_ONCE, BATCH // nbytes))

    @property
    def found(self) -> LevelVoxels:
        """What decodes the voxels, opened anew after pickling."""
        if self._found is None:
            self._found = self._opener.voxels(*self._place)
        return self._found

    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk; see `ChunkSource.read`."""
        ((_, chunk),) = self.read_many([index])
        return chunk

    def batches(self, indices: Sequence[ChunkIndex]) -> Iterator[Sequence[ChunkIndex]]:
        """Cut a list of chunks into parts that are read with the file opened once."""
        if not self.is_remote:  # a server is asked by several threads, for a page each
            self.found.pages.prepare(dict.fromkeys(map(self._page, indices)))
        for first in range(0, len(indices), self._at_once):
            yield indices[first : first + self._at_once]

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array | None]]:
        """Decode chunks, and yield each with its index."""
        readers: dict[ByteSource, Reader] = {}
        with ExitStack() as opened:
            for page, group in groupby(indices, key=self._page):
                segments = self.found.pages.segments(page)
                if segments is None:
                    yield from ((index, None) for index in group)
                    continue
                source = segments.source
                if source not in readers:
                    readers[source] = opened.enter_context(source.open())
                of_page = PageChunks(self.found, segments, readers[source], self.name)
                yield from self._read_page(of_page, list(group))

    def _read_page(
        self, of_page: PageChunks, indices: Sequence[ChunkIndex]
    ) -> Iterator[tuple[ChunkIndex, Array | None]]:
        chunks = of_page.read([self._number(index) % self._per_page for index in indices])
        for index in indices:
            with ErrorsOfTifffile(self.name, index):
                chunk = next(chunks)
            yield index, chunk

    def _page(self, index: ChunkIndex) -> int:
        """Return the number of the page that a chunk is in."""
        return self._number(index) // self._per_page

    def _number(self, index: ChunkIndex) -> int:
        """Return the number of a chunk, counted through all pages."""
        return sum(map(mul, index, self._strides))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_found": None}


def _strides(found: LevelVoxels) -> tuple[int, ...]:
    """Return, per axis of the array, how many chunks further the next one is along it."""
    counts = (*found.lead, *found.grid.chunk_counts)
    return tuple([prod(counts[axis + 1 :]) for axis in found.kept])
