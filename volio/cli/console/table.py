"""Tables as text, their columns aligned."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

__all__ = ["aligned", "paragraph", "printable"]

GAP = "  "


def aligned(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()
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
    """
    columns = []
    for head, cells in zip(heads, zip(*rows, strict=True), strict=bool(rows)):
        if any(cells):
            columns.append(_column(head, cells, head in right))
    return [GAP.join(line).rstrip() for line in zip(*columns, strict=True)]


def _column(head: str, cells: Sequence[str], right: bool) -> list[str]:
    shown = [head, *(cell or "-" for cell in cells)]
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
