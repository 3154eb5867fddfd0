"""Volumes of an array one after the other, with its file opened once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.indexing.runs import empty, lengths_of, part_of
from volio.arrays.lazy import LazyArray

__all__ = ["iterate_volumes"]

Place = tuple[Any, ...]


def iterate_volumes(data: Any) -> Iterator[tuple[Place, NDArray[Any]]]:
    """Yield the volumes of an array, the fourth axis fastest.

    Parameters
    ----------
    data : array or LazyArray
        Its first three axes (or as many as it has) are those of a volume.

    Yields
    ------
    place : tuple of int
        Indices along the axes after the third.
    volume : array
        Of the first three axes; not to be changed.
    """
    if isinstance(data, LazyArray):
        yield from _lazy_volumes(data)
        return
    for place in _places(data.shape):
        yield place, np.asarray(data[(..., *place)])


def _places(shape: Sequence[int]) -> Iterator[Place]:
    """Yield indices along the axes after the third, the fourth axis fastest."""
    later = [range(length) for length in reversed(shape[3:])]
    for reversed_place in product(*later):
        yield reversed_place[::-1]


def _lazy_volumes(data: LazyArray) -> Iterator[tuple[Place, NDArray[Any]]]:
    """Yield the volumes of a lazy array, with its file opened once."""
    data.check()
    volume = [(0, length) for length in data.shape[:3]]
    order = data.layout.order
    with data.open() as fill:
        for place in _places(data.shape):
            box = (*volume, *[(index, index + 1) for index in place])
            out = empty(lengths_of(box), data.dtype, order)
            fill(out, box)
            yield place, part_of(out, [0] * len(place))
