"""JSON documents of stores: read with limits, fields of a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from volio.errors import HeaderDataError
from volio.files.sources.store import Store
from volio.json_text import MOST_JSON, parse_json

__all__ = ["LARGEST", "Document", "below", "field", "lengths", "parse_document", "read_document"]

LARGEST = MOST_JSON  # bytes of a document
MOST_AXES = 32

Document = Mapping[str, Any]
T = TypeVar("T")

REQUIRED: Any = object()


def below(path: str, name: str) -> str:
    """Return the key of a name in a group."""
    return f"{path}/{name}" if path else name


def read_document(store: Store, key: str) -> Document | None:
    """Return the mapping in a document; None where there is no such key.

    Raises
    ------
    LimitError
        If it is larger than 16 MiB or deeper than 64 levels.
    HeaderDataError
        If it is not a mapping in JSON.
    """
    data = store.get(key, 0, LARGEST + 1)
    return None if data is None else parse_document(data, f"{store.name}: {key}")


def parse_document(data: bytes, name: str) -> Document:
    """Return the mapping that a document has.

    Parameters
    ----------
    data : bytes
    name : str
        Of the document, for messages.

    Raises
    ------
    LimitError
        If it is larger than 16 MiB or deeper than 64 levels.
    HeaderDataError
        If it is not a mapping in JSON.
    """
    found = parse_json(data, name, most=LARGEST)
    if not isinstance(found, dict):
        raise HeaderDataError(f"{name}: must be a mapping, got {type(found).__name__}")
    return found


def field(document: Document, name: str, kind: type[T], what: str, default: Any = REQUIRED) -> T:
    """Return a field of a document.

    Parameters
    ----------
    document : mapping
    name : str
    kind : type
    what : str
        The document, for the message.
    default : optional
        Where there is no such field; without one that is an error.

    Raises
    ------
    HeaderDataError
        If the field is missing or of another type.
    """
    value = document.get(name)
    if value is None and default is not REQUIRED:
        found: T = default
        return found
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise HeaderDataError(f"{what}: {name}: must be {_WORDS[kind]}, got {_shown(value)}")
    return value


_WORDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    int: "an integer",
    float: "a number",
    bool: "true or false",
}


def lengths(document: Document, name: str, what: str, least: int = 0) -> tuple[int, ...]:
    """Return a field that is a list of lengths.

    Raises
    ------
    HeaderDataError
        If it is not a list of at most 32 integers of `least` or more.
    """
    values = field(document, name, list, what)
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise HeaderDataError(
                f"{what}: {name}: must be integers of {least} or more, got {_shown(values)}"
            )
    if len(values) > MOST_AXES:
        raise HeaderDataError(f"{what}: {name}: has {len(values)} axes, at most {MOST_AXES} fit")
    return tuple(values)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
