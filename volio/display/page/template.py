"""Pages as files: filling the frame of a page with a scene and its scripts, and writing it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import PurePath
from typing import Any, NamedTuple

from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.names import path_text, split_compression
from volio.files.opener import open_for_write
from volio.files.xml_text import html_text

__all__ = ["LIMIT", "PageFiles", "filled_page", "name_of_page", "write_text"]

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


class PageFiles(NamedTuple):
    """The files of this folder that one kind of page is made of, besides those of every page.

    Parameters
    ----------
    body : str
        What is between the title and the scripts, with @NOTE@ in it.
    style : str
    scripts : tuple of str
        In the order in which they run.
    """

    body: str
    style: str
    scripts: tuple[str, ...]


def filled_page(parts: PageFiles, title: str, note: str, scene: Mapping[str, Any]) -> str:
    """Return the text of a page.

    Parameters
    ----------
    parts : PageFiles
    title, note : str
        Any text.
    scene : mapping
        What the scripts show; made of what JSON has.
    """
    texts = {
        "TITLE": html_text(title),
        "STYLE": _joined(["frame.css", parts.style]),
        "BODY": _file(parts.body).replace("@NOTE@", html_text(note)),
        # No tag of HTML inside of the script.
        "SCENE": json.dumps(scene, allow_nan=False).replace("<", "\\u003c"),
        "SCRIPT": _joined(["frame.js", "decoding.js", *parts.scripts]),
    }
    return re.sub(f"@({'|'.join(texts)})@", lambda key: texts[key[1]], _file("frame.html"))


def write_text(name: str, text: str) -> None:
    """Write a page; a file of this name is replaced once all is written."""
    with open_for_write([FileHolder(name)]) as (stream,):
        stream.write(text.encode())


def _joined(names: Iterable[str]) -> str:
    return "".join(map(_file, names))


@cache
def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
