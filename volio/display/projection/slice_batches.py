"""Slices of a volume, a few at a time, ready to be shifted."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.caller import keep_caller
from volio.display.sampling.kernels import reach_of, taps
from volio.display.sampling.shown_volume import ShownVolume

__all__ = ["SliceBatch", "SliceReader"]

Slices = NDArray[np.float32]

#: Slices of an array in memory that are taken together: a line of cache of float32.
THICKNESS = 16
#: Voxels of a batch.
MOST = 1 << 23
#: Voxels of a batch of a lazy array: reading across the order of a file is costly.
MOST_ACROSS = 1 << 25


class SliceBatch(NamedTuple):
    """Some slices.

    Parameters
    ----------
    numbers : list of int
        Of the slices, in the order in which rays meet them.
    slices : ndarray of float32
        In that order, each with a border of `border` voxels that repeats its edge.
    weights : ndarray of float32 or None
        1 for a number, 0 for a NaN, which is 0 in `slices`; None if there are none.
    """

    numbers: list[int]
    slices: Slices
    weights: Slices | None

    def reversed(self) -> SliceBatch:
        """Return the slices from the last to the first."""
        weights = None if self.weights is None else self.weights[::-1]
        return SliceBatch(self.numbers[::-1], self.slices[::-1], weights)


@dataclass(frozen=True)
class SliceReader:
    """The slices of a volume across one axis, from one end to the other.

    Parameters
    ----------
    volume : ShownVolume
    axes : (slices, rows, columns)
        The axis across which it is read, and those of a slice.
    backward : bool
        Start at the last slice.
    interpolation : str
        One that smooths at voxel centres smooths across slices here.
    border : int
        Width of the border of slices.
    """

    volume: ShownVolume
    axes: tuple[int, int, int]
    backward: bool
    interpolation: str
    border: int

    def batches(self) -> Generator[SliceBatch]:
        """Read the volume; each batch while the last one is used.

        Of a lazy array whose slices follow each other a batch is one slice, or as many as the
        array likes to read at once; other arrays are read in fewer, thicker batches.
        """
        starts = range(0, self.length, self._thickness())
        with ThreadPoolExecutor(1) as reader:
            waiting: Future[SliceBatch] | None = None
            for start in reversed(starts) if self.backward else starts:
                coming = reader.submit(keep_caller(self._read, start))
                if waiting is not None:
                    yield waiting.result()
                waiting = coming
            if waiting is not None:
                yield waiting.result()

    @property
    def length(self) -> int:
        """Number of slices."""
        return self.volume.shape[self.axes[0]]

    def _thickness(self) -> int:
        """Return how many slices are read at once."""
        area = max(1, int(np.prod(self.volume.shape)) // self.length)
        if not self.volume.lazy:
            return max(1, min(THICKNESS, MOST // area))
        preferred = self.volume.preferred_slices(self.axes[0])
        most = MOST_ACROSS // area if preferred is None else min(preferred, MOST // area)
        return max(1, min(self.length, most))

    def _read(self, start: int) -> SliceBatch:
        stop = min(start + self._thickness(), self.length)
        slices = self._with_border(start, stop)
        weights = take_out_nans(slices)
        window = taps(np.zeros(1), self.interpolation).weights[:, 0]
        if (window > 0).sum() > 1:
            slices = self._smoothed(start, stop, window)
        batch = SliceBatch(list(range(start, stop)), slices, weights)
        return batch.reversed() if self.backward else batch

    def _with_border(self, start: int, stop: int) -> Slices:
        """Return slices with a border; one pass over memory casts, transposes and copies them."""
        border = self.border
        voxels = self._voxels(start, stop)
        count, rows, columns, *channels = voxels.shape
        slices = np.empty((count, rows + 2 * border, columns + 2 * border, *channels), np.float32)
        with np.errstate(over="ignore"):  # infinite is as far from all limits
            slices[:, border : border + rows, border : border + columns] = voxels
        if self.volume.finite_only:
            take_out_infinities(slices)
        # Rows first, so that the columns' border repeats the corners, too.
        _repeat_edges(slices, 1, border)
        _repeat_edges(slices, 2, border)
        if self.volume.channels:
            slices /= np.float32(self.volume.full_channel)
        return slices

    def _voxels(self, start: int, stop: int) -> NDArray[Any]:
        """Return slices as they are stored, with the axes of the reader."""
        ranges = [slice(None)] * 3
        ranges[self.axes[0]] = slice(start, stop)
        return np.moveaxis(self.volume.read(*ranges), self.axes, (0, 1, 2))

    def _smoothed(self, start: int, stop: int, window: Slices) -> Slices:
        """Return slices weighed with their neighbours; beyond the ends, those at the end."""
        reach = reach_of(self.interpolation)
        first = max(0, start - reach)
        slices = self._with_border(first, min(self.length, stop + reach))
        np.nan_to_num(slices, copy=False)
        total = np.zeros((stop - start, *slices.shape[1:]), np.float32)
        numbers = np.arange(start, stop)
        for tap, weight in enumerate(window):
            # The window's first weight is that of the slice ``reach - 1`` before.
            neighbours = np.clip(numbers + tap + 1 - reach, 0, self.length - 1)
            total += weight * slices[neighbours - first]
        return total


def _repeat_edges(slices: Slices, axis: int, border: int) -> None:
    """Fill the border of an axis with the voxels at its edges."""
    along = np.moveaxis(slices, axis, 0)  # a view
    along[:border] = along[border]
    along[-border:] = along[-border - 1]


def take_out_infinities(slices: Slices) -> None:
    """Set infinite values to NaN in place."""
    flat = slices.reshape(-1)
    with np.errstate(invalid="ignore", over="ignore"):
        # A sum of squares is finite where all are, and much faster than a test of each voxel.
        if np.isfinite(np.dot(flat, flat)):
            return
    slices[np.isinf(slices)] = np.nan


def take_out_nans(slices: Slices) -> Slices | None:
    """Set NaN to 0 in place; return 1 where there were numbers, None for everywhere."""
    flat = slices.reshape(-1)
    with np.errstate(invalid="ignore", over="ignore"):
        # A sum of squares with a NaN is NaN, and much faster than a test of each voxel.
        if not np.isnan(np.dot(flat, flat)):
            return None
    missing = np.isnan(slices)
    slices[missing] = 0
    is_colour = slices.ndim == 4
    known = ~missing.any(axis=-1) if is_colour else ~missing
    return np.asarray(known, np.float32)
