"""Stores: folders and what works like them, where a key leads to bytes.

A key is a path with ``/`` in it, relative to the store: ``"0/c/1/2/3"``.
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from volio.errors import ImageFileError, LimitError, MissingFileError, SourceChangedError
from volio.files.sources.file_status import file_signature

__all__ = ["LARGEST", "FolderStore", "Store", "check_key", "folder_identity", "span_of"]

LARGEST = 1 << 30  # bytes that one key may give at once

#: A pipe of this name would keep a reader waiting.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Store(ABC):
    """Bytes under keys. Any number of threads may read; pickles as where it is.

    Attributes
    ----------
    name : str
        Path or address, for messages.
    is_remote : bool
        Whether a request takes long, so that many are better under way at once.
    """

    name: str
    is_remote: bool = False

    @abstractmethod
    def get(self, key: str, start: int | None = None, stop: int | None = None) -> bytes | None:
        """Return the bytes of a key.

        Parameters
        ----------
        key : str
        start, stop : int, optional
            Range of bytes; fewer come where the value ends before. A negative `start` gives the
            last bytes.

        Returns
        -------
        bytes or None
            None where there is no such key. Every other failure is an error.

        Raises
        ------
        ImageFileError
            If the key leads out of the store, or its bytes cannot be read.
        LimitError
            If more than 1 GiB are asked for.
        """

    @abstractmethod
    def names(self, prefix: str = "") -> tuple[str, ...] | None:
        """Return the names directly under a key, sorted; None where they cannot be listed."""

    @abstractmethod
    def identity(self) -> Hashable:
        """Return what identifies the store, in this process and those it is sent to."""

    def is_in(self, where: Any) -> bool:
        """Return whether a path or an address is that of the store."""
        return isinstance(where, str) and where.rstrip("/") == self.name.rstrip("/")

    def signature(self, key: str) -> Hashable:
        """Return what changes with the bytes of a key; None where only reading can find it."""
        return None

    def is_changed(self, before: Hashable, after: Hashable) -> bool:
        """Return whether two signatures are surely of other bytes."""
        return before != after

    def check(self) -> None:  # noqa: B027  folders and servers have nothing to check as a whole
        """Raise an error of volio if the store is not the one that was opened."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


def folder_identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Return what distinguishes a folder from one that takes its place; None where there is none.

    Parameters
    ----------
    path : str or PathLike
    """
    try:
        status = os.stat(path)  # noqa: PTH116  faster
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None


def check_key(key: str, store: str, *, may_lead_out: bool = False) -> None:
    """Refuse a key that could lead out of its store.

    Parameters
    ----------
    key : str
    store : str
        Name of the store, for the message.
    may_lead_out : bool
        Take ``..`` as a part.

    Raises
    ------
    ImageFileError
        If a part of the key is empty, ``.`` or ``..``, or has a character that separates parts on
        some system.
    """
    parts = key.split("/")
    refused = ("", ".") if may_lead_out else ("", ".", "..")
    if any(part in refused for part in parts) or any(char in key for char in "\\:\0"):
        raise ImageFileError(f"{store}: {key!r} is not a key inside it: refused")


def span_of(size: int, start: int | None, stop: int | None, what: str) -> tuple[int, int]:
    """Return the range of bytes that is meant, inside a value of `size` bytes.

    Parameters
    ----------
    size : int
    start, stop : int or None
        As for `Store.get`.
    what : str
        For the message.

    Raises
    ------
    LimitError
        If it is longer than 1 GiB.
    """
    first = 0 if start is None else start
    if first < 0:
        first += size
    last = size if stop is None else stop
    low = min(max(first, 0), size)
    high = max(low, min(last, size))
    if high - low > LARGEST:
        raise LimitError(f"{what}: {high - low} bytes at once, at most {LARGEST} are read")
    return low, high


class FolderStore(Store):
    """A folder: the keys are its files. Links are followed: git-annex keeps data elsewhere.

    Parameters
    ----------
    path : str or PathLike
    allow_external : bool
        Take keys that lead out of the folder, too.

    Raises
    ------
    MissingFileError, ImageFileError
        If there is no such folder.
    """

    def __init__(self, path: str | os.PathLike[str], *, allow_external: bool = False) -> None:
        self.name = os.fspath(path)
        self.allow_external = allow_external
        # Absolute and without links, for the working folder may change before a later read.
        self._root = os.path.realpath(path)
        if not os.path.isdir(self._root):  # noqa: PTH112  Path.is_dir raises for names too long
            if not os.path.lexists(self._root):
                raise MissingFileError(f"{self.name}: no such folder")
            raise ImageFileError(f"{self.name}: is a file, a folder is needed")
        self._folder = folder_identity(self._root)

    @property
    def path(self) -> Path:
        """Where the folder is, absolute."""
        return Path(self._root)

    def get(self, key: str, start: int | None = None, stop: int | None = None) -> bytes | None:
        """Return the bytes of a file; see `Store.get`."""
        path = self._path_of(key)
        try:
            handle = os.open(path, FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(key, error) from error
        try:
            return self._read(handle, key, start, stop)
        except OSError as error:
            if isinstance(error, ImageFileError):
                raise
            raise self._unreadable(key, error) from error
        finally:
            os.close(handle)

    def _read(self, handle: int, key: str, start: int | None, stop: int | None) -> bytes | None:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            return None
        if not stat.S_ISREG(status.st_mode):
            raise ImageFileError(f"{self.name}: {key}: is not a regular file")
        low, high = span_of(status.st_size, start, stop, f"{self.name}: {key}")
        pieces = []
        os.lseek(handle, low, os.SEEK_SET)
        while low < high and (piece := os.read(handle, high - low)):
            pieces.append(piece)
            low += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def file_path(self, key: str) -> Path:
        """Return the path of a key, which may not be there.

        Raises
        ------
        ImageFileError
            If it leads out of the folder.
        """
        return Path(self._path_of(key))

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names in a folder, sorted; none where there is no such folder."""
        path = self._path_of(prefix) if prefix else self._root
        try:
            return tuple(sorted(os.listdir(path)))  # noqa: PTH208  names, not paths
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise self._unreadable(prefix, error) from error

    def identity(self) -> Hashable:
        """Return the path of the folder, without links."""
        return self._root

    def check(self) -> None:
        """Raise an error if the folder was replaced by another, as saves do."""
        found = folder_identity(self._root)
        if found != self._folder:
            state = "has been replaced by another folder" if found else "has vanished"
            raise SourceChangedError(f"{self.name}: {state} since it was opened. Load it again.")

    def signature(self, key: str) -> Hashable:
        """Return size, times of change and inode of a file; None where there is none."""
        try:
            status = os.stat(f"{self._root}/{key}")  # noqa: PTH116
        except OSError:
            return None
        return file_signature(status)

    def is_changed(self, before: Hashable, after: Hashable) -> bool:
        """Return whether size, time of change or inode differ: that of the status is not sure."""
        if isinstance(before, tuple) and isinstance(after, tuple):
            return before[:3] != after[:3]
        return before != after

    def _path_of(self, key: str) -> str:
        """Return the path of a key."""
        check_key(key, self.name, may_lead_out=self.allow_external)
        return f"{self._root}/{key}"

    def _unreadable(self, key: str, error: OSError) -> ImageFileError:
        return ImageFileError(f"{self.name}: {key}: cannot be read: {error.strerror}")
