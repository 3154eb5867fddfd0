"""TiffChunks: strips and tiles of pages as the chunks of an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np

from volio.arrays.chunked import ChunkIndex, FileChunks
from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.tiff.codecs import check_encoded
from volio.formats.tiff.directories import ByteOrder
from volio.formats.tiff.library import errors_of_tifffile
from volio.formats.tiff.pages import Pages, Segments

__all__ = ["LevelVoxels", "PageGrid", "TiffChunks", "VoxelsOpener"]

BAND = 1 << 18  # bytes of strips that make one chunk
AT_ONCE = 16  # chunks of a page that one thread reads
RAW_BAND = 1 << 20  # bytes of rows that are not compressed

Five = tuple[int, int, int, int, int]


class PageGrid(NamedTuple):
    """How a page is cut into strips or tiles.

    Axes of a page are its separate samples, depth, rows, columns and samples of a pixel.

    Attributes
    ----------
    page : tuple of int
        Its shape.
    segment : tuple of int
        Shape of a strip or tile.
    chunk : tuple of int
        Shape of a chunk: a tile, or several strips.
    is_raw : bool
        Whether rows are stored as they are, one after the other.
    """

    page: Five
    segment: Five
    chunk: Five
    is_raw: bool

    @classmethod
    def of(cls, keyframe: Any, *, joins_samples: bool) -> PageGrid:
        """Return the grid of a ``tifffile.TiffPage``.

        Parameters
        ----------
        keyframe : tifffile.TiffPage
        joins_samples : bool
            Whether a chunk has all separate samples: they are fields of a voxel.
        """
        separate, depth, rows, columns, samples = [int(n) for n in keyframe.shaped]
        page = (separate, depth, rows, columns, samples)
        joined = separate if joins_samples else 1
        if keyframe.is_tiled:
            tile = (int(keyframe.tiledepth), int(keyframe.tilelength), int(keyframe.tilewidth))
            segment = (1, *tile, samples)
            return cls(page, segment, (joined, *tile, samples), is_raw=False)
        height = max(1, int(keyframe.rowsperstrip) or rows)
        segment = (1, 1, height, columns, samples)
        is_raw = _is_raw(keyframe)
        row = max(1, columns * samples * keyframe.dtype.itemsize)
        # Whole strips, unless any row can be read alone.
        band = max(1, RAW_BAND // row) if is_raw else height * max(1, BAND // (row * height))
        return cls(page, segment, (joined, 1, max(1, min(band, rows)), columns, samples), is_raw)

    @property
    def counts(self) -> Five:
        """How many strips or tiles there are along each axis."""
        both = zip(self.page, self.segment, strict=True)
        a, b, c, d, e = [-(-n // step) for n, step in both]
        return a, b, c, d, e


def _is_raw(keyframe: Any) -> bool:
    """Return whether voxels of strips are as they are in memory, but for the byte order."""
    return bool(
        keyframe.compression == 1
        and keyframe.predictor == 1
        and keyframe.fillorder == 1
        and keyframe.sampleformat != 5  # complex integers
        and keyframe.bitspersample in (8, 16, 32, 64, 128)
        and not keyframe.is_subsampled
    )


class LevelVoxels(NamedTuple):
    """What decodes the voxels of a level.

    Attributes
    ----------
    pages : Pages
    keyframe : tifffile.TiffPage
        Whose ``decode`` takes the strips or tiles of all pages; its file is closed.
    grid : PageGrid
    lead : tuple of int
        Shape of the array of pages.
    kept : tuple of int
        Which axes the array has, of those of the array of pages and of a page.
    dtype : numpy.dtype
        Of the array; a record where the samples of a pixel are a colour.
    byteorder : {"<", ">"}
    """

    pages: Pages
    keyframe: Any
    grid: PageGrid
    lead: tuple[int, ...]
    kept: tuple[int, ...]
    dtype: DType
    byteorder: ByteOrder

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        full = (*self.lead, *self.grid.page)
        return tuple([full[axis] for axis in self.kept])

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk of the array."""
        full = (*[1] * len(self.lead), *self.grid.chunk)
        return tuple([full[axis] for axis in self.kept])


class VoxelsOpener(Protocol):
    """What opens a file anew in another process; it pickles."""

    def voxels(self, series: int, level: int) -> LevelVoxels:
        """Return what decodes the voxels of a level."""


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
        """Cut a list of chunks into those of one page, which are read with the file opened once."""
        most = 1 if self.is_remote else AT_ONCE
        for _, group in groupby(indices, key=self._page):
            chunks = list(group)
            for first in range(0, len(chunks), most):
                yield chunks[first : first + most]

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array | None]]:
        """Decode chunks, and yield each with its index."""
        for page, group in groupby(indices, key=self._page):
            segments = self.found.pages.segments(page)
            if segments is None:
                yield from ((index, None) for index in group)
                continue
            with segments.source.open() as reader:
                reading = _ChunkReading(self.found, segments, reader, self.name)
                for index in group:
                    with errors_of_tifffile(f"{self.name}: {self.key(index)}"):
                        chunk = reading.chunk(self._full(index)[-5:])
                    yield index, chunk

    def _full(self, index: ChunkIndex) -> list[int]:
        """Return the index of a chunk along all axes, those of pages and the five of a page."""
        found = self.found
        full = [0] * (len(found.lead) + 5)
        for axis, at in zip(found.kept, index, strict=True):
            full[axis] = at
        return full

    def _page(self, index: ChunkIndex) -> int:
        """Return the number of the page that a chunk is in."""
        page = 0
        for at, length in zip(self._full(index), self.found.lead, strict=False):
            page = page * length + at
        return page

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_found": None}


def _in_array(found: LevelVoxels, chunk: Array) -> Array:
    """Return a chunk of a page with the axes and the dtype of the array."""
    lead = len(found.lead)
    full = (*[1] * lead, *chunk.shape)
    shape = [full[axis] for axis in found.kept]
    if found.dtype.names is None:
        # A tile may be deeper than a page that is one plane.
        inside = [slice(None if axis + lead in found.kept else 1) for axis in range(5)]
        return chunk[tuple(inside)].reshape(shape)
    # Samples of a pixel become the fields of one voxel.
    last = np.moveaxis(chunk[..., 0], 0, -1) if chunk.shape[0] > 1 else chunk
    return np.ascontiguousarray(last).view(found.dtype).reshape(shape)


class _ChunkReading:
    """One read of a chunk of a page.

    Parameters
    ----------
    found : LevelVoxels
    segments : Segments
    reader : Reader
    name : str
        For messages.
    """

    def __init__(self, found: LevelVoxels, segments: Segments, reader: Reader, name: str) -> None:
        self._found = found
        self._grid = found.grid
        self._segments = segments
        self._reader = reader
        self._name = name

    def chunk(self, place: list[int]) -> Array | None:
        """Return a chunk, its axes those of the array; None where all of it is absent."""
        chunk = self._rows(place) if self._grid.is_raw else self._whole_segments(place)
        return None if chunk is None else _in_array(self._found, chunk)

    def _whole_segments(self, place: list[int]) -> Array | None:
        """Return a chunk made of whole strips or tiles; None where all are absent."""
        numbers = list(self._numbers(place))
        if len(numbers) == 1:
            return self._decoded(numbers[0])
        decoded = [self._decoded(number) for number in numbers]
        if all(part is None for part in decoded):
            return None
        out = np.full(self._shape(place), self._found.keyframe.nodata, self._found.keyframe.dtype)
        separate = out.shape[0]
        rows = out.shape[2]
        per_sample = len(decoded) // separate
        height = self._grid.segment[2]
        for number, part in enumerate(decoded):
            if part is not None:
                sample, strip = divmod(number, per_sample)
                low = 0 if self._found.keyframe.is_tiled else strip * height
                high = min(low + height, rows)
                out[sample, :, low:high] = part[0, :, : high - low]
        return out

    def _shape(self, place: list[int]) -> list[int]:
        """Return the shape of a chunk: of strips, as many rows as the page has there."""
        shape = list(self._grid.chunk)
        if not self._found.keyframe.is_tiled:
            shape[2] = min(shape[2], self._grid.page[2] - place[2] * shape[2])
        return shape

    def _numbers(self, place: list[int]) -> Iterator[int]:
        """Yield the numbers of the strips or tiles of a chunk, samples apart first."""
        if self._found.keyframe.is_tiled and self._grid.chunk[0] == 1:
            yield int(np.ravel_multi_index(place, self._grid.counts))
            return
        samples = self._grid.chunk[0]
        per_chunk = -(-self._grid.chunk[2] // self._grid.segment[2])
        counts = self._grid.counts
        first = place[2] * per_chunk
        for sample in range(place[0] * samples, (place[0] + 1) * samples):
            for row in range(first, min(first + per_chunk, counts[2])):
                yield int(np.ravel_multi_index((sample, place[1], row, place[3], 0), counts))

    def _bytes(self, number: int) -> bytes | None:
        """Return the bytes of a strip or tile; None where it is absent."""
        offset = int(self._segments.offsets[number])
        count = int(self._segments.counts[number])
        if not offset or not count:
            return None
        source = self._segments.source
        if count < 0 or offset < 0:
            raise CorruptFileError(f"{self._name}: {count} bytes from byte {offset} on")
        check_declared(source, offset + count, f"strip or tile {number}")
        return self._reader.read(offset, count)

    def _decoded(self, number: int) -> Array | None:
        """Return a strip or tile, axes as a page has them; None where it is absent."""
        data = self._bytes(number)
        if data is None:
            return None
        keyframe = self._found.keyframe
        check_encoded(data, int(keyframe.compression), prod(self._grid.segment))
        options: dict[str, Any] = {"_fullsize": bool(keyframe.is_tiled)}
        if self._segments.jpeg_tables is not None:
            options["jpegtables"] = self._segments.jpeg_tables
        if keyframe.jpegheader is not None:
            options["jpegheader"] = keyframe.jpegheader
        decoded, _, _ = keyframe.decode(data, number, **options)
        return np.asarray(decoded)[np.newaxis]

    def _rows(self, place: list[int]) -> Array | None:
        """Return a chunk of rows that are stored as they are; None where all are absent."""
        keyframe = self._found.keyframe
        dtype = keyframe.dtype.newbyteorder(self._found.byteorder)
        out = np.full(self._shape(place), keyframe.nodata, dtype)
        samples = self._grid.chunk[0]
        is_there = False
        for sample in range(samples):
            full_sample = place[0] * samples + sample
            row = place[2] * self._grid.chunk[2]
            is_there |= self._fill_rows(out[sample, 0], (full_sample, place[1]), row)
        return out if is_there else None

    def _fill_rows(self, out: Array, outer: tuple[int, int], first: int) -> bool:
        """Fill rows of a page, (rows, columns, samples); return whether any is there."""
        height = self._grid.segment[2]
        last = first + len(out)
        is_there = False
        for strip in range(first // height, -(-last // height)):
            number = int(np.ravel_multi_index((*outer, strip, 0, 0), self._grid.counts))
            low = max(first, strip * height)
            high = min(last, (strip + 1) * height)
            part = out[low - first : high - first]
            is_there |= self._fill_part(part, number, low - strip * height)
        return is_there

    def _fill_part(self, out: Array, number: int, skipped: int) -> bool:
        """Fill rows of one strip after so many others; return whether it is there."""
        offset = int(self._segments.offsets[number])
        count = int(self._segments.counts[number])
        if not offset or not count:
            return False
        start = skipped * out[:1].nbytes
        if start + out.nbytes > count:
            raise CorruptFileError(
                f"{self._name}: strip {number} has {count} bytes, needs {start + out.nbytes}"
            )
        self._reader.read_into(offset + start, out)
        return True
