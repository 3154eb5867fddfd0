"""The files that a command line names: paths, patterns, folders, addresses, standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from volio.cli.console.streams import STREAM
from volio.errors import MissingFileError
from volio.files.names import existing_name, expanded, split_ending
from volio.formats.lookup import layouts
from volio.formats.recognise import is_image_folder

__all__ = ["Input", "find_inputs", "image_key", "split_name"]


class Input(NamedTuple):
    """A file to work on, or a name for which there is none.

    Attributes
    ----------
    path : str
        Its path, an address, or ``-`` for standard input.
    name : str
        Below the folder it was found in; else the name of the file alone.
    problem : str
        Why there is no such file; "" where there may be.
    """

    path: str
    name: str
    problem: str = ""

    def check(self) -> None:
        """Raise MissingFileError where it is known that there is no such file."""
        if self.problem:
            raise MissingFileError(f"{self.path}: {self.problem}")


def find_inputs(names: Iterable[str], recursive: bool = False) -> list[Input]:
    """Find the files that names on a command line stand for.

    Parameters
    ----------
    names : iterable of str
        File names, http and https addresses, ``-``, patterns that the shell has left as they are,
        and folders: one that is an image itself, as some formats keep them, counts as a file;
        others stand for the files in them that have an ending of a known format.
    recursive : bool
        Look into the folders of folders too.

    Returns
    -------
    list of Input
        One for each image: files that belong together count once.
    """
    found: dict[str, Input] = {}
    for name in names:
        for each in _expand(name, recursive):
            found.setdefault(image_key(each.path), each)
    return list(found.values())


def _expand(given: str, recursive: bool) -> Iterator[Input]:
    path = expanded(given)
    if given == STREAM or "://" in path:
        yield Input(given, given.rstrip("/").rpartition("/")[2])
    elif os.path.isdir(path):  # noqa: PTH112
        yield from _from_folder(path, recursive)
    elif glob.has_magic(path) and not os.path.isfile(path):  # noqa: PTH113
        yield from _from_pattern(path, recursive)
    else:
        yield Input(path, os.path.basename(path))  # noqa: PTH119  loading reports what is wrong


def _from_folder(path: str, recursive: bool) -> Iterator[Input]:
    if is_image_folder(path):
        yield Input(path, os.path.basename(path.rstrip(os.sep)))  # noqa: PTH119
    else:
        yield from _images_in(Path(path), recursive)


def _from_pattern(pattern: str, recursive: bool) -> Iterator[Input]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  the pattern may be absolute
    if not matches:
        yield Input(pattern, pattern, "no file has such a name")
    for match in matches:
        yield from _expand(match, recursive)


def _images_in(folder: Path, recursive: bool) -> Iterator[Input]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield Input(str(folder), folder.name, str(error.strerror))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if _may_be_image(entry):
            yield Input(str(entry), entry.name)
        elif recursive and entry.is_dir() and not entry.is_symlink():
            for found in _images_in(entry, recursive):
                yield found._replace(name=f"{entry.name}/{found.name}")


def _may_be_image(entry: Path) -> bool:
    if entry.is_dir():
        return is_image_folder(str(entry))
    # Of a link to nothing, loading reports what is wrong.
    exists = entry.is_file() or entry.is_symlink()
    return exists and (bool(split_name(entry.name)[1]) or _is_named_without_ending(entry.name))


def _is_named_without_ending(name: str) -> bool:
    """Return whether a name is one that files of a format have without any ending: lh.white."""
    return any("" in layout.files and layout.named_like(name) for _, layout in layouts())


def split_name(name: str) -> tuple[str, str, str]:
    """Split a file name into stem, ending of a known format and compression."""
    return split_ending(name, {end for _, layout in layouts() for end in layout.endings})


def image_key(path: str) -> str:
    """Return what is the same for all files of an image, and for all names of a file."""
    path = expanded(path)
    if path == STREAM or "://" in path:
        return path
    real = os.path.realpath(path)
    for _, layout in layouts():
        if len(layout.files) < 2:
            continue
        stem, ending, compression = split_ending(real, layout.endings)
        if ending:
            return existing_name(f"{stem}{layout.files[0]}{compression}")
    return real
