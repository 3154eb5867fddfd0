"""Files that users name or have open, which stand where their content begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from volio.errors import DamagedFileError, ImageDataError, VolioError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source

__all__ = [
    "DamagedDataError",
    "begins_with",
    "data_errors",
    "holder_of",
    "position_kept",
    "start_of",
]


class DamagedDataError(ImageDataError, DamagedFileError):
    """A file of streamlines ends early or makes no sense: nibabel's programs catch DataError."""


@contextmanager
def data_errors() -> Iterator[None]:
    """Raise errors of damaged files as nibabel's programs expect them."""
    try:
        yield
    except DamagedFileError as error:
        raise DamagedDataError(str(error)) from error


def start_of(fileobj: Any) -> int:
    """Return where an open file stands; 0 for a name."""
    return int(fileobj.tell()) if hasattr(fileobj, "tell") else 0


def holder_of(fileobj: Any) -> FileHolder:
    """Return the holder of a name or of an open file from where it stands on."""
    if hasattr(fileobj, "read") or hasattr(fileobj, "write"):
        return FileHolder(fileobj=fileobj, pos=start_of(fileobj))
    return FileHolder(fileobj)


@contextmanager
def position_kept(fileobj: Any) -> Iterator[None]:
    """Let an open file stand at the end where it stood at the beginning."""
    start = start_of(fileobj)
    try:
        yield
    finally:
        if hasattr(fileobj, "seek"):
            fileobj.seek(start)


def begins_with(fileobj: Any, magic: bytes) -> bool:
    """Return whether a file, decompressed, begins with some bytes; False if it is not there."""
    with suppress(VolioError, OSError), position_kept(fileobj):
        return open_source(holder_of(fileobj)).read_upto(0, len(magic)) == magic
    return False
