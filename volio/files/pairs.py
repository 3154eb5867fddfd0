"""Images of several files that another process is saving: read again until they belong together.

A save replaces the voxels first and the header last. Whoever reads in between has the old header
and new voxels: then the temporary file of the header is still there and that of the voxels is not,
or the header has changed once both files are open.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from volio.errors import HeaderError, ImageFileError, SourceChangedError
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import expanded
from volio.files.remote.addresses import is_address
from volio.files.sources.file_status import Signature, file_signature
from volio.files.sources.source import FileSource

__all__ = ["read_together"]

TRIES = 100
PAUSE = 0.01  # seconds; putting a file in place takes far less
Image = TypeVar("Image")


def read_together(read: Callable[[], Image], file_map: FileMap) -> Image:
    """Read an image of two files that belong together, also while another process saves it.

    Parameters
    ----------
    read : callable
        Opens the files and returns the image.
    file_map : mapping
        The files; 'header' and 'image' have names on this machine, or `read` is called once.

    Raises
    ------
    SourceChangedError
        If the files were replaced during each of a hundred tries.
    """
    names = _names(file_map)
    if names is None:
        return read()
    header, voxels = names
    for _ in range(TRIES):
        before = _opened_signature(file_map["header"]) or _signature(header)
        try:
            image = read()
        except (ImageFileError, HeaderError):
            if _belong_together(header, voxels, before):
                raise
        else:
            if _belong_together(header, voxels, before):
                return image
        file_map["header"].source = None
        time.sleep(PAUSE)
    raise SourceChangedError(
        f"{header}: is replaced again and again, so that its voxels may be of another image; "
        "load it when it is complete"
    )


def _names(file_map: FileMap) -> tuple[str, str] | None:
    """Return the paths of the header and the voxels; None where these are not two files on disk."""
    names = []
    for part in ("header", "image"):
        holder = file_map.get(part)
        if holder is None or holder.filename is None or holder.fileobj is not None:
            return None
        if is_address(holder.filename):
            return None
        names.append(expanded(holder.filename))
    return names[0], names[1]


def _belong_together(header: str, voxels: str, before: Signature | None) -> bool:
    """Return whether no save was between its two files, now or since the header was looked at."""
    # In this order: a header that is put in place after the first question is seen by the second.
    return not _is_between(header, voxels) and _signature(header) == before


def _is_between(header: str, voxels: str) -> bool:
    """Return whether a save has put the voxels in place, and the header not yet."""
    waiting = _temporary(header)
    if not os.path.exists(waiting) or os.path.exists(_temporary(voxels)):  # noqa: PTH110  faster
        return False
    from volio.files.saving.temporary import is_claimed  # most programs only read

    return is_claimed(waiting)


def _temporary(name: str) -> str:
    """Return the name of the first temporary file of a save, which follows links."""
    from volio.files.saving.temporary_names import temporary_name  # most images are one file

    real = os.path.realpath(name) if os.path.islink(name) else name  # noqa: PTH114  faster
    folder, base = os.path.split(real)
    return os.path.join(folder, temporary_name(base, 0))  # noqa: PTH118  faster


def _opened_signature(holder: FileHolder) -> Signature | None:
    """Return the signature of a file when it was opened; None if it is to be opened now."""
    if isinstance(holder.source, FileSource):
        return holder.source.identity()[1]
    holder.source = None  # of a compressed one it is not known
    return None


def _signature(name: str) -> Signature | None:
    try:
        status = os.stat(name)  # noqa: PTH116  faster
    except OSError:
        return None
    return file_signature(status)
