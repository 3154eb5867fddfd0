"""File names: endings, compression endings, and the names of files that belong together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from volio.errors import FilenameError, UsageError, UsageTypeError
from volio.files.codecs.table import CODECS
from volio.files.remote.addresses import is_address, is_file_address

__all__ = [
    "COMPRESSED_ENDINGS",
    "companion_names",
    "compressed_names",
    "existing_name",
    "expanded",
    "is_there",
    "may_grow",
    "path_text",
    "split_compression",
    "split_ending",
]

COMPRESSED_ENDINGS: tuple[str, ...] = tuple(codec.ending for codec in CODECS)


def path_text(name: str, given: Any) -> str:
    """Return a path as text.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    given : str or path

    Raises
    ------
    UsageTypeError
        If it is something else: an image, say, where arguments were swapped.
    """
    if not isinstance(given, str | os.PathLike):
        raise UsageTypeError(f"{name}: must be a path, got {type(given).__name__}")
    return os.fsdecode(given)


def expanded(where: str | os.PathLike[str]) -> str:
    """Return the path that is meant, ``~`` expanded; other addresses than of files stay.

    Parameters
    ----------
    where : str or PathLike
        Or the address of a local file, ``file:///data/my%20scan.nii``. Where there is a file with
        ``%20`` in its name, that is meant.

    Raises
    ------
    UsageError
        If the address names another computer.
    """
    name = os.fspath(where)
    if is_file_address(name):
        return _path_of_address(name)
    return os.path.expanduser(name)  # noqa: PTH111  Path's own fails on a file named ~x


def _path_of_address(address: str) -> str:
    host, slash, rest = address[len("file://") :].partition("/")
    if host.lower() not in ("", "localhost"):
        raise UsageError(
            f"{address}: names a file of the computer {host!r}; of this one it is file:///path"
        )
    path = slash + rest
    if re.match(r"/[A-Za-z]:/", path):  # of Windows
        path = path[1:]
    return path if os.path.lexists(path) else unquote(path)


def split_compression(name: str) -> tuple[str, str]:
    """Split a compression ending off a file name.

    Returns
    -------
    stem, compression : str
        ``("a.nii", ".gz")`` for ``"a.nii.gz"``; the compression is "" when there is none. Matched
        in any case, returned as written.
    """
    return _split(name, COMPRESSED_ENDINGS)


def split_ending(name: str, endings: Iterable[str]) -> tuple[str, str, str]:
    """Split a file name into stem, ending and compression.

    Parameters
    ----------
    name : str
    endings : iterable of str
        With their dots, as ``(".nii", ".img")``; the longest that fits is taken.

    Returns
    -------
    stem, ending, compression : str
        ``("a", ".nii", ".gz")``; the ending is "" when none fits.
    """
    rest, compression = split_compression(name)
    return *_split(rest, tuple(endings)), compression


def companion_names(
    name: str, types: Sequence[tuple[str, str]], *, default: bool = True
) -> dict[str, str]:
    """Return the names of all files of an image, given the name of one of them.

    Parameters
    ----------
    name : str
        ``"a.img"``, or ``"a"`` when `default`.
    types : sequence of (str, str)
        Kind of file and its ending, as ``(("header", ".hdr"), ("image", ".img"))``.
    default : bool, optional
        Whether a name without any ending gets those of `types`.

    Returns
    -------
    dict of str to str
        Kind of file to name. The given name stays as written; the others follow it in
        compression, and in upper or lower case where its ending is all of one.

    Raises
    ------
    FilenameError
        If the name has another ending, or none and `default` is False.
    """
    endings = [ending for _, ending in types]
    stem, given, compression = split_ending(name, endings)
    if not given and (not default or not may_grow(stem)):
        raise FilenameError(
            f"{name}: must end in {' or '.join(dict.fromkeys(endings))} "
            f"(or these with {', '.join(COMPRESSED_ENDINGS)})"
        )
    return {
        kind: stem + (given if ending == given.lower() else _like(given, ending)) + compression
        for kind, ending in types
    }


def compressed_names(name: str) -> list[str]:
    """Return a name, and those that its file would have with other compressions or with none."""
    plain = split_compression(name)[0]
    return list(dict.fromkeys([name, plain, *(plain + end for end in COMPRESSED_ENDINGS)]))


def existing_name(name: str) -> str:
    """Return a path, or where nothing is there the one that is, in another compression or case."""
    if is_address(name) or not name or is_there(expanded(name)):
        return name
    found = [each for each in compressed_names(name) if is_there(each)] or _in_other_case(name)
    return found[0] if len(found) == 1 else name


def _in_other_case(name: str) -> list[str]:
    """Return the paths that differ from one in upper and lower case, and perhaps compression."""
    folder, base = os.path.split(expanded(name))
    wanted = {each.lower() for each in compressed_names(base)}
    try:
        there = os.listdir(folder or os.curdir)  # noqa: PTH208  names, not paths
    except OSError:
        return []
    return [os.path.join(folder, each) for each in there if each.lower() in wanted]  # noqa: PTH118


def is_there(name: str) -> bool:
    """Return whether a path leads to something; names that no file can have lead to nothing."""
    return os.path.exists(name)  # noqa: PTH110  Path.exists raises for names that are too long


@lru_cache(maxsize=256)  # loading a file asks about its name several times, format by format
def _split(name: str, endings: tuple[str, ...]) -> tuple[str, str]:
    lowered = tuple(map(str.lower, endings))
    if not name.lower().endswith(lowered):
        return name, ""
    base = os.path.basename(name).lower()  # noqa: PTH119  the name is text, not a Path
    fitting = [e for e in lowered if base.endswith(e) and len(base) > len(e)]
    cut = len(name) - max(map(len, fitting), default=0)
    return name[:cut], name[cut:]


def may_grow(stem: str) -> bool:
    """Return whether a file name has no ending at all, so that it may get one."""
    base = os.path.basename(stem)  # noqa: PTH119
    return bool(base) and not os.path.splitext(base)[1]  # noqa: PTH122


def _like(given: str, ending: str) -> str:
    if given.isupper():
        return ending.upper()
    return ending.lower() if given.islower() else ending
