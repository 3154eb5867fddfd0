"""XML texts of files that may come from anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.errors import HeaderDataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["xml_root"]

FORBIDDEN = ("<!DOCTYPE", "<!ENTITY")


def xml_root(text: str, what: str, error: type[HeaderDataError] = HeaderDataError) -> Element:
    """Parse an XML text.

    Parameters
    ----------
    text : str
    what : str
        What it is, for messages.
    error : type, optional
        Of the error that is raised.

    Raises
    ------
    HeaderDataError
        If it is not well-formed, or has document types or entities, which may expand to any size.
    """
    from xml.etree import ElementTree  # rarely needed, and not quick to import

    if any(word in text for word in FORBIDDEN):
        raise error(f"{what}: document types and entities are not read")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as problem:
        raise error(f"{what}: is not well-formed ({problem})") from problem
