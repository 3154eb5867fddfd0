"""Texts by name, as Caret has brought them into GIFTI and CIFTI."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from volio.formats.containers.xml_elements import XmlSerializable, child_text, new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["CaretMetaData"]


class CaretMetaData(XmlSerializable, MutableMapping[str, Any]):
    """Texts by name, as GIFTI and CIFTI have them: ``MetaData``, with ``MD`` for each name.

    Parameters
    ----------
    *args, **kwargs
        As for ``dict``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._texts: dict[str, Any] = dict(*args, **kwargs)

    @classmethod
    def texts_of(cls, element: Element | None) -> dict[str, str]:
        """Return the texts of a ``MetaData`` element; none for None."""
        pairs = [] if element is None else element.findall("MD")
        return {child_text(pair, "Name"): child_text(pair, "Value") for pair in pairs}

    def __getitem__(self, key: str) -> Any:
        return self._texts[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._texts[key] = value

    def __delitem__(self, key: str) -> None:
        del self._texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._texts!r}>"

    def _to_xml_element(self) -> Element:
        made = new_element("MetaData")
        for name, value in self._texts.items():
            pair = new_element("MD")
            pair.append(new_element("Name", str(name)))
            pair.append(new_element("Value", str(value)))
            made.append(pair)
        return made
