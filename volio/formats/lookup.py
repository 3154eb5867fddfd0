"""Rows of the table of formats, found by their names, image classes and names of files."""

from __future__ import annotations

import re
from functools import cache

from volio.errors import UsageError
from volio.files.names import split_ending
from volio.formats import table
from volio.formats.format import FileLayout, Format

__all__ = [
    "candidates",
    "format_named",
    "format_of",
    "is_of_several",
    "layouts",
    "own_scheme",
    "public_names",
]


@cache
def layouts() -> tuple[tuple[Format, FileLayout], ...]:
    """Return every layout of every format, each with its format."""
    return tuple([(known, layout) for known in table.FORMATS for layout in known.layouts])


@cache
def candidates(
    by_name: bool, in_folder: bool, first: int | None = None
) -> tuple[tuple[Format, FileLayout], ...]:
    """Return the layouts that a file or folder is compared with, each with its format.

    Parameters
    ----------
    by_name : bool
        Those that only a name speaks for, instead of those that what is in the file does.
    in_folder : bool
        Those that keep images in folders alone.
    first : int, optional
        The first byte: those that state others are left out. None for a folder or no bytes.
    """
    return tuple(
        [
            (known, layout)
            for known, layout in layouts()
            if layout.by_name is by_name
            and (layout.folder or not in_folder)
            and layout.may_begin_with(first)
        ]
    )


def format_named(name: str) -> Format:
    """Return the format of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    for known in table.FORMATS:
        if known.name == name:
            return known
    names = [known.name for known in table.FORMATS]
    raise UsageError(f"format: must be one of {names}, got {name!r}")


def format_of(cls: type) -> Format | None:
    """Return the format whose module defines a class of images or headers, or a base of it."""
    for each in cls.__mro__:
        if found := [known for known in table.FORMATS if _is_within(each, known.module_path)]:
            named = [known for known in found if each.__name__ in known.images]
            return (named or found)[0]
    return None


def _is_within(cls: type, module: str) -> bool:
    return f"{cls.__module__}.".startswith(f"{module}.")


def public_names() -> dict[str, str]:
    """Return the names of classes that `volio` offers as its own, and the modules they are in."""
    return {
        name: known.module_path
        for known in table.FORMATS
        for name in (*known.images, *known.headers)
    }


def own_scheme(address: str) -> str:
    """Return the protocol of an address, where a format has it for itself; otherwise ""."""
    scheme, separator, _ = address.partition("://")
    if not separator:  # most names are paths
        return ""
    is_own = any(scheme.lower() in layout.schemes for _, layout in layouts())
    return scheme.lower() if is_own else ""


def is_of_several(name: str) -> bool:
    """Return whether a name is that of one of several files of an image, or stands for them."""
    if split_ending(name, _endings_of_several())[1]:
        return True
    return any(stem.search(name) for stem in _stems())


@cache
def _endings_of_several() -> frozenset[str]:
    """Return every ending of a file that another one belongs to."""
    several = [layout for _, layout in layouts() if len(layout.files) > 1]
    return frozenset(ending for layout in several for ending in layout.endings)


@cache
def _stems() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of names without an ending that stand for several files."""
    several = [layout for _, layout in layouts() if len(layout.files) > 1]
    return tuple([layout.stem for layout in several if layout.stem is not None])


def forget() -> None:
    """Forget what was found in the table, which has changed."""
    layouts.cache_clear()
    candidates.cache_clear()
    _stems.cache_clear()
    _endings_of_several.cache_clear()
