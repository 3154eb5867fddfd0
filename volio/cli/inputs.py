"""The files that the words of a command line stand for: names, patterns, folders, addresses."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from volio.errors import MissingFileError
from volio.files.names import existing_name, split_ending
from volio.formats.lookup import layouts
from volio.formats.recognise import is_image_folder

__all__ = ["Input", "find_inputs", "image_key", "split_name"]


class Input(NamedTuple):
    """A file to work on."""

    path: str
    name: str  # below the folder it was found in; else the name of the file alone


def find_inputs(
    words: Iterable[str], recursive: bool = False
) -> Iterator[Input | MissingFileError]:
    """Go through the files that words stand for.

    Parameters
    ----------
    words : iterable of str
        File names, http and https addresses, patterns that the shell has left as they are, and
        folders: one that is an image itself, as some formats keep them, counts as a file; others
        stand for the files in them that have an ending of a known format.
    recursive : bool
        Look into the folders of folders too.

    Yields
    ------
    Input or MissingFileError
        One for each image: files that belong together count once.
    """
    seen: set[str] = set()
    for word in words:
        for found in _expand(word, recursive):
            key = image_key(found.path) if isinstance(found, Input) else ""
            if not key or key not in seen:
                seen.add(key)
                yield found


def _expand(word: str, recursive: bool) -> Iterator[Input | MissingFileError]:
    path = os.path.expanduser(word)  # noqa: PTH111  addresses pass through
    if "://" in word or os.path.isfile(path):  # noqa: PTH113
        yield Input(path, path.rstrip("/").rpartition("/")[2])
    elif os.path.isdir(path) and is_image_folder(path):  # noqa: PTH112
        yield Input(path, os.path.basename(path.rstrip(os.sep)))  # noqa: PTH119
    elif os.path.isdir(path):  # noqa: PTH112
        yield from _images_in(Path(path), recursive)
    elif glob.has_magic(path):
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  the pattern may be absolute
        if not matches:
            yield MissingFileError(f"{word}: no file has such a name")
        for match in matches:
            yield from _expand(match, recursive)
    else:
        yield Input(path, os.path.basename(path))  # noqa: PTH119  loading says what is wrong


def _images_in(folder: Path, recursive: bool) -> Iterator[Input | MissingFileError]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield MissingFileError(f"{folder}: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if _may_be_image(entry):
            yield Input(str(entry), entry.name)
        elif recursive and entry.is_dir() and not entry.is_symlink():
            for found in _images_in(entry, recursive):
                if isinstance(found, Input):
                    found = found._replace(name=f"{entry.name}/{found.name}")
                yield found


def _may_be_image(entry: Path) -> bool:
    if entry.is_dir():
        return is_image_folder(str(entry))
    there = (
        entry.is_file() or entry.is_symlink()
    )  # of a link to nothing, loading says what is wrong
    return there and bool(split_name(entry.name)[1])


def split_name(name: str) -> tuple[str, str, str]:
    """Split a file name into stem, ending of a known format and compression."""
    return split_ending(name, {end for _, layout in layouts() for end in layout.endings})


def image_key(path: str) -> str:
    """Return what is the same for all files of an image, and for all names of a file."""
    if "://" in path:
        return path
    real = os.path.realpath(path)
    for _, layout in layouts():
        stem, ending, compression = split_ending(real, layout.endings)
        if ending and len(layout.files) > 1:
            return existing_name(f"{stem}{layout.files[0]}{compression}")
    return real
