"""Voxels as they lie in a file, brought into arrays of any dtype and strides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, DType, cast_into
from volio.arrays.scaling import Factor, apply_scaling
from volio.arrays.slicing import BLOCK, Box, Span, byte_strides, run_length, spans
from volio.files.reader import Reader

__all__ = ["Stored"]

LONG_RUN = 1 << 16  # bytes: runs of this length go straight into the result


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
    """

    shape: tuple[int, ...]
    dtype: DType
    offset: int
    scaled: bool
    slope: Factor
    inter: Factor

    def fill(self, reader: Reader, out: Array, box: Box) -> None:
        """Fill an array with a box, reading in ascending order.

        Parameters
        ----------
        reader : Reader
        out : ndarray, shape of the box
            Values are scaled and cast to its dtype, piece by piece, in the processor's cache.
        box : tuple of (start, stop)
        """
        if not out.size:
            return
        as_stored = not self.scaled and out.dtype == self.dtype
        if as_stored and self._in_long_runs(out, box):
            for span in spans(self.shape, box, self.dtype.itemsize, gap=0, block=None):
                reader.read_into(self.offset + span.offset, _bytes(_part(out, span)))
            return
        through = self._through_block(reader, out, box)
        for span in spans(self.shape, box, self.dtype.itemsize, block=self._block(out)):
            target = _part(out, span)
            if as_stored and target.flags.c_contiguous and target.nbytes == span.nbytes:
                reader.read_into(self.offset + span.offset, _bytes(target))
            else:
                through(target, span)

    def _in_long_runs(self, out: Array, box: Box) -> bool:
        run = run_length(self.shape, box) * self.dtype.itemsize
        return out.flags.c_contiguous and (run == out.nbytes or run >= LONG_RUN)

    def _block(self, out: Array) -> int:
        """Bytes to read at once, so that what they become stays within a block."""
        size = self.dtype.itemsize
        return BLOCK * size // max(size, out.itemsize, 8 if self.scaled else 1)

    def _through_block(self, reader: Reader, out: Array, box: Box) -> Callable[[Array, Span], None]:
        """Return a function that brings one span into its part of `out`."""
        strides = byte_strides(self.shape, self.dtype.itemsize)
        slope, inter = _within(self.slope, box), _within(self.inter, box)
        block = np.empty(0, np.uint8)

        def bring(target: Array, span: Span) -> None:
            nonlocal block
            if block.size < span.nbytes:
                block = np.empty(span.nbytes, np.uint8)
            reader.read_into(self.offset + span.offset, block[: span.nbytes])
            stored: Array = np.ndarray(target.shape, self.dtype, block.data, 0, strides)
            if self.scaled:
                apply_scaling(target, stored, _of_span(slope, span), _of_span(inter, span))
            else:
                cast_into(target, stored)

        return bring


def _part(out: Array, span: Span) -> Array:
    where: tuple[Any, ...] = (..., *span.where)
    part: Array = out[where]
    return part


def _bytes(out: Array) -> npt.NDArray[np.uint8]:
    return out.reshape(-1).view(np.uint8)


def _within(factor: Factor, box: Box) -> Factor:
    return factor if isinstance(factor, float) else factor[tuple(slice(*side) for side in box)]


def _of_span(factor: Factor, span: Span) -> Factor:
    return factor if isinstance(factor, float) else factor[span.where]
