"""PageChunks: the chunks of a page, read from its strips or tiles and decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import prod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.formats.tiff.codecs import check_encoded
from volio.formats.tiff.pages import Segments
from volio.formats.tiff.voxels import LevelVoxels

__all__ = ["PageChunks"]

LONGEST_RUN = 1 << 20  # bytes of several strips or tiles that are read at once

#: Offset and length in bytes.
Span = tuple[int, int]


class PageChunks:
    """The chunks of a page of an open file.

    Parameters
    ----------
    found : LevelVoxels
    segments : Segments
        Of the page.
    reader : Reader
    name : str
        For messages.
    """

    def __init__(self, found: LevelVoxels, segments: Segments, reader: Reader, name: str) -> None:
        keyframe = found.keyframe
        self._found = found
        self._keyframe = keyframe
        self._grid = found.grid
        self._segments = segments
        self._reader = reader
        self._name = name
        self._inside = _index_of_array(found)
        self._is_tiled = bool(keyframe.is_tiled)
        self._most = prod(found.grid.segment)  # values of a strip or tile
        self._compression = int(keyframe.compression)
        self._options: dict[str, Any] = {"_fullsize": self._is_tiled}
        if segments.jpeg_tables is not None:
            self._options["jpegtables"] = segments.jpeg_tables
        if keyframe.jpegheader is not None:
            self._options["jpegheader"] = keyframe.jpegheader

    def read(self, numbers: Sequence[int]) -> Iterator[Array | None]:
        """Decode chunks.

        Parameters
        ----------
        numbers : sequence of int
            Of the chunks of the page, the last axis fastest.

        Yields
        ------
        ndarray or None
            A chunk, its axes those of the array; None where all of it is absent.
        """
        grid = self._grid
        if grid.chunk == grid.segment and not grid.is_raw:
            yield from map(self._in_array, self._decoded(numbers))
            return
        read = self._rows if grid.is_raw else self._joined
        for number in numbers:
            place = np.unravel_index(number, grid.chunk_counts)
            yield self._in_array(read([int(at) for at in place]))

    def _in_array(self, chunk: Array | None) -> Array | None:
        """Return a chunk of a page with the axes and the dtype of the array."""
        if chunk is None:
            return None
        if self._found.dtype.names is not None:
            # Samples of a pixel become the fields of one voxel.
            last = chunk.swapaxes(0, 4) if chunk.shape[0] > 1 else chunk
            chunk = np.ascontiguousarray(last).view(self._found.dtype)
        values: Array = chunk[self._inside]
        return values

    def _joined(self, place: list[int]) -> Array | None:
        """Return a chunk made of several strips or tiles; None where all are absent."""
        decoded = list(self._decoded(list(self._numbers(place))))
        absent = [part is None for part in decoded]
        if all(absent):
            return None
        out = np.empty(self._shape(place), self._keyframe.dtype)
        if any(absent):
            out[...] = self._keyframe.nodata
        separate = out.shape[0]
        rows = out.shape[2]
        per_sample = len(decoded) // separate
        height = self._grid.segment[2]
        for number, part in enumerate(decoded):
            if part is not None:
                sample, strip = divmod(number, per_sample)
                low = 0 if self._is_tiled else strip * height
                high = min(low + height, rows)
                out[sample, :, low:high] = part[0, :, : high - low]
        return out

    def _shape(self, place: list[int]) -> list[int]:
        """Return the shape of a chunk: of strips, as many rows as the page has there."""
        shape = list(self._grid.chunk)
        if not self._is_tiled:
            shape[2] = min(shape[2], self._grid.page[2] - place[2] * shape[2])
        return shape

    def _numbers(self, place: list[int]) -> Iterator[int]:
        """Yield the numbers of the strips or tiles of a chunk, samples apart first."""
        samples = self._grid.chunk[0]
        per_chunk = -(-self._grid.chunk[2] // self._grid.segment[2])
        counts = self._grid.counts
        row = place[2] * per_chunk
        rows = min(per_chunk, counts[2] - row)
        step = counts[3] * counts[4]  # to the one below
        for sample in range(place[0] * samples, (place[0] + 1) * samples):
            first = int(np.ravel_multi_index((sample, place[1], row, place[3], 0), counts))
            yield from range(first, first + rows * step, step)

    def _decoded(self, numbers: Sequence[int]) -> Iterator[Array | None]:
        """Yield strips or tiles, axes as a page has them; None for those that are absent."""
        for number, data in zip(numbers, self._bytes_of(numbers), strict=True):
            if data is None:
                yield None
                continue
            check_encoded(data, self._compression, self._most)
            decoded, _, _ = self._keyframe.decode(data, number, **self._options)
            yield np.asarray(decoded)[np.newaxis]

    def _bytes_of(self, numbers: Sequence[int]) -> Iterator[bytes | None]:
        """Yield the bytes of strips or tiles, read together where they follow each other."""
        spans = [self._span(number) for number in numbers]
        data = b""
        start = 0  # of what was read last
        for at, (offset, count) in enumerate(spans):
            if not offset or not count:
                yield None
                continue
            if not start <= offset <= start + len(data) - count:
                start = offset
                data = self._reader.read(start, self._end_of_run(spans, at) - start)
            yield data[offset - start : offset - start + count]

    def _end_of_run(self, spans: Sequence[Span], first: int) -> int:
        """Return where the last of the spans ends that are read together with the first."""
        start, count = spans[first]
        stop = start + count
        for offset, count in islice(spans, first + 1, None):
            is_near = stop <= offset <= stop + self._reader.gap
            if not is_near or offset + count > start + LONGEST_RUN:
                break
            stop = offset + count
        return stop

    def _span(self, number: int) -> Span:
        """Return where a strip or tile is in the file, zeros where it is absent."""
        offset = int(self._segments.offsets[number])
        count = int(self._segments.counts[number])
        if count < 0 or offset < 0:
            raise CorruptFileError(f"{self._name}: {count} bytes from byte {offset} on")
        if offset and count:
            check_declared(self._segments.source, offset + count, f"strip or tile {number}")
        return offset, count

    def _rows(self, place: list[int]) -> Array | None:
        """Return a chunk of rows that are stored as they are; None where all are absent."""
        keyframe = self._keyframe
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


def _index_of_array(found: LevelVoxels) -> tuple[Any, ...]:
    """Return the index that gives a chunk of a page the axes of the array."""
    lead = len(found.lead)
    of_pages = [np.newaxis for axis in found.kept if axis < lead]
    # A tile may be deeper than a page that is one plane.
    of_page = [slice(None) if axis + lead in found.kept else 0 for axis in range(5)]
    return (*of_pages, *of_page)
