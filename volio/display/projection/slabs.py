"""Slices of a volume, a few at a time, ready to be shifted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.block import Block
from volio.display.kernels import reach_of, taps

__all__ = ["Slab", "slabs"]

Sheets = NDArray[np.float32]

THICK = 16  # slices: a line of cache of float32
MOST = 1 << 23  # voxels of a slab
MOST_LAZY = 1 << 25  # voxels: reading across the order of a file is costly


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


def slabs(block: Block, axis: int, backward: bool, name: str, pad: int) -> Iterator[Slab]:
    """Read a volume from one end of an axis to the other.

    Parameters
    ----------
    block : Block
    axis : int
        Across which it is read.
    backward : bool
        Start at the last slice.
    name : str
        Interpolation; one that smooths at voxel centres smooths across slices here.
    pad : int
        Width of the border.
    """
    length = block.shape[axis]
    area = max(1, int(np.prod(block.shape)) // length)
    if block.lazy:
        thick = max(1, min(length, MOST_LAZY // area))
    else:
        thick = max(1, min(THICK, MOST // area))
    starts = range(0, length, thick)
    window = taps(np.zeros(1), name).weights[:, 0]
    smooth = window if (window > 0).sum() > 1 else None
    for start in reversed(starts) if backward else starts:
        stop = min(start + thick, length)
        order = slice(None, None, -1 if backward else 1)
        sheets = _padded(block, axis, start, stop, pad)
        weights = _weights(sheets)
        if smooth is not None:
            sheets = _smoothed(block, axis, start, stop, pad, smooth, reach_of(name))
        yield Slab(
            list(range(start, stop))[order],
            sheets[order],
            None if weights is None else weights[order],
        )


def _padded(block: Block, axis: int, start: int, stop: int, pad: int) -> Sheets:
    """Return slices with a border; one pass over memory casts, turns and places them."""
    ranges = [slice(None)] * 3
    ranges[axis] = slice(start, stop)
    voxels = np.moveaxis(block.read(*ranges), axis, 0)
    rows, columns = voxels.shape[1:3]
    held = np.empty((stop - start, rows + 2 * pad, columns + 2 * pad, *voxels.shape[3:]), "f4")
    held[:, pad : pad + rows, pad : pad + columns] = voxels
    held[:, :pad] = held[:, pad : pad + 1]
    held[:, pad + rows :] = held[:, pad + rows - 1 : pad + rows]
    held[:, :, :pad] = held[:, :, pad : pad + 1]
    held[:, :, pad + columns :] = held[:, :, pad + columns - 1 : pad + columns]
    if block.channels:
        held /= np.float32(block.brightest)
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
    block: Block, axis: int, start: int, stop: int, pad: int, window: Sheets, reach: int
) -> Sheets:
    """Return slices weighed with their neighbours; beyond the ends, those at the end."""
    first, last = max(0, start - reach), min(block.shape[axis], stop + reach)
    sheets = np.nan_to_num(_padded(block, axis, first, last, pad), copy=False)
    total = np.zeros((stop - start, *sheets.shape[1:]), np.float32)
    for tap, weight in enumerate(window):
        wanted = np.clip(np.arange(start, stop) + tap + 1 - reach, 0, block.shape[axis] - 1)
        total += weight * sheets[wanted - first]
    return total
