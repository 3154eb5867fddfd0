"""Labels: what whole numbers in data stand for, with names and colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, UsageError

__all__ = ["Colour", "Label", "Labels"]

#: Red, green, blue and opacity, 0 to 255.
Colour: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True)
class Label:
    """One row of a table of labels.

    Parameters
    ----------
    key : int
        The number that the data have.
    name : str
    colour : (int, int, int, int), optional
        Red, green, blue and opacity from 0 to 255; None where the table states none.
    further : mapping of str to str
        What else the table says of the label, by column.

    Raises
    ------
    HeaderDataError
        If the colour is not four numbers from 0 to 255.

    Examples
    --------
    >>> volio.Label(7, "insula", (255, 192, 32, 255)).name
    'insula'
    """

    key: int
    name: str
    colour: Colour | None = None
    further: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        colour = self.colour
        if colour is not None and (len(colour) != 4 or min(colour) < 0 or max(colour) > 255):
            raise HeaderDataError(
                f"label {self.key} {self.name!r}: a colour is four numbers from 0 to 255, "
                f"got {colour}"
            )


class Labels:
    """A table of labels, in order: one for volumes, surfaces and greyordinates.

    Keys may be negative or have gaps. A key or a name that occurs twice keeps both of its rows;
    looking it up gives the first.

    Parameters
    ----------
    rows : iterable of Label, optional

    Examples
    --------
    >>> insula = volio.Label(7, "insula", (255, 192, 32, 255))
    >>> labels = volio.Labels([volio.Label(0, "???"), insula])
    >>> labels.name_of(7), labels.key_of("insula")
    ('insula', 7)
    """

    def __init__(self, rows: Iterable[Label] = ()) -> None:
        self.rows: tuple[Label, ...] = tuple(rows)
        self._by_key: dict[int, Label] = {}
        self._by_name: dict[str, Label] = {}
        for row in self.rows:
            self._by_key.setdefault(row.key, row)
            self._by_name.setdefault(row.name, row)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.rows)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __getitem__(self, key: int) -> Label:
        """Return the row of a key.

        Raises
        ------
        UsageError
            If no row has it.
        """
        if key not in self._by_key:
            raise UsageError(f"key: no label has the key {key!r}")
        return self._by_key[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.rows == other.rows

    def __hash__(self) -> int:
        return hash(tuple((row.key, row.name, row.colour) for row in self.rows))

    def __repr__(self) -> str:
        shown = [f"{row.key}: {row.name!r}" for row in self.rows[:4]]
        more = [f"… {len(self.rows)} labels"] if len(self.rows) > 4 else []
        return f"<Labels {', '.join(shown + more)}>"

    @property
    def keys(self) -> tuple[int, ...]:
        """The key of every row."""
        return tuple(row.key for row in self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every row."""
        return tuple(row.name for row in self.rows)

    def name_of(self, key: int) -> str:
        """Return the name of a key; UsageError if no row has it."""
        return self[key].name

    def key_of(self, name: str) -> int:
        """Return the key of a name.

        Raises
        ------
        UsageError
            If no row has it.
        """
        if name not in self._by_name:
            raise UsageError(f"name: no label is called {name!r}")
        return self._by_name[name].key

    def names_of(self, values: ArrayLike) -> list[str]:
        """Return the name of each of some values, "" for those that are in no row."""
        return [
            self._by_key[value].name if value in self._by_key else ""
            for value in np.asarray(values).ravel().tolist()
        ]

    def repeated_keys(self) -> list[int]:
        """Return the keys that several rows have."""
        counts: dict[int, int] = {}
        for row in self.rows:
            counts[row.key] = counts.get(row.key, 0) + 1
        return [key for key, count in counts.items() if count > 1]

    def merge(self, other: Labels) -> Labels:
        """Return these rows and those of another table whose keys are not here yet.

        Raises
        ------
        HeaderDataError
            If the two give one key different names.
        """
        added = []
        for row in other.rows:
            known = self._by_key.get(row.key)
            if known is None:
                added.append(row)
            elif known.name != row.name:
                raise HeaderDataError(
                    f"labels: key {row.key} is {known.name!r} in one table and {row.name!r} in "
                    "the other"
                )
        return Labels((*self.rows, *added))

    def colours_of(self, values: ArrayLike, missing: Colour = (0, 0, 0, 0)) -> NDArray[np.uint8]:
        """Return the colour of each of some values.

        Parameters
        ----------
        values : array-like of int
        missing : (int, int, int, int)
            For values in no row, and rows without a colour.

        Returns
        -------
        array of uint8, shape of values + (4,)
        """
        keys, places = np.unique(np.asarray(values), return_inverse=True)
        palette = [self._colour_of(key) or missing for key in keys.tolist()]
        colours: NDArray[np.uint8] = np.array(palette, np.uint8).reshape(-1, 4)
        return colours[places].reshape(*np.shape(values), 4)

    def _colour_of(self, key: Any) -> Colour | None:
        row = self._by_key.get(key)
        return None if row is None else row.colour
