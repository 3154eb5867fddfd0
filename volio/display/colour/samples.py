"""Some of the values of an array: those in which limits and labels are looked for.

Which values these are follows from the shape alone, so that they are the same in memory and in a
file, whatever the order of storage and the chunks of either.
"""

from __future__ import annotations

from itertools import product
from math import ceil, floor, isqrt, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.channels import plain

__all__ = ["VoxelSample", "finite_values", "sample_of", "thinned", "three_planes"]

#: So many values are read at most; of arrays that have no more, all.
MOST = 2**22
#: About so many values are enough to find percentiles.
BUDGET = 2**18
#: Volumes of a series that are looked at, and slices of a volume, at most.
VOLUMES = 2
SLICES = 16
#: Edge of the patches that stand for a slice that is too large.
PATCH = 128
#: Values of an array that is thinned out evenly.
ENOUGH = 1_000_000
#: Arrays with more values are looked at in three planes by the napari rule.
LARGE = 10_000_000


class VoxelSample(NamedTuple):
    """Some values of an array.

    Attributes
    ----------
    values : ndarray
        Channels of a structured dtype are the last axis.
    neighbours : int
        Along so many of the first axes neighbours are neighbours in the array.
    is_whole : bool
        Whether these are all values of the array.
    """

    values: NDArray[Any]
    neighbours: int
    is_whole: bool

    @property
    def few(self) -> NDArray[Any]:
        """About 2**18 of the values, from all over them."""
        long_axes = sum(length > 1 for length in self.values.shape)
        # The same step along every axis leaves about so many values.
        surplus = self.values.size / BUDGET
        step = max(1, round(surplus ** (1 / max(1, long_axes))))
        few: NDArray[Any] = self.values[tuple(_every(step, n) for n in self.values.shape)]
        return few


def sample_of(data: Any) -> VoxelSample:
    """Return values from all over an array: all of a small one, up to 2**22 of a larger one.

    Of larger ones they are slices along the first two axes, spread over the third, in the first
    and the middle volume; patches of slices that are too large, more volumes of small ones.

    Parameters
    ----------
    data : array-like
        What is not in memory is read.
    """
    shape = tuple(data.shape)
    if prod(shape) <= MOST:
        return VoxelSample(plain(np.asarray(data[...])), len(shape), is_whole=True)
    parts = [np.asarray(data[index]) for index in _parts(shape)]
    # Slices of memory that need no joining stay where they are.
    joined = parts[0] if len(parts) == 1 else np.stack(parts, axis=-1)
    return VoxelSample(plain(joined), 2, is_whole=False)


def _parts(shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
    """Return the index of each part of a large array to look at."""
    later = _first_and_middle(shape)
    volumes = _count(shape[3:], later)
    third = _spread_slices(shape, volumes)
    slices = volumes * _count(shape[2:3], third)
    return [(*patch, *third, *later) for patch in _patches(shape[:2], MOST // slices)]


def _count(lengths: tuple[int, ...], index: tuple[slice, ...]) -> int:
    """Return how many indices slices select."""
    return prod(
        len(range(*along.indices(length))) for along, length in zip(index, lengths, strict=True)
    )


def _first_and_middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the volumes to look at: the first, which is shown first, and that in the middle.

    Of many small ones there are as many as fill the budget, evenly spread from the first on.
    """
    lengths = shape[3:]
    counts = [min(VOLUMES, length) for length in lengths]
    if lengths:
        longest = int(np.argmax(lengths))
        series = prod(counts) // counts[longest]
        affordable = BUDGET // (prod(shape[:3]) * series)
        counts[longest] = max(counts[longest], affordable)
    steps = [ceil(length / count) for length, count in zip(lengths, counts, strict=True)]
    return tuple([slice(0, None, step) for step in steps])


def _spread_slices(shape: tuple[int, ...], volumes: int) -> tuple[slice, ...]:
    """Return the slices of each volume to look at, along the third axis; () without one."""
    if len(shape) < 3:
        return ()
    if volumes * prod(shape[:3]) <= MOST:
        return (slice(None),)
    affordable = BUDGET // (volumes * prod(shape[:2]))
    count = max(1, SLICES // volumes, affordable)
    return (_every(ceil(shape[2] / count), shape[2]),)


def _patches(plane: tuple[int, ...], budget: int) -> list[tuple[slice, ...]]:
    """Return parts of a slice that have no more values than a budget: all of it if it has not."""
    if prod(plane) <= budget:
        return [(slice(None),) * len(plane)]
    count = max(1, isqrt(budget // PATCH**2))
    return list(product(*[_runs(length, count) for length in plane]))


def _runs(length: int, count: int) -> list[slice]:
    """Return so many runs of indices, each in the middle of its part of an axis; or the axis."""
    if length <= count * PATCH:
        return [slice(None)]
    starts = [(2 * n + 1) * length // (2 * count) - PATCH // 2 for n in range(count)]
    return [slice(start, start + PATCH) for start in starts]


def _every(step: int, length: int) -> slice:
    """Return every so many indices, from the middle of the first step on."""
    return slice(step // 2 if length > step else 0, None, step)


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
