"""Decoding: stored bytes become values, in arrays of any dtype and strides."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import (
    BLOCK,
    Bytes,
    StoredBox,
    byte_strides,
    part_along,
    part_of,
    slices_of,
    with_side,
)
from volio.arrays.scaling import Conversion
from volio.files.sources.reader import SHARE, Reader
from volio.files.sources.source import ByteSource
from volio.settings import options
from volio.threads import BackgroundWork, in_parallel

__all__ = ["Decoder"]

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
        if not self._takes_stored_bytes(out) or not 0 < out.nbytes <= SHARE:
            return False  # more than that several threads read faster
        stored = self._stored(box)
        if stored.reaches[0] != out.nbytes:
            return False
        source.read_into(stored.start, _bytes_of(out))
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
        cuts = reader.cuts(stored.start, stored.start + stored.reaches[0])
        if cuts and options.threads > 1:
            self._fill_on_threads(reader, out, box, cuts)
        else:
            self._fill(reader, out, box, stored, AHEAD)

    def _stored(self, box: Box) -> StoredBox:
        return StoredBox.of(box, self.strides, self.dtype.itemsize, self.offset)

    def _takes_stored_bytes(self, out: Array) -> bool:
        """Return whether the values of an array, in its memory, are just what the file has."""
        return not self.converts and out.dtype == self.dtype and out.flags.c_contiguous

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
        first = (stored.start - self.offset) // self.dtype.itemsize
        flat = Decoder.of((prod(self.shape),), self.dtype, self.offset, self.conversion)
        return flat, out.reshape(-1), ((first, first + out.size),)

    def _parts(self, out: Array, box: Box, cuts: list[int]) -> Iterator[tuple[Array, Box]]:
        """Cut a box along its slowest axis of more than one index."""
        axis = next((axis for axis, (low, high) in enumerate(box) if high - low > 1), 0)
        low, high = box[axis]
        start = self._stored(box).start
        # The first row that begins at a cut or after it, as -(-a // b) rounds up: a row that
        # begins before a cut belongs to the part before it.
        rows = {low - (start - cut) // self.strides[axis] for cut in cuts}
        inside = sorted(row for row in rows if low < row < high)
        for first, last in pairwise([low, *inside, high]):
            part = part_along(out, axis, first - low, last - low)
            yield part, with_side(box, axis, first, last)

    def _fill_part(self, reader: Reader, part: tuple[Array, Box]) -> None:
        out, box = part
        with reader.twin() as own:
            self._fill(own, out, box, self._stored(box), ahead=0)

    # One thread.

    def _fill(self, reader: Reader, out: Array, box: Box, stored: StoredBox, ahead: int) -> None:
        """Fill a box from one reader; up to `ahead` blocks wait to be converted meanwhile."""
        axis = stored.joined_axis(reader.gap)
        if self._takes_stored_bytes(out) and self._read_exactly(reader, out, stored, axis):
            return
        reader.expect(stored.byte_ranges(axis))
        if stored.held(axis) <= self._max_block(out.dtype):
            block = np.empty(stored.held(axis), np.uint8)
            stored.read(reader, axis, block)
            conversion = self.conversion.of(slices_of(box))
            conversion.convert(out, stored.view(block, axis, self.dtype))
        else:
            decoder, out, box = self._flattened(out, box)
            with BackgroundWork[Bytes](ahead if out.nbytes > 2 * BLOCK else 0) as background:
                decoder._fill_in_blocks(reader, out, box, _Blocks(background))

    def _read_exactly(self, reader: Reader, out: Array, stored: StoredBox, axis: int) -> bool:
        """Read a box into the memory of `out`, if that costs no more; return whether it was.

        Read without gaps the bytes are just what the memory takes. That costs nothing where there
        are no gaps to read through from `axis` on, and little where runs are long.
        """
        exact = stored.joined_axis(0)
        if exact != axis and stored.reaches[exact] < LONG_RUN:
            return False
        reader.expect(stored.byte_ranges(exact))
        stored.read(reader, exact, _bytes_of(out))
        return True

    def _fill_in_blocks(self, reader: Reader, out: Array, box: Box, blocks: _Blocks) -> None:
        """Fill a box block by block: what one block becomes stays in the processor's cache."""
        stored = self._stored(box)
        axis = stored.joined_axis(reader.gap)
        conversion = self.conversion.of(slices_of(box))
        for where in stored.cut(axis, self._max_block(out.dtype)):
            part = stored.part(where)
            target = part_of(out, where)
            nbytes = part.held(axis)
            if nbytes == target.nbytes and self._takes_stored_bytes(target):
                part.read(reader, axis, _bytes_of(target))
            else:
                block = blocks.take(nbytes)
                part.read(reader, axis, block)
                values = part.view(block, axis, self.dtype)
                blocks.convert(conversion.of(where), target, values, block)

    def _max_block(self, dtype: DType) -> int:
        """Return the bytes to read at once: what they become must stay within `BLOCK`."""
        size = self.dtype.itemsize
        work = 8 if self.conversion.scaled else 1  # float64, in which scaling is computed
        return BLOCK * size // max(size, dtype.itemsize, work)


class _Blocks:
    """Blocks of memory that are read into and, once converted, used again.

    Parameters
    ----------
    background : BackgroundWork
        Does the conversions, on another thread where it can.
    """

    def __init__(self, background: BackgroundWork[Bytes]) -> None:
        self._background = background
        self._free: list[Bytes] = []

    def take(self, nbytes: int) -> Bytes:
        """Return a block of at least so many bytes that nothing uses."""
        block = self._free.pop() if self._free else np.empty(nbytes, np.uint8)
        return block if block.size >= nbytes else np.empty(nbytes, np.uint8)

    def convert(self, conversion: Conversion, out: Array, stored: Array, block: Bytes) -> None:
        """Fill `out` from what is stored in a block, now or later; then the block is free."""
        free = self._background.do(partial(_converted, conversion, out, stored, block))
        if free is not None:
            self._free.append(free)


def _converted(conversion: Conversion, out: Array, stored: Array, block: Bytes) -> Bytes:
    conversion.convert(out, stored)
    return block


def _bytes_of(out: Array) -> Bytes:
    """Return the memory of a C-contiguous array."""
    return out.reshape(-1).view(np.uint8)
