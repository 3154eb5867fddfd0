"""File objects that belong to the user, as sources of bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from volio.errors import CorruptFileError, SourceChangedError, VolioError
from volio.files.sources.reader import PlainReader, Reader
from volio.files.sources.source import ByteSource, BytesSource
from volio.forks import fork_safe_lock

__all__ = ["StreamSource"]


class StreamSource(ByteSource):
    """A seekable binary file object that belongs to the user.

    It is locked for each read and left at the position where it was; it is never closed.
    Pickles as its bytes.

    Parameters
    ----------
    stream : binary file object
    start : int, optional
        Position in the stream that is offset 0; by default the current one.
    """

    def __init__(self, stream: BinaryIO, start: int | None = None) -> None:
        name = getattr(stream, "name", None)
        self.name = name if isinstance(name, str) else f"<{type(stream).__name__}>"
        self.stream = stream
        self.start = stream.tell() if start is None else start
        self._lock = fork_safe_lock()

    def open(self) -> Reader:
        """Return a reader over the stream."""
        return PlainReader(self.name, self._read_at)

    def is_in(self, where: Any) -> bool:
        """Return whether this is the file object."""
        return where is self.stream

    def size(self) -> int:
        """Return the number of bytes from the start position to the end."""
        return max(0, self._at(0, os.SEEK_END, self.stream.tell) - self.start)

    def most(self) -> int:
        """Return the number of bytes from the start position to the end."""
        return self.size()

    def __reduce__(self) -> tuple[Any, ...]:
        return BytesSource, (self.read_upto(0, self.size()), self.name)

    def _read_at(self, offset: int, view: memoryview) -> int:
        return self._at(self.start + offset, os.SEEK_SET, partial(_read_stream, self.stream, view))

    def _at(self, position: int, whence: int, act: Callable[[], int]) -> int:
        """Do something at another position of the stream and come back."""
        with self._lock:
            try:
                back = self.stream.tell()
                self.stream.seek(position, whence)
                try:
                    return act()
                finally:
                    self.stream.seek(back)
            except (VolioError, MemoryError):
                raise
            except Exception as error:
                # The object may be anything, a decompressing one too: its errors are its own.
                self._check_open()
                raise CorruptFileError(f"{self.name}: cannot be read: {error}") from error

    def _check_open(self) -> None:
        if getattr(self.stream, "closed", False):
            raise SourceChangedError(
                f"{self.name}: the file object was closed; keep it open while its image is in use"
            ) from None


def _read_stream(stream: Any, view: memoryview) -> int:
    if hasattr(stream, "readinto"):
        return stream.readinto(view) or 0
    data = stream.read(len(view)) or b""
    view[: len(data)] = data
    return len(data)
