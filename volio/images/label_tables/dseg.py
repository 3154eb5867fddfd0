"""BIDS's tables of labels next to discrete segmentations: ``sub-01_dseg.tsv``.

Columns are separated by tabs: ``index`` and ``name``, perhaps ``abbreviation``, ``color`` as
``#FF53BB``, ``mapping`` and others. ``n/a`` is a value that is not known.
Source: https://bids-specification.readthedocs.io/en/stable/derivatives/imaging.html
"""

from __future__ import annotations

import re

from volio.errors import HeaderDataError
from volio.images.label_tables.label import Colour, Label
from volio.images.label_tables.text_files import (
    Rows,
    checked_name,
    checked_text,
    integer,
    lines_of,
)

__all__ = ["dseg_text", "parse_dseg"]

UNKNOWN = "n/a"
COLOUR = re.compile(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})?")
#: Columns that are not `further`.
OWN = ("index", "name", "color")
#: What ends a cell or a line.
FORBIDDEN = "\t\n\r"
FORMAT = "a table of BIDS"


def parse_dseg(text: str) -> Rows:
    """Return the labels of a table; columns besides index, name and color are `further`.

    Raises
    ------
    HeaderDataError
        If there are no such columns, a column is there twice, or a line is not a label.
    """
    lines = lines_of(text)
    columns = lines[0].split("\t")
    missing = {"index", "name"} - set(columns)
    if missing:
        raise HeaderDataError(f"line 1: must name the columns index and name, got {columns[:8]}")
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise HeaderDataError(f"line 1: the column {twice[:40]!r} is there twice")
    numbered = enumerate(lines[1:], 2)
    return [_row(number, line, columns) for number, line in numbered if line.strip()]


def _row(number: int, line: str, columns: list[str]) -> Label:
    words = line.split("\t")
    if len(words) != len(columns):
        raise HeaderDataError(f"line {number}: needs {len(columns)} columns, got {len(words)}")
    cells = dict(zip(columns, words, strict=True))
    key = integer(cells.pop("index"), "index", number)
    name = cells.pop("name")
    colour = _colour(cells.pop("color", UNKNOWN), number)
    further = {column: text for column, text in cells.items() if text != UNKNOWN}
    return Label(key, name, colour, further)


def _colour(word: str, number: int) -> Colour | None:
    if word.strip() in (UNKNOWN, ""):
        return None
    found = COLOUR.fullmatch(word.strip())
    if found is None:
        raise HeaderDataError(f"line {number}: color must be as #FF53BB, got {word[:40]!r}")
    red, green, blue = (int(level, 16) for level in found.groups()[:3])
    return red, green, blue, int(found[4], 16) if found[4] else 255


def dseg_text(labels: Rows) -> str:
    """Return the table of some labels; colours that are not opaque have their opacity at the end.

    Raises
    ------
    SaveError
        If a name is empty, or a name or another text has a tab or a line end.
    """
    others = _columns_besides(labels)
    has_colours = any(row.colour is not None for row in labels)
    columns = ["index", "name", *(["color"] if has_colours else []), *others]
    lines = ["\t".join(columns)]
    for row in labels:
        cells = [str(row.key), checked_name(row, FORBIDDEN, FORMAT)]
        if has_colours:
            cells.append(_hex(row.colour))
        for column in others:
            text = str(row.further.get(column, UNKNOWN))
            cells.append(checked_text(text, f"label {row.key}: {column}", FORBIDDEN, FORMAT))
        lines.append("\t".join(cells))
    return "\n".join([*lines, ""])


def _columns_besides(labels: Rows) -> list[str]:
    """Return the further columns of some labels, in the order in which they come.

    One that is called as a column of the table itself has no place: an atlas of FSL has an
    ``index`` that is not the key.
    """
    columns = dict.fromkeys(column for row in labels for column in row.further)
    others = [column for column in columns if column not in OWN]
    return [checked_text(column, "the column", FORBIDDEN, FORMAT) for column in others]


def _hex(colour: Colour | None) -> str:
    if colour is None:
        return UNKNOWN
    levels = colour[:3] if colour[3] == 255 else colour
    return "#" + "".join(f"{level:02X}" for level in levels)
