"""Slices of a volume, a few at a time, ready to be shifted."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.sampling.kernels import reach_of, taps
from volio.display.sampling.shown_volume import ShownVolume

__all__ = ["Slab", "slabs"]

Sheets = NDArray[np.float32]

THICK = 16  # slices of an array in memory: a line of cache of float32
MOST = 1 << 23  # voxels of a slab
MOST_ACROSS = 1 << 25  # voxels of a lazy array: reading across the order of a file is costly


class Slab(NamedTuple):
    """Some slices.

    Parameters
    ----------
    numbers : list of int
        Of the slices, in the order in which rays meet them.
    sheets : ndarray of float32
        Slice by slice in that order, with a border of `pad` voxels as those at the edge.
    weights : ndarray of float32 or None
        1 for a number, 0 for a NaN, which is 0 in `sheets`; None if there are none.
    """

    numbers: list[int]
    sheets: Sheets
    weights: Sheets | None


def slabs(
    block: ShownVolume, axes: tuple[int, int, int], backward: bool, name: str, pad: int
) -> Generator[Slab]:
    """Read a volume from one end of an axis to the other; each slab while the last is used.

    Of a lazy array whose slices lie one after the other a slab is one slice, or as many as the
    array likes to read at once; other arrays are read in fewer, thicker slabs.

    Parameters
    ----------
    block : ShownVolume
    axes : (slices, rows, columns)
        The axis across which it is read, and those of a slice.
    backward : bool
        Start at the last slice.
    name : str
        Interpolation; one that smooths at voxel centres smooths across slices here.
    pad : int
        Width of the border.
    """
    length, thick = block.shape[axes[0]], _thickness(block, axes[0])
    starts = range(0, length, thick)
    window = taps(np.zeros(1), name).weights[:, 0]
    smooth = window if (window > 0).sum() > 1 else None

    def read(start: int) -> Slab:
        stop = min(start + thick, length)
        sheets = _padded(block, axes, start, stop, pad)
        weights = _weights(sheets)
        if smooth is not None:
            sheets = _smoothed(block, axes, start, stop, pad, smooth, reach_of(name))
        return _ordered(Slab(list(range(start, stop)), sheets, weights), backward)

    with ThreadPoolExecutor(1) as reader:
        waiting: Future[Slab] | None = None
        for start in reversed(starts) if backward else starts:
            coming = reader.submit(read, start)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is not None:
            yield waiting.result()


def _thickness(block: ShownVolume, axis: int) -> int:
    """Return how many slices are read at once."""
    length = block.shape[axis]
    area = max(1, int(np.prod(block.shape)) // length)
    if not block.lazy:
        return max(1, min(THICK, MOST // area))
    together = block.preferred_slices(axis)
    most = MOST_ACROSS // area if together is None else min(together, MOST // area)
    return max(1, min(length, most))


def _ordered(slab: Slab, backward: bool) -> Slab:
    if not backward:
        return slab
    weights = None if slab.weights is None else slab.weights[::-1]
    return Slab(slab.numbers[::-1], slab.sheets[::-1], weights)


def _padded(
    block: ShownVolume, axes: tuple[int, int, int], start: int, stop: int, pad: int
) -> Sheets:
    """Return slices with a border; one pass over memory casts, turns and places them."""
    ranges = [slice(None)] * 3
    ranges[axes[0]] = slice(start, stop)
    voxels = np.moveaxis(block.read(*ranges), axes, (0, 1, 2))
    rows, columns = voxels.shape[1:3]
    held = np.empty((stop - start, rows + 2 * pad, columns + 2 * pad, *voxels.shape[3:]), "f4")
    held[:, pad : pad + rows, pad : pad + columns] = voxels
    held[:, :pad] = held[:, pad : pad + 1]
    held[:, pad + rows :] = held[:, pad + rows - 1 : pad + rows]
    held[:, :, :pad] = held[:, :, pad : pad + 1]
    held[:, :, pad + columns :] = held[:, :, pad + columns - 1 : pad + columns]
    if block.channels:
        held /= np.float32(block.full_channel)
    return held


def _weights(sheets: Sheets) -> Sheets | None:
    """Take NaN out of the sheets; return where there were numbers, None for everywhere."""
    with np.errstate(invalid="ignore", over="ignore"):
        if not np.isnan(np.dot(flat := sheets.reshape(-1), flat)):
            return None
    missing = np.isnan(sheets)
    sheets[missing] = 0
    whole = ~missing.any(axis=-1) if sheets.ndim == 4 else ~missing
    return np.asarray(whole, np.float32)


def _smoothed(
    block: ShownVolume,
    axes: tuple[int, int, int],
    start: int,
    stop: int,
    pad: int,
    window: Sheets,
    reach: int,
) -> Sheets:
    """Return slices weighed with their neighbours; beyond the ends, those at the end."""
    length = block.shape[axes[0]]
    first, last = max(0, start - reach), min(length, stop + reach)
    sheets = np.nan_to_num(_padded(block, axes, first, last, pad), copy=False)
    total = np.zeros((stop - start, *sheets.shape[1:]), np.float32)
    for tap, weight in enumerate(window):
        wanted = np.clip(np.arange(start, stop) + tap + 1 - reach, 0, length - 1)
        total += weight * sheets[wanted - first]
    return total
