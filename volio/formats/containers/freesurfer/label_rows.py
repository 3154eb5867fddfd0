"""The table of names and colours among FreeSurfer's tags, as rows of labels.

MGH files have tags after the voxels, NIfTI files in an extension; see `tags`.
"""

from __future__ import annotations

from volio.errors import HeaderDataError
from volio.formats.containers.freesurfer.colours import (
    MOST_ROWS,
    NO_COLOUR,
    ColourRow,
    pack_table,
)
from volio.formats.containers.freesurfer.command_lines import split_tags
from volio.formats.containers.freesurfer.tags import COLOURS, Tag, colours_of, tags_in
from volio.images.label_tables.text_files import Rows

__all__ = ["label_rows", "with_rows", "without_table"]


def _table(tags: bytes, have_lengths: bool = False) -> Tag | None:
    found = tags_in(tags, have_lengths=have_lengths)
    return next((tag for tag in found if tag.number == COLOURS), None)


def label_rows(tags: bytes, *, have_lengths: bool = False) -> Rows | None:
    """Return the labels of the table among tags; None where there is none.

    Parameters
    ----------
    tags : bytes
    have_lengths : bool
        Whether every tag has a length, as in the extension of NIfTI.

    Raises
    ------
    HeaderDataError
        If the table makes no sense.
    """
    table = _table(tags, have_lengths)
    if table is None:
        return None
    rows = enumerate(colours_of(tags, table))
    return [row.as_volume_label(number) for number, row in rows if row.is_there]


def without_table(tags: bytes, *, have_lengths: bool = False) -> bytes:
    """Return the tags but for the table; parameters are those of `label_rows`.

    A table that makes no sense, and whose end is therefore not known, ends at the command lines.
    """
    table = _table(tags, have_lengths)
    if table is None:
        return tags
    end = table.end
    if not have_lengths:
        lines = len(split_tags(tags)[1])
        end = min(end, max(lines, table.start))
    return tags[: table.start] + tags[end:]


def with_rows(tags: bytes, rows: Rows | None) -> bytes:
    """Return the tags of an MGH file with a table of some rows; the same where it has them.

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
