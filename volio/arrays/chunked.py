"""ChunkedArray: values stored in chunks, of which only those with a part that is asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import pairwise
from math import prod

import numpy as np

from volio.arrays.array_spec import ArraySpec
from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, slices_of
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.files.sources.source import ByteSource

__all__ = ["ChunkedArray"]

PIECE = 8 << 20  # bytes of stored values that are read at once


class ChunkedArray(ScaledArray):
    """Values in the chunks of a file, scaled on the way out.

    Formats override `open_stored`, `unscaled` and `check`.

    Parameters
    ----------
    source : ByteSource
    spec : ArraySpec
        Of one axis at least. The dtype is in native byte order, the offset is not used.
    chunks : tuple of int
        Shape of the chunks; that of the array where there are none.
    valid_range : (int, int), optional
        Stored numbers beyond these count as these.
    """

    order = "C"
    chunks: tuple[int, ...] = ()

    def __init__(
        self,
        source: ByteSource,
        spec: ArraySpec,
        chunks: tuple[int, ...],
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        self.shape = spec.shape
        self.on_disk_dtype = np.dtype(spec.dtype)
        self.slope = scale_factor(spec.slope, 1.0)
        self.inter = scale_factor(spec.inter, 0.0)
        self.chunks = chunks
        self.valid_range = valid_range
        self.dtype = scaled_dtype(spec.dtype) if self.is_scaled else self.on_disk_dtype

    @abstractmethod
    def open_stored(self) -> AbstractContextManager[FillBox]:
        """Open the file, in a ``with`` statement that gives ``fill(out, box)`` for stored values.

        `out` has the stored dtype and is contiguous, the box is not empty.
        """

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `LazyArray.open`."""
        with self.open_stored() as fill_stored:
            yield partial(self._fill_from, fill_stored)

    def _fill_from(self, fill_stored: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with a box of values, a few rows of chunks at a time."""
        if not out.size:
            return
        first = box[0][0]
        for side in self._pieces(box):
            piece = (side, *box[1:])
            target = out[side[0] - first : side[1] - first]
            stored = np.empty(target.shape, self.on_disk_dtype)
            fill_stored(stored, piece)
            self._conversion.of(slices_of(piece)).convert(target, stored)

    def _pieces(self, box: Box) -> Iterator[tuple[int, int]]:
        """Cut the first side of a box, at the ends of chunks, into what is read at once."""
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

    def __repr__(self) -> str:
        stored = f"shape={self.shape}, dtype={self.on_disk_dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {stored})"
