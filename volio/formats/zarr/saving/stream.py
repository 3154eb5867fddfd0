"""Writing a multiscale in one pass: slabs are cut into chunks and averaged for the next level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.saving.pyramid import Factors, LevelPlan, halved
from volio.arrays.saving.slab_stream import RowGroups, SlabStream
from volio.formats.zarr.saving.array_writer import ArrayPlan, ArrayWriter
from volio.formats.zarr.saving.targets import KeyTarget

__all__ = ["multiscale_stream"]


def multiscale_stream(
    target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan]
) -> SlabStream[_Place]:
    """Return a stream that takes the bytes of voxels in C order, and writes chunks of all levels.

    Voxels are kept until a row of chunks is complete: one slab per level.

    Parameters
    ----------
    target : KeyTarget
    plan : ArrayPlan
    levels : sequence of LevelPlan
        The finest first; their arrays are at `ArrayPlan.path`.
    """
    finest = _LevelWriter(target, plan, levels, 0)
    _, *plane = levels[0].shape
    slabs = ((place, (place.stop - place.start, *plane)) for place in _places(plan, levels[0]))

    def take(place: _Place, planes: Array) -> None:
        finest.add(place.frame, planes, is_last=place.is_last)

    return SlabStream(slabs, plan.dtype.newbyteorder("<"), take)


class _Place(NamedTuple):
    """Which planes of which frame a slab has."""

    frame: tuple[int, ...]
    start: int
    stop: int
    is_last: bool


def _places(plan: ArrayPlan, level: LevelPlan) -> Iterator[_Place]:
    """Go through the slabs of a level: as many planes as a chunk or shard has."""
    length = level.shape[0]
    depth = plan.keyed[0]
    for frame in np.ndindex(*plan.outer):
        for start in range(0, length, depth):
            stop = min(start + depth, length)
            yield _Place(frame, start, stop, stop == length)


class _LevelWriter:
    """Writes one level, plane by plane, and makes those that are coarser."""

    def __init__(
        self, target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], number: int
    ) -> None:
        self._writer = ArrayWriter(target, plan, levels[number].shape, plan.path(number))
        self._halving = _Halving.to_next(target, plan, levels, number)
        self._depth = plan.keyed[0]
        self._rows = RowGroups(self._depth)
        self._row = 0  # which row of chunks comes next

    def add(self, frame: tuple[int, ...], planes: Array, *, is_last: bool) -> None:
        """Take planes of a frame, in order."""
        complete = self._rows.add(planes, is_last=is_last)
        for start in range(0, len(complete), self._depth):
            row = complete[start : start + self._depth]
            self._writer.put(frame, (self._row, 0, 0), row)
            self._row += 1
        if is_last:
            self._row = 0
        if self._halving is not None:
            self._halving.add(frame, planes, is_last=is_last)


class _Halving:
    """Joins the planes of a level, and hands them to the writer of the next one."""

    def __init__(self, coarser: _LevelWriter, step: Factors, labels: bool) -> None:
        self._coarser = coarser
        self._step = step
        self._labels = labels
        self._pairs = RowGroups(step[0])

    @classmethod
    def to_next(
        cls, target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], number: int
    ) -> Self | None:
        """Return what makes the level after one; None after the last."""
        if number + 1 == len(levels):
            return None
        coarser = _LevelWriter(target, plan, levels, number + 1)
        return cls(coarser, levels[number + 1].step, plan.labels)

    def add(self, frame: tuple[int, ...], planes: Array, *, is_last: bool) -> None:
        """Take planes of a frame, in order."""
        # Pairs of planes are joined; the last one of a frame may stand alone.
        joined = self._pairs.add(planes, is_last=is_last)
        if len(joined):
            reduced = halved(joined, self._step, labels=self._labels)
            self._coarser.add(frame, reduced, is_last=is_last)
