"""Tables of synonyms: the number in a file, its name, its dtype, looked up by any of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from volio.errors import CodeError, UsageError

__all__ = ["Recoder", "coded_rows", "known_code", "table_rows"]


class Recoder:
    """A table whose rows can be found by any value in them.

    Parameters
    ----------
    rows : iterable of sequences
        Each row holds one value per column; values past the named columns are further synonyms.
        When two rows share a value, the earlier row answers for it.
    fields : sequence of str, optional
        Names of the columns; each becomes an attribute that maps any synonym to that column.

    Examples
    --------
    >>> units = Recoder(((2, "mm"), (8, "sec", "s")), fields=("code", "label"))
    >>> units["s"], units.label[8]
    (8, 'sec')
    """

    def __init__(self, rows: Iterable[Sequence[Any]], fields: Sequence[str] = ("code",)) -> None:
        self.fields = tuple(fields)
        self._columns: dict[str, dict[Hashable, Any]] = {name: {} for name in self.fields}
        for name, column in self._columns.items():
            if hasattr(type(self), name) or name in self.__dict__:
                raise UsageError(f"fields: {name!r} is an attribute of Recoder already")
            setattr(self, name, column)
        self.add_codes(rows)

    def __getattr__(self, name: str) -> dict[Hashable, Any]:
        # Only reached for names that are not a column: columns are set on the instance.
        raise AttributeError(f"{type(self).__name__} has no attribute or column {name!r}")

    @property
    def field1(self) -> dict[Hashable, Any]:
        """The first column, whatever its name."""
        return self._columns[self.fields[0]]

    def add_codes(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows; the synonyms of each row lead to all of its columns."""
        for row in rows:
            for name, value in zip(self.fields, row, strict=False):
                for synonym in row:
                    self._columns[name].setdefault(synonym, value)

    def __getitem__(self, key: Hashable) -> Any:
        """Value of the first column for any synonym (KeyError when there is none)."""
        return self._columns[self.fields[0]][key]

    def __contains__(self, key: object) -> bool:
        return key in self._columns[self.fields[0]]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.keys())

    def keys(self) -> list[Hashable]:
        """All synonyms, in the order of the rows."""
        return list(self._columns[self.fields[0]])

    def value_set(self, name: str | None = None) -> set[Any]:
        """All values of one column (the first by default)."""
        return set(self._columns[self.fields[0] if name is None else name].values())


def known_code(field: str, word: int | str, table: Recoder) -> int:
    """Return the code of a field for a code or name of its table.

    Raises
    ------
    CodeError
        If the table has no such code or name.
    """
    if word not in table:
        known = sorted(table.value_set("label"))
        raise CodeError(f"{field}: must be one of {known}, got {word!r}")
    return int(table[word])


def table_rows(text: str) -> list[list[str]]:
    r"""Return the cells of a table in text, a list for each row.

    Parameters
    ----------
    text : str
        A row on each line, cells between bars; blanks around a cell do not count.

    Examples
    --------
    >>> table_rows("1 | scanner\n2 | aligned")
    [['1', 'scanner'], ['2', 'aligned']]
    """
    lines = text.strip().splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def coded_rows(text: str) -> list[tuple[Any, ...]]:
    r"""Return the rows of a table in text, whose first column are codes, as integers.

    Examples
    --------
    >>> coded_rows("1 | scanner\n2 | aligned")
    [(1, 'scanner'), (2, 'aligned')]
    """
    return [(int(code), *cells) for code, *cells in table_rows(text)]
