"""Targets of a save: where bytes are written, and how they become the file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from volio.errors import UsageError
from volio.files.saving.chunk_layout import ChunkLayout

__all__ = ["MOST_AT_ONCE", "CollectedStream", "LentStream", "Target"]

MOST_AT_ONCE = 1 << 30  # some systems refuse more than 2 GiB
MOST_IN_MEMORY = 1 << 22


class Target(ABC):
    """A stream of bytes on its way to a file.

    First all is written, then `finish` makes it complete, then `place` puts it where it belongs.
    `discard` at the end removes what is left of it, whatever happened before.
    """

    def __init__(self) -> None:
        self._position = 0

    def write(self, data: Any) -> int:
        """Write all of a buffer (copied if it is not C-contiguous); return how many bytes."""
        view = memoryview(data)
        todo = _as_bytes(view)
        while todo:
            todo = todo[self._put(todo[:MOST_AT_ONCE]) :]
        self._position += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._position

    def flush(self) -> None:  # noqa: B027  most targets have nothing to do
        """Do nothing: nothing is held back."""

    def lay_out(self, layout: ChunkLayout) -> None:  # noqa: B027  most targets have nothing to do
        """Do nothing: bytes are stored in the order in which they come."""

    @abstractmethod
    def _put(self, view: memoryview) -> int:
        """Write some of the bytes; return how many."""

    @abstractmethod
    def finish(self) -> None:
        """Make what was written complete."""

    def place(self) -> None:  # noqa: B027  most targets have nothing to do
        """Put the complete file in place."""

    def is_placed(self) -> bool:
        """Return whether the complete file is in place."""
        return True

    def take_back(self) -> None:  # noqa: B027  most targets have nothing to do
        """Undo `place` as far as possible."""

    def discard(self) -> None:  # noqa: B027  most targets have nothing to do
        """Remove temporary files; the target stays."""


class LentStream(Target):
    """A file object that belongs to the user: written in place, flushed, never closed.

    Parameters
    ----------
    stream : binary file object
    position : int
        Where to write; used only when the stream can seek.
    """

    def __init__(self, stream: Any, position: int) -> None:
        super().__init__()
        _check_writable(stream)
        self._stream = stream
        if _can_seek(stream):
            stream.seek(position)

    def _put(self, view: memoryview) -> int:
        done = self._stream.write(view)
        return len(view) if done is None else int(done)

    def finish(self) -> None:
        """Flush the stream."""
        if hasattr(self._stream, "flush"):
            self._stream.flush()


class CollectedStream(LentStream):
    """A file object that is read from while it is written to: it gets all bytes at the end.

    Parameters
    ----------
    stream : binary file object
    position : int
        As for `LentStream`.
    """

    def __init__(self, stream: Any, position: int) -> None:
        from tempfile import SpooledTemporaryFile  # rarely needed, and not quick to import

        super().__init__(stream, position)
        self._start = position
        self._bytes = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  closed by discard

    def _put(self, view: memoryview) -> int:
        return self._bytes.write(view)

    def finish(self) -> None:
        """Write all that was collected to the stream."""
        from shutil import copyfileobj

        self._bytes.seek(0)
        if _can_seek(self._stream):
            self._stream.seek(self._start)
        copyfileobj(self._bytes, self._stream, MOST_IN_MEMORY)
        super().finish()

    def discard(self) -> None:
        """Let go of what was collected."""
        self._bytes.close()


def _as_bytes(view: memoryview) -> memoryview:
    if view.c_contiguous and view.nbytes:
        return view.cast("B")
    return memoryview(view.tobytes())


def _can_seek(stream: Any) -> bool:
    return hasattr(stream, "seek") and (not hasattr(stream, "seekable") or stream.seekable())


def _check_writable(stream: Any) -> None:
    if hasattr(stream, "encoding"):
        raise UsageError("fileobj: is open for text; open it in binary mode ('wb')")
    if not hasattr(stream, "write") or (hasattr(stream, "writable") and not stream.writable()):
        raise UsageError(f"fileobj: {type(stream).__name__} cannot be written to")
