"""Recognising the format of a file by what is in it and by its name; which files an image has."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, partial
from typing import Any

from volio.errors import (
    AmbiguousFormatError,
    DamagedFileError,
    ImageFileError,
    MissingFileError,
    MissingPackageError,
    UnknownFormatError,
)
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import existing_name, is_there, split_ending
from volio.files.opener import open_source
from volio.files.pairs import read_folder
from volio.files.remote.addresses import is_address, is_url
from volio.files.sources.source import ByteSource
from volio.files.sources.store import folder_identity
from volio.formats import table
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import candidates, format_named, is_of_several, layouts, own_scheme
from volio.formats.peek import Peek
from volio.formats.signatures import SURE, UNREAD, UnreadFile
from volio.images.file_image import FileImage

__all__ = ["file_map_of", "find_format", "is_image_folder", "recognise", "recognised"]

Found = list[tuple[Format, FileLayout]]


def recognise(peek: Peek) -> tuple[Format, FileLayout]:
    """Find the format of a file or folder; what is in it counts for more than its name.

    Parameters
    ----------
    peek : Peek
        Of the file with the header.

    Returns
    -------
    Format, FileLayout

    Raises
    ------
    ImageFileError
        If it is a folder that no format takes.
    UnknownFormatError
        If no format recognises the file.
    AmbiguousFormatError
        If several recognise it equally well.
    """
    found = recognised(peek)
    if not found and peek.is_folder:
        raise ImageFileError(f"{peek.name}: is a folder, a file is needed")
    if not found:
        raise UnknownFormatError(_unknown(peek))
    if len({known.name for known, _ in found}) > 1:
        titles = " and ".join(known.title for known, _ in found)
        raise AmbiguousFormatError(f"{peek.name}: looks like {titles}; say which with format=")
    return found[0]


def recognised(peek: Peek) -> Found:
    """Return the formats and layouts that fit a file or folder best: none, one, or equals.

    Layouts that only a name speaks for come after all that recognise what is in the file, and
    after the kinds of files that are known but not read.
    """
    found, score = _best(peek, by_name=False)
    if score < SURE and _unread_beginning(peek.head):
        return []
    return found or _best(peek, by_name=True)[0]


def _best(peek: Peek, by_name: bool) -> tuple[Found, int]:
    """Return the layouts with the highest score above 0, and that score."""
    best = 1
    found: Found = []
    first = peek.head[0] if peek.head else None
    compared = candidates(by_name, peek.is_folder, first)
    if scheme := own_scheme(peek.name):
        compared = tuple([each for each in compared if scheme in each[1].schemes])
    for known, layout in compared:
        if by_name and not layout.named_like(peek.name):
            continue
        score = layout.score(peek)
        if score > best:
            best = score
            found = []
        if score == best:
            found.append((known, layout))
    return _better_named(_seen_inside(found, peek), peek.name), best


def _seen_inside(found: Found, peek: Peek) -> Found:
    """Return those of equally good layouts that fit what is further inside the file.

    All of them, where it cannot be looked into.
    """
    if len(found) < 2 or not any(layout.inside for _, layout in found):
        return found
    try:
        fitting = [(row, layout) for row, layout in found if layout.inside and layout.inside(peek)]
    except (DamagedFileError, MissingPackageError):
        return found
    return fitting or [(row, layout) for row, layout in found if not layout.inside]


def _better_named(found: Found, name: str) -> Found:
    """Return those of equally good layouts that the name fits, if there are any."""
    if len(found) < 2:
        return found
    return [(known, layout) for known, layout in found if layout.named_like(name)] or found


def is_image_folder(path: str) -> bool:
    """Return whether a folder is an image, for a format that keeps images in folders."""
    if not any(layout.folder for _, layout in layouts()):
        return False
    try:
        return bool(recognised(Peek.at_folder(path)))
    except ImageFileError:  # the caller that lists the folder raises it
        return False


def _unread_beginning(head: bytes) -> UnreadFile | None:
    """Return what a file is that volio does not read, by its first bytes."""
    for kind in UNREAD:
        if kind.start and _compiled(kind.start).match(head) and not _is_read(kind.format):
            return kind
    return None


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


def _unread_ending(name: str) -> UnreadFile | None:
    """Return what a file is that volio does not read, by its name."""
    kinds = {kind.ending: kind for kind in UNREAD if kind.ending and not _is_read(kind.format)}
    return kinds.get(split_ending(name, kinds)[1].lower())


def _is_read(format: str) -> bool:
    return any(known.name == format for known in table.FORMATS)


def _unknown(peek: Peek) -> str:
    what = peek.name or "data"
    if unread := _unread_beginning(peek.head) or _unread_ending(peek.name):
        problem = f"{what}: looks like {unread.title}, which volio does not read"
        return f"{problem} alone: {unread.instead}" if unread.instead else problem
    shown = f"the first bytes are {peek.head[:8].hex(' ')}" if peek.head else "the file is empty"
    return f"{what}: no format of volio recognises it: {shown}{_hint(peek.name)}"


def _hint(name: str) -> str:
    """Return which formats the name would be right for."""
    named = [(known.title, layout) for known, layout in layouts() if layout.named_like(name)]
    if not named:
        return ""
    titles = ", ".join(dict.fromkeys(title for title, _ in named))
    alone = [layout.files[0] for _, layout in named if split_ending(name, layout.files[1:])[1]]
    missing = f"; the {alone[0]} file that belongs to it is not there" if alone else ""
    return f"; the name is one of {titles}{missing}"


def find_format(where: object, format: str | None) -> tuple[Format, FileLayout, Peek]:
    """Return the format and layout of a file or folder, and what was seen of it.

    Parameters
    ----------
    where : str, bytes, binary file object or ByteSource
        A str is the path or address of any file of an image, or of a folder.
    format : str or None
        Name of the format; None for that which recognises it.

    Raises
    ------
    UnknownFormatError, ImageFileError
        As for `recognise`, or if the file is not there.
    """
    if isinstance(where, str) and not is_address(where) and folder_identity(where) is not None:
        # A save may exchange the folder while it is looked at, and remove the old one.
        return read_folder(partial(_find_format, where, format), where)
    return _find_format(where, format)


def _find_format(where: object, format: str | None) -> tuple[Format, FileLayout, Peek]:
    peek = _peek_at(where)
    if format is None:
        return (*recognise(peek), peek)
    known = format_named(format)
    usable = [layout for layout in known.layouts if layout.folder or not peek.is_folder]
    if not usable:
        peek.source.head()  # raises: it is a folder
    best = max(usable, key=lambda layout: (layout.score(peek), layout.named_like(peek.name)))
    return known, best, peek


def _peek_at(where: Any) -> Peek:
    """Look at the file with the header, for any file of an image, or at a folder."""
    if not isinstance(where, str):
        return Peek("", open_source(where))
    if is_address(where):
        return _peek_at_address(where)
    try:
        return Peek(where, _header_source(where))
    except ImageFileError:
        if not os.path.isdir(where):  # noqa: PTH112  Path.is_dir raises for names too long
            raise
    return Peek.at_folder(where)


def _peek_at_address(address: str) -> Peek:
    """Look at a file on a server, or below an address that has none, or only a web page."""
    if own_scheme(address):
        return Peek.at_folder(address)
    try:
        file = Peek(address, _header_source(address))
    except ImageFileError as error:
        if is_url(address) and getattr(error, "status", None) is None:  # the server gave no answer
            raise
        folder = Peek.at_folder(address)
        if not recognised(folder):
            raise
        return folder
    if recognised(file):
        return file
    # Many servers answer with a page that lists the folder.
    folder = Peek.at_folder(address)
    return folder if recognised(folder) else file


def _header_source(name: str) -> ByteSource:
    """Open the file with the header, for the name of any file of an image."""
    if not is_of_several(name):
        return open_source(name)
    given_is_there = is_there(name)
    for stated in _header_names(name):
        header = existing_name(stated) if given_is_there else stated
        if header == name:
            break
        if is_address(header):  # what a server has is only seen by asking
            with suppress(MissingFileError):
                return open_source(header)
        elif is_there(header):
            return open_source(header)
    return open_source(name)


def _header_names(name: str) -> Iterator[str]:
    """Go through the names that the header can have, for any file of an image, each once."""
    found: set[str] = set()
    for known, layout in layouts():
        if len(layout.files) > 1 and layout.named_like(name):
            file_map = known.image_class(layout).filespec_to_file_map(name)
            header = str(file_map["header"].filename)
            if header not in found:
                found.add(header)
                yield header


def file_map_of(where: object, layout: FileLayout, cls: type[FileImage], peek: Peek) -> FileMap:
    """Return the file map of an image: by the names of its files, or around a source.

    Parameters
    ----------
    where : object
        As for `find_format`, which gives the others.
    layout : FileLayout
    cls : type of FileImage
    peek : Peek

    Raises
    ------
    ImageFileError
        If there are no names, and the image is in several files.
    """
    name = where if isinstance(where, str) else None
    if len(layout.files) == 1:
        holder = FileHolder(fileobj=peek.source) if name is None else FileHolder(filename=name)
        file_map = {cls.files_types[0][0]: holder}
    elif name is not None:
        file_map = cls.existing_file_map(name)
    else:
        raise ImageFileError(
            f"{peek.source.name}: is the header of a pair; load it by its name, or with "
            f"{cls.__name__}.from_file_map"
        )
    if name is not None and not peek.is_folder:
        _hand_over(file_map, peek.source)
    return file_map


def _hand_over(file_map: FileMap, source: ByteSource) -> None:
    """Let a file that has been opened already not be opened again."""
    for holder in file_map.values():
        name = str(holder.filename)
        if name == source.name or (is_address(name) and source.is_in(name)):
            holder.source = source
