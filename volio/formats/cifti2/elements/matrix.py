"""Cifti2Matrix: what each dimension of the data stands for."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any, Self

from volio.errors import HeaderDataError, UsageTypeError
from volio.formats.cifti2.elements.element import CiftiElement, checked
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.metadata import Cifti2MetaData
from volio.formats.containers.xml_elements import new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from volio.formats.cifti2.axes.axis import MatrixAxis

__all__ = ["MOST_DIMENSIONS", "Cifti2Matrix"]

MOST_DIMENSIONS = 3  # of a matrix; NIfTI has seven, and four are taken


class Cifti2Matrix(CiftiElement, MutableSequence[Any]):
    """A list of mappings, one for each dimension of the data or for several that are alike.

    Attributes
    ----------
    metadata : Cifti2MetaData or None
        Texts about the data.
    """

    def __init__(self) -> None:
        self._maps: list[Cifti2MatrixIndicesMap] = []
        self.metadata = None

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the matrix of a ``Matrix`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If a mapping makes no sense, or two are of the same dimension.
        """
        made = cls()
        texts = element.find("MetaData")
        if texts is not None:
            made.metadata = Cifti2MetaData.from_element(texts)
        for child in element.findall("MatrixIndicesMap"):
            made.append(Cifti2MatrixIndicesMap.from_element(child))
        made._keep_unknown(element, (), ("MetaData", "MatrixIndicesMap"))
        return made

    @property
    def metadata(self) -> Cifti2MetaData | None:
        """Texts about the data; None for none."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: Cifti2MetaData | None) -> None:
        self._metadata = checked(metadata, Cifti2MetaData)

    @property
    def mapped_indices(self) -> list[int]:
        """The dimensions that have a mapping."""
        return [dimension for each in self._maps for dimension in each.dimensions]

    def get_index_map(self, index: int) -> Cifti2MatrixIndicesMap:
        """Return the mapping of a dimension.

        Raises
        ------
        HeaderDataError
            If it has none.
        """
        for each in self._maps:
            if index in each.dimensions:
                return each
        raise HeaderDataError(f"dimension {index} of the matrix has no MatrixIndicesMap")

    def get_axis(self, index: int) -> MatrixAxis:
        """Return the axis of a dimension: what each of its indices stands for.

        Raises
        ------
        HeaderDataError
            If it has no mapping, or that makes no sense.
        """
        from volio.formats.cifti2.axes.mapping import from_index_mapping  # it imports this module

        return from_index_mapping(self.get_index_map(index))

    def get_data_shape(self) -> tuple[int | None, ...]:
        """Return the shape that the data must have; None for dimensions without a mapping.

        Raises
        ------
        HeaderDataError
            If a mapping does not say how long it is.
        """
        lengths = {dimension: each.length for each in self._maps for dimension in each.dimensions}
        return tuple(lengths.get(axis) for axis in range(max(lengths, default=-1) + 1))

    # The list.

    def __len__(self) -> int:
        return len(self._maps)

    def __getitem__(self, index: Any) -> Any:
        return self._maps[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._check_new(value)
        self._maps[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._maps[index]

    def insert(self, index: int, value: Cifti2MatrixIndicesMap) -> None:
        """Insert a mapping before another.

        Raises
        ------
        UsageTypeError
            If it is of another class.
        HeaderDataError
            If one of its dimensions has a mapping already, or it has none.
        """
        self._check_new(value)
        self._maps.insert(index, value)

    def _check_new(self, value: Any) -> None:
        if not isinstance(value, Cifti2MatrixIndicesMap):
            raise UsageTypeError(f"must be a Cifti2MatrixIndicesMap, got {type(value).__name__}")
        dimensions = value.dimensions
        if not dimensions:
            raise HeaderDataError("MatrixIndicesMap: applies_to_matrix_dimension: is not set")
        if min(dimensions) < 0 or max(dimensions) >= MOST_DIMENSIONS:
            raise HeaderDataError(
                f"MatrixIndicesMap: dimensions 0 to {MOST_DIMENSIONS - 1} are there, "
                f"got {dimensions}"
            )
        mapped = [*self.mapped_indices, *dimensions]
        if len(set(mapped)) < len(mapped):
            raise HeaderDataError(
                f"MatrixIndicesMap: dimensions {dimensions}: a dimension is mapped once, "
                f"{self.mapped_indices} are mapped already"
            )

    def __repr__(self) -> str:
        return f"<Cifti2Matrix {self._maps!r}>"

    def _known_element(self) -> Element:
        made = new_element("Matrix")
        if self.metadata:
            made.append(self.metadata._to_xml_element())
        for each in self._maps:
            made.append(each._to_xml_element())
        return made
