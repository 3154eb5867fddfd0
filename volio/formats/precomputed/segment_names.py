"""Names and properties of the segments of a precomputed volume, in a document of their own.

Source: src/datasource/precomputed/segment_properties.rst of https://github.com/google/neuroglancer
"""

from __future__ import annotations

from typing import Any

from volio.errors import HeaderDataError
from volio.files.sources.store import Store
from volio.formats.containers.documents import Document, below, field, read_document
from volio.formats.precomputed.info import INFO
from volio.images.label_tables.label import Label
from volio.images.label_tables.text_files import Rows
from volio.numerals import parse_int

__all__ = ["SegmentNames"]

TYPE = "neuroglancer_segment_properties"
NAME = "label"  # the type of the property that is shown as the name


class SegmentNames:
    """The labels of the segments, read when they are asked for: there may be very many.

    Parameters
    ----------
    store : Store
        Of the volume.
    folder : str
        Of the document, as the volume names it.
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder.strip("/")

    def __deepcopy__(self, memo: dict[int, Any]) -> SegmentNames:
        """Return the same: nothing of it changes, and headers are copied often."""
        return self

    def __call__(self) -> Rows | None:
        """Return the labels; None where there is no such document, or no properties in it.

        Raises
        ------
        HeaderDataError
            If the document makes no sense, or is not within the volume.
        """
        if ".." in self._folder.split("/") or ":" in self._folder:
            problem = "is not within the volume, and is not read"
            raise HeaderDataError(
                f"{self._store.name}: segment_properties: {self._folder!r:.60} {problem}"
            )
        key = below(self._folder, INFO)
        document = read_document(self._store, key)
        if document is None:
            return None
        what = f"{self._store.name}: {key}"
        kind = document.get("@type")
        if kind != TYPE:
            raise HeaderDataError(f"{what}: @type: must be {TYPE!r}, got {kind!r:.60}")
        return _rows(field(document, "inline", dict, what, {}), f"{what}: inline")


def _rows(inline: Document, what: str) -> Rows | None:
    keys = [_key(text, what) for text in field(inline, "ids", list, what, [])]
    columns = _columns(inline, len(keys), what)
    names = columns.pop(NAME, [""] * len(keys))
    others = [
        {name: texts[place] for name, texts in columns.items() if texts[place]}
        for place in range(len(keys))
    ]
    labels = zip(keys, names, others, strict=True)
    return [Label(key, name, None, further) for key, name, further in labels] or None


def _columns(inline: Document, count: int, what: str) -> dict[str, list[str]]:
    """Return the texts of each property, one for each of `count` segments, by its name."""
    columns: dict[str, list[str]] = {}
    for each in field(inline, "properties", list, what, []):
        if not isinstance(each, dict):
            raise HeaderDataError(f"{what}: properties: must be mappings, got {each!r:.60}")
        kind = field(each, "type", str, f"{what}: properties")
        name = kind if kind in (NAME, "description", "tags") else field(each, "id", str, what)
        columns[name] = _texts(each, kind, count, f"{what}: properties: {name}")
    return columns


def _key(text: Any, what: str) -> int:
    try:
        return parse_int(str(text))
    except ValueError as error:
        raise HeaderDataError(f"{what}: ids: {error}") from error


def _texts(prop: Document, kind: str, count: int, what: str) -> list[str]:
    """Return the values of a property as texts; of tags the words, with blanks between them."""
    values = field(prop, "values", list, what)
    if len(values) != count:
        problem = f"must be {count}, one for each id, got {len(values)}"
        raise HeaderDataError(f"{what}: values: {problem}")
    if kind != "tags":
        return [str(value) for value in values]
    words = [str(word) for word in field(prop, "tags", list, what)]
    try:
        return [_in_words(value, words) for value in values]
    except (TypeError, IndexError) as error:
        raise HeaderDataError(
            f"{what}: values: must be lists of numbers below {len(words)}"
        ) from error


def _in_words(numbers: list[int], words: list[str]) -> str:
    """Return the words with these numbers, with blanks between them."""
    return " ".join([words[number] for number in numbers])
