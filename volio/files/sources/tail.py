"""Part of a source: from one of its bytes on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from volio.files.sources.derived import DerivedReader, DerivedSource
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["TailSource"]


class TailSource(DerivedSource):
    """Another source from one of its bytes on, to its end or for some bytes.

    Parameters
    ----------
    base : ByteSource
    start : int
        The byte that is offset 0.
    length : int, optional
        How many bytes, at most (default: to the end).
    """

    def __init__(self, base: ByteSource, start: int, length: int | None = None) -> None:
        super().__init__(base)
        self.start = start
        self.length = length

    def open(self) -> Reader:
        """Open a reader of the other source."""
        return _TailReader(self.base.open(), self.start, self.length)

    def identity(self) -> tuple[Hashable, Hashable] | None:
        """Return that of the other source, with the part of it; None where it has none."""
        known = self.base.identity()
        return None if known is None else ((known[0], self.start, self.length), known[1])

    def size_of(self, base_size: int) -> int:
        """Return how much is left from `start` on, of which `length` bytes count."""
        left = max(0, base_size - self.start)
        return left if self.length is None else min(left, self.length)


class _TailReader(DerivedReader):
    def __init__(self, base: Reader, start: int, length: int | None) -> None:
        super().__init__(base)
        self._start = start
        self._length = length

    def fill(self, offset: int, view: memoryview) -> int:
        if self._length is not None:
            view = view[: max(0, self._length - offset)]
        return self._base.fill(self._start + offset, view)

    @property
    def can_be_shared(self) -> bool:
        return self._base.can_be_shared

    def cuts(self, start: int, stop: int) -> list[int]:
        cuts = self._base.cuts(self._start + start, self._start + stop)
        return [cut - self._start for cut in cuts]

    def twin(self) -> Reader:
        return _TailReader(self._base.twin(), self._start, self._length)

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._base.expect((self._start + start, self._start + stop) for start, stop in ranges)

    def finish(self) -> None:
        if self._length is None:  # what follows a part of a file is not its affair
            super().finish()
