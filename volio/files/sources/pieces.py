"""Pieces of one source, one after the other: frames between which something else is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from volio.files.sources.derived import DerivedReader, DerivedSource
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["PiecesSource"]


class PiecesSource(DerivedSource):
    """Pieces of equal length of another source, as if nothing were between them.

    Parameters
    ----------
    base : ByteSource
    starts : sequence of int
        First byte of each piece, at least one, in any order.
    length : int
        Bytes of each piece.
    """

    def __init__(self, base: ByteSource, starts: Sequence[int], length: int) -> None:
        super().__init__(base)
        self.starts = starts
        self.length = length

    def open(self) -> Reader:
        """Open a reader of the other source."""
        return _PiecesReader(self.base.open(), self.starts, self.length)

    def size_of(self, base_size: int) -> int:
        """Count the bytes of pieces up to the first that the end of the other source cuts short."""
        total = 0
        for start in self.starts:
            held = min(max(0, base_size - start), self.length)
            total += held
            if held < self.length:
                break
        return total


class _PiecesReader(DerivedReader):
    def __init__(self, base: Reader, starts: Sequence[int], length: int) -> None:
        super().__init__(base)
        self._starts = starts
        self._length = length

    def fill(self, offset: int, view: memoryview) -> int:
        done = 0
        for start, stop in self._in_base(offset, offset + len(view)):
            got = self._base.fill(start, view[done : done + stop - start])
            done += got
            if got < stop - start:
                break
        return done

    def _in_base(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of the other source that a range of this one is made of."""
        stop = min(stop, len(self._starts) * self._length)
        while start < stop:
            piece, within = divmod(start, self._length)
            count = min(self._length - within, stop - start)
            first = self._starts[piece] + within
            yield first, first + count
            start += count

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._base.expect(part for start, stop in ranges for part in self._in_base(start, stop))
