"""Tables as text, their columns aligned."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["aligned", "paragraph"]

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
    used = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    columns = [_column(heads[at], [row[at] for row in rows], heads[at] in right) for at in used]
    return [GAP.join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _column(head: str, cells: Sequence[str], right: bool) -> list[str]:
    shown = [head, *(cell or "-" for cell in cells)]
    width = max(len(cell) for cell in shown)
    return [cell.rjust(width) if right else cell.ljust(width) for cell in shown]


def paragraph(title: str, facts: Sequence[tuple[str, str]]) -> list[str]:
    """Return a title and, indented below it, names and values; values may have several lines."""
    width = max((len(name) for name, _ in facts), default=0)
    lines = [title]
    for name, value in facts:
        first, *more = value.splitlines() or [""]
        lines.append(f"  {name:<{width}}  {first}".rstrip())
        lines += [f"  {'':<{width}}  {line}" for line in more]
    return lines
