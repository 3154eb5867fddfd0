"""The lines of a .tck file, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import CorruptFileError, TruncatedFileError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.formats.tck.header import TckHeader
from volio.tracts.lines import LineLayout, Lines
from volio.tracts.records.cutting import RowCut, cut_rows
from volio.tracts.sources import BLOCK, FileLines, LineSource

__all__ = ["TckLines"]

Rows = NDArray[Any]


class Piece(NamedTuple):
    """Some rows of a file.

    Attributes
    ----------
    raw : bytes-like
        As they are in the file, up to the row that ends it.
    cut : RowCut
        Their points, and where lines end.
    """

    raw: Any
    cut: RowCut


class TckLines(FileLines):
    """The lines of a .tck file.

    Parameters
    ----------
    source : ByteSource
    header : TckHeader
        Of the file.
    permissive : bool
        Take the lines before the end of a file that is not complete.
    """

    def __init__(self, source: ByteSource, header: TckHeader, permissive: bool = False) -> None:
        super().__init__(source)
        self.header = header
        self.permissive = permissive
        self.layout = LineLayout(header.dtype.newbyteorder("="))

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        open_points: list[Rows] = []  # of a line that has not ended yet
        for piece in self._pieces(max(points, 1)):
            rows, ends, _ = piece.cut
            if not len(ends):
                open_points.append(rows)
                continue
            before = sum(map(len, open_points))
            last = int(ends[-1])
            complete = rows[:last]
            if open_points:
                complete = np.concatenate([*open_points, complete])
            open_points = [rows[last:]]
            yield Lines.compact(complete, np.diff(ends, prepend=-before))

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        left = 0  # points of a line that has not ended yet
        for piece in self._pieces(BLOCK):
            rows, ends, _ = piece.cut
            if len(ends):
                yield np.diff(ends, prepend=-left)
                left = len(rows) - int(ends[-1])
            else:
                left += len(rows)

    def stated_lines(self) -> int | None:
        """Return the number of lines of the header; None where it has none."""
        return self.header.count

    def stated_points(self) -> int | None:
        """Return the number of points, if the file has the lines of its header and nothing else."""
        size = self.source.size()
        if size is None or self.header.count is None or self.permissive:
            return None
        rows, left = divmod(size - self.header.offset, 3 * self.header.dtype.itemsize)
        # A row ends each line, and one more the file.
        points = rows - self.header.count - 1
        return points if points >= 0 and not left else None

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        size = self.source.size()
        if size is None:
            return 0
        return max(0, (size - self.header.offset) // (3 * self.header.dtype.itemsize))

    def read(self) -> Lines:
        """Return all lines, compact."""
        return super().read() if self.source.size() is None else self._read_in_place()

    def _read_in_place(self) -> Lines:
        """Read rows where they stay: what ends lines is closed up, block by block."""
        points = np.empty((self.most_points() + 1, 3), self.layout.dtype)
        ends = []
        done = 0
        for piece in self._pieces(BLOCK // 2, into=points):
            ends.append(piece.cut.ends + done)
            done += len(piece.cut.rows)
        joined = np.concatenate(ends) if ends else np.zeros(0, np.int64)
        self._lengths = np.diff(joined, prepend=0)
        count = int(joined[-1]) if len(joined) else 0
        del piece
        points.resize((count, 3), refcheck=False)
        return Lines.compact(points, self._lengths)

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines, where coordinates of the file are RAS+ mm."""
        return self if np.array_equal(affine, np.eye(4)) else None

    def copy_rows(self, stream: Any) -> int:
        """Write the rows of the file as they are; return the number of lines."""
        count = 0
        for piece in self._pieces(BLOCK, keep_raw=True):
            stream.write(piece.raw)
            count += len(piece.cut.ends)
        return count

    def _pieces(
        self, rows_at_once: int, into: Rows | None = None, keep_raw: bool = False
    ) -> Iterator[Piece]:
        """Go through the rows of the file.

        Parameters
        ----------
        rows_at_once : int
        into : array, shape (m, 3), optional
            Gets all points one after the other; else each piece has an array of its own.
        keep_raw : bool, optional
            Whether pieces have `raw`.
        """
        row_bytes = 3 * self.header.dtype.itemsize
        offset = self.header.offset  # byte that is read next
        done = 0  # points
        left = 0  # points after the last line that has ended
        with self.source.open() as reader:
            is_last = False
            while not is_last:
                rows = self._room(rows_at_once, into, done)
                got = reader.fill(offset, rows.data.cast("B")) if len(rows) else 0
                is_short = got < rows_at_once * row_bytes
                rows = rows[: got // row_bytes]
                # Before what ends lines is taken out of the rows.
                raw = rows.tobytes() if keep_raw else b""
                if self.header.dtype != self.layout.dtype:
                    rows.byteswap(inplace=True)
                cut = cut_rows(rows)
                is_last = cut.is_last
                # What follows the row that ends the file was read, but does not count.
                used = len(cut.rows) + len(cut.ends) + is_last
                offset += used * row_bytes
                done += len(cut.rows)
                self.source.check_usual(offset, "tracts")
                before = int(cut.ends[-1]) if len(cut.ends) else -left
                left = len(cut.rows) - before
                yield Piece(raw[: used * row_bytes], cut)
                if is_short and not is_last:
                    self._check_end(offset + got % row_bytes)
                    return
            self._check_last(left, offset, is_more=bool(reader.read_upto(offset, 1)))
            reader.finish()

    def _room(self, rows_at_once: int, into: Rows | None, done: int) -> Rows:
        """Return where rows are read to: after the points that are done, or a new array."""
        if into is None:
            return np.empty((rows_at_once, 3), self.layout.dtype)
        return into[done : done + rows_at_once]

    def _check_end(self, end: int) -> None:
        """Refuse a file that ends before the row that ends it."""
        if not self.permissive:
            raise TruncatedFileError(
                f"{self.source.name}: the file ends at byte {end}, before the row of infinite "
                "numbers that must end it; permissive=True takes the complete lines before"
            )

    def _check_last(self, left: int, end: int, is_more: bool) -> None:
        """Refuse points without an end; warn of what follows the last line."""
        if left and not self.permissive:
            raise CorruptFileError(
                f"{self.source.name}: the last {left} points before byte {end} have no row of NaN "
                "that ends their line; permissive=True leaves them out"
            )
        if is_more:
            warn_caller(
                f"{self.source.name}: more follows the row that ends the tracts, at byte {end}, "
                "and is not read",
                VolioWarning,
            )
