"""The lines of a .bundlesdata file: records of points, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import CorruptFileError, TruncatedFileError, VolioWarning
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.tracts.lines import LineLayout, Lines
from volio.tracts.records import Records, find_records, take_records
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["WORD", "BundleLines"]

Words = NDArray[np.uint32]

WORD = 4
COLUMNS = 3


class BundleLines(LineSource):
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
        self.source = source
        self.byte_order = byte_order
        self.count = count
        self._lengths: NDArray[np.int64] | None = None

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, records in self._cut(max(points, 1) * COLUMNS):
            rows, _ = take_records(words, records, COLUMNS, 0)
            yield Lines.compact(rows.view(np.float32), records.counts)

    def _cut(self, at_once: int) -> Iterator[tuple[Words, Records]]:
        """Go through the file: words, and the complete records at their beginning."""
        at = 0
        done = 0
        room = at_once
        with self.source.open() as reader:
            while done < self.count:
                data = reader.read_upto(at, room * WORD)
                words = np.frombuffer(data, f"{self.byte_order}u4", len(data) // WORD)
                words = words.astype(np.uint32)
                records = find_records(words, COLUMNS, 0)
                records = records.first(self.count - done, COLUMNS, 0)
                self.source.check_usual(at, "tracts")
                if len(records.starts):
                    yield words, records
                    done += len(records.starts)
                    at += records.end * WORD
                    room = at_once
                    continue
                room = 1 + self._needed(words, at, done)
            if reader.read_upto(at, 1):
                warn_caller(
                    f"{self.source.name}: more follows the {self.count} lines that the header "
                    "counts, and is not read",
                    VolioWarning,
                )

    def _needed(self, words: Words, at: int, done: int) -> int:
        """Return the words of a line that is not complete in what was read.

        Raises
        ------
        CorruptFileError
            If it has a negative number of points.
        TruncatedFileError
            If the file ends before it, or within it.
        """
        line = f"{self.source.name}: line {done} of {self.count}"
        if not len(words):
            raise TruncatedFileError(f"{line}: the file ends before it, at byte {at}")
        count = int(words.view(np.int32)[0])
        if count < 0:
            raise CorruptFileError(f"{line}: has {count} points, at byte {at}")
        needed = 1 + count * COLUMNS
        check_declared(self.source, at + needed * WORD, f"line {done} of {count} points")
        if needed <= len(words) or not self._has(at + needed * WORD):
            raise TruncatedFileError(f"{line}: the file ends within it, before {count} points")
        return needed

    def _has(self, byte: int) -> bool:
        return bool(self.source.read_upto(byte - 1, 1))

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        if self._lengths is None:
            parts = [records.counts for _, records in self._cut(BLOCK * COLUMNS)]
            self._lengths = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        return self._lengths

    def n_lines(self) -> int:
        """Return the number of lines: that of the header."""
        return self.count

    def stated_lines(self) -> int | None:
        """Return the number of lines that the header states."""
        return self.count

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        size = self.source.size()
        return 0 if size is None else max(0, size // WORD - self.count) // COLUMNS

    def check_there(self) -> None:
        """Check that the file is as it was."""
        self.source.open().close()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines where their coordinates are those that are wanted."""
        return self if np.array_equal(affine, np.eye(4)) else None
