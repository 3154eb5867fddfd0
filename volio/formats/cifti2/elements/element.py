"""What the elements of a CIFTI-2 header have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from volio.errors import HeaderDataError
from volio.formats.containers.xml_elements import XmlSerializable
from volio.numerals import parse_float, parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = [
    "CiftiElement",
    "checked",
    "float_01",
    "required",
    "set_attributes",
    "stated_integer",
    "stated_number",
]

Kind = TypeVar("Kind")


class CiftiElement(XmlSerializable):
    """An element of a header; what volio does not know in it is written back.

    Attributes
    ----------
    other_attributes : mapping of str to str
        Attributes of the file's element that the class has no field for.
    other_elements : sequence of Element
        Children of the file's element that it has no field for.
    """

    other_attributes: Mapping[str, str] = {}
    other_elements: Sequence[Element] = ()

    def _keep_unknown(
        self, element: Element, attributes: Collection[str] = (), children: Collection[str] = ()
    ) -> None:
        """Keep what is in an element besides attributes and children of these names."""
        if not element.attrib.keys() <= set(attributes):
            self.other_attributes = {
                key: value for key, value in element.attrib.items() if key not in attributes
            }
        others = [child for child in element if child.tag not in children]
        if others:
            self.other_elements = others

    def _to_xml_element(self) -> Element:
        made = self._known_element()
        for key, value in self.other_attributes.items():
            made.set(key, value)
        made.extend(self.other_elements)
        return made

    def _known_element(self) -> Element:
        """Return the element with what the class has fields for."""
        return super()._to_xml_element()  # refuses


def checked(value: Kind | None, kind: type[Kind]) -> Kind | None:
    """Return a value that is of a class or None.

    Raises
    ------
    HeaderDataError
        If it is something else.
    """
    if value is None or isinstance(value, kind):
        return value
    raise HeaderDataError(f"must be a {kind.__name__} or None, got {type(value).__name__}")


def required(value: Kind | None, what: str) -> Kind:
    """Return a value that is needed to write an element.

    Raises
    ------
    HeaderDataError
        If it is None.
    """
    if value is None:
        raise HeaderDataError(f"{what}: is needed to write the element, and is None")
    return value


def float_01(value: float | str) -> float:
    """Return a number from 0 to 1.

    Raises
    ------
    HeaderDataError
        If it is outside.
    """
    try:
        number = parse_float(value) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise HeaderDataError(f"must be a number from 0 to 1, got {value!r}")
    return number


def set_attributes(element: Element, **values: object) -> None:
    """Set attributes of an element, but those whose value is None."""
    for name, value in values.items():
        if value is not None:
            element.set(name, str(value))


def stated_integer(element: Element, name: str) -> int | None:
    """Return an attribute that is an integer; None where the element does not have it.

    Raises
    ------
    HeaderDataError
        If it is not an integer.
    """
    text = element.get(name)
    if text is None:
        return None
    try:
        return parse_int(text)
    except ValueError as error:
        raise HeaderDataError(
            f"{element.tag}: {name}: must be an integer, got {text[:40]!r}"
        ) from error


def stated_number(element: Element, name: str) -> float | None:
    """Return an attribute that is a number; None where the element does not have it.

    Raises
    ------
    HeaderDataError
        If it is not a finite number.
    """
    text = element.get(name)
    if text is None:
        return None
    try:
        number = parse_float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:  # NaN, infinite, or not a number
        raise HeaderDataError(f"{element.tag}: {name}: must be a number, got {text[:40]!r}")
    return number
