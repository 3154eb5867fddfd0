"""The table of labels of an MZ3 file: JSON with a list for each column."""

from __future__ import annotations

import json
from typing import Any

from volio.errors import HeaderDataError
from volio.formats.containers.documents import Document, field, parse_document
from volio.images.labels import Label, Labels

__all__ = ["held_labels", "pack_labels", "parse_labels"]

MOST_LABELS = 10**6
#: Readers map the blocks after the table as numbers of four bytes.
ALIGNMENT = 4
NO_COLOUR = (0, 0, 0, 0)


def parse_labels(data: bytes) -> Labels:
    """Return the labels that a table has: R, G, B, A (or 255), I (or 0, 1, ...) and labels.

    Raises
    ------
    HeaderDataError, LimitError
        If it is not such a table, or one without end.
    """
    table = parse_document(data.rstrip(b"\0 \n"), "table of labels")
    count = len(field(table, "R", list, "table of labels"))
    if count > MOST_LABELS:
        raise HeaderDataError(f"table of labels: at most {MOST_LABELS} rows, got {count}")
    reds = _integers(table, "R", count)
    greens = _integers(table, "G", count)
    blues = _integers(table, "B", count)
    opacities = _integers(table, "A", count) if "A" in table else [255] * count
    keys = _integers(table, "I", count) if "I" in table else list(range(count))
    names = _column(table, "labels", count) if "labels" in table else [""] * count
    colours = zip(reds, greens, blues, opacities, strict=True)
    rows = zip(keys, names, colours, strict=True)
    return Labels(Label(key, str(name), colour) for key, name, colour in rows)


def _column(table: Document, name: str, count: int) -> list[Any]:
    column = field(table, name, list, "table of labels")
    if len(column) != count:
        raise HeaderDataError(
            f"table of labels: R has {count} rows, {name} has {len(column)}; they must be equal"
        )
    return column


def _integers(table: Document, name: str, count: int) -> list[int]:
    column = _column(table, name, count)
    for value in column:
        if type(value) not in (int, float) or value != value // 1:
            raise HeaderDataError(f"table of labels: {name} must be integers, got {value!r}")
    return [int(value) for value in column]


def held_labels(labels: Labels) -> Labels:
    """Return what a table can hold of labels: keys, names and colours, black for those without."""
    return Labels(Label(row.key, row.name, row.colour or NO_COLOUR) for row in labels)


def pack_labels(labels: Labels) -> bytes:
    """Return the bytes of a table."""
    rows = held_labels(labels).rows
    columns: dict[str, list[Any]] = {
        letter: [row.colour[level] for row in rows if row.colour is not None]
        for level, letter in enumerate("RGBA")
    }
    columns["I"] = [row.key for row in rows]
    columns["labels"] = [row.name for row in rows]
    text = json.dumps(columns).encode()
    return text + b" " * (-len(text) % ALIGNMENT)
