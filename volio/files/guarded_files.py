"""File objects for libraries written in C, which take short reads and errors in bad part."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource

__all__ = ["GuardedReader", "GuardedWriter"]


class GuardedReader(SourceFile):
    """A file object over a source whose reads are complete; parameters are those of `SourceFile`.

    A library that does not look at how much was read would take what is missing for zeros.
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__(source)
        # Found now, though it may take decoding everything: a library that asks for it after a
        # read has failed calls with that error set, and from Python 3.13 on no object can be made.
        with SourceFile(source) as other:
            self._size = other.seek(0, os.SEEK_END)

    def readinto(self, buffer: Any) -> int:
        """Fill all of a buffer.

        Raises
        ------
        OSError
            If the source ends before.
        """
        count = super().readinto(buffer)
        if count < len(buffer):
            raise OSError(f"ends at byte {self.tell()}, {len(buffer) - count} more are needed")
        return count

    def _end(self) -> int:
        """Return the size."""
        return self._size


class GuardedWriter(io.RawIOBase):
    """A file object out of which no error comes while a library uses it that crashes on one.

    The first error, as of a full disk, is kept for `check`; what is written after it is lost.

    Parameters
    ----------
    file : binary file object
    """

    def __init__(self, file: Any) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self._file = file
        self._position = 0
        self._size = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position, from the beginning or the end."""
        start = self._size if whence == os.SEEK_END else 0
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, with zeros after an error."""
        self._attempt(self._file.readinto, buffer)
        if self.error is not None:
            buffer[:] = bytes(len(buffer))
        return len(buffer)

    def write(self, data: Any) -> int:
        """Write all of a buffer."""
        self._size = max(self._size, self._position + len(data))
        self._attempt(self._file.write, data)
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        self._size = self._position if size is None else size
        self._attempt(self._file.truncate, size)
        return self._size

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error

    def _attempt(self, act: Callable[[Any], object], argument: Any) -> None:
        if self.error is not None:
            return
        try:
            self._file.seek(self._position)
            act(argument)
        except BaseException as error:
            self.error = error
