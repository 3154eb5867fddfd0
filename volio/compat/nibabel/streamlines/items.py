"""One streamline with its values, and values of many streamlines one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["TractogramItem", "iterators", "side_by_side", "values_of"]

Values: TypeAlias = Mapping[str, Any]


class TractogramItem:
    """One streamline and its values.

    Parameters
    ----------
    streamline : array_like, shape (points, 3)
    data_for_streamline : mapping of str to array, shape (values,)
    data_for_points : mapping of str to array, shape (points, values)
    """

    def __init__(
        self, streamline: ArrayLike, data_for_streamline: Values, data_for_points: Values
    ) -> None:
        self.streamline = np.asarray(streamline)
        self.data_for_streamline = data_for_streamline
        self.data_for_points = data_for_points

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter(self.streamline)

    def __len__(self) -> int:
        return len(self.streamline)


def iterators(values: Mapping[str, Any]) -> dict[str, Callable[[], Iterator[Any]]]:
    """Return functions that go through values by key."""
    return {key: partial(iter, each) for key, each in values.items()}


def values_of(
    data_func: Callable[[], Iterable[TractogramItem]], kind: str, key: str
) -> Callable[[], Iterator[Any]]:
    """Return a function that yields the values of one key of one item after the other."""

    def values() -> Iterator[Any]:
        return (getattr(item, kind)[key] for item in data_func())

    return values


def side_by_side(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Go through the values of all keys at once."""
    if not values:
        return ({} for _ in repeat(None))
    keys = list(values)
    rows = zip(*values.values(), strict=False)
    return (dict(zip(keys, row, strict=True)) for row in rows)
