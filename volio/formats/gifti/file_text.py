"""The text of a GIFTI file, looked through piece by piece; values stay in the file."""

from __future__ import annotations

from collections.abc import Iterator
from threading import local
from typing import NamedTuple, Self

import numpy as np

from volio.files.limits import read_limited
from volio.files.sources.reader import PIECE, Reader
from volio.files.sources.source import ByteSource, BytesSource, FileSource

__all__ = ["FileText", "TextSpan", "kept_source"]

#: Most bytes of a file that is kept in memory although it is on disk.
SMALL = 2 << 20
#: Bytes of values that are read at once, to be decoded: what they become stays in the cache.
TEXT_PIECE = 1 << 17
#: Bytes of a page, of memory and of files in memory.
PAGE = 4096
#: Most bytes of a file that is not read piece by piece.
LARGEST = 4 << 30


def kept_source(source: ByteSource) -> ByteSource:
    """Return a large file on disk as it is, all others in memory: they may not be there later.

    Programs load small files from folders that they then delete.

    Raises
    ------
    LimitError
        If others have more than 4 GiB.
    """
    if isinstance(source, FileSource) and source.size() > SMALL:
        return source
    return BytesSource(read_limited(source, LARGEST, "a GIFTI file"), source.name)


class TextSpan(NamedTuple):
    """A part of a file that is read when it is asked for.

    Attributes
    ----------
    source : ByteSource
    start, stop : int
        Its first byte, and the one after its last.
    """

    source: ByteSource
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.stop - self.start

    def read(self) -> bytes:
        """Return the bytes.

        Raises
        ------
        SourceChangedError
            If the file has changed since it was opened.
        """
        return self.source.read(self.start, self.size)

    def pieces(self) -> Iterator[memoryview]:
        """Go through the bytes in pieces, each of which is there until the next one.

        Raises
        ------
        SourceChangedError
            If the file has changed since it was opened.
        """
        piece = memoryview(bytearray(min(TEXT_PIECE, self.size)))
        with self.source.open() as reader:
            for start in range(self.start, self.stop, TEXT_PIECE):
                part = piece[: self.stop - start]
                reader.read_into(start, part)
                yield part


class _Room(NamedTuple):
    """Memory for a piece of a text.

    Attributes
    ----------
    memory : bytearray
    first : int
        Its first byte that is used: the first of a page. Some processors copy a page of a file
        eight times as fast to there as to a few bytes after it, which is where the memory of a
        bytearray begins.
    size : int
        Bytes from there on.
    """

    memory: bytearray
    first: int
    size: int


class _Rooms(local):
    """The room of each thread: new memory takes as long as reading into it.

    None while a text has it.
    """

    free: _Room | None = None


_ROOMS = _Rooms()


def _borrowed_room() -> _Room:
    room = _ROOMS.free
    _ROOMS.free = None
    return _new_room(PIECE + PAGE) if room is None or room.size != PIECE + PAGE else room


def _new_room(size: int) -> _Room:
    memory = bytearray(size + PAGE)
    address: int = np.frombuffer(memory, np.uint8).__array_interface__["data"][0]
    return _Room(memory, -address % PAGE, size)


class FileText:
    """Finds marks in a text, of which one piece is in memory; used in a ``with`` statement.

    Marks are best looked for in order: going back reads a piece again.

    Parameters
    ----------
    source : ByteSource
    reader : Reader
        Of the source, open.
    size : int
        Bytes of the text.
    """

    def __init__(self, source: ByteSource, reader: Reader, size: int) -> None:
        self.size = size
        self._source = source
        self._reader = reader
        self._room = _borrowed_room()
        self._memory = self._room.memory
        self._view = memoryview(self._memory)
        self._start = 0  # of the piece, in the text
        self._stop = 0  # after the last byte of the piece
        self._shift = self._room.first  # from a place in the text to that in memory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Give the memory back to the next one of this thread."""
        _ROOMS.free = self._room

    def span(self, start: int, stop: int) -> TextSpan:
        """Return a part of the text, not read yet."""
        return TextSpan(self._source, start, stop)

    def find(self, mark: bytes, start: int) -> int:
        """Return where a mark is, from a place on; -1 if it is not there."""
        while start + len(mark) <= self.size:
            self._have(start, len(mark))
            place = self._memory.find(mark, start + self._shift, self._stop + self._shift)
            if place >= 0:
                return place - self._shift
            # A mark may begin in this piece and end in the next one.
            start = self._stop - len(mark) + 1
        return -1

    def has(self, mark: bytes, place: int) -> bool:
        """Return whether a mark is at a place."""
        if place < 0 or place + len(mark) > self.size:
            return False
        self._have(place, len(mark))
        return self._memory.startswith(mark, place + self._shift)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Return the text between two places, in parts that are not long."""
        while start < stop:
            self._have(start, 1)
            after = min(stop, self._stop)
            yield bytes(self._view[start + self._shift : after + self._shift])
            start = after

    def _have(self, place: int, count: int) -> None:
        """Bring the bytes from a place on into memory, if they are not there."""
        if self._start <= place and place + count <= self._stop:
            return
        self._start = place // PAGE * PAGE
        self._stop = min(self._start + self._room.size, self.size)
        self._shift = self._room.first - self._start
        self._reader.read_into(self._start, self._view[self._room.first : self._stop + self._shift])
