"""The table of names and colours among the tags of an MGH file, as rows of labels."""

from __future__ import annotations

from volio.errors import HeaderDataError
from volio.formats.containers.freesurfer.colours import (
    MOST_ROWS,
    NO_COLOUR,
    ColourRow,
    pack_table,
)
from volio.formats.containers.freesurfer.tags import COLOURS, Tag, colours_of, tags_in
from volio.formats.mgh.tags import split_tags
from volio.images.label_tables.text_files import Rows

__all__ = ["label_rows", "with_rows", "without_table"]


def _table(tags: bytes) -> Tag | None:
    return next((tag for tag in tags_in(tags) if tag.number == COLOURS), None)


def label_rows(tags: bytes) -> Rows | None:
    """Return the labels of the table among tags; None where there is none."""
    table = _table(tags)
    if table is None:
        return None
    rows = enumerate(colours_of(tags, table))
    return [row.as_volume_label(number) for number, row in rows if row.is_there]


def without_table(tags: bytes) -> bytes:
    """Return the tags but for the table; after one that makes no sense, the command lines."""
    table = _table(tags)
    if table is None:
        return tags
    lines = len(split_tags(tags)[1])
    return tags[: table.start] + tags[min(table.end, max(lines, table.start)) :]


def with_rows(tags: bytes, rows: Rows | None) -> bytes:
    """Return the tags with a table of some rows; the same bytes where it has them already.

    Parameters
    ----------
    tags : bytes
    rows : sequence of Label or None
        None takes the table away. Of rows with one key the first is stored; those with keys that
        FreeSurfer cannot have, negative ones or more than a million, are left out.
    """
    if rows is not None and _has(tags, rows):
        return tags
    table = _table(tags)
    others = without_table(tags)
    at = len(split_tags(others)[1]) if table is None else table.start  # before the command lines
    return others[:at] + pack_table(_colour_rows(rows or ())) + others[at:]


def _has(tags: bytes, rows: Rows) -> bool:
    """Return whether the table among tags has just these rows."""
    try:
        known = label_rows(tags)
    except HeaderDataError:
        return False
    return known is not None and list(known) == list(rows)


def _colour_rows(rows: Rows) -> tuple[ColourRow, ...]:
    """Return a row for each number up to the last."""
    held = {row.key: row for row in reversed(rows) if 0 <= row.key < MOST_ROWS}
    table = [ColourRow(is_there=False)] * (max(held, default=-1) + 1)
    for key, row in held.items():
        table[key] = ColourRow.from_label(row, NO_COLOUR)
    return tuple(table)
