"""Writing a multiscale block by block, so that wide images need no more memory than others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, slices_of
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.pyramid import LevelPlan, halved
from volio.formats.zarr.saving.array_writer import ArrayPlan, ArrayWriter
from volio.formats.zarr.saving.targets import KeyTarget
from volio.images.saving.plan import SavePlan
from volio.progress import report_progress

__all__ = ["ROOM", "BlockPyramid", "block_shape", "write_blocks", "write_coarser"]

ROOM = 1 << 26  # bytes of a block: chunks (shards) are put together up to this size

#: Gives the values of a box of the finest level: ``read(frame, box)``, axes z, y, x.
ReadBlock = Callable[[tuple[int, ...], Box], Array]


def write_blocks(
    target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], voxels: SavePlan
) -> None:
    """Write all levels of an image of which any part can be read at will.

    Parameters
    ----------
    target : KeyTarget
    plan : ArrayPlan
    levels : sequence of LevelPlan
        The finest first; their arrays are at `ArrayPlan.path`.
    voxels : SavePlan
        Axes in the order of the file.
    """
    total = prod(voxels.voxels.shape) * plan.dtype.itemsize
    done = 0

    def read(frame: tuple[int, ...], box: Box) -> Array:
        nonlocal done
        stored = voxels.stored((*[slice(n, n + 1) for n in frame], *slices_of(box)))
        done += stored.nbytes
        report_progress(done, total)
        return stored.reshape(lengths_of(box))

    writers = _writers(target, plan, levels, 0)
    BlockPyramid(plan, levels, writers, read).write()


def write_coarser(
    target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], finest: LazyArray
) -> None:
    """Write the coarser levels of a multiscale whose finest level is there already.

    Parameters
    ----------
    target, plan, levels
        As for `write_blocks`.
    finest : LazyArray
        The finest level, axes in the order of the file; it is read once.
    """

    def read(frame: tuple[int, ...], box: Box) -> Array:
        block: Array = finest[(*frame, *slices_of(box))]
        return block

    if len(levels) > 1:
        writers = [None, *_writers(target, plan, levels, 1)]
        BlockPyramid(plan, levels, writers, read).write()


def _writers(
    target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], first: int
) -> list[ArrayWriter]:
    """Return what writes each level from one on; their documents are written at once."""
    numbers = range(first, len(levels))
    return [ArrayWriter(target, plan, levels[n].shape, plan.path(n)) for n in numbers]


class BlockPyramid:
    """Makes each level from blocks of the finer one; one block of each level is in memory.

    A block is made of up to eight of the level before, which are made for it, one after the
    other. So each block of the finest level is read once, whatever the size of a plane.

    Parameters
    ----------
    plan : ArrayPlan
    levels : sequence of LevelPlan
        The finest first.
    writers : sequence of ArrayWriter or None
        One per level; None for a level that is written already.
    read : callable
        ``read(frame, box)`` gives a box of the finest level.
    """

    def __init__(
        self,
        plan: ArrayPlan,
        levels: Sequence[LevelPlan],
        writers: Sequence[ArrayWriter | None],
        read: ReadBlock,
    ) -> None:
        self._plan = plan
        self._levels = levels
        self._writers = writers
        self._read = read
        # Blocks of all levels have this shape: two along an axis make one of the next level.
        self._block = block_shape(plan, levels[0].shape)

    def write(self) -> None:
        """Write all blocks of all levels that are to be written."""
        coarsest = len(self._levels) - 1
        shape = self._levels[coarsest].shape
        counts = [-(-length // step) for length, step in zip(shape, self._block, strict=True)]
        for frame in np.ndindex(*self._plan.outer):
            for index in np.ndindex(*counts):
                self._make(frame, coarsest, index)

    def _make(self, frame: tuple[int, ...], number: int, index: Sequence[int]) -> Array:
        """Write a block of a level, and those it is made of; return its values."""
        box = self._box(number, index)
        values = self._read(frame, box) if number == 0 else self._join(frame, number, index, box)
        writer = self._writers[number]
        if writer is not None:
            sides = zip(box, self._plan.keyed, strict=True)
            writer.put(frame, [start // step for (start, _), step in sides], values)
        return values

    def _box(self, number: int, index: Sequence[int]) -> Box:
        """Return which voxels a block has, fewer at the ends."""
        sides = zip(index, self._block, self._levels[number].shape, strict=True)
        return tuple([(n * step, min((n + 1) * step, length)) for n, step, length in sides])

    def _join(self, frame: tuple[int, ...], number: int, index: Sequence[int], box: Box) -> Array:
        """Return the values of a block, made of those of the finer level."""
        values = np.empty(lengths_of(box), self._plan.dtype)
        step = self._levels[number].step
        for finer in self._finer(number, index):
            part = halved(self._make(frame, number - 1, finer), step, labels=self._plan.labels)
            starts = [
                n * length // by - first
                for n, length, by, (first, _) in zip(finer, self._block, step, box, strict=True)
            ]
            ends = zip(starts, part.shape, strict=True)
            values[tuple([slice(start, start + length) for start, length in ends])] = part
        return values

    def _finer(self, number: int, index: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Go through the blocks of the finer level of which one is made."""
        along = []
        step = self._levels[number].step
        shape = self._levels[number - 1].shape
        for n, by, length, block in zip(index, step, shape, self._block, strict=True):
            count = -(-length // block)
            along.append(range(n * by, min((n + 1) * by, count)))
        return product(*along)


def block_shape(plan: ArrayPlan, shape: Sequence[int]) -> tuple[int, int, int]:
    """Return the shape of a block: of whole chunks (shards), and of even lengths.

    Pairs of voxels that become one are then never in two blocks. Chunks are put together along x
    first, then along y, as voxels are in most files.

    Parameters
    ----------
    plan : ArrayPlan
    shape : (int, int, int)
        Of the finest level.
    """
    lengths = [step * 2 if step % 2 else step for step in plan.keyed]
    for axis in (2, 1, 0):
        left = ROOM // (prod(lengths) * plan.dtype.itemsize)
        needed = -(-shape[axis] // lengths[axis])
        lengths[axis] *= max(1, min(left, needed))
    depth, height, width = lengths
    return depth, height, width
