"""Cifti2NamedMap: the name of one map, with its texts and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from volio.formats.cifti2.elements.element import CiftiElement, checked
from volio.formats.cifti2.elements.labels import Cifti2LabelTable
from volio.formats.cifti2.elements.metadata import Cifti2MetaData
from volio.formats.containers.xml_elements import child_text, new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2NamedMap"]


class Cifti2NamedMap(CiftiElement):
    """The name of one map of scalars or labels.

    Parameters
    ----------
    map_name : str, optional
    metadata : Cifti2MetaData, optional
    label_table : Cifti2LabelTable, optional
        Of a map of labels.

    Raises
    ------
    HeaderDataError
        If an argument is of another class.
    """

    def __init__(
        self,
        map_name: str | None = None,
        metadata: Cifti2MetaData | None = None,
        label_table: Cifti2LabelTable | None = None,
    ) -> None:
        self.map_name = map_name
        self.metadata = metadata
        self.label_table = label_table

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the map of a ``NamedMap`` element."""
        texts = element.find("MetaData")
        table = element.find("LabelTable")
        made = cls(
            child_text(element, "MapName"),
            None if texts is None else Cifti2MetaData.from_element(texts),
            None if table is None else Cifti2LabelTable.from_element(table),
        )
        made._keep_unknown(element, (), ("MapName", "MetaData", "LabelTable"))
        return made

    @property
    def metadata(self) -> Cifti2MetaData | None:
        """Texts about the map; None for none."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: Cifti2MetaData | None) -> None:
        self._metadata = checked(metadata, Cifti2MetaData)

    @property
    def label_table(self) -> Cifti2LabelTable | None:
        """What the values stand for; None for none."""
        return self._label_table

    @label_table.setter
    def label_table(self, label_table: Cifti2LabelTable | None) -> None:
        self._label_table = checked(label_table, Cifti2LabelTable)

    def __repr__(self) -> str:
        return f"<Cifti2NamedMap {self.map_name!r}>"

    def _known_element(self) -> Element:
        made = new_element("NamedMap")
        if self.metadata:
            made.append(self.metadata._to_xml_element())
        if self.label_table:
            made.append(self.label_table._to_xml_element())
        made.append(new_element("MapName", self.map_name))
        return made
