"""Tables as reStructuredText: nibabel's ``rstutils`` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from volio.errors import UsageError

__all__ = ["rst_table"]

CHARACTERS = {"cross": "+", "along": "-", "down": "|", "thick_long": "=", "title_heading": "*"}


def rst_table(
    cell_values: ArrayLike,
    row_names: Sequence[str] | None = None,
    col_names: Sequence[str] | None = None,
    title: str = "",
    val_fmt: str = "{0:5.2f}",
    format_chars: Mapping[str, str] | None = None,
) -> str:
    """Write a table of values.

    Parameters
    ----------
    cell_values : array-like, shape (rows, columns, ...)
        What stands in a cell; `val_fmt` gets it as argument 0.
    row_names, col_names : sequence of str, optional
        Default to ``row[0]`` and so on.
    title : str, optional
    val_fmt : str, optional
    format_chars : mapping, optional
        In place of the lines' characters ``cross, along, down, thick_long, title_heading``.

    Raises
    ------
    UsageError
        If names are too many or too few, or characters unknown.
    """
    values = np.asarray(cell_values)
    n_rows, n_columns = values.shape[:2]
    chars = CHARACTERS | dict(format_chars or {})
    if set(chars) != set(CHARACTERS):
        raise UsageError(f"format_chars: unknown {sorted(set(chars) - set(CHARACTERS))}")
    rows = _names("row", row_names, n_rows)
    heads = _names("col", col_names, n_columns)
    cells = [[val_fmt.format(value) for value in line] for line in values]
    return "\n".join([*_title(title, chars), *_lines(rows, heads, cells, chars)])


def _names(kind: str, names: Sequence[str] | None, count: int) -> list[str]:
    if names is None:
        return [f"{kind}[{index}]" for index in range(count)]
    if len(names) != count:
        raise UsageError(f"{kind}_names: {count} are needed, got {len(names)}")
    return list(names)


def _title(title: str, chars: Mapping[str, str]) -> list[str]:
    rule = chars["title_heading"] * len(title)
    return [rule, title, rule, ""] if title else []


def _lines(
    rows: list[str], heads: list[str], cells: list[list[str]], chars: Mapping[str, str]
) -> list[str]:
    first = max(map(len, rows))
    width = max(len(cell) for line in (heads, *cells) for cell in line)
    widths = [width] * len(heads)
    thin = _rule(first, widths, chars["cross"], chars["along"])
    thick = _rule(first, widths, chars["cross"], chars["thick_long"])
    down = chars["down"]
    titles = _row(" " * first, [head.center(width) for head in heads], down)
    body = []
    for name, line in zip(rows, cells, strict=True):
        padded = [cell.ljust(width) for cell in line]
        body.append(_row(name.ljust(first), padded, down))
    return [thin, titles, thick, *body, thin]


def _rule(first: int, widths: list[int], cross: str, along: str) -> str:
    return cross + cross.join(along * (width + 2) for width in (first, *widths)) + cross


def _row(name: str, cells: list[str], down: str) -> str:
    return down + down.join(f" {cell} " for cell in (name, *cells)) + down
