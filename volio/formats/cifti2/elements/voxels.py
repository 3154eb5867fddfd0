"""Cifti2VoxelIndicesIJK: the voxels of a brain model or a parcel, kept as an array."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.encodings.text_numbers import parse_indices
from volio.errors import HeaderDataError, NotServedError, UsageError, UsageTypeError
from volio.formats.cifti2.elements.element import CiftiElement
from volio.formats.cifti2.elements.indices import integer_valued
from volio.formats.containers.xml_elements import new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2VoxelIndicesIJK"]


class Cifti2VoxelIndicesIJK(CiftiElement, MutableSequence[list[int]]):
    """Voxels: rows of three indices, which can be edited one at a time.

    Parameters
    ----------
    indices : array-like of int, shape (n, 3), optional
        Voxel indices i, j, k, from 0.

    Raises
    ------
    HeaderDataError
        If rows are not three integers.
    UsageTypeError
        If they are not rows.

    Examples
    --------
    >>> from volio.formats.cifti2 import Cifti2VoxelIndicesIJK
    >>> voxels = Cifti2VoxelIndicesIJK([[0, 1, 2]])
    >>> voxels.append([3, 4, 5])
    >>> voxels[1], voxels[1, 2], voxels.array.shape
    ([3, 4, 5], 5, (2, 3))
    """

    def __init__(self, indices: ArrayLike | None = None) -> None:
        # An array until the first edit; a list, to which rows can be added quickly, until the
        # array is asked for again.
        self._rows: NDArray[np.int64] | list[list[int]] = np.empty((0, 3), np.int64)
        if indices is not None:
            self._rows = _rows(indices)

    @classmethod
    def from_element(cls, element: Element, what: str, count: int | None = None) -> Self:
        """Return the voxels of a ``VoxelIndicesIJK`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If they are not `count` times three integers.
        """
        where = f"{what}: VoxelIndicesIJK"
        numbers = parse_indices(element.text or "", where, None if count is None else 3 * count)
        if len(numbers) % 3:
            raise HeaderDataError(f"{where}: must be three for each voxel, got {len(numbers)}")
        made = cls(numbers.reshape(-1, 3))
        made._keep_unknown(element)
        return made

    @property
    def array(self) -> NDArray[np.int64]:
        """The voxel indices, shape (n, 3); a copy is needed to change them."""
        if isinstance(self._rows, list):
            self._rows = np.array(self._rows, np.int64).reshape(-1, 3)
        shown = self._rows.view()
        shown.flags.writeable = False
        return shown

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.array
        if copy is False and dtype in (None, array.dtype):
            return array
        return np.array(array, dtype)

    def _list(self) -> list[list[int]]:
        """Return the rows as the list that holds them from now on."""
        held = self._rows
        if not isinstance(held, list):
            held = [list(map(int, row)) for row in held]
            self._rows = held
        return held

    @property
    def _indices(self) -> list[list[int]]:
        """The rows, under a private name that many programs take them by."""
        return self._list()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """Return a row, or with ``[row, column]`` one or several of its numbers."""
        if isinstance(index, int | np.integer):
            return list(map(int, self._rows[index]))
        if isinstance(index, slice):
            return self.array[index].tolist()
        row, column = _row_and_column(index)
        return self._list()[row][column]

    def __setitem__(self, index: Any, value: Any) -> None:
        """Set a row, or with ``[row, column]`` one of its numbers."""
        if isinstance(index, int | np.integer):
            self._list()[index] = _triple(value)
            return
        if isinstance(index, slice):
            raise UsageTypeError("index: one row is set at a time, got a slice")
        row, column = _row_and_column(index)
        try:
            self._list()[row][column] = int(value)
        except (TypeError, ValueError) as error:
            raise UsageTypeError(f"an index must be an integer, got {value!r}") from error

    def __delitem__(self, index: Any) -> None:
        if not isinstance(index, int | np.integer | slice):
            raise NotServedError(f"index: whole rows are deleted, got {index!r}")
        del self._list()[index]

    def insert(self, index: int, value: ArrayLike) -> None:
        """Insert a row before another.

        Raises
        ------
        HeaderDataError
            If it is not three integers.
        """
        self._list().insert(index, _triple(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Add rows at the end.

        Raises
        ------
        HeaderDataError
            If they are not three integers each.
        """
        added = _rows(values if isinstance(values, np.ndarray) else list(values))
        self._rows = np.concatenate([self.array, added])

    def __repr__(self) -> str:
        return f"<Cifti2VoxelIndicesIJK of {len(self)}>"

    def _known_element(self) -> Element:
        if len(self) == 0:
            raise HeaderDataError("VoxelIndicesIJK: at least one voxel is needed")
        lines = [f"{i} {j} {k}" for i, j, k in self.array.tolist()]
        return new_element("VoxelIndicesIJK", "\n".join(lines))


def _row_and_column(index: Any) -> tuple[int, Any]:
    if isinstance(index, str) or len(index) != 2:
        raise UsageError(f"index: must be a row, or a row and a column, got {index!r}")
    row, column = index
    if not isinstance(row, int | np.integer):
        raise NotServedError(f"index: the row must be an integer, got {row!r}; use .array")
    return int(row), column


def _triple(value: Any) -> list[int]:
    try:
        row = [int(each) for each in value]
    except ValueError as error:
        raise HeaderDataError(f"a voxel must be three integers, got {value!r}") from error
    if len(row) != 3:
        raise HeaderDataError(f"a voxel must be three integers, got {row}")
    return row


def _rows(values: Any) -> NDArray[np.int64]:
    """Return rows as an array of their own."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise HeaderDataError(f"voxels must be rows of three integers ({error})") from error
    if array.size == 0:
        return np.empty((0, 3), np.int64)
    if array.ndim < 2:
        raise UsageTypeError(f"voxels must be rows of three integers, got shape {array.shape}")
    if array.ndim != 2 or array.shape[1] != 3 or not integer_valued(array):
        raise HeaderDataError(
            f"voxels must be rows of three integers, got {array.dtype} of shape {array.shape}"
        )
    return array.astype(np.int64)
