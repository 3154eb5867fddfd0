"""Values per point and per line, by name."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError
from volio.images.arguments import given_array

if TYPE_CHECKING:
    from volio.tracts.tractogram import Tractogram

__all__ = ["TractValues", "checked_values"]

Array = NDArray[Any]
Which = Literal["per_point", "per_line"]
KINDS = {"per_point": "point", "per_line": "line"}


class TractValues(MutableMapping[str, Array]):
    """Values per point or per line of tracts, by name, in the order of the file.

    Names are known from the header; values are read with the lines, when they are asked for.
    Setting and deleting names changes the tracts.

    Parameters
    ----------
    tracts : Tractogram
    which : {"per_point", "per_line"}
    """

    def __init__(self, tracts: Tractogram, which: Which) -> None:
        self._tracts = tracts
        self._which = which

    def _names(self) -> Any:
        return getattr(self._tracts.lines.layout, self._which)

    def _values(self) -> dict[str, Array]:
        return dict(getattr(self._tracts.held(), self._which))

    def __getitem__(self, name: str) -> Array:
        if name not in self._names():
            raise KeyError(name)
        return self._values()[name]

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        lines = self._tracts.held()
        count = len(lines.points) if self._which == "per_point" else len(lines)
        checked = checked_values(name, values, count, self._which)
        self._put({**self._values(), name: checked})

    def __delitem__(self, name: str) -> None:
        values = self._values()
        del values[name]
        self._put(values)

    def _put(self, values: dict[str, Array]) -> None:
        lines = self._tracts.held()
        if self._which == "per_point":
            self._tracts.hold(replace(lines, per_point=values))
        else:
            self._tracts.hold(replace(lines, per_line=values))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names()))

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __repr__(self) -> str:
        return f"<values per {KINDS[self._which]}: {', '.join(self) or 'none'}>"


def checked_values(name: str, values: ArrayLike, count: int, which: Which) -> Array:
    """Return values as an array, one row for each point or line.

    Raises
    ------
    ImageDataError
        If they are not numbers of shape (n,) or (n, k), or not so many.
    """
    array = np.asarray(given_array(name, values))
    kind = KINDS[which]
    if array.ndim not in (1, 2) or array.shape[1:] == (0,) or array.dtype.kind not in "biuf":
        raise ImageDataError(
            f"{name}: values per {kind} are numbers of shape (n,) or (n, k), got "
            f"{array.dtype} {array.shape}"
        )
    if len(array) != count:
        raise ImageDataError(f"{name}: one value for each of {count} {kind}s, got {len(array)}")
    return array
