"""MatrixAxis: what the indices along one dimension of a CIFTI-2 matrix stand for."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, IndexingError

if TYPE_CHECKING:
    from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap

__all__ = ["Indices", "MatrixAxis", "check_per_index", "dicts", "positions", "whole_number"]

Indices = NDArray[np.int64]


class MatrixAxis(ABC):
    """What the indices along one dimension of a matrix stand for.

    An integer as an index gives an element, as `get_element` does; everything else that indexes
    one axis of an array gives an axis.
    """

    @property
    def size(self) -> int:
        """Number of indices."""
        return len(self)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __eq__(self, other: object) -> bool: ...

    __hash__ = None  # type: ignore[assignment]  # axes can be changed

    @abstractmethod
    def __add__(self, other: Any) -> Self:
        """Return the axis with another of its kind after it."""

    def __getitem__(self, index: Any) -> Any:
        """Return an element, for an integer, or the axis of a part.

        Raises
        ------
        IndexingError
            If the index does not fit one axis of this length.
        """
        if isinstance(index, str):
            return self.get_named(index)
        number = whole_number(index)
        return self.part(index) if number is None else self.get_element(number)

    def get_named(self, name: str) -> Any:
        """Return what has a name; most axes cannot be indexed by names.

        Raises
        ------
        IndexingError
        """
        raise IndexingError(f"index: {type(self).__name__} takes no names, got {name!r}")

    @abstractmethod
    def get_element(self, index: int) -> Any:
        """Return what one index stands for.

        Raises
        ------
        IndexingError
            If the axis is shorter.
        """

    @abstractmethod
    def part(self, index: Any) -> Self:
        """Return the axis of what a slice, a mask or an array of indices selects.

        Raises
        ------
        IndexingError
            If it does not fit.
        """

    @classmethod
    @abstractmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the axis of a map of indices of a header.

        Raises
        ------
        HeaderDataError
            If the map does not say what each index stands for.
        """

    @abstractmethod
    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices that states this axis in a header.

        Parameters
        ----------
        dim : int
            The dimension of the matrix, counted from 0.

        Raises
        ------
        HeaderError
            If a header cannot state it.
        """

    def check_index(self, index: int) -> int:
        """Return an index counted from the start.

        Raises
        ------
        IndexingError
            If it is outside the axis.
        """
        if not -len(self) <= index < len(self):
            raise IndexingError(f"index {index} is outside an axis of length {len(self)}")
        return index % len(self)


def whole_number(index: Any) -> int | None:
    """Return an index that is an integer of any kind; None for others."""
    if isinstance(index, bool | np.bool_):
        return None
    try:
        return operator.index(index)
    except TypeError:
        return None


def positions(index: Any, length: int) -> Indices:
    """Return the indices that a slice, a mask or an array selects of an axis, shape (n,).

    Raises
    ------
    IndexingError
        If it does not fit an axis of this length.
    """
    try:
        selected: Indices = np.arange(length)[index]
    except IndexError as error:
        raise IndexingError(f"index: {error}; the axis has length {length}") from error
    if selected.ndim != 1:
        raise IndexingError(
            f"index: must select along one axis, got one that gives {selected.ndim} axes"
        )
    return selected


def check_per_index(what: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Check that an array has something for each index.

    Raises
    ------
    HeaderDataError
        If it has another shape.
    """
    if array.shape != shape:
        raise HeaderDataError(f"{what}: must be of shape {shape}, got {array.shape}")


def dicts(given: Any, count: int) -> NDArray[np.object_]:
    """Return a dict for each index, as an array of objects; new ones where none are given."""
    if given is None:
        given = [{} for _ in range(count)]
    return np.asanyarray(given, dtype=object)
