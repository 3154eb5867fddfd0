"""Sources that are read in ranges from afar, where asking costs more than reading on."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.threads import interrupted_by, interruption

__all__ = ["FIRST", "RangeReader", "RangeSource"]

FIRST = 1 << 16  # bytes fetched when a file is opened: header and index of most
FAR_GAP = 1 << 17  # bytes that cost less than another request
PIECE = 1 << 22  # largest request
AT_ONCE = 4  # requests under way at the same time

Range = tuple[int, int]


class RangeSource(ByteSource):
    """Remote bytes, fetched in ranges; a subclass implements `fetch`.

    Parameters
    ----------
    name : str
        For messages.
    size : int
        Bytes of the whole file.
    first : bytes
        The first bytes, where they are known already.
    """

    gap = FAR_GAP

    def __init__(self, name: str, size: int, first: bytes = b"") -> None:
        self.name = name
        self._size = size
        self._first = first

    @abstractmethod
    def fetch(self, start: int, stop: int) -> bytes:
        """Return the bytes of a range within the file.

        Raises
        ------
        RemoteError
            If they cannot be had.
        SourceChangedError
            If the file is not the one that was opened.
        """

    def open(self) -> Reader:
        """Open a reader; nothing is fetched before it is asked for."""
        return RangeReader(self, self._first)

    def size(self) -> int:
        """Return the size of the file."""
        return self._size

    def most(self) -> int:
        """Return the size of the file."""
        return self._size

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_first": b""}


class RangeReader(Reader):
    """Fetches what is asked for, or announced, in few large ranges.

    Parameters
    ----------
    source : RangeSource
    first : bytes
        The first bytes of the file.
    """

    def __init__(self, source: RangeSource, first: bytes) -> None:
        super().__init__(source.name)
        self.gap = source.gap
        self._source = source
        self._size = source.most()
        self._held: list[tuple[int, bytes]] = [(0, first)]
        self._plan: list[Range] = []
        self._end = -1  # of the last range that was fetched
        self._ahead = 0
        self._work = interruption()  # one read, however many requests it takes
        self._pool: ThreadPoolExecutor | None = None

    def expect(self, ranges: Iterable[Range]) -> None:
        """Take note of what will be read, in ascending order, to fetch it in one go."""
        self._plan = list(_merged(ranges, self.gap, self._size))

    def fill(self, offset: int, view: memoryview) -> int:
        """Fill a view from what is held, fetching what is missing."""
        stop = min(offset + len(view), self._size)
        done = 0
        while (at := offset + done) < stop:
            start, data = self._holding(at, stop)
            part = memoryview(data)[at - start : stop - start]
            view[done : done + len(part)] = part
            done += len(part)
        return done

    def close(self) -> None:
        """Let go of what is held."""
        self._held = []
        self._plan = []
        pool = self._pool
        self._pool = None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _holding(self, at: int, stop: int) -> tuple[int, bytes]:
        """Return a block that holds the byte at `at`, and where it begins."""
        for start, data in self._held:
            if start <= at < start + len(data):
                return start, data
        self._held = self._fetched(list(islice(self._wanted(at, stop), AT_ONCE)))
        return self._held[0]

    def _wanted(self, at: int, stop: int) -> Iterator[Range]:
        """Return the ranges to fetch, the one that begins at `at` first."""
        planned = self._planned_from(at)
        if planned:
            return _cut([(at, max(stop, planned[0][1])), *planned[1:]])
        # Where reads follow each other each one fetches more.
        follows = at == self._end
        self._ahead = min(2 * max(self._ahead, FIRST), PIECE) if follows else 0
        end = max(stop, at + self._ahead)
        return _cut([(at, min(end, self._size))])

    def _planned_from(self, at: int) -> list[Range]:
        """Return the planned ranges from the one that holds a byte on; none if none does."""
        number = bisect_right(self._plan, at, key=lambda planned: planned[0]) - 1
        is_planned = number >= 0 and at < self._plan[number][1]
        return self._plan[number:] if is_planned else []

    def _fetched(self, ranges: list[Range]) -> list[tuple[int, bytes]]:
        starts = [start for start, _ in ranges]
        stops = [stop for _, stop in ranges]
        self._end = stops[-1]
        if len(ranges) == 1:
            return [(starts[0], self._fetch(starts[0], stops[0]))]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(AT_ONCE, "volio-fetch")
        return [*zip(starts, self._pool.map(self._fetch, starts, stops), strict=True)]

    def _fetch(self, start: int, stop: int) -> bytes:
        """Fetch a range, on any thread."""
        with interrupted_by(self._work):
            return self._source.fetch(start, stop)


def _merged(ranges: Iterable[Range], gap: int, size: int) -> Iterator[Range]:
    """Join ranges with less than `gap` between them."""
    held: Range | None = None
    for start, stop in ranges:
        stop = min(stop, size)
        if held is not None and start - held[1] <= gap and start >= held[0]:
            held = held[0], max(held[1], stop)
            continue
        if held is not None:
            yield held
        held = start, stop
    if held is not None:
        yield held


def _cut(ranges: Iterable[Range]) -> Iterator[Range]:
    """Cut ranges so that none is longer than a piece."""
    for start, stop in ranges:
        for low in range(start, stop, PIECE):
            yield low, min(low + PIECE, stop)
