"""FreeSurfer's tables of colours as text: FreeSurferColorLUT.txt, aparc.annot.ctab.

A line has a number, a name without blanks, red, green, blue and transparency from 0 to 255: opaque
labels have 0 as the last.
Source: https://surfer.nmr.mgh.harvard.edu/fswiki/LabelsClutsAnnotationFiles
"""

from __future__ import annotations

import re

from volio.errors import HeaderDataError
from volio.images.label_tables.label import Label
from volio.images.label_tables.text_files import Rows, checked_name, integer, numbered_lines

__all__ = ["ctab_text", "parse_ctab"]

COLUMNS = 6
LEVELS = ("red", "green", "blue", "transparency")
#: What separates words: FreeSurfer knows no blanks besides those of ASCII.
BLANKS = " \t\v\f"
SEPARATOR = re.compile(f"[{BLANKS}]+")
FORBIDDEN = f"{BLANKS}\n\r#"


def parse_ctab(text: str) -> Rows:
    """Return the labels of a table; of further columns nothing is known.

    Raises
    ------
    HeaderDataError
        If a line is not a label.
    """
    return [_row(number, line) for number, line in numbered_lines(text)]


def _row(number: int, line: str) -> Label:
    words = SEPARATOR.split(line.strip(BLANKS))
    if len(words) < COLUMNS:
        raise HeaderDataError(
            f"line {number}: a number, a name and four colours are needed, got {line[:60]!r}"
        )
    key = integer(words[0], "the number of a label", number)
    red, green, blue, transparency = (
        integer(word, name, number) for word, name in zip(words[2:COLUMNS], LEVELS, strict=True)
    )
    return Label(key, words[1], (red, green, blue, 255 - transparency))


def ctab_text(labels: Rows) -> str:
    """Return the table of some labels; those without a colour are transparent black.

    Raises
    ------
    SaveError
        If a name is empty or has blanks.
    """
    lines = [f"{'#No.':<6} {'Label Name:':<40} {'R':>3} {'G':>3} {'B':>3} {'A':>3}"]
    for row in labels:
        name = checked_name(row, FORBIDDEN, "FreeSurfer's table")
        red, green, blue, opacity = row.colour or (0, 0, 0, 0)
        levels = " ".join(f"{level:>3}" for level in (red, green, blue, 255 - opacity))
        lines.append(f"{row.key:<6} {name:<40} {levels}")
    return "\n".join([*lines, ""])
