"""Where keys of a new store are written: a folder, or a zip file in a stream."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any, Protocol, Self
from zipfile import ZIP_STORED, ZipFile, ZipInfo

__all__ = ["FolderTarget", "KeyTarget", "ZipTarget"]

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
