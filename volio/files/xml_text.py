"""XML as text: elements become bytes, and what XML cannot write is replaced, with a warning.

Source: https://www.w3.org/TR/xml/#charsets
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from volio.caller import warn_caller
from volio.errors import HeaderDataError, LossWarning

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["UNWRITABLE", "html_text", "replaced", "writable", "xml_bytes"]

#: Control characters, and bytes of names that are not UTF-8, which Python keeps as surrogates.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"
NAME = re.compile(r"""[^\s<>&"'=/{}]+""")


def replaced(text: str) -> str:
    """Return a text with U+FFFD for each character that XML cannot have."""
    return UNWRITABLE.sub(REPLACEMENT, text)


def writable(text: str) -> str:
    """Return a text with U+FFFD for each character that XML cannot have, and warn if it has any."""
    if UNWRITABLE.search(text):
        warn_caller(
            f"XML cannot have all characters of {text[:60]!r}, U+FFFD is written for each",
            LossWarning,
        )
    return replaced(text)


def xml_bytes(root: Element, encoding: str = "utf-8", **options: Any) -> bytes:
    """Return an element and all below it as text.

    Parameters
    ----------
    root : Element
    encoding : str
    **options
        As ``xml.etree.ElementTree.tostring`` takes them.

    Raises
    ------
    HeaderDataError
        If an element or an attribute has a name that XML cannot have.

    Warns
    -----
    LossWarning
        If a text has characters that XML cannot have; U+FFFD is written for each.
    """
    from xml.etree import ElementTree  # rarely needed, and not quick to import

    lost = [text for element in root.iter() for text in _texts(element) if UNWRITABLE.search(text)]
    if lost:
        writable(lost[0])
        root = deepcopy(root)
        for element in root.iter():
            _replace(element)
    written: bytes = ElementTree.tostring(root, encoding, **options)
    return written


def _texts(element: Element) -> list[str]:
    """Return the texts of an element, and check its names."""
    for name in (element.tag, *element.attrib):
        if isinstance(name, str) and not NAME.fullmatch(name.rpartition("}")[2]):
            raise HeaderDataError(f"XML cannot have the name {name[:60]!r}")
    return [text for text in (element.text, element.tail, *element.attrib.values()) if text]


def _replace(element: Element) -> None:
    element.text = element.text and replaced(element.text)
    element.tail = element.tail and replaced(element.tail)
    for name, value in element.attrib.items():
        element.attrib[name] = replaced(value)


def html_text(text: str) -> str:
    """Return a text as HTML has it: without tags, and bytes that are not UTF-8 as escapes.

    Names of files may have such bytes, and no page can.
    """
    from html import escape  # rarely needed, and its table of entities takes a while to load

    return escape(text.encode("utf-8", "backslashreplace").decode())
