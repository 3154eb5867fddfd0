"""SlabStream: bytes of voxels in C order, which come in any portions, become slabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import prod
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from volio.arrays.dtypes import Array, DType

__all__ = ["RowGroups", "SlabStream", "array_stream"]

K = TypeVar("K")


class SlabStream(Generic[K]):
    """A stream that takes the bytes of voxels in C order, and hands on slabs of them.

    One slab is in memory.

    Parameters
    ----------
    slabs : iterable of (key, shape)
        What each slab is called, and its shape, in order; none is empty.
    dtype : numpy.dtype
        Of the voxels, as the bytes are.
    take : callable
        ``take(key, values)`` gets each slab once it is complete, and may keep it.
    """

    def __init__(
        self,
        slabs: Iterable[tuple[K, tuple[int, ...]]],
        dtype: DType,
        take: Callable[[K, Array], object],
    ) -> None:
        self._slabs = iter(slabs)
        self._dtype = dtype
        self._take = take
        self._key: K | None = None
        self._shape: tuple[int, ...] = ()
        self._slab = np.empty(0, np.uint8)
        self._filled = 0  # bytes of the slab

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        todo = np.frombuffer(memoryview(data).cast("B"), np.uint8)
        nbytes = todo.size
        while todo.size:
            if not self._slab.size:
                self._begin()
            count = min(todo.size, self._slab.size - self._filled)
            self._slab[self._filled : self._filled + count] = todo[:count]
            self._filled += count
            todo = todo[count:]
            if self._filled == self._slab.size:
                self._end()
        return nbytes

    def _begin(self) -> None:
        self._key, self._shape = next(self._slabs)
        self._slab = np.empty(prod(self._shape) * self._dtype.itemsize, np.uint8)
        self._filled = 0

    def _end(self) -> None:
        values = self._slab.view(self._dtype).reshape(self._shape)
        self._slab = np.empty(0, np.uint8)
        assert self._key is not None
        self._take(self._key, values)


class RowGroups:
    """Rows (along the first axis of arrays that come one after the other) in whole groups.

    Parameters
    ----------
    length : int
        Rows of a group.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._waiting: list[Array] = []
        self._count = 0  # rows that wait

    def add(self, rows: Array, *, is_last: bool) -> Array:
        """Take rows; return those that make whole groups, after the last ones all there are."""
        self._waiting.append(rows)
        self._count += len(rows)
        ready = self._count if is_last else self._count - self._count % self._length
        if not ready:
            return rows[:0]
        joined = np.concatenate(self._waiting) if len(self._waiting) > 1 else rows
        self._count -= ready
        self._waiting = [joined[ready:].copy()] if self._count else []
        return joined[:ready]


class SlabTarget(Protocol):
    """An array in a file that takes a part of itself at a time, as those of h5py do."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape, of one axis at least."""

    @property
    def dtype(self) -> DType:
        """As the bytes are that come."""

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Shape of the chunks; None for none."""

    def __setitem__(self, key: Any, values: Array) -> None:
        """Store values."""


def array_stream(target: SlabTarget) -> SlabStream[tuple[Any, ...]]:
    """Return a stream whose bytes go into an array, so that each of its chunks is written once.

    Parameters
    ----------
    target : SlabTarget
        Without chunks it is written in slices across the third axis from the end.
    """
    return SlabStream(_rows_of_chunks(target), target.dtype, target.__setitem__)


def _rows_of_chunks(target: SlabTarget) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    """Go through the rows of chunks along the slowest axis on which they are longer than one."""
    shape = target.shape
    axis, step = _axis_of_rows(target)
    for outer in np.ndindex(*shape[:axis]):
        for start in range(0, shape[axis], step):
            stop = min(start + step, shape[axis])
            yield (*outer, slice(start, stop)), (stop - start, *shape[axis + 1 :])


def _axis_of_rows(target: SlabTarget) -> tuple[int, int]:
    """Return the slowest axis on which chunks are longer than one, and their length on it."""
    ndim = len(target.shape)
    if target.chunks is None:
        return max(0, ndim - 3), 1
    longer = (axis for axis, length in enumerate(target.chunks) if length > 1)
    axis = next(longer, ndim - 1)
    return axis, target.chunks[axis]
