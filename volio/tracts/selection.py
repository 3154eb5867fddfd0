"""Which lines a key in square brackets stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import IndexingError, UsageError

__all__ = ["chosen_lines", "random_lines"]


def chosen_lines(key: Any, count: int) -> NDArray[np.int64]:
    """Return the numbers of lines that are chosen.

    Parameters
    ----------
    key : slice, array-like of bool, shape (n,), or array-like of int, shape (m,)
        Negative numbers count from the end.
    count : int
        Number of lines there are.

    Raises
    ------
    IndexingError
        If there are no such lines.
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(count), dtype=np.int64)
    try:
        array = np.asarray(key)
    except ValueError as error:  # rows of unequal lengths
        raise IndexingError(f"lines: must be a slice, a mask or integers ({error})") from error
    if array.dtype == bool and array.shape == (count,):
        return np.flatnonzero(array)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise IndexingError(
            f"lines: must be a slice, a mask of shape ({count},) or integers, got {array.dtype} "
            f"{array.shape}"
        )
    numbers = array.astype(np.int64)
    if array.size and (numbers.min() < -count or numbers.max() >= count):
        raise IndexingError(f"lines: there are {count}, got {numbers.min()} to {numbers.max()}")
    return np.where(numbers < 0, numbers + count, numbers)


def random_lines(count: int, total: int, seed: int) -> NDArray[np.int64]:
    """Return the numbers of so many lines of all, or of all, chosen at random; they ascend.

    Raises
    ------
    UsageError
        If `count` is negative.
    """
    if count < 0:
        raise UsageError(f"count: must not be negative, got {count}")
    chosen = np.random.default_rng(seed).permutation(total)[:count]
    return np.sort(chosen).astype(np.int64)
