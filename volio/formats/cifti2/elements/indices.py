"""Lists of vertex numbers, kept as arrays: those of a brain model and those of a parcel."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.encodings.text_numbers import parse_indices
from volio.errors import HeaderDataError
from volio.formats.cifti2.elements.element import CiftiElement, required
from volio.formats.containers.xml_elements import new_element
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2VertexIndices", "Cifti2Vertices", "IndexList", "integer_valued"]


class IndexList(CiftiElement, MutableSequence[int]):
    """Integers: a list to look at and to edit, an array to compute with.

    Parameters
    ----------
    indices : array-like of int, optional

    Raises
    ------
    HeaderDataError
        If a value is not an integer.
    """

    def __init__(self, indices: ArrayLike | None = None) -> None:
        # An array until the first edit; a list, to which items can be added quickly, until the
        # array is asked for again.
        self._held: NDArray[np.int64] | list[int] = np.empty(0, np.int64)
        if indices is not None:
            self._held = _integers(indices)

    @property
    def array(self) -> NDArray[np.int64]:
        """The indices, shape (n,); a copy is needed to change them."""
        if isinstance(self._held, list):
            self._held = np.array(self._held, np.int64)
        shown = self._held.view()
        shown.flags.writeable = False
        return shown

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.array
        if copy is False and dtype in (None, array.dtype):
            return array
        return np.array(array, dtype)

    def _list(self) -> list[int]:
        """Return the indices as the list that holds them from now on."""
        held = self._held
        if not isinstance(held, list):
            held = list(map(int, held))
            self._held = held
        return held

    @property
    def _indices(self) -> list[int]:
        """The indices, under a private name that many programs take them by."""
        return self._list()

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | list[int]:
        if isinstance(index, slice):
            return list(map(int, self._held[index]))
        return int(self._held[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._list()[index] = _integer(value)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        del self._list()[index]

    def insert(self, index: SupportsIndex, value: int) -> None:
        """Insert an index before another.

        Raises
        ------
        HeaderDataError
            If it is not an integer.
        """
        self._list().insert(index, _integer(value))

    def extend(self, values: Iterable[int]) -> None:
        """Add indices at the end.

        Raises
        ------
        HeaderDataError
            If a value is not an integer.
        """
        added = _integers(values if isinstance(values, np.ndarray) else list(values))
        self._held = np.concatenate([self.array, added])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"

    @property
    def _text(self) -> str:
        return " ".join(map(str, self.array.tolist()))


def _integer(value: Any) -> int:
    try:
        return parse_int(value) if isinstance(value, str) else int(value)
    except (TypeError, ValueError) as error:
        raise HeaderDataError(f"an index must be an integer, got {value!r}") from error


def integer_valued(array: NDArray[Any]) -> bool:
    """Return whether an array has integers, or floats that are integers."""
    if array.dtype.kind == "f":
        return bool((array == np.trunc(array)).all())
    return array.dtype.kind in "iu"


def _integers(values: Any) -> NDArray[np.int64]:
    """Return values as an array of their own."""
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.ndim != 1 or not integer_valued(array):
        raise HeaderDataError(
            f"indices must be a list of integers, got {array.dtype} of shape {array.shape}"
        )
    return array.astype(np.int64)


class Cifti2VertexIndices(IndexList):
    """The vertices of a brain model, in the order of the matrix.

    Parameters
    ----------
    indices : array-like of int, optional
        Numbers of vertices, from 0.

    Examples
    --------
    >>> from volio.formats.cifti2 import Cifti2VertexIndices
    >>> vertices = Cifti2VertexIndices([0, 1, 2])
    >>> vertices.append(7)
    >>> vertices.to_xml(), vertices.array.sum()
    (b'<VertexIndices>0 1 2 7</VertexIndices>', np.int64(10))
    """

    @classmethod
    def from_element(cls, element: Element, what: str, count: int | None = None) -> Self:
        """Return the indices of a ``VertexIndices`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If they are not `count` integers.
        """
        made = cls(parse_indices(element.text or "", f"{what}: VertexIndices", count))
        made._keep_unknown(element)
        return made

    def _known_element(self) -> Element:
        if len(self) == 0:
            raise HeaderDataError("VertexIndices: at least one index is needed")
        return new_element("VertexIndices", self._text)


class Cifti2Vertices(IndexList):
    """The vertices of a parcel on one surface.

    Parameters
    ----------
    brain_structure : str, optional
        Of the surface, ``CIFTI_STRUCTURE_CORTEX_LEFT``, ...
    vertices : array-like of int, optional
        Numbers of vertices, from 0.
    """

    def __init__(
        self, brain_structure: str | None = None, vertices: ArrayLike | None = None
    ) -> None:
        super().__init__(vertices)
        self.brain_structure = brain_structure

    @property
    def _vertices(self) -> list[int]:
        """The vertices, under a private name that programs take them by."""
        return self._list()

    @classmethod
    def from_element(cls, element: Element, what: str) -> Self:
        """Return the indices of a ``Vertices`` element.

        Raises
        ------
        CorruptFileError
            If they are not integers.
        """
        indices = parse_indices(element.text or "", f"{what}: Vertices")
        made = cls(element.get("BrainStructure"), indices)
        made._keep_unknown(element, ("BrainStructure",))
        return made

    def _known_element(self) -> Element:
        structure = required(self.brain_structure, "Vertices: brain_structure")
        text = self._text if len(self) else None
        return new_element("Vertices", text, BrainStructure=str(structure))
