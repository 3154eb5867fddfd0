"""How values go into integers: a slope and an intercept for each slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.arrays.scaling import fit_scaling
from volio.arrays.views import lazy_slice

__all__ = ["Pair", "plan_slices", "slice_axes"]

MOST_TRIED = 256  # pairs that were read, tried for each slice
FEW = 512  # values that rule out most pairs

#: Slope and intercept.
Pair = tuple[float, float]


class _Fit(NamedTuple):
    pair: Pair
    error: float
    finite: bool = True


def slice_axes(dims: tuple[str, ...]) -> int:
    """Return how many of the first dimensions tell slices apart, which have two of space."""
    plain = [place for place, name in enumerate(dims) if name != "vector_dimension"]
    return plain[-2] if len(plain) > 2 else 0


def plan_slices(
    voxels: Any, dtype: np.dtype[Any], axes: int, known: Iterable[Pair]
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Return slope and intercept of each slice, shape (n, ..., 1, 1), and what they change.

    Parameters
    ----------
    voxels : LazyArray or ndarray
        In the order of the file.
    dtype : numpy.dtype
        Integers.
    axes : int
        How many of the first axes tell slices apart.
    known : iterable of (slope, intercept)
        Those that were read: of a slice that comes back by one of them every bit stays.

    Returns
    -------
    slope, inter : ndarray of float64
    notes : tuple of str
        One if values are rounded or replaced, with the largest error.
    """
    shape = voxels.shape[:axes]
    tried = [pair for pair in dict.fromkeys(known) if pair[0] != 0][:MOST_TRIED]
    fits: list[_Fit] = []
    for index in np.ndindex(*shape):
        values = np.asarray(lazy_slice(voxels, index))
        fits.append(fit := _fit(values, dtype, tried))
        if fit.pair in tried:  # the next slice may well have the same
            tried.remove(fit.pair)
            tried.insert(0, fit.pair)
    pairs = np.array([fit.pair for fit in fits], np.float64).reshape(*shape, 2)
    later = (1,) * (len(voxels.shape) - axes)
    slope = pairs[..., 0].reshape(*shape, *later)
    inter = pairs[..., 1].reshape(*shape, *later)
    return slope, inter, _notes(fits, dtype)


def _fit(values: NDArray[Any], dtype: np.dtype[Any], known: list[Pair]) -> _Fit:
    finite = values[np.isfinite(values)]
    all_finite = finite.size == values.size
    for pair in _exact_pairs(finite, known):
        if _error(finite[:FEW], dtype, pair) == 0 == _error(finite, dtype, pair):
            return _Fit(pair, 0.0, all_finite)
    low, high = float(finite.min()), float(finite.max())
    found = fit_scaling(low, high, dtype, "slope+inter", np.float32)
    pair = found.slope, found.inter
    return _Fit(pair, _error(finite, dtype, pair), all_finite)


def _notes(fits: list[_Fit], dtype: np.dtype[Any]) -> tuple[str, ...]:
    notes = []
    if error := max((fit.error for fit in fits), default=0.0):
        what = f"values are rounded to {dtype}, a slope and an intercept for each slice"
        notes.append(f"{what}, largest error {error:.3g}")
    if not all(fit.finite for fit in fits):
        notes.append("NaN is stored as zero is, infinite values as the ends of their slice")
    return (f"{'; '.join(notes)}. dtype='exact' keeps every value.",) if notes else ()


def _exact_pairs(values: NDArray[Any], known: list[Pair]) -> Iterator[Pair]:
    yield from known
    yield 1.0, 0.0
    if values.size:
        yield 1.0, float(values[0])  # slices of one value


def _error(values: NDArray[Any], dtype: np.dtype[Any], pair: Pair) -> float:
    """Return the largest difference that storing by a pair makes to values."""
    (slope, inter), (least, greatest) = pair, integer_limits(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        stored = np.clip(np.rint((values - inter) / slope), least, greatest)
        differences = np.abs(stored * slope + inter - values)
    return float(np.max(differences, initial=0.0))
