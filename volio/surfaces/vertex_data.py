"""Values per vertex, by name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, UsageError
from volio.images.arguments import given_array
from volio.images.labels import Labels

__all__ = ["StoredVertexData", "VertexArray", "VertexData", "distinct_name"]

Array = NDArray[Any]


@dataclass(frozen=True)
class VertexArray:
    """Values of all vertices.

    Parameters
    ----------
    name : str
    values : array, shape (V,) or (V, T)
    labels : Labels, optional
        What the values stand for, where they are keys of labels.
    meta : mapping of str to str
        What a file says of these values.
    """

    name: str
    values: Array
    labels: Labels | None = None
    meta: Mapping[str, str] = field(default_factory=dict)


class VertexData(MutableMapping[str, Array]):
    """Arrays of values per vertex, by name, in the order of the file.

    ``data[name]`` has shape (V,), or (V, T) for several values of each vertex. Deleting and
    setting names changes the surface. `labels` says which arrays are keys of labels.
    """

    @abstractmethod
    def array(self, name: str) -> VertexArray:
        """Return the array of a name with all that is known of it; KeyError for no such name."""

    @abstractmethod
    def put(self, array: VertexArray) -> None:
        """Set the array of its name, at its place, or as the last where the name is new.

        Raises
        ------
        ImageDataError
            If it does not have a value for each vertex.
        """

    def __getitem__(self, name: str) -> Array:
        return self.array(name).values

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        """Set the values of a name; labels and what the file says of them are kept."""
        known = self.array(name) if name in self else VertexArray(name, np.empty(0))
        self.put(VertexArray(name, _given(name, values), known.labels, known.meta))

    @property
    def labels(self) -> dict[str, Labels | None]:
        """The table of labels of each array; None for arrays that are not labels."""
        return {name: self.array(name).labels for name in self}

    def only_labels(self) -> Labels | None:
        """Return the table of labels of the only array that has one; None for none or several."""
        tables = [labels for labels in self.labels.values() if labels is not None]
        return tables[0] if len(tables) == 1 else None

    def set_labels(self, name: str, labels: Labels | None) -> None:
        """Set the table of labels whose keys the values of a name are; None for no labels."""
        known = self.array(name)
        self.put(VertexArray(name, known.values, labels, known.meta))

    def arrays(self) -> list[VertexArray]:
        """Return all arrays in order."""
        return [self.array(name) for name in self]

    def others(self) -> list[str]:
        """Return what else the file has that is not a value for each vertex, for reports."""
        return []

    def __repr__(self) -> str:
        shown = [f"{name!r}: {self[name].dtype} {self[name].shape}" for name in self]
        return f"<{type(self).__name__} {', '.join(shown)}>"


class StoredVertexData(VertexData):
    """Arrays of values per vertex that are kept here.

    Parameters
    ----------
    arrays : iterable of VertexArray
        Of one name only the last counts.
    """

    def __init__(self, arrays: Iterable[VertexArray] = ()) -> None:
        self.count: int | None = None
        self._arrays: dict[str, VertexArray] = {}
        for array in arrays:
            self.put(array)

    @classmethod
    def from_any(cls, data: Any) -> StoredVertexData:
        """Return arrays given as a mapping of names to values, or as vertex data.

        Raises
        ------
        UsageError
            If they are given otherwise.
        """
        if data is None:
            return cls()
        if isinstance(data, VertexData):
            return cls(data.arrays())
        if isinstance(data, Mapping):
            return cls(VertexArray(str(name), _given(name, data[name])) for name in data)
        raise UsageError(
            f"data: must be a mapping of names to values per vertex, got {type(data).__name__}"
        )

    def array(self, name: str) -> VertexArray:
        """Return the array of a name with all that is known of it."""
        return self._arrays[name]

    def put(self, array: VertexArray) -> None:
        """Set the array of its name."""
        check_values(array, self.count)
        if self.count is None:
            self.count = len(array.values)
        self._arrays[array.name] = array

    def __delitem__(self, name: str) -> None:
        del self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def check_values(array: VertexArray, count: int | None) -> None:
    """Check that values are numbers, one row for each vertex.

    Parameters
    ----------
    array : VertexArray
    count : int, optional
        Number of vertices, where it is known.

    Raises
    ------
    ImageDataError
    """
    values = array.values
    if values.ndim not in (1, 2) or values.dtype.kind not in "biufc":
        raise ImageDataError(
            f"{array.name}: values per vertex are numbers of shape (V,) or (V, T), got "
            f"{values.dtype} {values.shape}"
        )
    if count is not None and len(values) != count:
        raise ImageDataError(
            f"{array.name}: one value for each of {count} vertices, got {len(values)}"
        )


def distinct_name(name: str, known: Iterable[str]) -> str:
    """Return a name, with a number after it where it is known already: ``"shape (2)"``."""
    taken = known if isinstance(known, Mapping) else set(known)
    if name not in taken:
        return name
    used = 1
    free = 2
    while f"{name} ({free})" in taken:
        used = free
        free = 2 * free
    while free - used > 1:
        middle = (used + free) // 2
        if f"{name} ({middle})" in taken:
            used = middle
        else:
            free = middle
    return f"{name} ({free})"


def _given(name: object, values: ArrayLike) -> Array:
    """Return values of an argument as an array; errors name them."""
    return np.asarray(given_array(f"data[{name!r}]", values))
