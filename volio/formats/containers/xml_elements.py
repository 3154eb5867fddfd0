"""Parts of a header that are elements of XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from volio.errors import NotServedError
from volio.files.xml_text import xml_bytes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["XmlSerializable", "child_text", "new_element"]


class XmlSerializable:
    """Something that can be written as an element of XML; a subclass says which."""

    def _to_xml_element(self) -> Element:
        """Return the element, with its children."""
        raise NotServedError(f"{type(self).__name__}: has no XML")

    def to_xml(self, enc: str = "utf-8", **kwargs: Any) -> bytes:
        """Return the element as text.

        Parameters
        ----------
        enc : str
            Encoding of the text.
        **kwargs
            As ``xml.etree.ElementTree.tostring`` takes them.

        Warns
        -----
        LossWarning
            If a text has characters that XML cannot have; U+FFFD is written for each.
        """
        return xml_bytes(self._to_xml_element(), enc, **kwargs)


def new_element(name: str, text: str | None = None, **attributes: str) -> Element:
    """Return a new element with a text and attributes."""
    from xml.etree.ElementTree import Element  # rarely needed, and not quick to import

    made = Element(name, attributes)
    made.text = text
    return made


def child_text(element: Element, name: str) -> str:
    """Return the text of the first child of a name, "" where there is none."""
    return (element.findtext(name) or "").strip()
