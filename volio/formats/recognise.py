"""Recognising the format of a file by what is in it and by its name."""

from __future__ import annotations

import re
from functools import cache

from volio.errors import (
    AmbiguousFormatError,
    DamagedFileError,
    ImageFileError,
    MissingPackageError,
    UnknownFormatError,
)
from volio.files.names import split_ending
from volio.formats import table
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import candidates, layouts, own_scheme
from volio.formats.peek import Peek
from volio.formats.signatures import SURE, UNREAD, UnreadFile

__all__ = ["is_image_folder", "recognise", "recognised"]

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
        told = f"{what}: looks like {unread.title}, which volio does not read"
        return f"{told} alone: {unread.instead}" if unread.instead else told
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
