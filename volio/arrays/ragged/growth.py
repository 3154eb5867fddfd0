"""Memory of ragged arrays while they grow: rows are appended in place, with room for more."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.arrays.ragged.rows import Places
from volio.errors import UsageError

__all__ = ["MEGABYTE", "Growth", "check_row_shape", "shared_dtype"]

MEGABYTE = 1024 * 1024

# Memory grows by this part of itself at least, so that n appends copy a number of rows
# proportional to n.
LEAST_GROWTH = 0.5


def is_widening(held: DType, added: DType) -> bool:
    """Return whether values of a dtype do not fit those that are held.

    Floats of either width stay what the first ones were, as memory is what users chose by it.
    """
    if held.kind in "fc":
        return not np.can_cast(added, held, "same_kind")
    return not np.can_cast(added, held, "safe")


def shared_dtype(blocks: Iterable[Array]) -> DType:
    """Return the dtype of the first block, widened where values of others do not fit it."""
    dtypes = list(dict.fromkeys(block.dtype for block in blocks))
    shared = dtypes[0]
    for dtype in dtypes[1:]:
        if is_widening(shared, dtype):
            shared = np.result_type(shared, dtype)
    return shared


def check_row_shape(rows: Array, shape: tuple[int, ...]) -> None:
    """Check that an array has rows, and of the shape that the others have.

    Raises
    ------
    UsageError
        If not.
    """
    if rows.ndim == 0:
        raise UsageError("array: must have at least one axis, got a single number")
    if rows.shape[1:] != shape:
        raise UsageError(f"rows: all must have shape {shape}, got {rows.shape[1:]}")


class Growth:
    """Places of arrays that are being appended to a sequence.

    Parameters
    ----------
    offsets, lengths : ndarray of intp
        Of the arrays that are there.
    end : int
        The row after the last one that they use.
    buffer_size : float
        By how many MiB the memory grows at least.
    """

    def __init__(self, offsets: Places, lengths: Places, end: int, buffer_size: float) -> None:
        self.offsets: list[int] = offsets.tolist()
        self.lengths: list[int] = lengths.tolist()
        self.end = end
        self.buffer_size = buffer_size

    def append(self, data: Array, rows: Array) -> Array:
        """Write rows after the last ones.

        Parameters
        ----------
        data, rows : ndarray
            All rows that there are, with room after them or not; the new ones.

        Returns
        -------
        ndarray
            `data`, or a larger array with its rows.
        """
        if data.size == 0 and self.end == 0:
            data = np.empty((0, *rows.shape[1:]), rows.dtype)
        check_row_shape(rows, data.shape[1:])
        if is_widening(data.dtype, rows.dtype):
            data = data.astype(np.result_type(data, rows))
        after = self.end + len(rows)
        if after > len(data):
            data = self._grown(data, after)
        data[self.end : after] = rows
        self.offsets.append(self.end)
        self.lengths.append(len(rows))
        self.end = after
        return data

    def _grown(self, data: Array, needed: int) -> Array:
        """Return a copy of the rows in use with room for at least as many as needed."""
        row_bytes = max(1, data.dtype.itemsize * int(np.prod(data.shape[1:], dtype=np.intp)))
        buffer_rows = max(1, int(self.buffer_size * MEGABYTE / row_bytes))
        rows = needed + max(buffer_rows, int(len(data) * LEAST_GROWTH))
        larger = np.empty((rows, *data.shape[1:]), data.dtype)
        larger[: self.end] = data[: self.end]
        return larger
