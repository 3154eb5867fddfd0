"""Images of several files that another process is saving: read again until they belong together.

A save replaces the voxels first and the header last. A program that reads in between has the old
header and new voxels: then the temporary file of the header is still there and that of the voxels
is not, or the header has changed once both files are open. The same goes for tracts and the files
of their values.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from volio.errors import HeaderError, ImageFileError, SourceChangedError
from volio.files.filemap import FileHolder
from volio.files.names import expanded
from volio.files.remote.addresses import is_address
from volio.files.sources.file_status import Signature, file_signature
from volio.files.sources.source import FileSource
from volio.files.sources.store import folder_identity

__all__ = ["read_folder", "read_together"]

TRIES = 100
PAUSE = 0.01  # seconds; putting a file in place takes far less
#: Nanoseconds by which times of files may be wrong: FAT counts in steps of two seconds.
CLOCK_STEP = 2 * 10**9
Image = TypeVar("Image")
Found = TypeVar("Found")


class SavedFiles(NamedTuple):
    """Files on disk that a save replaces one after the other.

    Attributes
    ----------
    part : str
        Of the file map: that of the last one.
    last : str
        Path of the file that is replaced last: the header, or that which others belong to.
    first : tuple of str
        Paths of those before it.
    is_saved_alone : bool
        Whether a save may replace the last one and leave the others.
    """

    part: str
    last: str
    first: tuple[str, ...]
    is_saved_alone: bool = False


def read_together(
    read: Callable[[], Image],
    file_map: Mapping[str, FileHolder],
    data_suffix: str = "",
    values: Sequence[str | os.PathLike[str]] = (),
) -> Image:
    """Read an image of files that belong together, also while another process saves it.

    Parameters
    ----------
    read : callable
        Opens the files and returns the image.
    file_map : mapping
        The files; 'header' and 'image' have names on this machine, or `read` is called once.
    data_suffix : str, optional
        Of an image in one file: what its name has after it where a second one has the values.
    values : sequence of str or path, optional
        Of an image in one file: files of its values, which a save may replace before it.

    Raises
    ------
    SourceChangedError
        If the files were replaced during each of a hundred tries.
    """
    folder = _folder(file_map)
    if folder is not None:
        return read_folder(read, folder)
    saved = _saved_files(file_map, data_suffix, values)
    if saved is None:
        return read()
    for _ in range(TRIES):
        holder = file_map[saved.part]
        before = _opened_signature(holder) or _signature(saved.last)
        try:
            image = read()
        except (ImageFileError, HeaderError):
            if _belong_together(saved, before):
                raise
        else:
            if _belong_together(saved, before):
                return image
        holder.source = None
        time.sleep(PAUSE)
    raise SourceChangedError(
        f"{saved.last}: is replaced again and again, so that its data may be of another image; "
        "load it when it is complete"
    )


def _folder(file_map: Mapping[str, FileHolder]) -> str | None:
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


def _saved_files(
    file_map: Mapping[str, FileHolder], data_suffix: str, values: Sequence[str | os.PathLike[str]]
) -> SavedFiles | None:
    """Return the files that a save replaces one after the other; None where it is one at most."""
    header = _path_of(file_map, "header")
    image = _path_of(file_map, "image")
    if image is None:
        return None
    if header is not None:
        return SavedFiles("header", header, (image,))
    if data_suffix:
        data = f"{image}{data_suffix}"
        has_data = os.path.exists(data)  # noqa: PTH110  faster
        return SavedFiles("image", image, (data,)) if has_data else None
    names = [os.fspath(value) for value in values if isinstance(value, str | os.PathLike)]
    paths = tuple(expanded(name) for name in names if not is_address(name))
    return SavedFiles("image", image, paths, is_saved_alone=True) if paths else None


def _path_of(file_map: Mapping[str, FileHolder], part: str) -> str | None:
    """Return the path of a part of an image; None where that is not a file on disk."""
    holder = file_map.get(part)
    if holder is None or holder.filename is None or holder.fileobj is not None:
        return None
    return None if is_address(holder.filename) else expanded(holder.filename)


def _belong_together(saved: SavedFiles, before: Signature | None) -> bool:
    """Return whether no save was between its files, now or since the last one was looked at."""
    # In this order: a file that is put in place after the first question is seen by the second.
    return not _is_between(saved) and _signature(saved.last) == before


def _is_between(saved: SavedFiles) -> bool:
    """Return whether a save has put one of the first files in place, and the last one not yet."""
    waiting = _temporary(saved.last)
    if not os.path.exists(waiting):  # noqa: PTH110  faster
        return False
    if not any(_is_placed(first, waiting, saved) for first in saved.first):
        return False
    from volio.files.saving.temporary import is_claimed  # most programs only read

    return is_claimed(waiting)


def _is_placed(first: str, waiting: str, saved: SavedFiles) -> bool:
    """Return whether one of the first files is that of the save whose last file is waiting."""
    if os.path.exists(_temporary(first)):  # noqa: PTH110  faster
        return False
    if not saved.is_saved_alone:
        return True
    # A save of the last file alone leaves the others as they were. One of all files renames the
    # first of them when the last one is complete, which changes their status.
    placed = _status(first)
    written = _status(waiting)
    if placed is None or written is None:
        return False
    changed = max(placed.st_ctime_ns, placed.st_mtime_ns)
    return changed >= written.st_mtime_ns - CLOCK_STEP


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
    status = _status(name)
    return None if status is None else file_signature(status)


def _status(name: str) -> os.stat_result | None:
    try:
        return os.stat(name)  # noqa: PTH116  faster
    except OSError:
        return None
