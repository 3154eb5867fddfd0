"""Some of the values of an array: those in which limits and labels are looked for.

Which values these are follows from the shape alone, so that they are the same in memory and in a
file, whatever the order of storage and the chunks of either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil, floor, isqrt, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.indexing.box_reads import BoxRead, point_reads
from volio.arrays.indexing.request import parse_index
from volio.arrays.lazy import LazyArray
from volio.display.base.channels import plain

__all__ = ["VoxelSample", "finite_values", "sample_of", "thinned", "three_planes"]

#: Of arrays that have no more values, all are looked at.
WHOLE = 2**20
#: Slices that are looked at, of all volumes together; of small ones as many as have 2**16 values.
SLICES = 8
LEAST = 2**16
#: Volumes of a series that are looked at, at least.
VOLUMES = 2
#: Values of a slice that is looked at whole; of a larger one the same number, in all slices.
PLANE = 2**21
#: Edge of the patches that stand for a slice that is too large.
PATCH = 128
#: About so many values are enough to find percentiles, and whether values are labels.
BUDGET = 2**18
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
        return self._thinned(range(self.values.ndim))

    @property
    def neighbouring(self) -> NDArray[Any]:
        """Lines of values that are neighbours in the array, along the first axis.

        They run along the longest axis of those that have neighbours; about 2**18 of the values.
        """
        longest = int(np.argmax(self.values.shape[: self.neighbours]))
        others = [axis for axis in range(self.values.ndim) if axis != longest]
        return np.moveaxis(self._thinned(others), longest, 0)

    def _thinned(self, axes: Sequence[int]) -> NDArray[Any]:
        """Return one of so many values along the two longest of some axes: about 2**18 in all."""
        shape = self.values.shape
        longest = sorted(axes, key=lambda axis: -shape[axis])[:2]
        surplus = self.values.size / BUDGET
        step = max(1, round(surplus ** (1 / max(1, len(longest)))))
        index = [
            _every(step, length) if axis in longest else slice(None)
            for axis, length in enumerate(shape)
        ]
        few: NDArray[Any] = self.values[tuple(index)]
        return few


def sample_of(data: Any) -> VoxelSample:
    """Return values from all over an array: all of a small one, up to 2**20, some of a larger one.

    Of larger ones they are 8 slices along the first two axes, spread over the third, in the first
    and the middle volume; patches of slices that are too large, more slices and volumes of small
    ones.

    Parameters
    ----------
    data : array-like
        What is not in memory is read.
    """
    shape = tuple(data.shape)
    if prod(shape) <= WHOLE:
        return VoxelSample(plain(np.asarray(data[...])), len(shape), is_whole=True)
    slices = _slices(shape)
    if prod(shape[:2]) <= PLANE:
        # Slices of memory stay where they are.
        values = np.asarray(data[(*(slice(None),) * len(shape[:2]), *slices)])
    else:
        values = _patches(data, slices)
    return VoxelSample(plain(values), 2, is_whole=False)


Index = tuple[slice, ...]


def _indices(lengths: Sequence[int], index: Index) -> list[range]:
    """Return the indices that slices select along each axis."""
    return [range(*along.indices(n)) for n, along in zip(lengths, index, strict=True)]


def _slices(shape: tuple[int, ...]) -> Index:
    """Return the slices of a large array to look at: an index of its axes from the third on."""
    volumes = _first_and_middle(shape)
    count = prod(map(len, _indices(shape[3:], volumes)))
    return (*_spread_slices(shape, count), *volumes)


def _first_and_middle(shape: tuple[int, ...]) -> Index:
    """Return the volumes to look at: the first, which is shown first, and that in the middle.

    Of many small ones there are as many as fill the budget, evenly spread from the first on.
    """
    lengths = shape[3:]
    counts = [min(VOLUMES, length) for length in lengths]
    if lengths:
        longest = int(np.argmax(lengths))
        series = prod(counts) // counts[longest]
        affordable = LEAST // (prod(shape[:3]) * series)
        counts[longest] = max(counts[longest], affordable)
    steps = [ceil(length / count) for length, count in zip(lengths, counts, strict=True)]
    return tuple([slice(0, None, step) for step in steps])


def _spread_slices(shape: tuple[int, ...], volumes: int) -> Index:
    """Return the slices of each volume to look at, along the third axis; () without one."""
    if len(shape) < 3:
        return ()
    affordable = LEAST // (volumes * prod(shape[:2]))
    count = max(1, SLICES // volumes, affordable)
    return (_every(ceil(shape[2] / count), shape[2]),)


def _patches(data: Any, slices: Index) -> NDArray[Any]:
    """Return patches of slices that are too large, side by side along the first two axes."""
    shape = tuple(data.shape)
    indices = _indices(shape[2:], slices)
    along = max(1, isqrt(PLANE // prod(map(len, indices)) // PATCH**2))
    runs = [_runs(length, along) for length in shape[:2]]
    rows = np.concatenate([np.arange(run.start, run.stop) for run in runs[0]])
    bands = runs[1] if len(runs) > 1 else []
    width = [sum(band.stop - band.start for band in bands)] * len(runs[1:])
    out = np.empty((len(rows), *width, *map(len, indices)), data.dtype, order="F")
    parts = list(_parts(rows, bands, indices))
    if isinstance(data, LazyArray):
        data.read_boxes(read for index, place in parts for read in _reads(data, index, out[place]))
    else:
        for index, place in parts:
            out[place] = np.asarray(data[index])
    return out


def _parts(
    rows: NDArray[np.intp], bands: Sequence[slice], indices: Sequence[range]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield what index to read, and where it goes: a row of patches after the other.

    Slice by slice, so that a piece of compressed data that holds several rows is decoded once.
    """
    starts = np.cumsum([0, *[band.stop - band.start for band in bands]]).tolist()
    slowest_first = [list(enumerate(along)) for along in reversed(indices)]
    for position in product(*slowest_first):
        numbers = [number for number, _ in reversed(position)]
        slices = [index for _, index in reversed(position)]
        for start, stop, band in zip(starts, starts[1:], bands, strict=False):
            yield (rows, band, *slices), (slice(None), slice(start, stop), *numbers)
    if not bands:
        yield (rows,), (slice(None),)


def _reads(data: LazyArray, index: tuple[Any, ...], out: NDArray[Any]) -> Iterator[BoxRead]:
    """Yield the reads of some rows of an array; those between are read too where that is cheap."""
    request = parse_index(index, data.shape)
    assert request.points is not None
    axes = [axis for axis in request.result_axes if axis is not None]
    yield from point_reads(data.layout, out, request.points.indices, request.ranges, axes)


def _runs(length: int, count: int) -> list[slice]:
    """Return so many runs of indices, each in the middle of its part of an axis; or the axis."""
    if length <= count * PATCH:
        return [slice(0, length)]
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
