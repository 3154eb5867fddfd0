"""RowStream: bytes of voxels in C order, written to arrays that other libraries store in files."""

from __future__ import annotations

from math import prod
from typing import Any, Protocol

import numpy as np

from volio.arrays.dtypes import Array, DType

__all__ = ["RowStream"]


class RowArray(Protocol):
    """An array in a file that takes some of its rows (along its first axis) at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape, of one axis at least."""

    @property
    def dtype(self) -> DType:
        """As the bytes are that come."""

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Shape of the chunks; None for none."""

    def __setitem__(self, rows: slice, values: Array) -> None:
        """Store rows."""


class RowStream:
    """A stream whose bytes, voxels in C order, go into an array, whole chunks at a time.

    Parameters
    ----------
    target : RowArray
        Of h5py, say.
    """

    def __init__(self, target: RowArray) -> None:
        self._target = target
        self._row = max(1, prod(target.shape[1:]) * target.dtype.itemsize)  # bytes
        self._rows_at_once = target.chunks[0] if target.chunks else 1
        self._pending = bytearray()
        self._done = 0  # rows

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        self._pending += data
        self._store(self._rows_at_once)
        return len(data)

    def finish(self) -> None:
        """Store what is left."""
        self._store(1)

    def _store(self, step: int) -> None:
        """Store as many rows as there are, in multiples of a step."""
        count = len(self._pending) // self._row // step * step
        if not count:
            return
        nbytes = count * self._row
        values = np.frombuffer(self._pending[:nbytes], self._target.dtype)
        end = self._done + count
        self._target[self._done : end] = values.reshape(count, *self._target.shape[1:])
        self._done = end
        del self._pending[:nbytes]
