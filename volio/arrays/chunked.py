"""ChunkedArray: an array in chunks, which are decoded on threads, each once.

A format that keeps voxels in chunks (Zarr, HDF5, tiles) gives a `ChunkSource`, which decodes one
chunk; boxes, threads, the cache and what to do with absent chunks is here.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.chunk_cache import (
    DecodedChunk,
    Decoding,
    chunk_cache,
    is_large_read,
    keep_freed_memory,
)
from volio.arrays.dtypes import Array, cast_into, native
from volio.arrays.indexing.chunk_parts import ChunkIndex, ChunkPart, chunk_parts
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import part_of
from volio.arrays.lazy import LazyArray
from volio.errors import CorruptFileError, HeaderDataError
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store
from volio.progress import begin_asking, read_count
from volio.settings import options
from volio.threads import in_parallel, interrupted_by, interruption

__all__ = ["ChunkIndex", "ChunkSource", "ChunkedArray", "FileChunks", "native_chunks"]

LARGEST_CHUNK = 1 << 30  # bytes, decoded


class ChunkSource(ABC):
    """Where the chunks of an array come from; a format implements `identity` and `read`.

    It pickles without handles, and any number of threads may read at once.

    Attributes
    ----------
    name : str
        Of the array, for messages.
    is_remote : bool
        Whether chunks come from a server: as many are asked for at once as ``options.connections``
        allows. Otherwise as many threads decode as ``options.threads`` allows.
    """

    name: str
    is_remote: bool = False
    #: The files or the store that the chunks are in.
    sources: tuple[ByteSource | Store, ...] = ()

    @property
    @abstractmethod
    def identity(self) -> Hashable:
        """What identifies the array, the same in every process it is sent to."""

    @abstractmethod
    def read(self, index: ChunkIndex) -> Array | None:
        """Decode a chunk.

        Parameters
        ----------
        index : tuple of int
            Which one, along each axis.

        Returns
        -------
        ndarray or None
            Of the shape of a chunk, or clipped where the array ends; any strides and byte order.
            None where the chunk is absent: it counts as filled with one value. Whatever else
            fails is an error.
        """

    def read_many(self, indices: Sequence[ChunkIndex]) -> Iterator[tuple[ChunkIndex, Array | None]]:
        """Decode chunks that are one of `batches`, and yield each with its index, in any order."""
        for index in indices:
            yield index, self.read(index)

    def batches(self, indices: Sequence[ChunkIndex]) -> Iterable[Sequence[ChunkIndex]]:
        """Cut a list of chunks into parts that are best read together; by default into singles."""
        return ([index] for index in indices)

    def key(self, index: ChunkIndex) -> str:
        """Return how a chunk is called, for messages."""
        return f"chunk {index}"

    def signature(self, index: ChunkIndex) -> Hashable:
        """Return what changes with the bytes of a chunk, if that is cheap to know."""
        return None

    def signatures(self, indices: Sequence[ChunkIndex]) -> Iterator[Hashable]:
        """Yield the signature of each of many chunks."""
        return map(self.signature, indices)

    def check(self) -> None:  # noqa: B027  most sources have nothing to check
        """Raise an error if the array is not the one that was opened; called before a read."""

    def note_absent(self, indices: Sequence[ChunkIndex]) -> None:  # noqa: B027  few need it
        """Take note of the chunks that one read has filled, at its end; not called for none."""

    def __dask_tokenize__(self) -> Hashable:
        """Return what dask makes names of."""
        return self.identity


class FileChunks(ChunkSource):
    """The chunks of an array in a file; formats implement `read`.

    Parameters
    ----------
    source : ByteSource
        The file.
    path : str
        Which array in the file.
    chunks : tuple of int
        Shape of the chunks.
    """

    def __init__(self, source: ByteSource, path: str, chunks: tuple[int, ...]) -> None:
        self.name = f"{source.name}: {path}"
        self.source = source
        self.sources = (source,)
        self.path = path
        self.chunks = chunks
        self._token = os.urandom(16)  # for sources that do not identify themselves

    @property
    def identity(self) -> Hashable:
        """That of the file, and the path."""
        return self.source.identity() or self._token, self.path

    def check(self) -> None:
        """Raise an error if the file has changed."""
        self.source.open().close()

    def corner(self, index: ChunkIndex) -> tuple[int, ...]:
        """Return the first voxel of a chunk."""
        return tuple([at * length for at, length in zip(index, self.chunks, strict=True)])

    def clipped(self, index: ChunkIndex, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a chunk within an array of this shape."""
        sides = zip(self.corner(index), self.chunks, shape, strict=True)
        return tuple([min(length, end - start) for start, length, end in sides])


class ChunkedArray(LazyArray):
    """An array in chunks of equal shape, the first one at the origin.

    Each chunk is decoded once, however many threads ask for it, and chunks that were used in part
    stay in memory (``volio.options.chunk_memory``). Peak memory of a read: the result, and one
    chunk per thread.

    Parameters
    ----------
    shape : sequence of int
    dtype : dtype-like
    chunks : sequence of int
        Shape of a chunk.
    source : ChunkSource
    fill : scalar, optional
        Value of the voxels of absent chunks.
    order : {"C", "F"}
        The order of voxels that `reshape` keeps.

    Raises
    ------
    HeaderDataError
        If lengths do not make sense, or a chunk takes more than 1 GiB.
    """

    chunks: tuple[int, ...] = ()

    def __init__(
        self,
        shape: Sequence[int],
        dtype: npt.DTypeLike,
        chunks: Sequence[int],
        source: ChunkSource,
        *,
        fill: Any = 0,
        order: str = "C",
    ) -> None:
        self.shape = tuple([int(length) for length in shape])
        self.dtype = native(dtype)
        self.chunks = tuple([int(length) for length in chunks])
        self.source = source
        self.fill_value = np.asarray(fill, self.dtype)
        self.order = order
        self._check_lengths()

    def _check_lengths(self) -> None:
        name = self.source.name
        if len(self.chunks) != len(self.shape) or min(self.chunks, default=1) < 1:
            raise HeaderDataError(
                f"{name}: chunks: must be 1 or more along each of {self.ndim} axes, "
                f"got {self.chunks}"
            )
        if min(self.shape, default=0) < 0 or self.nbytes > np.iinfo(np.int64).max:
            raise HeaderDataError(f"{name}: no array has the shape {self.shape}")
        nbytes = prod(self.chunks) * self.dtype.itemsize
        if nbytes > LARGEST_CHUNK:
            raise HeaderDataError(
                f"{name}: chunks: of shape {self.chunks} take {nbytes} bytes each, at most "
                f"{LARGEST_CHUNK} are read"
            )

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The files or the store that the chunks are in."""
        return self.source.sources

    def check(self) -> None:
        """Raise an error if the array is not the one that was opened."""
        self.source.check()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values; see `LazyArray.fill`.

        Raises
        ------
        CorruptFileError
            If a chunk has another size than it must have; the message names it.
        """
        if 0 not in out.shape:
            _ChunkRead(self, out, box).run()

    def read_chunk(self, index: ChunkIndex, array: Array | None) -> Array | None:
        """Return what a source decoded as an array that can be kept: native, of its own memory.

        Raises
        ------
        CorruptFileError
            If shape or dtype are not those of a chunk.
        """
        if array is None:
            return None
        sides = zip(index, self.chunks, self.shape, strict=True)
        clipped = tuple([min(step, n - at * step) for at, step, n in sides])
        is_native = array.dtype == self.dtype
        has_dtype = is_native or native(array.dtype) == self.dtype
        if array.shape not in (self.chunks, clipped) or not has_dtype:
            raise self._not_as_declared(index, array)
        if 2 * prod(clipped) <= array.size:  # most of it is outside the array: not kept
            array = part_of(array, [slice(n) for n in clipped])
        base = array.base
        is_part = isinstance(base, np.ndarray) and base.nbytes > array.nbytes
        if is_part or not is_native:  # a view would keep all of its base in memory
            return array.astype(self.dtype)
        return array

    def _not_as_declared(self, index: ChunkIndex, array: Array) -> CorruptFileError:
        """Return the error for a chunk that is decoded to another shape or dtype."""
        return CorruptFileError(
            f"{self.source.name}: {self.source.key(index)}: must have shape {self.chunks} and "
            f"dtype {self.dtype}, got {array.shape} and {array.dtype}"
        )

    def __repr__(self) -> str:
        facts = f"shape={self.shape}, dtype={self.dtype}, chunks={self.chunks}"
        return f"{type(self).__name__}({self.source.name!r}, {facts})"


def native_chunks(array: Any) -> tuple[int, ...] | None:
    """Return the shape of the chunks in which an array is stored, axes as it has them.

    None of arrays that are not in chunks.
    """
    stored = array
    while isinstance(stored, LazyArray) and not isinstance(stored, ChunkedArray):
        stored = getattr(stored, "base", None) or getattr(stored, "stored", None)
    return array.chunks if isinstance(stored, ChunkedArray) else None


class _Missing(NamedTuple):
    """A chunk that is not in memory.

    Attributes
    ----------
    part : ChunkPart
    signature : hashable
        Taken before the chunk is read: if its bytes change meanwhile, what was decoded is not
        taken again.
    """

    part: ChunkPart
    signature: Hashable


class _ChunkRead:
    """One read of a box."""

    def __init__(self, array: ChunkedArray, out: Array, box: Box) -> None:
        self._array = array
        self._source = array.source
        self._identity = array.source.identity
        self._out = out
        self._parts = chunk_parts(box, array.chunks, array.shape)
        self._needs_no_check = np.can_cast(array.dtype, out.dtype, "safe")
        self._cache = chunk_cache()
        nbytes = prod(out.shape) * array.dtype.itemsize
        self._is_large = is_large_read(nbytes, is_remote=array.source.is_remote)
        self._missing: dict[ChunkIndex, _Missing] = {}
        self._decoded_by_others: list[tuple[ChunkIndex, Decoding]] = []
        self._absent: list[ChunkIndex] = []
        self._count = read_count()

    def run(self) -> None:
        self._copy_kept()
        if self._missing:
            if self._source.is_remote:
                begin_asking()
                with interrupted_by(interruption()):  # one read, however many requests it takes
                    self._read_missing()
            else:
                self._read_missing()
        if self._absent:
            self._source.note_absent(sorted(self._absent))

    def _read_missing(self) -> None:
        keep_freed_memory()
        batches = list(self._source.batches(list(self._missing)))
        if len(batches) == 1:  # without waking other threads
            self._decode(batches[0])
        else:
            threads = options.connections if self._source.is_remote else options.threads
            in_parallel(self._decode, batches, threads)
        while self._decoded_by_others:
            index, decoding = self._decoded_by_others.pop()
            chunk = decoding.wait()
            if chunk is None:  # it failed there, or was not begun after another failure
                self._decode([index])
            else:
                self._copy(chunk, self._missing[index].part)

    def _copy_kept(self) -> None:
        """Copy the chunks that are in memory, and note the others."""
        signatures = self._source.signatures([part.chunk for part in self._parts])
        for part, signature in zip(self._parts, signatures, strict=True):
            chunk = self._cache.find((self._identity, part.chunk), signature)
            if chunk is None:
                self._missing[part.chunk] = _Missing(part, signature)
            else:
                self._copy(chunk, part)

    def _decode(self, batch: Sequence[ChunkIndex]) -> None:
        """Decode those chunks of a batch that no other thread is decoding, and copy them."""
        mine: dict[ChunkIndex, Decoding] = {}
        try:
            for index in batch:
                self._claim(index, mine)
            for index, array in self._source.read_many(list(mine)):
                values = self._array.read_chunk(index, array)
                if values is not None:
                    values.setflags(write=False)
                part, signature = self._missing[index]
                chunk = DecodedChunk(values, signature)
                self._release(part, mine.pop(index), chunk)
                self._copy(chunk, part)
        finally:
            for index, decoding in mine.items():  # only after an error
                self._release(self._missing[index].part, decoding, None)

    def _claim(self, index: ChunkIndex, mine: dict[ChunkIndex, Decoding]) -> None:
        """Copy a chunk that is there by now, note one that another thread decodes, or claim it."""
        part, signature = self._missing[index]
        claim = self._cache.claim((self._identity, index), signature)
        if claim.mine is not None:
            mine[index] = claim.mine
        elif claim.chunk is not None:
            self._copy(claim.chunk, part)
        elif claim.others is not None:
            self._decoded_by_others.append((index, claim.others))

    def _release(self, part: ChunkPart, decoding: Decoding, chunk: DecodedChunk | None) -> None:
        keep = not (self._is_large and all(part.is_all))
        self._cache.release((self._identity, part.chunk), decoding, chunk, keep=keep)

    def _copy(self, chunk: DecodedChunk, part: ChunkPart) -> None:
        """Copy those voxels of a chunk that are in the box."""
        if chunk.values is None:
            self._absent.append(part.chunk)
        values = self._array.fill_value if chunk.values is None else chunk.values[part.wanted]
        if self._needs_no_check:
            self._out[part.target] = values
        else:
            into = part_of(self._out, part.target)
            cast_into(into, np.broadcast_to(values, into.shape))
        if self._count is not None:
            self._count.step(prod([place.stop - place.start for place in part.target]))
