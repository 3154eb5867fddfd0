"""Voxels as they lie in a file, brought into arrays of any dtype and strides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, DType, cast_into
from volio.arrays.indexing.runs import BLOCK, Box, Span, byte_strides, run_length, spans
from volio.arrays.scaling import Factor, apply_scaling
from volio.files.sources.reader import Reader
from volio.settings import options
from volio.threads import Behind, in_parallel

__all__ = ["Stored"]

LONG_RUN = 1 << 16  # bytes: runs of this length go straight into the result
AHEAD = 3  # blocks that may wait to be converted
ROUNDS = 4  # parts per thread, where each part costs something: threads end together


class Stored(NamedTuple):
    """A block of voxels in a file, last axis fastest.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    offset : int
        Bytes before the first voxel.
    scaled : bool
        Whether slope and intercept are applied.
    slope, inter : float or ndarray of that shape
    limits : (int, int) or None
        Stored numbers below the first or above the second count as these.
    """

    shape: tuple[int, ...]
    dtype: DType
    offset: int
    scaled: bool
    slope: Factor
    inter: Factor
    limits: tuple[int, int] | None = None

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
        run = self._as_run(out, box)
        if run is not None:
            self, out, box = run
        parts = list(self._parts(reader, out, box))
        if len(parts) == 1:
            with Behind[Array](AHEAD if out.nbytes > 2 * BLOCK else 0) as behind:
                self._fill_part(reader, out, box, behind)
            return

        def fill_part(part: tuple[Array, Box]) -> None:
            with reader.twin() as own, Behind[Array](0) as behind:
                self._fill_part(own, *part, behind)

        in_parallel(fill_part, parts)

    def _as_run(self, out: Array, box: Box) -> tuple[Stored, Array, Box] | None:
        """Return the same with one axis, where the box is one run of voxels in file and memory.

        Such a run may be cut anywhere.
        """
        one_run = out.flags.c_contiguous and run_length(self.shape, box) == out.size
        if not one_run or not (isinstance(self.slope, float) and isinstance(self.inter, float)):
            return None
        start = _distance(box, byte_strides(self.shape, 1))
        run = self._replace(shape=(prod(self.shape),))
        return run, out.reshape(-1), ((start, start + out.size),)

    def _parts(self, reader: Reader, out: Array, box: Box) -> Iterator[tuple[Array, Box]]:
        """Cut a box along its slowest axis where the reader is best shared."""
        axis = next((a for a, (low, high) in enumerate(box) if high - low > 1), None)
        if axis is None or options.threads == 1:
            yield out, box
            return
        strides = byte_strides(self.shape, self.dtype.itemsize)
        start = self.offset + _distance(box, strides)
        low, high = box[axis]
        cuts = reader.cuts(start, start + (high - low) * strides[axis])
        if len(box) > 1:  # rows seldom end where a part of the file does: some is read twice
            cuts = cuts[:: len(cuts) // (ROUNDS * options.threads) + 1]
        # A row that begins before a cut belongs to the part before it.
        rows = sorted({low - (start - cut) // strides[axis] for cut in cuts} - {low, high})
        for first, last in pairwise([low, *rows, high]):
            inside = (*[slice(None)] * axis, slice(first - low, last - low))
            yield out[inside], (*box[:axis], (first, last), *box[axis + 1 :])

    def _fill_part(self, reader: Reader, out: Array, box: Box, behind: Behind[Array]) -> None:
        as_stored = not self.scaled and self.limits is None and out.dtype == self.dtype
        if as_stored and self._in_long_runs(out, box):
            runs = partial(spans, self.shape, box, self.dtype.itemsize, gap=0, block=None)
            self._announce(reader, runs())
            for span in runs():
                reader.read_into(self.offset + span.offset, _bytes(_part(out, span)))
            return
        through = self._through_block(reader, out, box, behind)
        pieces = partial(spans, self.shape, box, self.dtype.itemsize)
        self._announce(reader, pieces(gap=reader.gap))
        for span in pieces(gap=reader.gap, block=self._block(out)):
            target = _part(out, span)
            if as_stored and target.flags.c_contiguous and target.nbytes == span.nbytes:
                reader.read_into(self.offset + span.offset, _bytes(target))
            else:
                through(target, span)

    def _announce(self, reader: Reader, pieces: Iterator[Span]) -> None:
        """Tell a reader what will be asked of it; most do not go through the pieces."""
        starts = ((self.offset + piece.offset, piece.nbytes) for piece in pieces)
        reader.expect((start, start + count) for start, count in starts)

    def _in_long_runs(self, out: Array, box: Box) -> bool:
        run = run_length(self.shape, box) * self.dtype.itemsize
        return out.flags.c_contiguous and (run == out.nbytes or run >= LONG_RUN)

    def _block(self, out: Array) -> int:
        """Bytes to read at once, so that what they become stays within a block."""
        size = self.dtype.itemsize
        return BLOCK * size // max(size, out.itemsize, 8 if self.scaled else 1)

    def _through_block(
        self, reader: Reader, out: Array, box: Box, behind: Behind[Array]
    ) -> Callable[[Array, Span], None]:
        """Return a function that brings one span into its part of `out`.

        With `behind` values are converted while the next span is read.
        """
        slope, inter = _within(self.slope, box), _within(self.inter, box)
        blocks: list[Array] = []

        def bring(target: Array, span: Span) -> None:
            block = blocks.pop() if blocks else np.empty(0, np.uint8)
            if block.size < span.nbytes:
                block = np.empty(span.nbytes, np.uint8)
            reader.read_into(self.offset + span.offset, block[: span.nbytes])
            factors = _of_span(slope, span), _of_span(inter, span)
            free = behind.do(partial(self._convert, target, block, *factors))
            if free is not None:
                blocks.append(free)

        return bring

    def _convert(self, target: Array, block: Array, slope: Factor, inter: Factor) -> Array:
        """Scale and cast what was read into a block; return the block."""
        strides = byte_strides(self.shape, self.dtype.itemsize)
        stored: Array = np.ndarray(target.shape, self.dtype, block.data, 0, strides)
        if self.limits is not None:
            stored = np.clip(stored, *self.limits)
        if self.scaled:
            apply_scaling(target, stored, slope, inter)
        else:
            cast_into(target, stored)
        return block


def _part(out: Array, span: Span) -> Array:
    where: tuple[Any, ...] = (..., *span.where)
    part: Array = out[where]
    return part


def _bytes(out: Array) -> npt.NDArray[np.uint8]:
    return out.reshape(-1).view(np.uint8)


def _distance(box: Box, strides: tuple[int, ...]) -> int:
    """Return how far the first voxel of a box lies from that of the array."""
    return sum(low * stride for (low, _), stride in zip(box, strides, strict=True))


def _within(factor: Factor, box: Box) -> Factor:
    return factor if isinstance(factor, float) else factor[tuple(slice(*side) for side in box)]


def _of_span(factor: Factor, span: Span) -> Factor:
    return factor if isinstance(factor, float) else factor[span.where]
