"""Colours stored in two ways: as records of red, green and blue, and as samples along an axis."""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import COLOURS, Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of
from volio.arrays.lazy import DerivedArray, LazyArray
from volio.errors import UsageError

__all__ = ["ColourRecords", "ColourSamples", "samples_of"]


class ColourRecords(DerivedArray):
    """Records of red, green, blue (and alpha), from samples along an axis.

    Parameters
    ----------
    base : LazyArray
        uint8, with 3 or 4 samples.
    axis : int
        Of the samples; records do not have it.

    Raises
    ------
    UsageError
        If the base is not made of such samples.
    """

    def __init__(self, base: LazyArray, axis: int) -> None:
        count = base.shape[axis]
        if count not in COLOURS or base.dtype != np.uint8:
            raise UsageError(
                f"base: must have 3 or 4 samples of uint8 along axis {axis}, got {count} of "
                f"{base.dtype}"
            )
        self.base = base
        self.axis = axis
        self.shape = (*base.shape[:axis], *base.shape[axis + 1 :])
        self.dtype = COLOURS[count]
        self.order = base.order

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the base, without the axis of the samples."""
        return (*self.base.chunks[: self.axis], *self.base.chunks[self.axis + 1 :])

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with the records of a box."""
        count = self.base.shape[self.axis]
        with_samples = (*box[: self.axis], (0, count), *box[self.axis :])
        samples = np.empty(lengths_of(with_samples), np.uint8)
        fill_base(samples, with_samples)
        last = np.ascontiguousarray(np.moveaxis(samples, self.axis, -1))
        out[...] = last.view(self.dtype)[..., 0]


class ColourSamples(DerivedArray):
    """Samples of red, green, blue (and alpha) along a last axis, from records.

    Parameters
    ----------
    base : LazyArray
        With the dtype `RGB` or `RGBA`.
    """

    def __init__(self, base: LazyArray) -> None:
        self.base = base
        self.shape = (*base.shape, len(base.dtype.names or ()))
        self.dtype = np.dtype(np.uint8)
        self.order = base.order

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the base, with all samples of a record."""
        return (*self.base.chunks, self.shape[-1])

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with the samples of a box."""
        first, stop = box[-1]
        records = np.empty(lengths_of(box[:-1]), self.base.dtype)
        fill_base(records, box[:-1])
        samples = records.view(np.uint8).reshape(*records.shape, self.shape[-1])
        out[...] = samples[..., first:stop]


def samples_of(records: LazyArray | Array) -> LazyArray | Array:
    """Return samples along a new last axis, from records of red, green and blue."""
    if isinstance(records, LazyArray):
        return ColourSamples(records)
    in_order = np.ascontiguousarray(records)
    return in_order.view(np.uint8).reshape(*records.shape, records.dtype.itemsize)
