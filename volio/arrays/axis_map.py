"""AxisMap: which axis of a file holds which axis of an image, and in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_flip, lazy_slice, lazy_transpose

__all__ = ["AxisMap"]


class AxisMap(NamedTuple):
    """How the axes of an image are stored in its file.

    Attributes
    ----------
    axes : tuple of int or None
        Per axis of the image the axis of the file, 0 being the one that varies fastest; None
        where the file has none: the image's axis has length 1.
    flipped : frozenset of int
        Axes of the image whose indices run backwards in the file.
    """

    axes: tuple[int | None, ...]
    flipped: frozenset[int] = frozenset()

    @property
    def is_plain(self) -> bool:
        """Whether the axes of image and file are the same."""
        return self.axes == tuple(range(len(self.axes))) and not self.flipped

    @property
    def _file_axes(self) -> list[int]:
        """The axes of the file, in the order of the image."""
        return [axis for axis in self.axes if axis is not None]

    def image_shape(self, stored: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the image, from the lengths of the file's axes."""
        return tuple([1 if axis is None else stored[axis] for axis in self.axes])

    def view(self, stored: LazyArray) -> LazyArray | Array:
        """Return an array with the axes of the file as one with those of the image."""
        if self.is_plain:
            return stored
        ordered = lazy_transpose(stored, self._file_axes)
        index = tuple([None if axis is None else slice(None) for axis in self.axes])
        return lazy_flip(lazy_slice(ordered, index), sorted(self.flipped))

    def stored(self, array: LazyArray | Array) -> LazyArray | Array:
        """Return an array with the axes of the image as one with those of the file."""
        if self.is_plain:
            return array
        flipped = lazy_flip(array, sorted(self.flipped))
        index = tuple([0 if axis is None else slice(None) for axis in self.axes])
        return lazy_transpose(lazy_slice(flipped, index), np.argsort(self._file_axes).tolist())
