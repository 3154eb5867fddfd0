"""Lines in a file as records, block by block: a count, so many points, and further words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import CorruptFileError, DamagedFileError, TruncatedFileError, VolioWarning
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.tracts.records.cutting import Records, find_records

__all__ = ["RecordBlocks"]

#: Bytes of a word: counts, coordinates and values are of 32 bits.
WORD = 4
Words = NDArray[np.uint32]


class RecordBlocks:
    """The records of lines in a file, from some byte on.

    Parameters
    ----------
    source : ByteSource
    start : int
        Byte at which the first record begins.
    count : int or None
        Lines that the header counts; None where it does not: then they go to the end of the file.
    byte_order : str
        '<' or '>'.
    columns : int
        Words of a point: three coordinates, and its values.
    extra : int
        Words after the points of each line.
    field : str
        Of the header, with the number of lines.
    permissive : bool or None
        Take the lines before the end of a file that is not complete; None where nobody can ask
        for that.
    """

    def __init__(
        self,
        source: ByteSource,
        start: int,
        count: int | None,
        byte_order: str = "<",
        columns: int = 3,
        extra: int = 0,
        field: str = "count",
        permissive: bool | None = None,
    ) -> None:
        self.source = source
        self.start = start
        self.count = count
        self.columns = columns
        self.extra = extra
        self._field = field
        self._permissive = bool(permissive)
        self._advice = "" if permissive is None else "; permissive=True takes the lines before"
        self._is_swapped = np.dtype(f"{byte_order}u4") != np.dtype(np.uint32)

    def most_points(self) -> int:
        """Return how many points fit into the file; 0 where its size is not known."""
        size = self.source.size()
        if size is None:
            return 0
        # All words but the count and the further words of each line are of points.
        words = (size - self.start) // WORD - (self.count or 0) * (1 + self.extra)
        return max(0, words // self.columns)

    def stated_points(self) -> int | None:
        """Return the number of points, if the size of the file is that of the lines of its header.

        None where the file is of another size, where it or the number of lines is not known, and
        where a file may be incomplete.
        """
        size = self.source.size()
        if size is None or self.count is None or self._permissive:
            return None
        in_lines = self.count * (1 + self.extra) * WORD
        points, left = divmod(size - self.start - in_lines, self.columns * WORD)
        return points if points >= 0 and not left else None

    def cut(self, points: int) -> Iterator[tuple[Words, Records]]:
        """Go through the file: words, and the complete records at their beginning.

        Parameters
        ----------
        points : int
            About how many are read at once; more, where a line has more.

        Yields
        ------
        words : array of uint32
            In native byte order. They are overwritten by the next ones.
        records : Records
            One or more.

        Raises
        ------
        TruncatedFileError
            If the file ends within a line, or before it has as many as its header counts.
        CorruptFileError
            If a line has a negative number of points.

        Warns
        -----
        VolioWarning
            If more follows the lines that the header counts.
        """
        buffer = np.empty(self._room(points), np.uint32)
        held = 0  # words at the beginning of the buffer, of a line that was not complete
        done = 0  # lines
        offset = self.start  # byte that is read next
        with self.source.open() as reader:
            while self._has_more(done):
                got = self._fill(reader, offset, buffer[held:])
                words = buffer[: held + got // WORD]
                is_end = len(words) < len(buffer)
                first_byte = offset - held * WORD  # of the words
                offset += got
                self.source.check_usual(offset, "tracts")
                records = self._found(words, done)
                if len(records.starts):
                    yield words, records
                done += len(records.starts)
                rest = words[records.end :]
                if self._is_senseless(rest, first_byte + records.end * WORD, done):
                    break
                if is_end:
                    # Bytes that do not make a word are part of a line, too.
                    self._check_end(len(rest) * WORD + got % WORD, offset, done)
                    break
                if not len(records.starts) and self._has_more(done):
                    buffer = self._grown(buffer, first_byte)
                # What is not complete goes to the beginning; the next bytes follow it.
                buffer[: len(rest)] = rest
                held = len(rest)
            else:
                self._check_over(reader, offset - held * WORD)
            reader.finish()

    def _room(self, points: int) -> int:
        """Return how many words are read at once: no more than the file has."""
        wanted = max(points, 1) * self.columns
        if self.source.size() is None:
            return wanted
        in_lines = (self.count or 0) * (1 + self.extra)
        in_file = self.most_points() * self.columns + in_lines
        return min(wanted, in_file + 1)  # one more, to see that the file ends

    def _has_more(self, done: int) -> bool:
        """Return whether lines are wanted after those that are done."""
        return self.count is None or done < self.count

    def _found(self, words: Words, done: int) -> Records:
        """Return the complete records in words, no more than the header counts."""
        records = find_records(words, self.columns, self.extra)
        if self.count is None:
            return records
        return records.first(self.count - done, self.columns, self.extra)

    def _fill(self, reader: Reader, offset: int, words: Words) -> int:
        """Read words in native byte order; return how many bytes there were."""
        got = reader.fill(offset, words.data.cast("B")) if len(words) else 0
        if self._is_swapped:
            words[: got // WORD].byteswap(inplace=True)
        return got

    def _is_senseless(self, rest: Words, byte: int, done: int) -> bool:
        """Return whether a line has a negative number of points, where that is permitted."""
        is_wanted = self._has_more(done) and len(rest) > 0
        count = int(rest.view(np.int32)[0]) if is_wanted else 0
        if count < 0 and not self._permissive:
            raise CorruptFileError(
                f"{self._line(done)}: has {count} points, at byte {byte}{self._advice}"
            )
        return count < 0

    def _check_end(self, left: int, end: int, done: int) -> None:
        """Refuse a file that ends within a line, or before all lines were there."""
        if done == self.count:
            if left and not self._permissive:
                self._warn_of_more()
            return
        if self._permissive or (not left and self.count is None):
            return
        what = "within it" if left else "before it"
        raise TruncatedFileError(
            f"{self._line(done)}: the file ends {what}, at byte {end}{self._advice}"
        )

    def _line(self, number: int) -> str:
        """Return which line a message is about."""
        of = "" if self.count is None else f" of {self.count}"
        return f"{self.source.name}: line {number}{of}"

    def _check_over(self, reader: Reader, end: int) -> None:
        """Warn where more follows than the lines that the header counts."""
        if reader.read_upto(end, 1):
            self._warn_of_more()

    def _warn_of_more(self) -> None:
        warn_caller(
            f"{self.source.name}: {self._field}: more follows the {self.count} lines that the "
            "header counts, and is not read",
            VolioWarning,
        )

    def _grown(self, buffer: Words, byte: int) -> Words:
        """Return a longer buffer, for a line that does not fit; no longer than the file.

        Parameters
        ----------
        buffer : array of uint32
            Begins with the line.
        byte : int
            At which the line begins.
        """
        count = int(buffer.view(np.int32)[0])
        words = 1 + count * self.columns + self.extra
        try:
            check_declared(self.source, byte + words * WORD, f"a line of {count} points")
        except DamagedFileError:
            if not self._permissive:
                raise
        # Twice as long at most: a count that is wrong asks for no more than was there.
        return np.empty(min(max(words, len(buffer)), 2 * len(buffer)) + 1, np.uint32)
