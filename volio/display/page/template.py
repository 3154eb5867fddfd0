"""Pages as files: filling a template with a scene and its script, and writing it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from os import PathLike
from pathlib import PurePath
from typing import Any

from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.names import path_text, split_compression
from volio.files.opener import open_for_write

__all__ = ["LIMIT", "filled_page", "name_of_page", "write_text"]

#: Bytes of a page by default.
LIMIT = 2_000_000
#: Endings of names of pages.
ENDINGS = (".html", ".htm")


def name_of_page(path: str | PathLike[str]) -> str:
    """Return the name of a page, if it is one.

    Raises
    ------
    UsageError
        If it has the ending of something else.
    """
    name = path_text("path", path)
    if PurePath(split_compression(name)[0]).suffix.lower() not in ("", *ENDINGS):
        raise UsageError(f"{name}: the name of a page ends in {' or '.join(ENDINGS)}")
    return name


def filled_page(
    template: str, scripts: Sequence[str], title: str, note: str, scene: Mapping[str, Any]
) -> str:
    """Return the text of a page.

    Parameters
    ----------
    template : str
        A file of this folder, with @TITLE@, @NOTE@, @SCENE@ and @SCRIPT@ in it.
    scripts : sequence of str
        Files of this folder, in the order in which they run.
    title, note : str
        Any text.
    scene : mapping
        What the script shows; made of what JSON has.
    """
    parts = {
        "TITLE": escape(title),
        "NOTE": escape(note),
        # No tag of HTML inside of the script.
        "SCENE": json.dumps(scene, allow_nan=False).replace("<", "\\u003c"),
        "SCRIPT": "".join(map(_file, scripts)),
    }
    return re.sub("@(TITLE|NOTE|SCENE|SCRIPT)@", lambda key: parts[key[1]], _file(template))


def write_text(name: str, text: str) -> None:
    """Write a page; a file of this name is replaced once all is written."""
    with open_for_write([FileHolder(name)]) as (stream,):
        stream.write(text.encode())


@cache
def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
