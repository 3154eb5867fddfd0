"""Writing a multiscale in one pass: slabs are cut into chunks and averaged for the next level."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.pyramid import Factors, LevelPlan, halved
from volio.formats.zarr.saving.array_writer import ArrayPlan, ArrayWriter
from volio.formats.zarr.saving.targets import KeyTarget

__all__ = ["MultiscaleStream", "write_coarser"]


class MultiscaleStream:
    """A stream that takes the bytes of voxels in C order, and writes chunks of all levels.

    Voxels are kept until a row of chunks is complete: one slab per level.

    Parameters
    ----------
    target : KeyTarget
    plan : ArrayPlan
    levels : sequence of LevelPlan
        The finest first; their arrays are at `ArrayPlan.path`.
    """

    def __init__(self, target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan]) -> None:
        self._finest = _LevelWriter(target, plan, levels, 0)
        self._frames = np.ndindex(*plan.outer)
        self._frame: tuple[int, ...] = ()
        self._planes_left = 0
        self._shape = levels[0].shape
        self._dtype = plan.dtype.newbyteorder("<")
        self._depth = plan.keyed[0]
        self._slab = np.empty(0, np.uint8)
        self._filled = 0  # bytes of the slab

    def write(self, data: Any) -> int:
        """Take bytes; return how many."""
        view = memoryview(data).cast("B")
        todo = np.frombuffer(view, np.uint8)
        while todo.size:
            if not self._slab.size:
                self._begin_slab()
            count = min(todo.size, self._slab.size - self._filled)
            self._slab[self._filled : self._filled + count] = todo[:count]
            self._filled += count
            todo = todo[count:]
            if self._filled == self._slab.size:
                self._end_slab()
        return view.nbytes

    def _begin_slab(self) -> None:
        """Make room for the next slab of a frame: as many planes as a chunk or shard has."""
        if not self._planes_left:
            self._frame = next(self._frames)
            self._planes_left = self._shape[0]
        planes = min(self._depth, self._planes_left)
        self._slab = np.empty(planes * prod(self._shape[1:]) * self._dtype.itemsize, np.uint8)
        self._filled = 0

    def _end_slab(self) -> None:
        planes = self._slab.view(self._dtype).reshape(-1, *self._shape[1:])
        self._planes_left -= len(planes)
        self._finest.add(self._frame, planes, is_last=not self._planes_left)
        self._slab = np.empty(0, np.uint8)


def write_coarser(
    target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], finest: LazyArray
) -> None:
    """Write the coarser levels of a multiscale whose finest level is there already.

    Parameters
    ----------
    target, plan, levels
        As for `MultiscaleStream`.
    finest : LazyArray
        The finest level, axes in the order of the file; it is read once, slab by slab.
    """
    halving = _Halving.to_next(target, plan, levels, 0)
    if halving is None:
        return
    length = levels[0].shape[0]
    for frame in np.ndindex(*plan.outer):
        for start in range(0, length, plan.keyed[0]):
            stop = min(start + plan.keyed[0], length)
            planes = finest[(*frame, slice(start, stop))]
            halving.add(frame, planes, is_last=stop == length)


class _LevelWriter:
    """Writes one level, plane by plane, and makes those that are coarser."""

    def __init__(
        self, target: KeyTarget, plan: ArrayPlan, levels: Sequence[LevelPlan], number: int
    ) -> None:
        self._writer = ArrayWriter(target, plan, levels[number].shape, plan.path(number))
        self._halving = _Halving.to_next(target, plan, levels, number)
        self._depth = plan.keyed[0]
        self._pending: list[Array] = []  # planes that do not make a row of chunks yet
        self._row = 0

    def add(self, frame: tuple[int, ...], planes: Array, *, is_last: bool) -> None:
        """Take planes of a frame, in order."""
        self._pending.append(planes)
        depth = self._depth
        while sum(map(len, self._pending)) >= depth or (is_last and self._pending):
            slab = np.concatenate(self._pending) if len(self._pending) > 1 else self._pending[0]
            self._pending = [slab[depth:]] if len(slab) > depth else []
            self._writer.put_row(frame, self._row, slab[:depth])
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
        self._carry: list[Array] = []  # a plane that waits for the one it is joined with

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
        joined = np.concatenate([*self._carry, planes]) if self._carry else planes
        # Pairs of planes are joined; the last one of a frame may stand alone.
        ready = len(joined) if is_last else len(joined) - len(joined) % self._step[0]
        self._carry = [joined[ready:].copy()] if ready < len(joined) else []
        if ready:
            reduced = halved(joined[:ready], self._step, labels=self._labels)
            self._coarser.add(frame, reduced, is_last=is_last)
