"""Selection: parts of a lazy array along its last axis, in any order and number, as more axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, slices_of
from volio.arrays.lazy import DerivedArray, LazyArray
from volio.errors import UsageError

__all__ = ["Selection"]


class Selection(DerivedArray):
    """Slices of another array in another order.

    Parameters
    ----------
    base : LazyArray
    places : sequence of int
        Which indices of the base's last axis to take, in order.
    shape : tuple of int
        Lengths of the axes that take the place of the last one; the first varies fastest.

    Attributes
    ----------
    places : ndarray of int64, shape `shape`

    Raises
    ------
    UsageError
        If `shape` has another number of slices, or a place is outside the base.
    """

    def __init__(self, base: LazyArray, places: Sequence[int], shape: tuple[int, ...]) -> None:
        order = np.asarray(places, np.int64)
        if order.size != np.prod(shape, dtype=np.int64):
            raise UsageError(f"places: {order.size} of them do not fill shape {shape}")
        if order.size and not 0 <= order.min() <= order.max() < base.shape[-1]:
            raise UsageError(f"places: must be within 0 to {base.shape[-1] - 1}")
        self.base = base
        self.places = order.reshape(shape, order="F")
        self.shape = (*base.shape[:-1], *shape)
        self.dtype = base.dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the base, of one slice at most."""
        return (*self.base.chunks[:-1], *[1] * self.places.ndim)

    @property
    def layout(self) -> StorageLayout:
        """The order of axes as of the base, those of the selection slowest."""
        inner = self.base.layout
        last = self.base.ndim - 1
        axes = [axis for axis in inner.order if axis != last]
        gaps = (*inner.gaps[:-1], *[0] * self.places.ndim)
        return StorageLayout((*reversed(range(last, self.ndim)), *axes), gaps, inner.forward)

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` slice by slice, in the order in which the base has them."""
        shared = self.base.ndim - 1  # axes that are those of the base
        places = self.places[slices_of(box[shared:])]
        for flat in np.argsort(places, axis=None, kind="stable"):
            index = np.unravel_index(flat, places.shape)
            place = int(places[index])
            target = out[(..., *index, np.newaxis)]  # a view: its last axis is that slice
            fill_base(target, (*box[:shared], (place, place + 1)))
