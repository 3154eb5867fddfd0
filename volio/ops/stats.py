"""Statistics of voxels, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.slabs import as_array, iterate_slabs
from volio.errors import ImageDataError, UsageError
from volio.images.kinds import check_kind, kind_of
from volio.ops.derive import affine_of
from volio.ops.masks import is_inside
from volio.ops.tally import Moments, Tally, ValueSample

__all__ = [
    "PERCENTILES",
    "VoxelStatistics",
    "count_nonzero_voxels",
    "describe_voxels",
    "mask_volume",
]

#: Percentiles that are given unless others are asked for.
PERCENTILES = (2.0, 25.0, 50.0, 75.0, 98.0)

#: Percentiles come from all values of an array in memory up to this many, else from a sample.
KEPT = 1 << 24


@dataclass(frozen=True)
class VoxelStatistics:
    """What `describe_voxels` finds. Values mean finite values; mm3 are None without an affine.

    Parameters
    ----------
    count, nan, infinite, nonzero : int
        Voxels looked at; NaN, infinite ones, and those that are neither 0 nor NaN, among them.
    volume, nonzero_volume : float or None
        What `count` and `nonzero` voxels take, in mm3.
    minimum, maximum, mean, std : float
        Of the values; NaN if there are none. `std` divides by their number.
    percentiles : dict of float to float
        From percent to value; empty if there are no values.
    sampled : int
        How many values the percentiles come from; all of them if `exact`.
    labels : dict of int to int, or None
        For integers with few different values: how many voxels have each.
    """

    count: int
    nan: int
    infinite: int
    nonzero: int
    volume: float | None
    nonzero_volume: float | None
    minimum: float
    maximum: float
    mean: float
    std: float
    percentiles: dict[float, float] = field(default_factory=dict)
    sampled: int = 0
    labels: dict[int, int] | None = None

    @property
    def exact(self) -> bool:
        """Whether the percentiles come from all values."""
        return self.sampled == self.count - self.nan - self.infinite

    @property
    def median(self) -> float:
        """The 50th percentile, if it was asked for; else NaN."""
        return self.percentiles.get(50.0, np.nan)


def count_nonzero_voxels(img: Any) -> int:
    """Count the voxels of an image that are not 0 (NaN is not 0).

    Parameters
    ----------
    img : SpatialImage
    """
    check_kind(img, "volume", "count_nonzero_voxels")
    slabs = iterate_slabs(as_array(img.dataobj))
    return sum(int(np.count_nonzero(slab.values)) for slab in slabs)


def mask_volume(img: Any) -> float:
    """Return the volume of the voxels of an image that are not 0, in mm3.

    Parameters
    ----------
    img : SpatialImage

    Raises
    ------
    AffineError
        If the image has no affine.
    """
    check_kind(img, "volume", "mask_volume")
    return count_nonzero_voxels(img) * _voxel_volume(affine_of(img), img)


def describe_voxels(
    img_or_array: Any, mask: Any = None, percentiles: Sequence[float] = PERCENTILES
) -> VoxelStatistics:
    """Describe the values of an image or array.

    Parameters
    ----------
    img_or_array : SpatialImage, array or LazyArray
        Real numbers; of complex ones the magnitudes are described. Read slab by slab.
    mask : SpatialImage or array, optional
        Voxels to look at: those that are not 0 or NaN. Of the shape of the image, or of its
        first axes: a 3-D mask selects in each volume.
    percentiles : sequence of float, optional
        In percent. Exact for integers with up to 65536 different values and for arrays of up to
        16.8 million voxels, else from an even sample of about as many.

    Returns
    -------
    VoxelStatistics

    Raises
    ------
    UsageError
        If the mask does not fit, a percentile is not from 0 to 100, or the image is not a volume.
    ImageDataError
        If the voxels have fields (RGB).
    """
    if kind_of(img_or_array) is not None:
        check_kind(img_or_array, "volume", "describe_voxels")
    data = as_array(getattr(img_or_array, "dataobj", img_or_array))
    if data.dtype.kind not in "biufc":
        raise ImageDataError(f"voxels of dtype {data.dtype} are not single numbers: take one field")
    if not all(0 <= percent <= 100 for percent in percentiles):
        raise UsageError(f"percentiles: must be from 0 to 100, got {tuple(percentiles)}")
    statistics = _Statistics(data.dtype, data.size, ranks=bool(percentiles))
    for values in _selected(data, mask):
        statistics.add(_magnitudes(values) if data.dtype.kind == "c" else values)
    affine = getattr(img_or_array, "affine", None)
    volume = None if affine is None else _voxel_volume(affine, img_or_array)
    return statistics.result(percentiles, volume)


def _magnitudes(values: NDArray[Any]) -> NDArray[Any]:
    """Return the magnitudes of complex values; beyond the largest float they are infinite."""
    with np.errstate(over="ignore"):
        magnitudes: NDArray[Any] = np.abs(values)
    return magnitudes


def _voxel_volume(affine: NDArray[np.float64], img: Any) -> float:
    """Return the volume of a voxel, mm3; the header has the unit of the affine."""
    mm = getattr(getattr(img, "header", None), "length_unit", None) or 1.0
    return float(abs(np.linalg.det(affine[:3, :3]))) * float(mm) ** 3


def _selected(data: Any, mask: Any) -> Iterator[NDArray[Any]]:
    """Yield the voxels that a mask selects, block by block, shape (n,)."""
    if mask is None:
        yield from (slab.values.ravel(order="K") for slab in iterate_slabs(data))
        return
    inside = _spread(mask, data.shape)
    yield from (slab.values[inside[slab.where]] for slab in iterate_slabs(data))


def _spread(mask: Any, shape: Sequence[int]) -> NDArray[np.bool_]:
    """Return which voxels of a shape are inside a mask, which has its first axes or all."""
    if kind_of(mask) is not None:
        check_kind(mask, "volume", "mask")
    values = np.asanyarray(getattr(mask, "dataobj", mask))
    if not values.ndim or values.shape != tuple(shape[: values.ndim]):
        raise UsageError(f"mask: shape {values.shape} does not fit voxels of shape {tuple(shape)}")
    later = (1,) * (len(shape) - values.ndim)
    return np.broadcast_to(is_inside(values).reshape(values.shape + later), shape)


class _Statistics:
    """The statistics so far, over the blocks that were added."""

    def __init__(self, dtype: np.dtype[Any], size: int, ranks: bool) -> None:
        self.count = self.nan = self.infinite = self.nonzero = 0
        self.moments = Moments()
        self.tally = Tally() if dtype.kind in "biu" else None
        real = np.empty(0, dtype).real.dtype.newbyteorder("=")
        # The values of two bytes never outnumber the tally.
        few = self.tally is not None and dtype.itemsize <= 2
        self.sample = ValueSample(size, real, KEPT) if ranks and not few else None

    def add(self, values: NDArray[Any]) -> None:
        self.count += values.size
        self.nonzero += int(np.count_nonzero(values))
        if values.dtype.kind == "f":
            values = self._finite(values)
        for part in (self.moments, self.tally, self.sample):
            if part is not None:
                part.add(values)

    def _finite(self, values: NDArray[Any]) -> NDArray[Any]:
        """Count NaN, which is not 0 and counts as neither, and infinite values; leave them out."""
        finite = np.isfinite(values)
        nan = int(np.count_nonzero(np.isnan(values)))
        self.nan += nan
        self.nonzero -= nan
        self.infinite += values.size - int(np.count_nonzero(finite)) - nan
        return values if finite.all() else values[finite]

    def result(self, percentiles: Sequence[float], voxel: float | None) -> VoxelStatistics:
        """Return the statistics, given the volume of a voxel in mm3."""
        moments = self.moments
        found, sampled = self._percentiles(percentiles)
        known = moments.count > 0
        return VoxelStatistics(
            count=self.count,
            nan=self.nan,
            infinite=self.infinite,
            nonzero=self.nonzero,
            volume=None if voxel is None else self.count * voxel,
            nonzero_volume=None if voxel is None else self.nonzero * voxel,
            minimum=moments.minimum if known else np.nan,
            maximum=moments.maximum if known else np.nan,
            mean=moments.mean if known else np.nan,
            std=moments.std,
            percentiles=dict(zip(map(float, percentiles), found, strict=False)),
            sampled=sampled,
            labels=self._labels(),
        )

    def _labels(self) -> dict[int, int] | None:
        """Return how many voxels have each value; None for many values, and for fractions."""
        tally = self.tally
        if tally is None or not tally.complete:
            return None
        pairs = zip(tally.values, tally.counts, strict=True)
        return {int(value): int(count) for value, count in pairs}

    def _percentiles(self, wanted: Sequence[float]) -> tuple[list[float], int]:
        if self.tally is not None and self.tally.complete and self.tally.counts.size:
            return self.tally.percentiles(wanted), self.moments.count
        if self.sample is None or not self.sample.count:
            return [], 0
        return self.sample.percentiles(wanted), self.sample.count
