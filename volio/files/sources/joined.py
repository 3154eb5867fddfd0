"""Several sources, one after the other, as one: images whose voxels are in many files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["JoinedSource"]


class JoinedSource(ByteSource):
    """Sources that each give the same number of bytes, one after the other.

    Parameters
    ----------
    parts : sequence of ByteSource
        At least one.
    length : int
        Bytes of each part that count; what it has beyond them is left out.
    """

    def __init__(self, parts: Sequence[ByteSource], length: int) -> None:
        self.parts = tuple(parts)
        self.length = length
        more = len(self.parts) - 1
        self.name = parts[0].name + (f" and {more} more" if more else "")

    def open(self) -> Reader:
        """Return a reader that has one part open at a time."""
        return _JoinedReader(self)

    def is_in(self, where: Any) -> bool:
        """Return whether a path or a file object holds one of the parts."""
        return any(part.is_in(where) for part in self.parts)

    def size(self) -> int | None:
        """Return the number of bytes; None where a part does not know its own."""
        sizes = [part.size() for part in self.parts]
        known = [size for size in sizes if size is not None]
        return None if len(known) < len(sizes) else self._counted(known)

    def most(self) -> int:
        """Return the number of bytes that there can be at most."""
        return self._counted([part.most() for part in self.parts])

    def usual_most(self) -> int:
        """Return the number of bytes that only a source made to fill memory exceeds."""
        return self._counted([part.usual_most() for part in self.parts])

    def _counted(self, sizes: Sequence[int]) -> int:
        """Count bytes up to where the first part is too short."""
        short = next((n for n, size in enumerate(sizes) if size < self.length), None)
        return self.length * len(sizes) if short is None else self.length * short + sizes[short]


class _JoinedReader(Reader):
    def __init__(self, source: JoinedSource) -> None:
        super().__init__(source.name)
        self._source = source
        self._number = -1  # of the part that is open
        self._reached = 0  # byte of it up to which it was read
        self._open: Reader | None = None

    def fill(self, offset: int, view: memoryview) -> int:
        done = 0
        length = self._source.length
        while done < len(view) and length:
            number, start = divmod(offset + done, length)
            if number >= len(self._source.parts):
                break
            wanted = view[done:][: length - start]
            got = self._part(number).fill(start, wanted)
            self._reached = start + got
            done += got
            if got < len(wanted):
                break
        return done

    def finish(self) -> None:
        """Verify the checksum of the part that is open, where it was read to its end."""
        if self._open is not None and self._reached == self._source.length:
            self._open.finish()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None
        self._number = -1

    def _part(self, number: int) -> Reader:
        """Return the reader of a part; the one before is closed."""
        if number != self._number or self._open is None:
            self.finish()
            self.close()
            self._open = self._source.parts[number].open()
            self._number = number
        return self._open
