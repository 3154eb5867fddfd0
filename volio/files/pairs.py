"""Images of several files that another process is saving: read again until they belong together.

A save replaces the voxels first and the header last. A program that reads in between has the old
header and new voxels: then the temporary file of the header is still there and that of the voxels
is not, or the header has changed once both files are open.
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
from volio.files.sources.store import folder_identity

__all__ = ["read_folder", "read_together"]

TRIES = 100
PAUSE = 0.01  # seconds; putting a file in place takes far less
Image = TypeVar("Image")
Found = TypeVar("Found")


def read_together(read: Callable[[], Image], file_map: FileMap, data_suffix: str = "") -> Image:
    """Read an image of two files that belong together, also while another process saves it.

    Parameters
    ----------
    read : callable
        Opens the files and returns the image.
    file_map : mapping
        The files; 'header' and 'image' have names on this machine, or `read` is called once.
    data_suffix : str, optional
        Of an image in one file: what its name has after it where a second one has the values.

    Raises
    ------
    SourceChangedError
        If the files were replaced during each of a hundred tries.
    """
    folder = _folder(file_map)
    if folder is not None:
        return read_folder(read, folder)
    names = _names(file_map)
    header_part = "header"
    if names is None and data_suffix:
        names = _with_data(file_map, data_suffix)
        header_part = "image"
    if names is None:
        return read()
    header, voxels = names
    for _ in range(TRIES):
        before = _opened_signature(file_map[header_part]) or _signature(header)
        try:
            image = read()
        except (ImageFileError, HeaderError):
            if _belong_together(header, voxels, before):
                raise
        else:
            if _belong_together(header, voxels, before):
                return image
        file_map[header_part].source = None
        time.sleep(PAUSE)
    raise SourceChangedError(
        f"{header}: is replaced again and again, so that its voxels may be of another image; "
        "load it when it is complete"
    )


def _folder(file_map: FileMap) -> str | None:
    """Return the path of an image that is a folder on disk; None where it is not one."""
    holder = file_map.get("image")
    if holder is None or len(file_map) > 1 or holder.source is not None:
        return None
    if holder.filename is None or holder.fileobj is not None or is_address(holder.filename):
        return None
    path = expanded(holder.filename)
    return None if folder_identity(path) is None else path


def read_folder(read: Callable[[], Found], folder: str) -> Found:
    """Read something from a folder that a save may exchange for another meanwhile.

    Parameters
    ----------
    read : callable
        Returns what is found, or raises an error of volio.
    folder : str

    Raises
    ------
    SourceChangedError
        If the folder was replaced during each of a hundred tries.
    """
    for _ in range(TRIES):
        before = folder_identity(folder)
        try:
            found = read()
        except (ImageFileError, HeaderError):
            if folder_identity(folder) == before:
                raise
        else:
            if folder_identity(folder) == before:
                return found
        time.sleep(PAUSE)
    raise SourceChangedError(
        f"{folder}: is replaced again and again, so that its parts may be of several images; load "
        "it when it is complete"
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


def _with_data(file_map: FileMap, suffix: str) -> tuple[str, str] | None:
    """Return the paths of a file and of that of its values; None where there are not two."""
    holder = file_map.get("image")
    if holder is None or holder.filename is None or holder.fileobj is not None:
        return None
    if is_address(holder.filename):
        return None
    name = expanded(holder.filename)
    data = f"{name}{suffix}"
    return (name, data) if os.path.exists(data) else None  # noqa: PTH110  faster


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
