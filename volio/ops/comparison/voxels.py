"""How the voxels of two arrays differ, in one pass and bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.slabs import as_array, iterate_slabs

__all__ = ["VoxelDifference", "compare_voxels"]

Values = NDArray[Any]

SLAB = 1 << 18  # voxels compared at once


@dataclass(frozen=True)
class VoxelDifference:
    """How the voxels of two arrays of one shape differ.

    Parameters
    ----------
    count, differing : int
        Voxels, and those that differ by more than the tolerances.
    largest : float
        Largest absolute difference; infinite where just one of the two is NaN or infinite.
    relative : float
        Largest difference divided by the larger of the two magnitudes; 1 where one is not finite.
    where : tuple of int or None
        Voxel index of the largest absolute difference; None if there is none.
    values : pair or None
        The two values there.
    """

    count: int
    differing: int = 0
    largest: float = 0.0
    relative: float = 0.0
    where: tuple[int, ...] | None = None
    values: tuple[Any, Any] | None = None


def compare_voxels(a: Any, b: Any, rtol: float = 0.0, atol: float = 0.0) -> VoxelDifference | None:
    """Compare two arrays, lazy or not, slab by slab.

    Parameters
    ----------
    a, b : array or LazyArray
    rtol, atol : float, optional
        A voxel differs if ``|a - b| > atol + rtol * |b|``. NaN is equal to NaN.

    Returns
    -------
    VoxelDifference or None
        None if the shapes differ, or only one has fields, or they have different ones.
    """
    one = as_array(a)
    other = as_array(b)
    if one.shape != other.shape or one.dtype.names != other.dtype.names:
        return None
    found = VoxelDifference(one.size)
    slabs = (iterate_slabs(data, nbytes=SLAB * data.dtype.itemsize) for data in (one, other))
    for first, second in zip(*slabs, strict=True):
        starts = [side.start for side in first.where]
        found = _merged(found, _compare(first.values, second.values, rtol, atol), starts)
    return found


def _merged(found: VoxelDifference, slab: VoxelDifference, starts: list[int]) -> VoxelDifference:
    """Add the differences of a slab, whose first voxel is at `starts`."""
    more = slab.where is not None and slab.largest > found.largest
    where = tuple(start + at for start, at in zip(starts, slab.where or (), strict=False))
    return VoxelDifference(
        found.count,
        found.differing + slab.differing,
        max(found.largest, slab.largest),
        max(found.relative, slab.relative),
        where if more else found.where,
        slab.values if more else found.values,
    )


def _compare(a: Values, b: Values, rtol: float, atol: float) -> VoxelDifference:
    """Compare the voxels of two arrays of one shape."""
    one = _numbers(a)
    other = _numbers(b)
    gap = _gaps(one, other)
    if not gap.any():
        return VoxelDifference(a.size)
    differing = gap > _allowed(other, gap.dtype, rtol, atol)
    if a.dtype.names:
        differing = np.any(differing, axis=-1)
    count = int(np.count_nonzero(differing))
    at = _voxel_of_largest(gap, a.ndim)
    values = (a[at].item(), b[at].item())
    ratio = _largest_ratio(gap, one, other)
    return VoxelDifference(a.size, count, float(gap.max()), ratio, at, values)


def _voxel_of_largest(gap: Values, ndim: int) -> tuple[int, ...]:
    """Return the index of the largest gap in the first axes; a last one may be that of fields."""
    index = np.unravel_index(int(gap.argmax()), gap.shape)
    return tuple([int(number) for number in index[:ndim]])


def _allowed(values: Values, real: np.dtype[Any], rtol: float, atol: float) -> Values:
    """Return by how much other values may differ from these; 0 for NaN."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(atol + rtol * _magnitudes(values, real), nan=0.0)


def _largest_ratio(gap: Values, one: Values, other: Values) -> float:
    """Return the largest part of the larger magnitude by which values differ; 1 next to NaN."""
    with np.errstate(all="ignore"):
        larger = np.fmax(_magnitudes(one, gap.dtype), _magnitudes(other, gap.dtype))
        ratio = np.nan_to_num(gap / larger, nan=1.0, posinf=1.0)
    return float(ratio[gap > 0].max())


def _magnitudes(values: Values, real: np.dtype[Any]) -> Values:
    """Return absolute values; of real ones in a dtype that holds that of the lowest integer."""
    return np.abs(values if values.dtype.kind == "c" else values.astype(real))


def _numbers(values: Values) -> Values:
    """Return values with fields as numbers with one more axis; bool as integers."""
    if values.dtype.names:
        from numpy.lib.recfunctions import structured_to_unstructured

        return structured_to_unstructured(values)
    return values.view(np.uint8) if values.dtype == np.bool_ else values


def _gaps(a: Values, b: Values) -> NDArray[np.float64]:
    """Return absolute differences; 0 between equals and NaNs, infinite for a NaN alone."""
    equal = (a == b) | ((a != a) & (b != b))
    gap = _integer_gaps(a, b) if np.result_type(a, b).kind in "iu" else _float_gaps(a, b)
    gap = np.where(np.isnan(gap), np.inf, gap)
    gap[equal] = 0
    return gap


def _integer_gaps(a: Values, b: Values) -> NDArray[np.float64]:
    """Return absolute differences, exact even where they exceed the signed dtype."""
    common = np.result_type(a, b)
    high = np.maximum(a, b, dtype=common)
    low = np.minimum(a, b, dtype=common)
    # A difference that is too large wraps round, to the right number as an unsigned one.
    return np.subtract(high, low).view(f"u{common.itemsize}").astype(np.float64)


def _float_gaps(a: Values, b: Values) -> NDArray[np.float64]:
    wide = np.result_type(a, b, np.float64)
    with np.errstate(all="ignore"):
        return np.abs(np.subtract(a, b, dtype=wide)).astype(np.float64)
