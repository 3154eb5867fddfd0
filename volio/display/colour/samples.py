"""Some of the values of an array: those in which limits and labels are looked for."""

from __future__ import annotations

from math import ceil, floor, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.channels import plain

__all__ = ["finite_values", "some_slices", "subsample", "thinned", "three_planes"]

#: Values in a subsample.
BUDGET = 2**18
#: Slices that are looked at.
SLICES = 8
#: Values of an array that is thinned out evenly.
ENOUGH = 1_000_000
#: Arrays with more values are looked at in three planes by the napari rule.
LARGE = 10_000_000


def some_slices(data: Any) -> NDArray[Any]:
    """Return slices from all over an array: the same ones in memory and in a file of its order.

    They are 8 at most, along the two fastest axes, spread over the third, in the middle of the
    slower ones.

    Parameters
    ----------
    data : array-like
        Channels of a structured dtype become a last axis.
    """
    index: list[int | slice] = [slice(None)] * len(data.shape)
    slower = _slow_axes(data)
    for axis in slower[:-1]:
        index[axis] = data.shape[axis] // 2
    if slower:
        length = data.shape[slower[-1]]
        step = ceil(length / SLICES)
        index[slower[-1]] = slice(step // 2, None, step)
    return plain(np.asarray(data[tuple(index)]))


def subsample(data: Any, budget: int = BUDGET) -> NDArray[Any]:
    """Return some values from all over an array: of one that is not in memory, of some slices.

    Parameters
    ----------
    data : array-like
    budget : int
        About how many values.
    """
    values = plain(data) if isinstance(data, np.ndarray) else some_slices(data)
    long_axes = sum(n > 1 for n in values.shape)
    # The same step along every axis leaves about so many values.
    step = max(1, round((values.size / budget) ** (1 / max(1, long_axes))))
    sampled: NDArray[Any] = values[tuple(_every(step, length) for length in values.shape)]
    return sampled


def _every(step: int, length: int) -> slice:
    """Return every so many indices, from the middle of the first step on."""
    return slice(step // 2 if length > step else 0, None, step)


def _slow_axes(data: Any) -> list[int]:
    """Return the axes of an array but the two fastest, slowest first."""
    axes = list(range(len(data.shape)))
    if isinstance(data, LazyArray):
        axes = list(data.layout.order)
    elif isinstance(data, np.ndarray):
        axes.sort(key=lambda axis: -abs(data.strides[axis]))
    return [axis for axis in axes if data.shape[axis] > 1][:-2]


def thinned(data: Any) -> NDArray[Any]:
    """Return about a million values of an array: every axis is thinned out by the same factor."""
    axes = max(1, len(data.shape))
    surplus = prod(data.shape) / ENOUGH
    factor = max(1.0, surplus ** (1 / axes))
    index = []
    for length in data.shape:
        kept = max(1, floor(length / factor))
        index.append(slice(None, None, max(1, length // kept)))
    return plain(np.asarray(data[tuple(index)]))


def finite_values(values: NDArray[Any]) -> NDArray[Any]:
    """Return the finite values, in one dimension."""
    if values.dtype.kind != "f":
        return values.ravel()
    if values.dtype.itemsize < 4:  # float16 holds no sums of its values
        values = values.astype(np.float32)
    finite: NDArray[Any] = values[np.isfinite(values)]
    return finite


def three_planes(data: Any, kept: int) -> NDArray[Any]:
    """Return the values the napari rule looks at: all, or three planes of a large array.

    Parameters
    ----------
    data : array-like
    kept : int
        How many last axes make up a plane.
    """
    shape = data.shape
    if prod(shape) <= LARGE or len(shape) <= kept:
        return plain(np.asarray(data))
    patch = _middle_patch(shape[-kept:])
    planes = [plain(np.asarray(data[plane + patch])) for plane in _first_middle_last(shape[:-kept])]
    return np.stack(planes)


def _first_middle_last(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the first, the middle and the last index of some axes."""
    return [(0,) * len(shape), tuple(n // 2 for n in shape), tuple(n - 1 for n in shape)]


def _middle_patch(plane: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the index of the middle of a plane if it is large, else of all of it."""
    if prod(plane) <= LARGE or min(plane[:2]) <= 64:
        return ()
    return tuple(slice(n // 2 - 31, n // 2 + 31) for n in plane[:2])
