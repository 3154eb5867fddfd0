"""XML texts of files that may come from anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.errors import HeaderDataError, LimitError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["MOST_XML", "parse_xml"]

MOST_XML = 64 << 20  # characters
FORBIDDEN = ("<!DOCTYPE", "<!ENTITY")


def parse_xml(
    text: str,
    what: str = "XML",
    *,
    most: int = MOST_XML,
    error: type[HeaderDataError] = HeaderDataError,
) -> Element:
    """Parse an XML text.

    Parameters
    ----------
    text : str
    what : str
        What it is, for messages.
    most : int
        Characters that it may have.
    error : type
        Of the error that is raised where it makes no sense.

    Returns
    -------
    Element
        The root.

    Raises
    ------
    LimitError
        If it is too long.
    HeaderDataError
        If it is not well-formed, or has document types or entities, which may expand to any size.
    """
    from xml.etree import ElementTree  # rarely needed, and not quick to import

    if len(text) > most:
        raise LimitError(f"{what}: {len(text)} characters, at most {most} are read")
    if any(word in text for word in FORBIDDEN):
        raise error(f"{what}: document types and entities are not read")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as problem:
        raise error(f"{what}: is not well-formed ({problem})") from problem
