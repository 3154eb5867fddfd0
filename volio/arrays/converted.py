"""ConvertedArray: the values of another lazy array, which has them as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, slices_of
from volio.arrays.lazy import LazyArray
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.files.sources.source import ByteSource

__all__ = ["ConvertedArray"]

PIECE = 8 << 20  # bytes of stored values that are converted at once


class ConvertedArray(ScaledArray):
    """The values of a lazy array of stored numbers: value = stored * slope + inter.

    Parameters
    ----------
    source : ByteSource
        The file.
    stored : LazyArray
        Of one axis at least, in native byte order and "C" order.
    slope, inter : float or ndarray or None
        Arrays broadcast to the shape. None is 1 for the slope and 0 for the intercept.
    valid_range : (int, int), optional
        Stored numbers beyond these count as these.
    """

    order = "C"

    def __init__(
        self,
        source: ByteSource,
        stored: LazyArray,
        slope: Any = None,
        inter: Any = None,
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        self.stored = stored
        self.shape = stored.shape
        self.on_disk_dtype = stored.dtype
        self.slope = scale_factor(slope, 1.0)
        self.inter = scale_factor(inter, 0.0)
        self.valid_range = valid_range
        self.dtype = scaled_dtype(stored.dtype) if self.is_scaled else stored.dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the stored array."""
        return self.stored.chunks

    def check(self) -> None:
        """Raise an error if the file cannot hold the values."""
        self.stored.check()

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the stored array; see `LazyArray.open`."""
        with self.stored.open() as fill_stored:
            yield lambda out, box: self._fill_from(fill_stored, out, box)

    def _fill_from(self, fill_stored: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with a box of values, a few rows of chunks at a time."""
        conversion = self._conversion
        if conversion.changes_nothing or not out.size:
            fill_stored(out, box)
            return
        first = box[0][0]
        for side in self._pieces(box):
            piece = (side, *box[1:])
            target = out[side[0] - first : side[1] - first]
            stored = np.empty(target.shape, self.on_disk_dtype)
            fill_stored(stored, piece)
            conversion.of(slices_of(piece)).convert(target, stored)

    def _pieces(self, box: Box) -> Iterator[tuple[int, int]]:
        """Cut the first side of a box, at the ends of chunks, into what is converted at once."""
        start, stop = box[0]
        row = prod(lengths_of(box[1:])) * self.on_disk_dtype.itemsize
        length = self.chunks[0]
        step = max(1, PIECE // max(1, row) // length) * length
        return pairwise([start, *range(start // step * step + step, stop, step), stop])

    @property
    def _conversion(self) -> Conversion:
        slope = self._of_all(self.slope)
        return Conversion(self.is_scaled, slope, self._of_all(self.inter), self.valid_range)

    def _of_all(self, factor: Factor) -> Factor:
        return factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)

    def unscaled(self) -> LazyArray:
        """Return the stored values, lazy."""
        return self.stored

    def __repr__(self) -> str:
        stored = f"shape={self.shape}, dtype={self.on_disk_dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {stored})"
