"""Tables as text, their columns aligned."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from unicodedata import combining, east_asian_width

__all__ = ["aligned", "paragraph", "printable", "terminal_width"]

GAP = "  "
MORE = "…"
#: A column is not made narrower than its head, nor than this.
NARROWEST = 12


def terminal_width() -> int | None:
    """Return the columns of the terminal that is written to; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def aligned(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[str] = (),
    shortened: Sequence[str] = (),
    width: int | None = None,
) -> list[str]:
    """Return the lines of a table.

    Parameters
    ----------
    heads : sequence of str
        Names of the columns, shown in the first line.
    rows : sequence of sequence of str
        A column in which every row is "" is left out.
    right : sequence of str
        Columns that are aligned on the right, by name.
    shortened : sequence of str
        Columns whose texts may be cut, by name, where the table is wider than `width`: the first
        of them first.
    width : int, optional
        Of the terminal.
    """
    columns: dict[str, list[str]] = {}
    for head, cells in zip(heads, zip(*rows, strict=True), strict=bool(rows)):
        if any(cells):
            columns[head] = [head, *(cell or "-" for cell in cells)]
    if width is not None:
        _fit(columns, shortened, width)
    filled = [_filled(cells, head in right) for head, cells in columns.items()]
    return [GAP.join(line).rstrip() for line in zip(*filled, strict=True)]


def _fit(columns: dict[str, list[str]], shortened: Sequence[str], width: int) -> None:
    """Cut texts of some columns, so that the table is no wider than it may be, if possible."""
    widths = {head: max(map(_width, cells)) for head, cells in columns.items()}
    excess = sum(widths.values()) + len(GAP) * (len(widths) - 1) - width
    for head in shortened:
        if excess <= 0 or head not in columns:
            continue
        room = max(widths[head] - excess, len(head), NARROWEST)
        columns[head] = [_cut(cell, room) for cell in columns[head]]
        excess -= max(widths[head] - room, 0)


def _cut(text: str, room: int) -> str:
    """Return a text that takes at most so many columns, with a mark where its end is left out."""
    if _width(text) <= room:
        return text
    kept = text
    while _width(kept) > room - len(MORE):
        kept = kept[:-1]
    return kept.rstrip(", ") + MORE


def _filled(shown: Sequence[str], right: bool) -> list[str]:
    """Return cells with blanks before or after them, so that all are as wide as the widest."""
    width = max(map(_width, shown))
    gaps = [" " * (width - _width(cell)) for cell in shown]
    pairs = zip(shown, gaps, strict=True)
    return [gap + cell if right else cell + gap for cell, gap in pairs]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text if not combining(letter))


def printable(text: str) -> str:
    """Return a text on one line: line breaks and control characters as Python writes them."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def paragraph(title: str, facts: Sequence[tuple[str, str]]) -> list[str]:
    """Return a title and, indented below it, names and values; values may have several lines."""
    width = max((len(name) for name, _ in facts), default=0)
    lines = [title]
    for name, value in facts:
        first, *more = value.splitlines() or [""]
        lines.append(f"  {name:<{width}}  {first}".rstrip())
        lines += [f"  {'':<{width}}  {line}" for line in more]
    return lines
