"""ITK-SNAP's descriptions of labels.

A line has a number, red, green and blue from 0 to 255, opacity from 0 to 1, whether the label is
shown in slices and in 3D, and its name in quotation marks.
Source: the comment at the beginning of every such file
"""

from __future__ import annotations

import re

from volio.errors import HeaderDataError, SaveError
from volio.images.label_tables.label import Label
from volio.images.label_tables.text_files import Rows, checked_name, numbered_lines

__all__ = ["itksnap_text", "parse_itksnap"]

COUNT = r"\s*\b([0-9]{1,18})"
NUMBER = r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?)"
LINE = re.compile(rf'{COUNT * 4}\s+{NUMBER}\s+([01])\s+([01])\s+"(.*)"\s*')
VISIBLE = "visible"
MESH = "mesh visible"
HEAD = """\
################################################
# ITK-SnAP Label Description File
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
################################################
"""


def parse_itksnap(text: str) -> Rows:
    """Return the labels of a description; whether they are shown is `further`.

    Raises
    ------
    HeaderDataError
        If a line is not a label.
    """
    return [_row(number, line) for number, line in numbered_lines(text)]


def _row(number: int, line: str) -> Label:
    found = LINE.fullmatch(line)
    if found is None:
        raise HeaderDataError(
            f'line {number}: must be as 1 255 0 0 1 1 1 "name", got {line.strip()[:60]!r}'
        )
    opacity = float(found[5])
    if opacity > 1:
        raise HeaderDataError(f"line {number}: opacity must be from 0 to 1, got {found[5]}")
    colour = (int(found[2]), int(found[3]), int(found[4]), round(255 * opacity))
    return Label(int(found[1]), found[8], colour, {VISIBLE: found[6], MESH: found[7]})


def itksnap_text(labels: Rows) -> str:
    """Return the description of some labels; those without a colour are black and clear.

    Raises
    ------
    SaveError
        If a name is empty or has quotation marks, or a key is negative.
    """
    lines = []
    for row in labels:
        name = checked_name(row, '"\n\r', "a description of ITK-SNAP")
        if row.key < 0:
            raise SaveError(f"label {row.key} {name!r}: ITK-SNAP has keys of 0 and more")
        red, green, blue, opacity = row.colour or (0, 0, 0, 0)
        shown = f"{row.further.get(VISIBLE, '1')} {row.further.get(MESH, '1')}"
        levels = f"{red:>5} {green:>4} {blue:>4} {opacity / 255:>9.6g}"
        lines.append(f'{row.key:>5} {levels} {shown:>5}    "{name}"\n')
    return HEAD + "".join(lines)
