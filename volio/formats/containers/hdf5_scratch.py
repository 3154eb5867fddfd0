"""The file that h5py writes an image to, before it is copied to the target."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

__all__ = ["Scratch"]


class Scratch(io.RawIOBase):
    """A nameless file for h5py, which crashes where an error comes out of what it writes to.

    So the first error, as of a full disk, is kept, nothing more is written, and whoever has
    written asks `check`.

    Parameters
    ----------
    folder : Path or None
        Where it is; None for the system's folder of such files.
    """

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  closed with this one
        self._position = self._size = 0
        self.error: BaseException | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; with zeros after an error."""
        view = memoryview(buffer).cast("B")
        got = self._try(lambda: os.preadv(self._file.fileno(), [view], self._position), len(view))
        self._position += got
        return got

    def write(self, data: Any) -> int:
        """Write all of a buffer, or nothing after an error; return its length either way."""
        view = memoryview(data).cast("B")
        start, self._position = self._position, self._position + len(view)
        self._size = max(self._size, self._position)
        self._try(lambda: self._write(view, start), 0)
        return len(view)

    def _write(self, view: memoryview, start: int) -> int:
        done = 0
        while done < len(view):
            done += os.pwrite(self._file.fileno(), view[done:], start + done)
        return done

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file."""
        self._size = self._position if size is None else size
        self._try(lambda: self._file.truncate(self._size), 0)
        return self._size

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()

    def check(self) -> None:
        """Raise the error that was kept."""
        if self.error is not None:
            raise self.error

    def _try(self, act: Callable[[], int], instead: int) -> int:
        if self.error is None:
            try:
                return act()
            except BaseException as error:
                self.error = error
        return instead
