"""The lines of a .bundlesdata file: records of points, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from volio.files.sources.source import ByteSource
from volio.tracts.lines import LineLayout, Lines
from volio.tracts.records.blocks import RecordBlocks
from volio.tracts.records.cutting import join_records, take_records
from volio.tracts.sources import BLOCK, FileLines, LineSource

__all__ = ["WORD", "BundleLines", "packed_lines"]

WORD = 4
COLUMNS = 3


class BundleLines(FileLines):
    """The lines of a .bundlesdata file.

    Parameters
    ----------
    source : ByteSource
    byte_order : str
        '<' or '>'.
    count : int
        Number of lines.
    """

    layout = LineLayout()

    def __init__(self, source: ByteSource, byte_order: str, count: int) -> None:
        super().__init__(source)
        self.count = count
        self._records = RecordBlocks(source, 0, count, byte_order, field="curves_count")

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, records in self._records.cut(points):
            rows, _ = take_records(words, records, COLUMNS, 0)
            yield Lines.compact(rows.view(np.float32), records.counts)

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        for _, records in self._records.cut(BLOCK):
            yield records.counts

    def n_lines(self) -> int:
        """Return the number of lines: that of the header."""
        return self.count

    def stated_lines(self) -> int | None:
        """Return the number of lines that the header states."""
        return self.count

    def stated_points(self) -> int | None:
        """Return the number of points, if the file has the lines of its header and nothing else."""
        return self._records.stated_points()

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        return self._records.most_points()

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines where their coordinates are those that are wanted."""
        return self if np.array_equal(affine, np.eye(4)) else None


def packed_lines(points: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return lines as records, in native byte order.

    Parameters
    ----------
    points : array of float32, shape (n, 3)
    lengths : array of int64, shape (m,)
    """
    rows = np.ascontiguousarray(points).view(np.uint32)
    nothing = np.zeros((len(lengths), 0), np.uint32)  # follows the points of a line
    return join_records(rows, lengths, nothing)
