"""RawPages: an array of pages that are not compressed, read without chunks and their cache."""

from __future__ import annotations

from functools import partial
from itertools import product
from math import prod
from typing import Any

import numpy as np

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store
from volio.formats.tiff.chunks import TiffChunks
from volio.formats.tiff.pages import Segments
from volio.formats.tiff.voxels import LevelVoxels
from volio.threads import in_parallel

__all__ = ["RawPages"]

LARGE = 1 << 20  # bytes that are worth another thread


class RawPages(LazyArray):
    """Pages whose rows are stored as they are, read into place without a copy.

    A page whose strips do not follow each other is read as chunks.

    Parameters
    ----------
    chunked : ChunkedArray
        The same array, of `TiffChunks`.
    """

    def __init__(self, chunked: ChunkedArray) -> None:
        self.shape = chunked.shape
        self.dtype = chunked.dtype
        self._chunked = chunked

    @property
    def chunks(self) -> tuple[int, ...]:
        """Rows of a page."""
        return self._chunked.chunks

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The file."""
        return self._chunked.sources

    def check(self) -> None:
        """Raise an error if the file is not the one that was opened."""
        self._chunked.check()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values; see `LazyArray.fill`."""
        if 0 in out.shape:
            return
        found = self._found()
        outer = _count_outer(found)
        places = list(product(*[range(*side) for side in box[:outer]]))
        is_all = len(places) == prod(self.shape[:outer]) > 1
        whole = self._as_one(found) if is_all else None
        if whole is not None:
            whole.fill(out, box)
            return
        page_bytes = prod(lengths_of(box[outer:])) * self.dtype.itemsize
        fill_page = partial(self._fill_one, found, out, box)
        in_parallel(fill_page, places, None if page_bytes >= LARGE else 1)

    def _fill_one(self, found: LevelVoxels, out: Array, box: Box, place: tuple[int, ...]) -> None:
        """Fill the part of a box that is on one page."""
        at = [index - side[0] for index, side in zip(place, box, strict=False)]
        where: tuple[Any, ...] = (*at, ...)
        in_page = box[len(place) :]
        if _fill_page(out[where], found, place, in_page):
            return
        # As chunks, whose axes are those of the array.
        ones = [(index, index + 1) for index in place]
        part = out[tuple([slice(index, index + 1) for index in at])]
        self._chunked.fill(part, (*ones, *in_page))

    def _found(self) -> LevelVoxels:
        chunks = self._chunked.source
        assert isinstance(chunks, TiffChunks)
        return chunks.found

    def _as_one(self, found: LevelVoxels) -> ArrayProxy | None:
        """Return all pages as one array, where each follows the one before."""
        first = found.pages.segments(0)
        if first is None:
            return None
        found.pages.prepare(range(prod(found.lead)))
        nbytes = prod(found.grid.page) * found.keyframe.dtype.itemsize
        start = int(first.offsets[0])
        for page in range(prod(found.lead)):
            segments = found.pages.segments(page)
            if segments is None or segments.source is not first.source:
                return None
            if segments.offsets[0] != start + page * nbytes or not _is_run(segments, nbytes):
                return None
        return _proxy(found, first, self.shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._chunked!r})"


def _count_outer(found: LevelVoxels) -> int:
    """Return how many axes of the array are those of pages."""
    return sum(axis < len(found.lead) for axis in found.kept)


def _fill_page(out: Array, found: LevelVoxels, place: tuple[int, ...], box: Box) -> bool:
    """Fill a part of a page; return whether the page is stored as one array.

    Parameters
    ----------
    out : ndarray
    found : LevelVoxels
    place : tuple of int
        Of the page, along the axes of pages that the array has.
    box : Box
        Of the page.
    """
    full = np.zeros(len(found.lead), np.int64)
    full[list(found.kept[: len(place)])] = place
    page = int(np.ravel_multi_index(tuple(full.tolist()), found.lead)) if found.lead else 0
    segments = found.pages.segments(page)
    nbytes = prod(found.grid.page) * found.keyframe.dtype.itemsize
    if segments is None or not _is_run(segments, nbytes):
        return False
    lead = len(found.lead)
    shape = tuple([n for axis, n in enumerate(found.grid.page, lead) if axis in found.kept])
    _proxy(found, segments, shape).fill(out, box)
    return True


def _proxy(found: LevelVoxels, segments: Segments, shape: tuple[int, ...]) -> ArrayProxy:
    """Return the array of a shape that begins with the first strip of a page."""
    dtype = found.dtype.newbyteorder(found.byteorder)
    spec = ArraySpec(shape, dtype, int(segments.offsets[0]))
    return ArrayProxy(segments.source, spec, order="C", mmap=False)


def _is_run(segments: Segments, nbytes: int) -> bool:
    """Return whether the strips of a page of so many bytes follow each other."""
    offsets = segments.offsets
    counts = segments.counts
    if len(offsets) == 1:
        return bool(offsets[0]) and int(counts[0]) >= nbytes
    follows = (offsets[:-1] + counts[:-1] == offsets[1:]).all()
    return bool(offsets[0]) and bool(follows) and int(counts.sum()) == nbytes
