"""Where keys of a new store are written: a folder, on a disk or not, or a zip file in a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, Self
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from volio.errors import ImageFileError
from volio.extras import need
from volio.files.remote.fsspec_time import errors_of_fsspec

__all__ = ["FolderTarget", "FsspecTarget", "KeyTarget", "ZipTarget"]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can have


class KeyTarget(Protocol):
    """What takes the bytes of keys, each once."""

    #: Whether keys may come from several threads, in any order.
    takes_any_order: bool

    def put(self, key: str, data: bytes) -> None:
        """Write the bytes of a key."""


class FolderTarget:
    """A new folder; it pickles, for other processes to write there too.

    Parameters
    ----------
    path : Path
        That exists and is empty.
    """

    takes_any_order = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = {path}
        self._lock = Lock()

    def put(self, key: str, data: bytes) -> None:
        """Write a file, and the folders that it is in."""
        file = self._path / key
        with self._lock:
            is_new = file.parent not in self._made
            self._made.add(file.parent)
            if is_new:
                file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def get(self, key: str) -> bytes | None:
        """Return the bytes of a key; None where there are none."""
        try:
            return (self._path / key).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        """Remove a key, if it is there."""
        (self._path / key).unlink(missing_ok=True)

    def __str__(self) -> str:
        return str(self._path)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._path,)


class FsspecTarget:
    """A folder below an address that fsspec can write to.

    Parameters
    ----------
    fs : fsspec.AbstractFileSystem
    path : str
        The folder in it.
    url : str
        For messages.
    """

    takes_any_order = True

    def __init__(self, fs: Any, path: str, url: str) -> None:
        self._fs = fs
        self._path = path.rstrip("/")
        self._url = url

    @classmethod
    @contextmanager
    def replacing(cls, url: str, marks: Sequence[str]) -> Iterator[Self]:
        """Give a new folder instead of an old one, which is removed first.

        After an exception nothing is left of the new one.

        Parameters
        ----------
        url : str
        marks : sequence of str
            Names of which a folder that may be replaced has one.

        Raises
        ------
        ImageFileError
            If there is another folder, or a file.
        RemoteError
            If the file system refuses.
        """
        with errors_of_fsspec(url):
            fs, path = need("fsspec.core", "remote").url_to_fs(url)
            target = cls(fs, path, url)
            target._remove_old(marks)
        try:
            yield target
        except BaseException:
            with suppress(Exception):
                fs.rm(path, recursive=True)
            raise

    def _remove_old(self, marks: Sequence[str]) -> None:
        """Remove what is there, first that which makes an image of it."""
        if self._fs.isfile(self._path):
            raise ImageFileError(f"{self._url}: is a file, and a folder is to be written")
        # Not all file systems know that a folder exists of which they have only the files.
        try:
            listed = self._fs.ls(self._path, False)
        except FileNotFoundError:
            return
        if not listed:
            return
        names = [each.rstrip("/").rpartition("/")[2] for each in listed]
        found = [mark for mark in marks if mark in names]
        if not found:
            needed = " or ".join(marks)
            raise ImageFileError(
                f"{self._url}: is a folder without {needed} in it, which is not replaced"
            )
        for mark in found:
            self._fs.rm_file(f"{self._path}/{mark}")
        self._fs.rm(self._path, recursive=True)

    def put(self, key: str, data: bytes) -> None:
        """Write a key."""
        path = f"{self._path}/{key}"
        with errors_of_fsspec(f"{self._url}/{key}"):
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, data)


class ZipTarget:
    """A zip file of stored members, to be used in a ``with`` statement, which writes its directory.

    Parameters
    ----------
    stream : binary file object
        With ``write`` and ``flush``; the zip file begins where it stands.
    """

    takes_any_order = False

    def __init__(self, stream: Any) -> None:
        self._stream = _Forward(stream)
        self._zip = ZipFile(self._stream, "w", ZIP_STORED)

    def put(self, key: str, data: bytes) -> None:
        """Write a member."""
        info = ZipInfo(key, EPOCH)
        info.external_attr = 0o644 << 16
        self._zip.writestr(info, data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        self._stream.is_open = kind is None  # after a failure nothing more is written
        self._zip.close()


class _Forward:
    """A stream that can only be written to: every stream gets the same bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.is_open = True

    def write(self, data: bytes, /) -> int:
        """Write bytes; return how many."""
        if self.is_open:
            self._stream.write(data)
        return len(data)

    def flush(self) -> None:
        """Flush the stream."""
        if self.is_open:
            self._stream.flush()

    def close(self) -> None:
        """Leave the stream open: it belongs to the caller."""
