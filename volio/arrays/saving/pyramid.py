"""Pyramids: shapes and scales of the levels, and one level made from the finer one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, product
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.threads import in_parallel

__all__ = ["Factors", "LevelPlan", "halved", "plan_levels"]

#: What each axis in space (z, y, x) is divided by, 1 or 2.
Factors = tuple[int, int, int]

MOST_LEVELS = 32
PIECE = 1 << 20  # bytes that are joined at once, which take several times as many
ALIKE = 1.5  # axes whose voxels are this much longer than the shortest are not halved


class LevelPlan(NamedTuple):
    """One resolution.

    Attributes
    ----------
    shape : tuple of int
        z, y, x.
    factors : tuple of int
        Against the finest level.
    step : tuple of int
        Against the level before.
    """

    shape: tuple[int, int, int]
    factors: Factors
    step: Factors


def plan_levels(
    shape: Sequence[int], sizes: Sequence[float], chunks: Sequence[int], most: int = MOST_LEVELS
) -> list[LevelPlan]:
    """Return the levels of a pyramid, the finest first.

    Every axis whose voxels are not much longer than the shortest is halved, until all axes that
    are cut into chunks fit into one.

    Parameters
    ----------
    shape : (int, int, int)
        z, y, x.
    sizes : (float, float, float)
        Of a voxel.
    chunks : (int, int, int)
        An axis in chunks of 1 is not in need of halving.
    most : int
        Levels at most.
    """
    length_z, length_y, length_x = shape
    levels = [LevelPlan((length_z, length_y, length_x), (1, 1, 1), (1, 1, 1))]
    while len(levels) < min(most, MOST_LEVELS):
        last = levels[-1]
        if all(n <= step or step == 1 for n, step in zip(last.shape, chunks, strict=True)):
            break
        step = _step(last, sizes)
        if step == (1, 1, 1):
            break
        levels.append(_coarser(last, step))
    return levels


def _coarser(level: LevelPlan, step: Factors) -> LevelPlan:
    """Return the level that has one voxel for so many of a level along each axis."""
    lengths = [-(-n // by) for n, by in zip(level.shape, step, strict=True)]
    factors = [whole * by for whole, by in zip(level.factors, step, strict=True)]
    return LevelPlan(_three(lengths), _three(factors), step)


def _step(level: LevelPlan, sizes: Sequence[float]) -> Factors:
    """Return the factors to the next level: 2 along axes of voxels about as short as any.

    `sizes` are those of the voxels of the finest level, mm. An axis of one voxel stays.
    """
    here = [size * factor for size, factor in zip(sizes, level.factors, strict=True)]
    is_long = [length > 1 for length in level.shape]
    shortest = min(compress(here, is_long), default=1.0)
    is_halved = [size < ALIKE * shortest for size in here]
    both = zip(is_long, is_halved, strict=True)
    return _three([2 if all(conditions) else 1 for conditions in both])


def _three(values: Sequence[int]) -> tuple[int, int, int]:
    first, second, third = values
    return first, second, third


def halved(array: Array, step: Factors, *, labels: bool) -> Array:
    """Return an array in which each voxel stands for those that `step` joins.

    At the end of an axis of odd length there are fewer to join.

    Parameters
    ----------
    array : ndarray, axes z, y, x
    step : tuple of int
        1 or 2 along each axis.
    labels : bool
        The most frequent value, of equally frequent ones the lowest; otherwise the mean, which
        is rounded for integers.

    Returns
    -------
    ndarray
        Of the same dtype.
    """
    join = _most_frequent if labels or array.dtype.kind == "b" else _mean
    out = np.empty([-(-n // by) for n, by in zip(array.shape, step, strict=True)], array.dtype)
    planes = max(1, PIECE // max(1, array[:1].nbytes * step[0]))

    def fill(first: int) -> None:
        last = min(first + planes, len(out))
        out[first:last] = join(array[first * step[0] : last * step[0]], step)

    in_parallel(fill, range(0, len(out), planes))
    return out


def _mean(array: Array, step: Factors) -> Array:
    sums = array.astype(_wider(array.dtype))
    count = np.ones((1, 1, 1), np.int64)
    for axis, by in enumerate(step):
        if by == 2:
            ones = np.ones(array.shape[axis], np.int64)
            count = count * np.expand_dims(_pairs(ones, 0), _others(axis))
            sums = _pairs(sums, axis)
    if sums.dtype.kind in "iu":
        return _rounded_ratio(sums, count.astype(sums.dtype)).astype(array.dtype)
    means: Array = sums / count
    return (np.rint(means) if array.dtype.kind in "iu" else means).astype(array.dtype)


def _rounded_ratio(sums: Array, count: Array) -> Array:
    """Return integers divided by positive ones, to the nearest: a half goes up."""
    ratio: Array = (sums + count // 2) // count
    return ratio


def _wider(dtype: DType) -> DType:
    """Return a dtype that holds sums of eight values."""
    if dtype.kind == "c":
        return np.dtype(np.complex128)
    if dtype.kind == "f":
        return np.dtype(np.float64)
    if dtype.itemsize == 8:
        return np.dtype(np.longdouble)
    # The sum of eight, and half of their count, is 8 * 65535 + 4 at most for 16 bits.
    return np.dtype(np.int32 if dtype.itemsize < 4 else np.int64)


def _pairs(array: Array, axis: int) -> Array:
    """Return sums of two neighbours along an axis; the last one stands alone at an odd end."""
    first = [slice(None)] * array.ndim
    second = [slice(None)] * array.ndim
    first[axis] = slice(0, None, 2)
    second[axis] = slice(1, None, 2)
    sums = array[tuple(first)].copy()
    odd = array[tuple(second)]
    target = [slice(None)] * array.ndim
    target[axis] = slice(0, odd.shape[axis])
    sums[tuple(target)] += odd
    return sums


def _others(axis: int) -> tuple[int, ...]:
    return tuple([each for each in range(3) if each != axis])


def _most_frequent(array: Array, step: Factors) -> Array:
    candidates = list(_candidates(array, step))
    best = candidates[0][0].copy()
    most = np.zeros(best.shape, np.uint8)
    for values, there in candidates:
        count = np.zeros(best.shape, np.uint8)
        for others, there_too in candidates:
            count += there & there_too & (values == others)
        better = (count > most) | ((count == most) & there & (values < best))
        best[better] = values[better]
        most[better] = count[better]
    return best


def _candidates(array: Array, step: Factors) -> Iterator[tuple[Array, Array]]:
    """Yield each of the values that are joined: the array of them, and where there are such."""
    shape = tuple([-(-n // by) for n, by in zip(array.shape, step, strict=True)])
    for offset in product(*map(range, step)):
        starts = zip(offset, step, strict=True)
        part = array[tuple([slice(start, None, by) for start, by in starts])]
        values = np.zeros(shape, array.dtype)
        there = np.zeros(shape, bool)
        inside = tuple([slice(0, n) for n in part.shape])
        values[inside] = part
        there[inside] = True
        yield values, there
