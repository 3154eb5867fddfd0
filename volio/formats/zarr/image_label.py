"""The table of labels of OME-Zarr: colours and properties in ``image-label``.

Properties have any names; those that programs use for the name of a label are known here.
Source: https://ngff.openmicroscopy.org/0.5/#labels-md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volio.errors import HeaderDataError
from volio.formats.containers.documents import Document, field
from volio.images.label_tables.label import Colour, Label
from volio.images.label_tables.text_files import Rows

__all__ = ["image_label_of", "rows_of_image_label"]

KEY = "label-value"
NAME = "name"
#: Properties that have the name of a label, the first of those that are there.
NAMES = (NAME, "label", "label-name", "class")
WHAT = "image-label"


def rows_of_image_label(document: Document) -> Rows | None:
    """Return the labels of ``image-label``; None where it lists neither colours nor properties.

    Raises
    ------
    HeaderDataError
        If it makes no sense.
    """
    colours = dict(_by_key(document, "colors"))
    properties = dict(_by_key(document, "properties"))
    keys = dict.fromkeys([*colours, *properties])
    if not keys:
        return None
    return [_row(key, colours.get(key, {}), properties.get(key, {})) for key in keys]


def _by_key(document: Document, name: str) -> Iterator[tuple[int, Document]]:
    what = f"{WHAT}: {name}"
    for each in field(document, name, list, WHAT, []):
        if not isinstance(each, dict):
            raise HeaderDataError(f"{what}: must be mappings, got {each!r:.60}")
        value = each.get(KEY)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # some programs write 1.0
        if not isinstance(value, int) or isinstance(value, bool):
            raise HeaderDataError(f"{what}: {KEY}: must be an integer, got {value!r:.60}")
        yield value, each


def _row(key: int, colour: Document, properties: Document) -> Label:
    texts = {name: _text(value) for name, value in properties.items() if name != KEY}
    named = next((name for name in NAMES if name in texts), NAME)
    name = texts.pop(named, "")
    return Label(key, name, _colour(key, colour.get("rgba")), texts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else f"{value}"


def _colour(key: int, rgba: Any) -> Colour | None:
    if rgba is None:
        return None
    levels = rgba if isinstance(rgba, list) else []
    known = [level for level in levels if type(level) is int and 0 <= level <= 255]
    if len(levels) != 4 or len(known) != 4:
        problem = f"must be four integers from 0 to 255, got {rgba!r:.60}"
        raise HeaderDataError(f"{WHAT}: colors: {key}: rgba: {problem}")
    red, green, blue, alpha = known
    return red, green, blue, alpha


def image_label_of(rows: Rows) -> dict[str, Any]:
    """Return what ``image-label`` has of some labels: nothing of those that are not there."""
    colours = [{KEY: row.key, "rgba": list(row.colour)} for row in rows if row.colour is not None]
    properties = [{KEY: row.key, NAME: row.name, **row.further} for row in rows]
    found = {"colors": colours, "properties": properties}
    return {name: listed for name, listed in found.items() if listed}
