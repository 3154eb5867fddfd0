"""Dictionaries of values per streamline and per point that are selected from together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from types import GeneratorType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.arrays.ragged import ArraySequence
from volio.errors import UsageError, UsageTypeError

__all__ = [
    "LazyDict",
    "PerArrayDict",
    "PerArraySequenceDict",
    "SliceableDataDict",
    "is_data_dict",
    "is_lazy_dict",
]

V = TypeVar("V")


def is_data_dict(obj: Any) -> bool:
    """Return whether an object is one of the dictionaries of this module."""
    return hasattr(obj, "store")


def is_lazy_dict(obj: Any) -> bool:
    """Return whether an object is a dictionary of generator functions."""
    return is_data_dict(obj) and bool(obj.store) and callable(next(iter(obj.store.values())))


class SliceableDataDict(MutableMapping[Any, V]):
    """A dictionary whose values are selected from together: ``d[2:5]`` has part of each.

    Parameters
    ----------
    *args, **kwargs
        As for `dict`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.store: dict[Any, V] = {}
        self.update(dict(*args, **kwargs))

    def __getitem__(self, key: Any) -> Any:
        """Return the value of a key, or a dictionary with a selection of each value.

        Raises
        ------
        KeyError
            If there is no such key, and values cannot be selected by it.
        """
        try:
            return self.store[key]
        except (KeyError, TypeError):  # a slice is not a key, an int or an array is none here
            selected = self._selected(key)
        if selected is None:
            raise KeyError(key)
        return selected

    def _selected(self, index: Any) -> Self | None:
        """Return a dictionary of selections; None where values have no such."""
        selection = type(self)()
        try:
            for key, value in self.store.items():
                selection[key] = value[index]  # type: ignore[index]  # all values are sequences
        except (TypeError, ValueError, IndexError):
            return None
        return selection

    def __setitem__(self, key: Any, value: Any) -> None:
        self.store[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self.store

    def __delitem__(self, key: Any) -> None:
        del self.store[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.store)

    def __len__(self) -> int:
        return len(self.store)


class PerArrayDict(SliceableDataDict[Any]):
    """Values per streamline: arrays with a row for each.

    Parameters
    ----------
    n_rows : int, optional
        How many rows values must have; 0 allows any number.
    *args, **kwargs
        As for `dict`.
    """

    def __init__(self, n_rows: int = 0, *args: Any, **kwargs: Any) -> None:
        self.n_rows = n_rows
        super().__init__(*args, **kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set values: float64 where they are not an array yet, objects where rows differ.

        Raises
        ------
        UsageError
            If they have more than two axes, or another number of rows than `n_rows`.
        """
        rows = _rows(value)
        if 0 < self.n_rows != len(rows):
            raise UsageError(f"{key}: has {len(rows)} rows, needs {self.n_rows}")
        self.store[key] = rows

    def extend(self, other: PerArrayDict) -> None:
        """Append the values of another dictionary to those of the same key.

        Raises
        ------
        UsageError
            If both have values, and for other keys. Nothing is changed then.
        """
        joined = self.joined_with(other)
        self.n_rows += other.n_rows
        for key, value in joined.items():
            self[key] = value

    def joined_with(self, other: PerArrayDict) -> dict[Any, Any]:
        """Return the values of all keys with those of another dictionary after them.

        Raises
        ------
        UsageError
            As for `extend`; or if one of both has rows without values and the other values.
        """
        own = set(self)
        others = set(other)
        if own != others and ((own and others) or (self.n_rows and other.n_rows)):
            names = [sorted(map(str, keys)) for keys in (own, others)]
            raise UsageError(f"keys: must be the same, got {names[0]} and {names[1]}")
        joined = dict(self.store)
        for key, rows in other.items():
            joined[key] = self._joined(joined[key], rows) if key in joined else rows
        return joined

    def _joined(self, first: Any, second: Any) -> Any:
        """Return values with others after them."""
        return np.concatenate([first, second])


def _rows(value: Any) -> NDArray[Any]:
    """Return values as an array with a row for each streamline."""
    rows = list(value) if isinstance(value, GeneratorType) else value
    if not isinstance(rows, np.ndarray):
        rows = _array_of_rows(rows)
    if rows.dtype == object:
        if not all(isinstance(row, Iterable) for row in rows):
            raise UsageError("data_per_streamline: each row must be an array, got single objects")
        return rows
    if rows.ndim == 1:
        return rows[:, np.newaxis]
    if rows.ndim != 2:
        raise UsageError(f"data_per_streamline: must have two axes, got {rows.ndim}")
    return rows


def _array_of_rows(rows: Any) -> NDArray[Any]:
    if len({np.shape(row)[:1] for row in rows}) <= 1:
        return np.asarray(rows, np.float64)
    unequal = np.empty(len(rows), object)
    for number, row in enumerate(rows):
        unequal[number] = row
    return unequal


class PerArraySequenceDict(PerArrayDict):
    """Values per point: sequences with an array for each streamline.

    Parameters
    ----------
    n_rows : int, optional
        How many points there are; 0 allows any number.
    *args, **kwargs
        As for `dict`.
    """

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set values, one row for each point.

        Raises
        ------
        UsageError
            If they have another number of rows than `n_rows`.
        """
        sequence = ArraySequence(value)
        if 0 < self.n_rows != sequence.total_nb_rows:
            raise UsageError(f"{key}: has {sequence.total_nb_rows} rows, needs {self.n_rows}")
        self.store[key] = sequence

    def _joined(self, first: Any, second: Any) -> Any:
        joined = first.copy()
        joined.extend(second)
        return joined


class LazyDict(MutableMapping[Any, Any]):
    """Functions by key, each of which yields values anew when its key is asked for.

    Parameters
    ----------
    *args, **kwargs
        As for `dict`; or one `LazyDict`, or None.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.store: dict[Any, Callable[[], Any]] = {}
        if len(args) == 1 and args[0] is None:
            args = ()
        elif len(args) == 1 and isinstance(args[0], LazyDict):
            args = (args[0].store,)
        self.update(dict(*args, **kwargs))

    def __getitem__(self, key: Any) -> Any:
        return self.store[key]()

    def __setitem__(self, key: Any, value: Callable[[], Any]) -> None:
        """Set a function that yields values.

        Raises
        ------
        UsageTypeError
            If it is not callable.
        """
        if not callable(value):
            raise UsageTypeError(
                f"{key}: must be a function that gives an iterator, got {type(value).__name__}"
            )
        self.store[key] = value

    def __delitem__(self, key: Any) -> None:
        del self.store[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.store)

    def __len__(self) -> int:
        return len(self.store)
