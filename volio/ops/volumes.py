"""Go through an array volume by volume, with its file opened once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.indexing.box_reads import Job, empty
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
    later = (range(length) for length in reversed(data.shape[3:]))
    places = (at[::-1] for at in product(*later))
    if not isinstance(data, LazyArray):
        yield from ((place, np.asarray(data[(..., *place)])) for place in places)
        return
    data.check()
    for job in data.filled(_job(data, place) for place in places):
        first: Place = (..., *[0] * len(job.tag))
        yield job.tag, job.out[first]


def _job(data: LazyArray, place: Place) -> Job:
    box = (*((0, length) for length in data.shape[:3]), *((at, at + 1) for at in place))
    held = empty([stop - start for start, stop in box], data.dtype, data.layout.order)
    return Job(held, box, place)
