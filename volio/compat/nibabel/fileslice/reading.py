"""Reading a slice of an array from a file object: the reading part of ``nibabel.fileslice``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.compat.nibabel.fileslice.planning import Heuristic, calc_slicedefs, threshold_heuristic
from volio.compat.nibabel.fileslice.slicers import is_fancy
from volio.errors import TruncatedFileError, UsageError

__all__ = ["fileslice", "read_segments"]

Lock = AbstractContextManager[Any]


def read_segments(
    fileobj: Any, segments: Sequence[Sequence[int]], n_bytes: int, lock: Lock | None = None
) -> bytearray:
    """Read pieces of a file into one buffer.

    Parameters
    ----------
    fileobj : file object
    segments : sequence of (offset, bytes)
    n_bytes : int
        Bytes in all pieces together.
    lock : context manager, optional
        Held while the file object stands where this function put it.

    Raises
    ------
    UsageError
        If the pieces are not `n_bytes` long.
    TruncatedFileError
        If the file ends too early.
    """
    if sum(count for _, count in segments) != n_bytes:
        raise UsageError(f"n_bytes: must be the bytes of the segments, got {n_bytes}")
    data = bytearray()
    for offset, count in segments:
        with lock or nullcontext():
            fileobj.seek(offset)
            piece = fileobj.read(count)
        if len(piece) < count:
            raise TruncatedFileError(
                f"{getattr(fileobj, 'name', 'file object')}: {count} bytes are needed from byte "
                f"{offset} on, got {len(piece)}: the file is incomplete"
            )
        data += piece
    return data


def fileslice(
    fileobj: Any,
    sliceobj: Any,
    shape: Sequence[int],
    dtype: DTypeLike,
    offset: int = 0,
    order: str = "C",
    heuristic: Heuristic = threshold_heuristic,
    lock: Lock | None = None,
) -> NDArray[Any]:
    """Index an array in a file, reading little more than what is wanted.

    Parameters
    ----------
    fileobj : file object
        Open for reading, uncompressed or decompressing.
    sliceobj : index
        Integers, slices, Ellipsis and new axes.
    shape, dtype, offset, order
        The array in the file; `order` is 'C' when the last axis varies fastest.
    heuristic : callable, optional
        Whether to read along or to skip, see
        `volio.compat.nibabel.fileslice.planning.threshold_heuristic`.
    lock : context manager, optional
        Held during each seek and read.

    Raises
    ------
    UsageError
        For index arrays and indices past the end.
    TruncatedFileError
        If the file ends too early.
    """
    if is_fancy(sliceobj):
        raise UsageError(f"index: must have no arrays or lists, got {sliceobj!r}")
    kind = np.dtype(dtype)
    plan = calc_slicedefs(sliceobj, shape, kind.itemsize, offset, order, heuristic)
    segments, read_shape, post = plan
    data = read_segments(fileobj, segments, sum(count for _, count in segments), lock)
    array: NDArray[Any] = np.ndarray(read_shape, kind, data, order="C" if order == "C" else "F")
    result: NDArray[Any] = array[post]
    return result
