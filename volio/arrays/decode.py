"""Decoding: stored bytes become values, in arrays of any dtype and strides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, DType
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import BLOCK, StoredBox, byte_strides, part_of, slices_of
from volio.arrays.scaling import Conversion
from volio.files.sources.reader import SHARE, Reader
from volio.files.sources.source import ByteSource
from volio.settings import options
from volio.threads import Behind, in_parallel

__all__ = ["Decoder"]

Bytes = npt.NDArray[np.uint8]

LONG_RUN = 1 << 16  # bytes: runs of this length are read into the result, one by one
AHEAD = 3  # blocks that may wait to be converted
ROUNDS = 4  # parts per thread, where each part costs something: threads end together


class Decoder(NamedTuple):
    """An array as it is stored in a file, the last axis fastest.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        As stored, with its byte order.
    strides : tuple of int
        From one index to the next along each axis, in bytes.
    offset : int
        Bytes before the first voxel.
    conversion : Conversion
        From stored numbers to values.
    converts : bool
        Whether it changes anything.
    """

    shape: tuple[int, ...]
    dtype: DType
    strides: tuple[int, ...]
    offset: int
    conversion: Conversion
    converts: bool

    @classmethod
    def of(
        cls, shape: tuple[int, ...], dtype: DType, offset: int, conversion: Conversion
    ) -> Decoder:
        """Return the decoder of a C-ordered array; arrays of factors have its shape."""
        strides = byte_strides(shape, dtype.itemsize)
        return cls(shape, dtype, strides, offset, conversion, not conversion.changes_nothing)

    def fill_at_once(self, source: ByteSource, out: Array, box: Box) -> bool:
        """Fill an array with a box in one read, where that gives all of its memory.

        That is: where the box is one run in the file, and voxels are stored as `out` has them.

        Parameters
        ----------
        source : ByteSource
            One of known size, of which any part can be read alone.
        out, box
            As for `fill`.

        Returns
        -------
        bool
            Whether `out` was filled.
        """
        if self.converts or out.dtype != self.dtype or not out.flags.c_contiguous:
            return False
        if not 0 < out.nbytes <= SHARE:  # several threads read more than that faster
            return False
        stored = self._stored(box)
        if stored.reaches[0] != out.nbytes:
            return False
        source.read_into(self.offset + stored.start, _bytes_of(out))
        return True

    def fill(self, reader: Reader, out: Array, box: Box) -> None:
        """Fill an array with a box, on several threads where the reader can be shared.

        Parameters
        ----------
        reader : Reader
            One that cannot be shared is read in ascending order.
        out : ndarray, shape of the box
            Values are scaled and cast to its dtype, piece by piece, in the processor's cache.
        box : tuple of (start, stop)
        """
        if not out.size:
            return
        stored = self._stored(box)
        first = self.offset + stored.start
        cuts = reader.cuts(first, first + stored.reaches[0])
        if cuts and options.threads > 1:
            self._fill_on_threads(reader, out, box, cuts)
        else:
            self._fill(reader, out, box, stored, AHEAD)

    def _stored(self, box: Box) -> StoredBox:
        return StoredBox.of(box, self.strides, self.dtype.itemsize)

    # Several threads.

    def _fill_on_threads(self, reader: Reader, out: Array, box: Box, cuts: list[int]) -> None:
        """Fill a box in parts that begin where the reader is best cut, each on one thread."""
        decoder, out, box = self._flattened(out, box)
        if len(box) > 1:  # rows seldom end at a cut: parts of the file are decoded twice
            cuts = cuts[:: len(cuts) // (ROUNDS * options.threads) + 1]
        in_parallel(partial(decoder._fill_part, reader), list(decoder._parts(out, box, cuts)))

    def _flattened(self, out: Array, box: Box) -> tuple[Decoder, Array, Box]:
        """Return decoder, array and box of one axis, where it is one run in file and memory.

        Such a box can be cut at any voxel. Others are returned as they are.
        """
        stored = self._stored(box)
        is_run = stored.reaches[0] == out.size * self.dtype.itemsize
        if not (is_run and out.flags.c_contiguous and self.conversion.is_uniform):
            return self, out, box
        first = stored.start // self.dtype.itemsize
        flat = Decoder.of((prod(self.shape),), self.dtype, self.offset, self.conversion)
        return flat, out.reshape(-1), ((first, first + out.size),)

    def _parts(self, out: Array, box: Box, cuts: list[int]) -> Iterator[tuple[Array, Box]]:
        """Cut a box along its slowest axis of more than one index."""
        axis = next((axis for axis, (low, high) in enumerate(box) if high - low > 1), 0)
        low, high = box[axis]
        start = self.offset + self._stored(box).start
        # The first row that begins at a cut or after it, as -(-a // b) rounds up: a row that
        # begins before a cut belongs to the part before it.
        rows = {low - (start - cut) // self.strides[axis] for cut in cuts}
        inside = sorted(row for row in rows if low < row < high)
        for first, last in pairwise([low, *inside, high]):
            where = (*[slice(None)] * axis, slice(first - low, last - low))
            yield out[where], (*box[:axis], (first, last), *box[axis + 1 :])

    def _fill_part(self, reader: Reader, part: tuple[Array, Box]) -> None:
        out, box = part
        with reader.twin() as own:
            self._fill(own, out, box, self._stored(box), ahead=0)

    # One thread.

    def _fill(self, reader: Reader, out: Array, box: Box, stored: StoredBox, ahead: int) -> None:
        """Fill a box from one reader; up to `ahead` blocks wait to be converted meanwhile."""
        conversion = self.conversion
        if not conversion.is_uniform:
            conversion = conversion.of(slices_of(box))
        as_stored = not self.converts and out.dtype == self.dtype
        axis = stored.joined_axis(reader.gap)
        if as_stored and out.flags.c_contiguous:
            exact = stored.joined_axis(0)
            # Read without gaps the bytes are just what the memory of `out` takes. That costs
            # nothing where there are no gaps to read through, and little where runs are long.
            if exact == axis or stored.reaches[exact] >= LONG_RUN:
                reader.expect(self._byte_ranges(stored, exact))
                self._read(reader, stored, exact, _bytes_of(out))
                return
        reader.expect(self._byte_ranges(stored, axis))
        max_nbytes = self._max_block(out.dtype)
        if stored.held(axis) <= max_nbytes:
            block = np.empty(stored.held(axis), np.uint8)
            self._read(reader, stored, axis, block)
            conversion.convert(out, stored.view(block, axis, self.dtype))
            return
        with Behind[Bytes](ahead if out.nbytes > 2 * BLOCK else 0) as behind:
            blocks = _Blocks(behind)
            for where in stored.cut(axis, max_nbytes):
                target = part_of(out, where)
                piece = stored.part(where)
                if as_stored and target.flags.c_contiguous and piece.held(axis) == target.nbytes:
                    self._read(reader, piece, axis, _bytes_of(target))
                    continue
                block = blocks.take(piece.held(axis))
                self._read(reader, piece, axis, block)
                values = piece.view(block, axis, self.dtype)
                blocks.free_after(block, partial(conversion.of(where).convert, target, values))

    def _byte_ranges(self, stored: StoredBox, axis: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of bytes, in the file, of all reads of a box; see `StoredBox.starts`."""
        first = self.offset
        nbytes = stored.reaches[axis]
        return ((first + start, first + start + nbytes) for start in stored.starts(axis))

    def _read(self, reader: Reader, stored: StoredBox, axis: int, memory: Bytes) -> None:
        """Read a box into memory, its reads one after the other."""
        nbytes = stored.reaches[axis]
        at = 0
        for start in stored.starts(axis):
            reader.read_into(self.offset + start, memory[at : at + nbytes])
            at += nbytes

    def _max_block(self, dtype: DType) -> int:
        """Return the bytes to read at once: what they become must stay within `BLOCK`."""
        size = self.dtype.itemsize
        work = 8 if self.conversion.scaled else 1  # float64, in which scaling is computed
        return BLOCK * size // max(size, dtype.itemsize, work)


class _Blocks:
    """Blocks of memory that are read into and, when converted, used again.

    Parameters
    ----------
    behind : Behind
        Does the conversions, on another thread where it can.
    """

    def __init__(self, behind: Behind[Bytes]) -> None:
        self._behind = behind
        self._free: list[Bytes] = []

    def take(self, nbytes: int) -> Bytes:
        """Return a block of at least so many bytes that nothing uses."""
        block = self._free.pop() if self._free else np.empty(nbytes, np.uint8)
        return block if block.size >= nbytes else np.empty(nbytes, np.uint8)

    def free_after(self, block: Bytes, work: Callable[[], None]) -> None:
        """Do some work, at once or later; the block is free when it is done."""

        def work_and_return() -> Bytes:
            work()
            return block

        free = self._behind.do(work_and_return)
        if free is not None:
            self._free.append(free)


def _bytes_of(out: Array) -> Bytes:
    """Return the memory of a C-contiguous array."""
    return out.reshape(-1).view(np.uint8)
