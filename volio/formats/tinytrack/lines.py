"""The lines of a .tt file, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.containers.matlab_variables import MatlabVariable, variables_from
from volio.formats.tinytrack.header import is_lines
from volio.formats.tinytrack.records import HEAD, StepRecords, find_steps, points_of
from volio.space.points import move_points
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, FileLines, LineSource

__all__ = ["TinyTrackLines"]

#: Bytes that are read at once, at least; a point takes three.
LEAST = 1 << 16


class TinyTrackLines(FileLines):
    """The lines of a .tt file.

    Parameters
    ----------
    source : ByteSource
        Decompressed.
    start : int
        Byte of the variable with the first lines.
    affine : array of float64, shape (4, 4), or None
        From voxels to mm; None leaves points as they are in the file.
    per_line : mapping of str to array, shape (n,)
        Values of the lines.
    """

    def __init__(
        self,
        source: ByteSource,
        start: int,
        affine: NDArray[np.float64] | None,
        per_line: Mapping[str, NDArray[Any]],
    ) -> None:
        super().__init__(source)
        self.start = start
        self.affine = affine
        self.per_line = dict(per_line)
        columns = {name: Column.of(values) for name, values in self.per_line.items()}
        self.layout = LineLayout(np.dtype(np.float32), {}, columns)

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        first = 0
        for data, records in self._cut(max(LEAST, 3 * points)):
            rows = points_of(data, records)
            if self.affine is not None:
                move_points(rows, self.affine)
            last = first + len(records.starts)
            values = {name: each[first:last] for name, each in self.per_line.items()}
            yield from Lines.compact(rows, records.counts, {}, values).blocks(points)
            first = last

    def _cut(self, at_once: int) -> Iterator[tuple[NDArray[np.uint8], StepRecords]]:
        """Go through the variables with lines: bytes, and the complete records in them."""
        done = 0
        with self.source.open() as reader:
            for variable in variables_from(reader, self.start):
                if is_lines(variable.name):
                    for data, records in self._cut_variable(reader, variable, at_once, done):
                        done += len(records.starts)
                        yield data, records

    def _cut_variable(
        self, reader: Reader, variable: MatlabVariable, at_once: int, done: int
    ) -> Iterator[tuple[NDArray[np.uint8], StepRecords]]:
        """Go through one variable: bytes, and the complete records at their beginning.

        Parameters
        ----------
        reader : Reader
        variable : MatlabVariable
        at_once : int
            Bytes that are read at once; more, where a line has more.
        done : int
            Lines before those of the variable.
        """
        what = f"{self.source.name}: {variable.name}"
        if variable.dtype.itemsize != 1 or not variable.is_real:
            found = variable.dtype if variable.is_real else "a complex or sparse matrix"
            raise CorruptFileError(f"{what}: must be bytes, got {found}")
        check_declared(self.source, variable.end, f"lines in {variable.name}")
        at = variable.start  # byte at which the next line begins
        room = at_once
        while at < variable.end:
            left = variable.end - at
            data = np.frombuffer(reader.read(at, min(room, left)), np.uint8)
            records = find_steps(data)
            self.source.check_usual(at, "tracts")
            if isinstance(records, int):
                place = f"at byte {at + records}"
                raise CorruptFileError(f"{what}: coordinates {place} are not those of points")
            if records.end:
                yield data, records
            done += len(records.starts)
            at += records.end
            left = variable.end - at
            if records.needed > left:
                raise TruncatedFileError(
                    f"{what}: line {done}: needs {records.needed} bytes at byte {at}, "
                    f"{left} are there"
                )
            # All of the line that was not complete, and the count of the next one.
            room = max(at_once, records.needed + HEAD)

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        for _, records in self._cut(3 * BLOCK):
            yield records.counts

    def stated_lines(self) -> int | None:
        """Return the number of lines, where values of them or a count before say it."""
        if self._lengths is not None:
            return len(self._lengths)
        return next((len(values) for values in self.per_line.values()), None)

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        size = self.source.size()
        return 0 if size is None else max(0, size - self.start) // 3

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines in voxels, where those are the voxels of the file."""
        if self.affine is None or not np.array_equal(self.affine, affine):
            return None
        return TinyTrackLines(self.source, self.start, None, self.per_line)
