"""The table of labels of a GIFTI file: keys, names and colours."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Self

from volio.arrays.encodings.colour_levels import from_unit_levels
from volio.errors import HeaderDataError
from volio.formats.containers.xml_elements import XmlSerializable, new_element
from volio.images.labels import Label, Labels
from volio.numerals import parse_float, parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GiftiLabel", "GiftiLabelTable"]

COLOURS = ("Red", "Green", "Blue", "Alpha")


class GiftiLabel(XmlSerializable):
    """One label: a key, a name, and a colour from 0 to 1.

    Parameters
    ----------
    key : int
    red, green, blue, alpha : float, optional
        From 0 to 1; None where the file states none.

    Attributes
    ----------
    label : str
        The name.
    """

    def __init__(
        self,
        key: int = 0,
        red: float | None = None,
        green: float | None = None,
        blue: float | None = None,
        alpha: float | None = None,
    ) -> None:
        self.key = key
        self.label = ""
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the label of a ``Label`` element.

        Raises
        ------
        HeaderDataError
            If key or colours are not numbers.
        """
        stated = element.get("Key", element.get("Index"))
        try:
            key = parse_int(stated or "")
            colours = [
                parse_float(element.attrib[name]) if element.get(name) else None for name in COLOURS
            ]
        except ValueError as error:
            raise HeaderDataError(
                f"Label: key and colours must be numbers, and one {error}"
            ) from error
        made = cls(key, *colours)
        made.label = (element.text or "").strip()
        return made

    @property
    def rgba(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Red, green, blue and opacity, 0 to 1; None for what is not stated."""
        return (self.red, self.green, self.blue, self.alpha)

    @rgba.setter
    def rgba(self, rgba: Any) -> None:
        if len(rgba) != 4:
            raise HeaderDataError(f"rgba: must be four numbers, got {len(rgba)}")
        self.red, self.green, self.blue, self.alpha = rgba

    def __repr__(self) -> str:
        return f"<GiftiLabel {self.key}: {self.label!r} {self.rgba}>"

    def _to_xml_element(self) -> Element:
        made = new_element("Label", self.label, Key=str(self.key))
        for name, value in zip(COLOURS, self.rgba, strict=True):
            if value is not None:
                made.set(name, str(value))
        return made


class GiftiLabelTable(XmlSerializable):
    """The labels of a file, in order.

    Attributes
    ----------
    labels : list of GiftiLabel
    """

    def __init__(self) -> None:
        self.labels: list[GiftiLabel] = []

    @classmethod
    def from_element(cls, element: Element | None) -> Self:
        """Return the table of a ``LabelTable`` element; an empty one for None."""
        made = cls()
        if element is not None:
            made.labels = [GiftiLabel.from_element(child) for child in element.findall("Label")]
        return made

    @classmethod
    def from_labels(cls, labels: Labels) -> Self:
        """Return the table with the keys, names and colours of some labels."""
        made = cls()
        for row in labels:
            label = GiftiLabel(row.key)
            label.label = row.name
            if row.colour is not None:
                label.rgba = tuple(round(value / 255, 6) for value in row.colour)
            made.labels.append(label)
        return made

    def get_labels_as_dict(self) -> dict[int, str]:
        """Return the name of each key."""
        return {label.key: label.label for label in self.labels}

    def as_labels(self) -> Labels:
        """Return the table as volio has it for every format, with colours from 0 to 255."""
        return Labels(_row(label) for label in self.labels)

    def print_summary(self) -> None:
        """Print the names by key."""
        print(self.get_labels_as_dict())

    def __repr__(self) -> str:
        return f"<GiftiLabelTable {self.labels!r}>"

    def _to_xml_element(self) -> Element:
        made = new_element("LabelTable")
        for label in self.labels:
            made.append(label._to_xml_element())
        return made


def _row(label: GiftiLabel) -> Label:
    """Return a label with its colour in 0 to 255; opaque where only opacity is not stated.

    A colour of which a part is not stated, or NaN, is none.
    """
    red, green, blue, alpha = label.rgba
    opacity = 1.0 if alpha is None else alpha
    found = (red, green, blue, opacity)
    levels = [level for level in found if level is not None and not isnan(level)]
    if len(levels) < len(found):
        return Label(label.key, label.label)
    return Label(label.key, label.label, tuple(from_unit_levels(levels).tolist()))
