"""Where lines come from: files that are gone through in blocks, memory, and selections.

This is the seam between tractograms and formats. A format that is read implements `LineSource`,
mostly by `FileLines`: ``layout`` (known from the header), ``blocks``, and where it is cheaper than
going through the blocks also ``line_lengths``, ``n_lines`` and ``read``. A format that is written
goes through the blocks of any source, and asks before for what it must know: ``layout``,
``n_lines()``, ``n_points()``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.files.sources.source import ByteSource
from volio.tracts.gatherer import Gatherer
from volio.tracts.lines import LineLayout, Lines

__all__ = ["BLOCK", "FileLines", "HeldLines", "LineSource", "SelectedLines"]

#: Points of a block: its coordinates, copies of them and masks stay in the processor's cache.
BLOCK = 1 << 17

#: Lines of which each one's number of points is kept when they are only counted.
MOST_KEPT = 1 << 20

Indices = NDArray[np.int64]


class LineSource(ABC):
    """Lines that can be gone through in blocks, any number of times.

    Attributes
    ----------
    layout : LineLayout
        What there is of each line.
    """

    layout: LineLayout

    @abstractmethod
    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order.

        Parameters
        ----------
        points : int
            About how many points a block has; one line is never divided.

        Yields
        ------
        Lines
            Compact, and as `layout` says; never without lines. Arrays may be views.
        """

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line, shape (n,)."""
        parts = [block.lengths for block in self.blocks()]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def n_lines(self) -> int:
        """Return the number of lines."""
        return len(self.line_lengths())

    def n_points(self) -> int:
        """Return the number of points."""
        return int(self.line_lengths().sum())

    def presumed_points(self) -> int:
        """Return the number of points, perhaps without going through them.

        It may be another one where a file is not as its header says: what depends on it must be
        done again with `n_points` then.
        """
        stated = self.stated_points()
        return self.n_points() if stated is None else stated

    def stated_lines(self) -> int | None:
        """Return the number of lines that is known without going through them, if there is one."""
        return None

    def stated_points(self) -> int | None:
        """Return the number of points that is known without going through them, if there is one."""
        return None

    def read(self) -> Lines:
        """Return all lines, compact."""
        gathered = Gatherer(self.layout, self.most_points())
        for block in self.blocks():
            gathered.append(block)
        return gathered.lines()

    def most_points(self) -> int:
        """Return a number of points that there are about, and not many more, if that is cheap.

        Memory is asked for by it, so it must not exceed what a file can hold.
        """
        return 0

    def check_there(self) -> None:  # noqa: B027  memory is always there
        """Check that what the lines come from is as it was.

        Raises
        ------
        SourceChangedError
            If the file has changed or vanished.
        """

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return False

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines with points as a file has them, where an affine moves those here.

        Parameters
        ----------
        affine : array of float64, shape (4, 4)
            From coordinates of a file to scanner RAS+ mm.

        Returns
        -------
        LineSource or None
            None where the file has other coordinates, or there is no file: the inverse of the
            affine must be applied, which rounds.
        """
        return None


class Totals(NamedTuple):
    """How many lines and points there are."""

    lines: int
    points: int


class FileLines(LineSource):
    """Lines of one file, which is gone through from its first line to its last.

    Parameters
    ----------
    source : ByteSource
        The bytes of the file, decompressed.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self._lengths: NDArray[np.int64] | None = None
        self._totals: Totals | None = None

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        """Go through the file; yield the number of points of some lines after the other."""
        for block in self.blocks():
            yield block.lengths

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line, shape (n,); counted once."""
        if self._lengths is None:
            self._lengths = np.concatenate([np.zeros(0, np.int64), *self._counts()])
        return self._lengths

    def n_lines(self) -> int:
        """Return the number of lines."""
        return self._counted().lines

    def n_points(self) -> int:
        """Return the number of points."""
        return self._counted().points

    def _counted(self) -> Totals:
        """Return how many lines and points there are; the numbers of many lines are not kept."""
        if self._lengths is not None:
            return Totals(len(self._lengths), int(self._lengths.sum()))
        if self._totals is None:
            lines = 0
            points = 0
            parts = [np.zeros(0, np.int64)]
            for counts in self._counts():
                lines += len(counts)
                points += int(counts.sum())
                if lines <= MOST_KEPT:
                    parts.append(counts)
                else:
                    parts.clear()
            if lines <= MOST_KEPT:
                self._lengths = np.concatenate(parts)
            self._totals = Totals(lines, points)
        return self._totals

    def check_there(self) -> None:
        """Check that the file is as it was.

        Raises
        ------
        SourceChangedError
            If it has changed or vanished.
        """
        self.source.open().close()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)


class HeldLines(LineSource):
    """Lines in memory.

    Parameters
    ----------
    lines : Lines
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.layout = lines.layout

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        if self.lines.is_compact:
            yield from self.lines.blocks(points)
            return
        yield from SelectedLines(self, np.arange(len(self.lines))).blocks(points)

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return self.lines.lengths

    def stated_lines(self) -> int | None:
        """Return the number of lines."""
        return len(self.lines)

    def stated_points(self) -> int | None:
        """Return the number of points."""
        return int(self.lines.lengths.sum())

    def read(self) -> Lines:
        """Return all lines, compact."""
        return self.lines.compacted()


class SelectedLines(LineSource):
    """Some lines of a source.

    Parameters
    ----------
    source : LineSource
    indices : array of int64, shape (m,)
        Numbers of the lines; not negative. Where they ascend, the source is gone through in
        blocks; else all of it is read.
    """

    def __init__(self, source: LineSource, indices: Indices) -> None:
        self.source = source
        self.indices = indices
        self.layout = source.layout

    @cached_property
    def _ascends(self) -> bool:
        return bool((np.diff(self.indices) >= 0).all())

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        if not len(self.indices):
            return
        if isinstance(self.source, HeldLines):
            yield from self._held_blocks(self.source.lines, points)
        elif self._ascends:
            yield from self._streamed_blocks(points)
        else:
            yield from self._held_blocks(self.source.read(), points)

    def _held_blocks(self, lines: Lines, points: int) -> Iterator[Lines]:
        ends = np.cumsum(lines.lengths[self.indices])
        first = 0
        done = 0
        while first < len(self.indices):
            last = int(np.searchsorted(ends, done + points, "right"))
            last = max(last, first + 1)
            yield lines.take(self.indices[first:last])
            done = int(ends[last - 1])
            first = last

    def _streamed_blocks(self, points: int) -> Iterator[Lines]:
        first_line = 0
        done = 0
        for block in self.source.blocks(points):
            end = int(np.searchsorted(self.indices, first_line + len(block), "left"))
            if end > done:
                yield block.take(self.indices[done:end] - first_line)
            first_line += len(block)
            done = end
            if done == len(self.indices):
                return

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return self.source.line_lengths()[self.indices]

    def n_lines(self) -> int:
        """Return the number of lines."""
        return len(self.indices)

    def stated_lines(self) -> int | None:
        """Return the number of lines."""
        return len(self.indices)

    def read(self) -> Lines:
        """Return all lines, compact."""
        if isinstance(self.source, HeldLines):
            return self.source.lines.take(self.indices)
        if self._ascends:
            return super().read()
        return self.source.read().take(self.indices)

    def check_there(self) -> None:
        """Check that what the lines come from is as it was."""
        self.source.check_there()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines as a file has them, where its coordinates are those."""
        stored = self.source.unmoved(affine)
        return None if stored is None else SelectedLines(stored, self.indices)
