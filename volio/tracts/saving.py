"""Files that lines are written to, which may be those that the lines come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write
from volio.tracts.sources import LineSource

__all__ = ["are_own_lines", "open_for_lines"]


@contextmanager
def open_for_lines(
    holders: Sequence[FileHolder], lines: LineSource, compression: str | int | None
) -> Iterator[list[Any]]:
    """Open files to write lines to; they are put in place together when all is written.

    Parameters
    ----------
    holders : sequence of FileHolder
        The last one is put in place last.
    lines : LineSource
        What is to be written: a file object that it comes from gets its bytes at the end.
    compression : {"fast", "balanced", "small"} or int, optional

    Yields
    ------
    list of objects with ``write``
        A stream for each.
    """
    file_objects = [holder.fileobj for holder in holders if holder.fileobj is not None]
    is_read = any(lines.is_in(each) for each in file_objects)
    with open_for_write(holders, compression, collect=is_read) as streams:
        yield streams


def are_own_lines(lines: LineSource, holder: FileHolder) -> bool:
    """Return whether lines come from the file on disk that they are written to.

    After the save they must be taken from there again: it is another file now.
    """
    return holder.filename is not None and lines.is_in(str(holder.filename))
