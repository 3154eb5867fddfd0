"""Voxels of several numbers: colours as fields or as a last axis, complex ones as lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import cast_into
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, slices_of
from volio.arrays.lazy import LazyArray
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store

__all__ = [
    "CHANNELS",
    "Magnitude",
    "colour_fields",
    "looks_rgb",
    "magnitude",
    "plain",
]

#: Names of the fields of a colour.
CHANNELS = ("R", "G", "B", "A")


def colour_fields(dtype: np.dtype[Any]) -> int:
    """Return how many channels a structured dtype has: 3 or 4 fields of one dtype, else 0."""
    if not dtype.names or len(dtype.names) not in (3, 4):
        return 0
    dtypes = {dtype[name] for name in dtype.names}
    return len(dtype.names) if len(dtypes) == 1 else 0


def plain(values: NDArray[Any]) -> NDArray[Any]:
    """Return values with the fields of a structured dtype as a last axis."""
    if not values.dtype.names:
        return values
    return np.stack([values[name] for name in values.dtype.names], axis=-1)


def looks_rgb(shape: tuple[int, ...]) -> bool:
    """Return whether a shape may be that of a colour picture: 3 or 4 last, more than 30 before.

    Volumes of (64, 64, 3) voxels have such shapes as well: volio never guesses unless asked to.
    """
    return len(shape) > 2 and shape[-1] in (3, 4) and min(shape[-3:-1]) > 30


class Magnitude(LazyArray):
    """The absolute values of a complex lazy array.

    Parameters
    ----------
    base : LazyArray
    """

    def __init__(self, base: LazyArray) -> None:
        self.base = base
        self.shape = base.shape
        self.dtype = np.empty(0, base.dtype).real.dtype
        self.order = base.order

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the blocks that are best read at once."""
        return self.base.chunks

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The sources that the base reads from."""
        return self.base.sources

    @property
    def layout(self) -> StorageLayout:
        """The order of storage of the base."""
        return self.base.layout

    def check(self) -> None:
        """Check the array with the complex values."""
        self.base.check()

    def fill(self, out: NDArray[Any], box: Box) -> None:
        """Fill `out` with absolute values."""
        cast_into(out, np.abs(self.base.read(slices_of(box))))


def magnitude(data: Any) -> Any:
    """Return absolute values of complex data, lazy ones of lazy data."""
    return Magnitude(data) if isinstance(data, LazyArray) else np.abs(np.asarray(data))
