"""Lines of one file with values that come from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import ImageDataError
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["LinesBeside"]

Array = NDArray[Any]


class LinesBeside(LineSource):
    """Lines of a source, with further values that are in memory.

    Parameters
    ----------
    source : LineSource
    per_point : mapping of str to array, shape (N,)
        One value for each point of all lines.
    per_line : mapping of str to array, shape (n,)
    lengths : array of int64, shape (n,), optional
        How many values per point each line has; they must be those of the lines.
    """

    def __init__(
        self,
        source: LineSource,
        per_point: Mapping[str, Array],
        per_line: Mapping[str, Array],
        lengths: NDArray[np.int64] | None = None,
    ) -> None:
        self.source = source
        self.per_point = per_point
        self.per_line = per_line
        self.lengths = lengths
        known = source.layout
        self.layout = LineLayout(
            known.dtype,
            {**known.per_point, **{name: Column.of(each) for name, each in per_point.items()}},
            {**known.per_line, **{name: Column.of(each) for name, each in per_line.items()}},
        )

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order.

        Raises
        ------
        ImageDataError
            If lines have another number of points than values.
        """
        line = 0
        point = 0
        for block in self.source.blocks(points):
            last_line = line + len(block)
            last_point = point + len(block.points)
            self._check_block(block, line)
            yield replace(
                block,
                per_point={
                    **block.per_point,
                    **{name: each[point:last_point] for name, each in self.per_point.items()},
                },
                per_line={
                    **block.per_line,
                    **{name: each[line:last_line] for name, each in self.per_line.items()},
                },
            )
            line = last_line
            point = last_point
        self._check_counts(line, point)

    def _check_block(self, block: Lines, first: int) -> None:
        self._check_values(first + len(block), self.per_line, "line", at_least=True)
        if self.lengths is None:
            return
        stated = self.lengths[first : first + len(block)]
        if not np.array_equal(stated, block.lengths):
            raise ImageDataError(
                f"values per point: the lines from {first} on have other numbers of values than "
                "of points; they are of other tracts"
            )

    def _check_counts(self, lines: int, points: int) -> None:
        self._check_values(lines, self.per_line, "line")
        self._check_values(points, self.per_point, "point")
        if self.lengths is not None and len(self.lengths) != lines:
            raise ImageDataError(
                f"values per point: are of {len(self.lengths)} lines, there are {lines}; they are "
                "of other tracts"
            )

    @staticmethod
    def _check_values(
        count: int, values: Mapping[str, Array], kind: str, at_least: bool = False
    ) -> None:
        for name, each in values.items():
            if len(each) < count or (len(each) > count and not at_least):
                raise ImageDataError(
                    f"{name}: has {len(each)} values, there are {count} {kind}s; they are of other "
                    "tracts"
                )

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        return self.source.line_lengths()

    def stated_lines(self) -> int | None:
        """Return the number of lines that is known without going through them, if there is one."""
        return self.source.stated_lines()

    def stated_points(self) -> int | None:
        """Return the number of points that is known without going through them, if there is one."""
        return self.source.stated_points()

    def most_points(self) -> int:
        """Return how many points there are about."""
        return self.source.most_points()

    def check_there(self) -> None:
        """Check that what the lines come from is as it was."""
        self.source.check_there()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a file object."""
        return self.source.is_in(where)
