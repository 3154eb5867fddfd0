"""Volumes of an array one after the other, with its file opened once."""

from __future__ import annotations

from collections.abc import Iterator
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
    later = [range(length) for length in reversed(data.shape[3:])]
    places = (at[::-1] for at in product(*later))
    if not isinstance(data, LazyArray):
        for place in places:
            yield place, np.asarray(data[(..., *place)])
        return
    data.check()
    volume = tuple((0, length) for length in data.shape[:3])
    order = data.layout.order
    with data.open() as fill:
        for place in places:
            box = (*volume, *((at, at + 1) for at in place))
            out = empty(lengths_of(box), data.dtype, order)
            fill(out, box)
            yield place, part_of(out, [0] * len(place))
