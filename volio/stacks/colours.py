"""Colours as channels: an axis more, instead of voxels with fields."""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.lazy import DerivedArray, LazyArray

__all__ = ["channels_of_colours"]


class ColourChannels(DerivedArray):
    """A lazy array of colours, with their fields along a last axis.

    Parameters
    ----------
    base : LazyArray
        With fields of one dtype: R, G, B and perhaps A.
    """

    def __init__(self, base: LazyArray) -> None:
        self.base = base
        self.names = tuple(base.dtype.names or ())
        self.shape = (*base.shape, len(self.names))
        self.dtype = base.dtype[0]

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with some fields of the colours in a box."""
        colours = np.empty(out.shape[:-1], self.base.dtype)
        fill_base(colours, box[:-1])
        start, stop = box[-1]
        for place, name in enumerate(self.names[start:stop]):
            cast_into(out[..., place], colours[name])


def channels_of_colours(array: LazyArray | Array) -> LazyArray | Array:
    """Return an array of colours with their fields (R, G, B, ...) along a last axis."""
    if isinstance(array, LazyArray):
        return ColourChannels(array)
    return np.stack([array[name] for name in array.dtype.names or ()], axis=-1)
