"""The lines of a .trk file, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import CorruptFileError, DamagedFileError, TruncatedFileError, VolioWarning
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.trk.header import HEADER, TrkHeader
from volio.space.points import move_points
from volio.surfaces.vertex_data import distinct_name
from volio.tracts.gatherer import Gatherer
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.records import Records, find_records, take_records
from volio.tracts.sources import BLOCK, LineSource

__all__ = ["TrkLines"]

FLOAT = np.dtype(np.float32)
WORD = 4
Words = NDArray[np.uint32]

#: Names, and the columns of each.
Places = dict[str, slice]


class TrkLines(LineSource):
    """The lines of a .trk file.

    Parameters
    ----------
    source : ByteSource
    header : TrkHeader
        Of the file.
    affine : array of float64, shape (4, 4), optional
        From coordinates of the file to those of the points; None leaves them as they are.
    permissive : bool
        Take the lines before the end of a file that is not complete.
    """

    def __init__(
        self,
        source: ByteSource,
        header: TrkHeader,
        affine: NDArray[np.float64] | None,
        permissive: bool = False,
    ) -> None:
        self.source = source
        self.header = header
        self.affine = affine
        self.permissive = permissive
        self._columns = 3 + int(header["n_scalars"])
        self._extra = int(header["n_properties"])
        self._count = int(header["n_count"])
        self._scalars = _places(header, "scalar_name", 3)
        self._properties = _places(header, "property_name", 0)
        self.layout = LineLayout(FLOAT, _declared(self._scalars), _declared(self._properties))
        self._lengths: NDArray[np.int64] | None = None

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, records in self._cut(max(points, 1) * self._columns):
            rows, values = take_records(words, records, self._columns, self._extra)
            # Points without values next to them are moved where they are.
            is_free = self._columns == 3
            room = rows.view(FLOAT) if is_free else np.empty((len(rows), 3), FLOAT)
            yield self._lines(rows, records.counts, values, room)

    def read(self) -> Lines:
        """Return all lines; points go to their place at once."""
        gathered = Gatherer(self.layout, self.most_points())
        for words, records in self._cut(BLOCK * self._columns):
            rows, values = take_records(words, records, self._columns, self._extra)
            room = gathered.room(len(rows))
            gathered.append(self._lines(rows, records.counts, values, room))
        return gathered.lines()

    def _lines(
        self,
        rows: Words,
        counts: NDArray[np.int64],
        values: Words,
        points: NDArray[np.float32],
    ) -> Lines:
        """Return lines with their points in an array that is given, shape (n, 3)."""
        self._place(rows, points)
        scalars = rows.view(FLOAT)
        properties = values.view(FLOAT)
        return Lines.compact(
            points,
            counts,
            {name: _chosen(scalars, place) for name, place in self._scalars.items()},
            {name: _chosen(properties, place) for name, place in self._properties.items()},
        )

    def _place(self, rows: Words, points: NDArray[np.float32]) -> None:
        """Put the first three columns of rows into an array, moved."""
        if rows.shape[1] == 3:
            source = rows.view(FLOAT)
        else:
            # One item for three numbers: numpy moves them at once.
            item = np.dtype((np.void, 3 * WORD))
            items = np.ndarray((len(rows),), item, rows, strides=(rows.shape[1] * WORD,))
            points.view(item)[:, 0] = items
            source = points
        move_points(source, np.eye(4) if self.affine is None else self.affine, points)

    def line_lengths(self) -> NDArray[np.int64]:
        """Return the number of points of each line."""
        if self._lengths is None:
            parts = [records.counts for _, records in self._cut(BLOCK * self._columns)]
            self._lengths = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        return self._lengths

    def n_lines(self) -> int:
        """Return the number of lines: that of the header, where it has one."""
        return len(self.line_lengths()) if self._count == 0 or self.permissive else self._count

    def stated_lines(self) -> int | None:
        """Return the number of lines of the header; None where it is not recorded."""
        return self._count or (0 if self.source.size() == HEADER.itemsize else None)

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        size = self.source.size()
        if size is None:
            return 0
        words = (size - HEADER.itemsize) // WORD - self._count * (1 + self._extra)
        return max(0, words // self._columns)

    def presumed_points(self) -> int:
        """Return the number of points, if the file has the lines of its header and nothing else."""
        is_countable = self._count > 0 and not self.permissive and self.source.size() is not None
        return self.most_points() if is_countable else self.n_points()

    def check_there(self) -> None:
        """Check that the file is as it was."""
        self.source.open().close()

    def is_in(self, where: Any) -> bool:
        """Return whether the lines come from a path or a file object."""
        return self.source.is_in(where)

    def unmoved(self, affine: NDArray[np.float64]) -> LineSource | None:
        """Return the same lines as the file has them, where its coordinates are those."""
        if self.affine is None or not np.array_equal(self.affine, affine):
            return None
        return TrkLines(self.source, self.header, None, self.permissive)

    # Words of the file.

    def _cut(self, words_at_once: int) -> Iterator[tuple[Words, Records]]:
        """Go through the file: words, and the complete records at their beginning.

        The words are overwritten by the next ones.
        """
        most = self.most_points() * self._columns + self._count * (1 + self._extra) + 1
        room = words_at_once if self.source.size() is None else min(words_at_once, most)
        buffer = np.empty(room, np.uint32)
        held = 0  # words at the beginning of the buffer that are not cut yet
        done = 0  # lines
        offset = HEADER.itemsize
        with self.source.open() as reader:
            while not self._count or done < self._count:
                got = self._fill(reader, offset, buffer[held:])
                words = buffer[: held + got // WORD]
                is_last = got < (len(buffer) - held) * WORD
                begin = offset - held * WORD  # byte at which the words begin
                offset += got
                self.source.check_usual(offset, "tracts")
                records = find_records(words, self._columns, self._extra)
                if self._count:
                    records = records.first(self._count - done, self._columns, self._extra)
                if len(records.starts):
                    yield words, records
                done += len(records.starts)
                rest = words[records.end :]
                if self._is_senseless(rest, begin + records.end * WORD, done):
                    break
                if is_last:
                    self._check_end(len(rest) * WORD + got % WORD, offset, done)
                    break
                if not len(records.starts) and (not self._count or done < self._count):
                    buffer = self._grown(buffer, begin)
                buffer[: len(rest)] = rest
                held = len(rest)
            else:
                self._check_over(reader, offset - held * WORD)
            reader.finish()

    def _fill(self, reader: Reader, offset: int, words: Words) -> int:
        """Read words in native byte order; return how many bytes there were."""
        got = reader.fill(offset, words.data.cast("B")) if len(words) else 0
        if np.dtype(f"{self.header.endianness}u4") != np.dtype(np.uint32):
            words[: got // WORD].byteswap(inplace=True)
        return got

    def _is_senseless(self, rest: Words, byte: int, done: int) -> bool:
        """Return whether a line has a negative number of points, where that is permitted."""
        is_wanted = not self._count or done < self._count
        count = int(rest.view(np.int32)[0]) if is_wanted and len(rest) else 0
        if count < 0 and not self.permissive:
            raise CorruptFileError(
                f"{self.source.name}: line {done}: has {count} points, at byte {byte}; "
                "permissive=True takes the lines before"
            )
        return count < 0

    def _check_end(self, left: int, end: int, done: int) -> None:
        """Refuse a file that ends within a line, or before all lines were there."""
        if self.permissive or (not left and done >= self._count):
            return
        if self._count and done == self._count:
            self._warn_of_more()
            return
        what = "within it" if left else "before it"
        of = f" of {self._count}" if self._count else ""
        raise TruncatedFileError(
            f"{self.source.name}: line {done}{of}: the file ends {what}, at byte {end}; "
            "permissive=True takes the lines before"
        )

    def _check_over(self, reader: Reader, end: int) -> None:
        """Warn where more follows than the lines that the header counts."""
        if reader.read_upto(end, 1):
            self._warn_of_more()

    def _warn_of_more(self) -> None:
        warn_caller(
            f"{self.source.name}: n_count: more follows the {self._count} lines that the header "
            "counts, and is not read",
            VolioWarning,
        )

    def _grown(self, buffer: Words, begin: int) -> Words:
        """Return a longer buffer, for a line that does not fit; no longer than the file."""
        count = int(buffer.view(np.int32)[0])
        words = 1 + count * self._columns + self._extra
        try:
            check_declared(self.source, begin + words * WORD, f"a line of {count} points")
        except DamagedFileError:
            if not self.permissive:
                raise
        return np.empty(min(max(words, len(buffer)), 2 * len(buffer)) + 1, np.uint32)


def _places(header: TrkHeader, field: str, first: int) -> Places:
    """Return which columns each name has; `first` is the number of the first one."""
    names = header.names(field)
    ends = list(accumulate([columns for _, columns in names], initial=first))
    places: Places = {}
    for (name, columns), end in zip(names, ends, strict=False):
        places[distinct_name(name, places)] = slice(end, end + columns)
    return places


def _declared(places: Places) -> Mapping[str, Column]:
    widths = {name: place.stop - place.start for name, place in places.items()}
    return {name: Column(FLOAT, 0 if width == 1 else width) for name, width in widths.items()}


def _chosen(rows: NDArray[Any], place: slice) -> NDArray[Any]:
    """Return the columns of a name: of shape (n,) where it is one."""
    return rows[:, place.start] if place.stop - place.start == 1 else rows[:, place]
