"""Sources of bytes: read n bytes at an offset, from many threads, with no handle kept open."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from volio.caller import warn_caller
from volio.errors import (
    ImageFileError,
    LimitError,
    MissingFileError,
    SourceChangedError,
    UncheckedWarning,
)
from volio.files.sources.file_status import (
    Signature,
    access_of,
    file_signature,
    is_own_change,
)
from volio.files.sources.handles import borrow
from volio.files.sources.reader import GAP, PlainReader, Reader
from volio.settings import options

__all__ = [
    "HEAD",
    "ByteSource",
    "BytesSource",
    "FileSource",
    "Reader",
]

# Some systems refuse more than 2 GiB at once.
MOST_AT_ONCE = 1 << 30
# Beyond the end of any file; systems count bytes up to 2**63.
FARTHEST = 1 << 62
HEAD = 4096


class ByteSource(ABC):
    """Bytes that can be read at any offset.

    Each reading operation opens a `Reader` of its own, so one source serves many threads.

    Attributes
    ----------
    name : str
        For messages.
    gap : int
        Bytes between wanted ones that cost less to read than to skip.
    """

    name: str
    gap: int = GAP
    _head: bytes | None = None

    @abstractmethod
    def open(self) -> Reader:
        """Open a reader, to be used in a ``with`` statement.

        Raises
        ------
        SourceChangedError
            If the bytes are not those the source was made for.
        """

    @abstractmethod
    def size(self) -> int | None:
        """Return the number of (decompressed) bytes; None where only decoding can find it."""

    @abstractmethod
    def most(self) -> int:
        """Return a number of (decompressed) bytes that the source cannot exceed."""

    def usual_most(self) -> int:
        """Return a number of bytes that only a source made to fill memory exceeds.

        It bounds what is read without a header that says how much there is.
        """
        return self.most()

    def check_usual(self, reached: int, what: str) -> None:
        """Check that reading on, as far as the source goes, does not fill memory.

        Parameters
        ----------
        reached : int
            Bytes that were read.
        what : str
            What they are, for the message: ``"tracts"``.

        Raises
        ------
        LimitError
            If compressed bytes expand to far more than such data do.
        """
        most = self.usual_most()
        if reached > most:
            raise LimitError(
                f"{self.name}: decodes to more than {most} bytes, far more than {what} that take "
                "so little compressed: it may be made to fill memory. Decompress the file, and "
                "load that, if it is meant"
            )

    def read(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes from `offset` on, or raise TruncatedFileError."""
        with self.open() as reader:
            return reader.read(offset, count)

    def read_upto(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on, or fewer where the source ends."""
        with self.open() as reader:
            return reader.read_upto(offset, count)

    def read_into(self, offset: int, buffer: Any) -> None:
        """Fill a whole buffer with the bytes from `offset` on; see `Reader.read_into`."""
        with self.open() as reader:
            reader.read_into(offset, buffer)

    def is_in(self, where: Any) -> bool:
        """Return whether a path or a file object holds these bytes."""
        return False

    def head(self) -> bytes:
        """Return the first 4096 bytes, read once: what recognising and most headers need."""
        if self._head is None:
            self._head = self._read_head(HEAD)
        return self._head

    def identity(self) -> tuple[Hashable, Hashable] | None:
        """Return what identifies the source, and what changes with its bytes.

        None where other sources of the same bytes cannot be recognised.
        """
        return None

    def forget_head(self) -> None:
        """Let go of the first bytes; they are read again where they are wanted."""
        self._head = None

    def _read_head(self, count: int) -> bytes:
        return self.read_upto(0, count)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # it names where bytes are and never changes

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_head"}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class FileSource(ByteSource):
    """A regular file on disk, as it is at this moment.

    Size, time of change and inode are remembered; reading raises once they differ. Where only the
    time of change of its status does, and its links, permissions and owner do not say why, the
    first bytes are compared, and what cannot be known is warned of. Pickles as path and signature.

    Parameters
    ----------
    path : str or PathLike

    Raises
    ------
    MissingFileError
        If there is no such file.
    ImageFileError
        If it is a folder or another thing that cannot be read by offset.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        # Absolute, for the working folder may change before a later read.
        self._path = os.path.join(os.getcwd(), self.name)  # noqa: PTH109, PTH118  Path is slower
        try:
            status = os.stat(self._path)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFileError(f"{self.name}: no such file") from None
        if not stat.S_ISREG(status.st_mode):
            raise ImageFileError(f"{self.name}: is not a regular file")
        self._signature = file_signature(status)
        self._access = access_of(status)
        self._head_sum: tuple[int, int] | None = None  # number of the first bytes, and checksum
        self._was_read = False  # beyond them

    @property
    def path(self) -> Path:
        """Where the file is, absolute."""
        return Path(self._path)

    def open(self) -> Reader:
        """Open the file, if it is still the same."""
        file, close = self._open_file()
        self._was_read = True
        shares = hasattr(os, "preadv")
        return PlainReader(self.name, partial(_read_file, file), close, shares=shares)

    def read_into(self, offset: int, buffer: Any) -> None:
        """Fill a whole buffer with the bytes from `offset` on, mostly in one call of the system."""
        view = memoryview(buffer)
        file, close = self._open_file()
        self._was_read = True
        try:
            count = _read_file(file, offset, view)
        finally:
            close()
        if count < view.nbytes:  # the end of the file, or as much as the system gives at once
            super().read_into(offset, buffer)

    def read_upto(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on, or fewer where the source ends."""
        # A wrong count takes no memory: the file is not longer than it was.
        wanted = max(0, min(count, self.size() - offset))
        if not hasattr(os, "pread") or offset < 0 or not 0 < wanted <= MOST_AT_ONCE:
            return super().read_upto(offset, wanted)
        file, close = self._open_file()
        self._was_read |= offset + count > HEAD
        try:
            data = os.pread(file.fileno(), wanted, offset)
        finally:
            close()
        if len(data) < wanted:  # cut since it was opened, or as much as the system gives at once
            return super().read_upto(offset, wanted)
        return data

    def _open_file(self) -> tuple[FileIO, Callable[[], None]]:
        """Return the open file, if it is still the same, and what to call after the operation."""
        try:
            if options.keep_file_open:
                file, close = borrow(self._path)
            else:
                file = FileIO(self._path)
                close = file.close
        except FileNotFoundError:
            raise SourceChangedError(f"{self.name}: has vanished since it was opened") from None
        status = os.fstat(file.fileno())
        if file_signature(status) != self._signature:
            try:
                self._renew(file, status)
            except BaseException:  # a warning that is an error, too
                close()
                raise
        return file, close

    def _renew(self, file: FileIO, status: os.stat_result) -> None:
        """Take a new status for that of the same file, or raise an error."""
        found = file_signature(status)
        if found[:3] != self._signature[:3]:
            raise SourceChangedError(
                f"{self.name}: has changed since it was opened: size, time and inode were "
                f"{self._signature[:3]}, are {found[:3]}. Load it again."
            )
        if not _is_at(self._path, status):
            raise SourceChangedError(
                f"{self.name}: has changed since it was opened: another file is in its place now. "
                "Load it again."
            )
        is_explained = access_of(status) != self._access or is_own_change(found)
        if not is_explained and self._head_sum not in (None, _head_sum(_head_of(file))):
            raise SourceChangedError(
                f"{self.name}: has changed since it was opened: it was edited in place, and its "
                "time of change put back. Load it again."
            )
        self._signature = found
        self._access = access_of(status)
        if not is_explained and self._was_read:
            warn_caller(
                f"{self.name}: may have changed since it was opened: its status has (st_ctime), "
                "though not its size, time of change, links, permissions or owner. Load it again "
                "if it was edited in place and its time put back; renaming it and back, linking or "
                "touching it does the same, and no harm",
                UncheckedWarning,
            )

    def _read_head(self, count: int) -> bytes:
        head = super()._read_head(count)
        self._head_sum = _head_sum(head)
        return head

    def identity(self) -> tuple[str, Signature]:
        """Return path and signature of the file."""
        return self._path, self._signature

    def is_in(self, where: Any) -> bool:
        """Return whether a path is that of the file, or a file object has it open."""
        name = where if isinstance(where, (str, os.PathLike)) else getattr(where, "name", None)
        if not isinstance(name, (str, os.PathLike)):
            return False
        return os.path.realpath(name) == os.path.realpath(self._path)

    def size(self) -> int:
        """Return the size of the file."""
        return self._signature[0]

    def most(self) -> int:
        """Return the size of the file."""
        return self.size()


class BytesSource(ByteSource):
    """Bytes in memory.

    Parameters
    ----------
    data : bytes-like
        Kept, not copied.
    name : str, optional
    """

    def __init__(self, data: Any, name: str = "<bytes>") -> None:
        self.name = name
        self._view = memoryview(data).cast("B")

    def open(self) -> Reader:
        """Return a reader over the bytes."""
        return PlainReader(self.name, self._read_at, shares=True)

    def size(self) -> int:
        """Return the number of bytes."""
        return len(self._view)

    def most(self) -> int:
        """Return the number of bytes."""
        return self.size()

    def __reduce__(self) -> tuple[Any, ...]:
        return BytesSource, (bytes(self._view), self.name)

    def _read_at(self, offset: int, view: memoryview) -> int:
        part = self._view[offset : offset + len(view)]
        view[: len(part)] = part
        return len(part)


def _is_at(path: str, status: os.stat_result) -> bool:
    """Return whether a path still leads to a file that was opened, of this status."""
    try:
        return os.path.samestat(os.stat(path), status)  # noqa: PTH116
    except OSError:
        return False


def _head_of(file: FileIO) -> bytes:
    found = bytearray(HEAD)
    return bytes(found[: _read_file(file, 0, memoryview(found))])


def _head_sum(head: bytes) -> tuple[int, int]:
    return len(head), crc32(head)


def _read_file(file: FileIO, offset: int, view: memoryview) -> int:
    if offset > FARTHEST:
        return 0
    if view.nbytes > MOST_AT_ONCE:
        view = view[:MOST_AT_ONCE]
    if hasattr(os, "preadv"):  # leaves the position of the file alone: for many threads
        return os.preadv(file.fileno(), [view], offset)
    file.seek(offset)
    return int(file.readinto(view))
