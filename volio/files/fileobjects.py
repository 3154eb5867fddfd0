"""File objects as programs expect them: over a source, and one whose close commits."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Self, cast

from volio.errors import UsageError
from volio.files.codecs.presets import Compression
from volio.files.opener import Holder, open_for_write, open_source
from volio.files.sources.reader import Reader
from volio.files.sources.source import HEAD, ByteSource

__all__ = ["HeldFile", "SavingFile", "SourceFile", "open_file"]


class SourceFile(io.RawIOBase):
    """A readable, seekable file object over a source.

    Parameters
    ----------
    source : ByteSource
    """

    def __init__(self, source: ByteSource) -> None:
        self.name = source.name
        self._source = source
        self._reader: Reader | None = None
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes; return how many."""
        view = memoryview(buffer).cast("B")
        head = self._source.head()
        if self._position + len(view) <= len(head) or len(head) < HEAD:  # all there is
            part = head[self._position : self._position + len(view)]
            got = len(part)
            view[:got] = part
        else:
            self._reader = self._reader or self._source.open()
            got = self._reader.fill(self._position, view)
        self._position += got
        return got

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position; from the end this may decode everything."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        start = self._end() if start is None else start
        if start + offset < 0:
            raise UsageError(f"{self.name}: cannot seek to byte {start + offset}")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def close(self) -> None:
        """Close the reader."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        super().close()

    def _end(self) -> int:
        size = self._source.size()
        if size is not None:
            return size
        while self.read(1 << 20):
            pass
        return self._position


class SavingFile:
    """A file object for writing whose `close` puts the new file in place of the old one.

    Left by an exception in a ``with`` statement, or never closed, the old file stays.

    Parameters
    ----------
    holder : FileHolder
    compression : {"fast", "balanced", "small"} or int, optional
    """

    def __init__(self, holder: Holder, compression: Compression = None) -> None:
        self._saving = open_for_write([holder], compression)
        (self._stream,) = self._saving.__enter__()
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes; return how many."""
        return self._stream.write(data)

    def tell(self) -> int:
        """Return how many (uncompressed) bytes were written."""
        return self._stream.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Write zeros up to a position, which must not be before the present one.

        Raises
        ------
        io.UnsupportedOperation
            If the position has been written already, or is counted from the end.
        """
        here = self.tell()
        ahead = offset if whence == os.SEEK_CUR else offset - here
        if ahead < 0 or whence == os.SEEK_END:
            raise io.UnsupportedOperation(f"file being saved: at byte {here}, cannot seek back")
        while ahead:
            ahead -= self.write(bytes(min(ahead, 1 << 20)))
        return self.tell()

    def flush(self) -> None:
        """Do what the stream does, which is mostly nothing."""
        self._stream.flush()

    def close(self) -> None:
        """Put the file in place; closing twice is fine."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        if not self.closed:
            self.closed = True
            self._saving.__exit__(*raised)


class HeldFile:
    """A file object that is only closed, at the end of a ``with`` statement, if it was opened here.

    In all else it is the file object.

    Parameters
    ----------
    fileobj : binary file object
    mine : bool
        Whether it was opened here; otherwise it belongs to the user.
    """

    def __init__(self, fileobj: BinaryIO, mine: bool) -> None:
        self.fobj = fileobj
        self.me_opened = mine

    def close(self) -> None:
        """Close the file object if it was opened here."""
        if self.me_opened:
            self.fobj.close()

    close_if_mine = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["fobj"], name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.fobj)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        if self.me_opened:
            self.fobj.__exit__(*raised)


def open_file(holder: Holder, mode: str = "rb", compression: Compression = None) -> BinaryIO:
    """Open a file object on what a holder names.

    Parameters
    ----------
    holder : FileHolder
    mode : {"rb", "wb"}, optional
        For reading, decompressing by content; for writing, compressing by name.
    compression : {"fast", "balanced", "small"} or int, optional

    Returns
    -------
    binary file object
    """
    if mode in ("rb", "r"):
        return cast("BinaryIO", io.BufferedReader(SourceFile(open_source(holder))))
    if mode in ("wb", "w"):
        return cast("BinaryIO", SavingFile(holder, compression))
    raise UsageError(f"mode: must be 'rb' or 'wb', got {mode!r}")
