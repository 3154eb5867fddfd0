"""Contrast limits: which values are shown as the first and the last colour."""

from __future__ import annotations

from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.arrays.lazy import LazyArray
from volio.arrays.slabs import as_array, iterate_slabs, natural_order
from volio.display.base.channels import plain
from volio.errors import UsageError

__all__ = ["PERCENTILES", "RULES", "checked_pair", "find_limits", "joined", "subsample"]

Pair = tuple[float, float]

RULES = ("robust", "napari", "exact", "dtype")

#: Percentiles of the robust rule.
PERCENTILES = (0.5, 99.5)
#: Outliers are there, and cut off, if the full range is wider than that of the percentiles by this.
OUTLYING = 1.25
#: Values in a subsample.
BUDGET = 2**18
#: Slices read of an array that is not in memory.
SLICES = 8
#: Arrays with more values are looked at in three planes by the napari rule.
LARGE = 10_000_000


def find_limits(data: Any, rule: str = "robust", rgb: bool = False) -> Pair:
    """Return contrast limits for the values of an array.

    Parameters
    ----------
    data : array-like
        With the colours of RGB last.
    rule : {"robust", "napari", "exact", "dtype"}
        ``"robust"``: least and greatest value of a subsample, or its percentiles 0.5 and 99.5 if
        outliers make the range more than 1.25 times as wide; ``"napari"``: 0 and 255 for uint8,
        else least and greatest value, of three planes if there are more than 10 million;
        ``"exact"``: least and greatest of all values; ``"dtype"``: what the dtype can hold, 0 and
        1 for floats.
    rgb : bool

    Returns
    -------
    (float, float)
        Rising. NaN and infinite values do not count. If all values are the same, 0 or 1 is the
        other limit; 0 and 1 if there are none.

    Raises
    ------
    UsageError
        If there is no such rule.

    Examples
    --------
    >>> volio.display.find_limits(np.arange(11), rule="exact")
    (0.0, 10.0)
    """
    if rule not in RULES:
        raise UsageError(f"rule: must be one of {RULES}, got {rule!r}")
    fixed = _limits_of_dtype(data.dtype, rule, rgb)
    if fixed is not None:
        return fixed
    if rule == "exact":
        return widened(*_exact(data))
    if rule == "napari":
        return widened(*_extremes(_three_planes(data, 2 + rgb)))
    return _robust(subsample(data))


def _limits_of_dtype(dtype: np.dtype[Any], rule: str, rgb: bool) -> Pair | None:
    """Return limits that do not depend on the values; None where they do."""
    channel = dtype[0] if dtype.names else dtype
    if channel.kind == "b":
        return 0.0, 1.0
    if rule == "dtype" and channel.kind in "iu":
        low, high = integer_limits(channel)
        return float(low), float(high)
    if rule == "dtype":
        return 0.0, 1.0
    if channel == np.uint8 and (rgb or rule == "napari"):
        return 0.0, 255.0
    return None


def checked_pair(name: str, value: Any) -> Pair:
    """Return a pair of rising, finite numbers.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        low, high = (float(number) for number in value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be two numbers, got {value!r}") from error
    if not (np.isfinite((low, high)).all() and low < high):
        raise UsageError(f"{name}: must be two finite numbers that rise, got {value!r}")
    return low, high


def widened(low: float, high: float) -> Pair:
    """Return limits that are not the same."""
    return (low, high) if low < high else (min(low, 0.0), max(high, 1.0))


def joined(one: Pair | None, other: Pair) -> Pair:
    """Return the range that holds two, or the other one alone."""
    return other if one is None else (min(one[0], other[0]), max(one[1], other[1]))


def subsample(data: Any, budget: int = BUDGET) -> NDArray[Any]:
    """Return some values from all over an array.

    Of an array that is not in memory 8 slices at most are read: along its two fastest axes, spread
    over the third, in the middle of the slower ones.

    Parameters
    ----------
    data : array-like
    budget : int
        About how many values.
    """
    values = plain(data if isinstance(data, np.ndarray) else _some_slices(data))
    long_axes = sum(n > 1 for n in values.shape)
    # The same step along every axis leaves about so many values.
    step = max(1, round((values.size / budget) ** (1 / max(1, long_axes))))
    sampled: NDArray[Any] = values[tuple(_every(step, length) for length in values.shape)]
    return sampled


def _some_slices(data: Any) -> NDArray[Any]:
    """Read slices along the two fastest axes of an array that is not in memory."""
    index: list[int | slice] = [slice(None)] * len(data.shape)
    slower = _slow_axes(data)
    for axis in slower[:-1]:
        index[axis] = data.shape[axis] // 2
    if slower:
        length = data.shape[slower[-1]]
        step = ceil(length / SLICES)
        index[slower[-1]] = slice(step // 2, None, step)
    return np.asarray(data[tuple(index)])


def _every(step: int, length: int) -> slice:
    """Return every so many indices, from the middle of the first step on."""
    return slice(step // 2 if length > step else 0, None, step)


def _slow_axes(data: Any) -> list[int]:
    """Return the axes of an array but the two fastest, slowest first."""
    order = data.layout.order if isinstance(data, LazyArray) else range(len(data.shape))
    return [axis for axis in order if data.shape[axis] > 1][:-2]


def _robust(values: NDArray[Any]) -> Pair:
    finite = _finite(values)
    if not finite.size:
        return 0.0, 1.0
    least, greatest = _ends(finite)
    low, high = (float(limit) for limit in np.percentile(finite, PERCENTILES))
    has_outliers = greatest - least > OUTLYING * (high - low)
    return (low, high) if low < high and has_outliers else widened(least, greatest)


def _ends(values: NDArray[Any]) -> Pair:
    return float(values.min()), float(values.max())


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """Return the finite values, in one dimension."""
    if values.dtype.kind != "f":
        return values.ravel()
    if values.dtype.itemsize < 4:  # float16 holds no sums of its values
        values = values.astype(np.float32)
    finite: NDArray[Any] = values[np.isfinite(values)]
    return finite


def _extremes(values: NDArray[Any]) -> Pair:
    """Return the least and the greatest finite value; without any 0 both."""
    if not values.size:
        return 0.0, 0.0
    ends = _ends(values)
    if np.isfinite(ends).all():
        return ends
    finite = _finite(values)
    return _ends(finite) if finite.size else (0.0, 0.0)


def _exact(data: Any) -> Pair:
    if isinstance(data, np.ndarray):
        return _extremes(plain(data))
    array = as_array(data)
    slabs = iterate_slabs(array, order=natural_order(array))
    finite = (_finite(plain(slab.values)) for slab in slabs)
    ends = [_ends(values) for values in finite if values.size]
    if not ends:
        return 0.0, 0.0
    return min(low for low, _ in ends), max(high for _, high in ends)


def _three_planes(data: Any, kept: int) -> NDArray[Any]:
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
