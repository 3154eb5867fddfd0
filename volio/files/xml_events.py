"""The one reader of XML: events of a text that may come from anyone, within limits.

Nothing else in the package parses XML. Expat reports the elements; what could make a small text
expensive is refused: entities, which may expand to any size, nesting and attributes without end.
External document types are never fetched, and a text that names one is read without it.

Source: https://www.w3.org/TR/xml/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn, Protocol

from volio.errors import HeaderDataError, LimitError, VolioError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["MOST_XML", "XmlEvents", "XmlHandler", "parse_xml"]

MOST_XML = 64 << 20  # characters
MOST_ELEMENTS = 10**7
MOST_ATTRIBUTES = 1 << 20  # characters of all attributes of one element
DEEPEST = 64  # elements inside each other
LONGEST_NAME = 256


class XmlHandler(Protocol):
    """The events of a text: each element's start and end, and the text between them."""

    def start(self, name: str, attributes: dict[str, str], /) -> object:
        """Take the start of an element."""

    def end(self, name: str, /) -> object:
        """Take the end of an element."""

    def data(self, text: str, /) -> object:
        """Take text; that of one element may come in several pieces."""


class XmlEvents:
    """Reports the elements of an XML text to a handler, as its bytes are fed.

    Parameters
    ----------
    handler : XmlHandler
    what : str
        What the text is, for messages.
    namespaces : bool
        Whether names are given with their namespace, ``{address}name``; else those of elements
        without their prefix, those of attributes as they are.
    error : type
        Of the error that is raised where the text makes no sense.

    Raises
    ------
    HeaderDataError
        From `feed`: if the text is not well-formed, or declares or uses entities of its own.
    LimitError
        From `feed`: if elements are too many or too deep, or names or attributes too long.
    """

    def __init__(
        self,
        handler: XmlHandler,
        what: str = "XML",
        *,
        namespaces: bool = False,
        error: type[HeaderDataError] = HeaderDataError,
    ) -> None:
        from xml.parsers.expat import ParserCreate  # rarely needed

        self.what = what
        self.error = error
        self.depth = 0
        self.elements = 0
        self._handler = handler
        self._name: Callable[[str], str] = _with_namespace if namespaces else _without_prefix
        self._namespaces = namespaces
        self._parser = ParserCreate(namespace_separator="}" if namespaces else None)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = handler.data
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_entity

    @property
    def offset(self) -> int:
        """Bytes of the text before the event that is being handled."""
        return self._parser.CurrentByteIndex

    def feed(self, piece: bytes | str, final: bool = False) -> None:
        """Take the next piece of the text; `final` says that it is the last one."""
        from xml.parsers.expat import ExpatError

        try:
            self._parser.Parse(piece, final)
        except VolioError:  # of the handler
            raise
        except (ExpatError, ValueError, LookupError) as problem:  # also of encodings
            raise self.error(f"{self.what}: is not well-formed XML ({problem})") from problem

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST:
            raise LimitError(f"{self.what}: more than {DEEPEST} elements inside each other")
        if self.elements > MOST_ELEMENTS:
            raise LimitError(f"{self.what}: more than {MOST_ELEMENTS} elements")
        if len(name) > LONGEST_NAME:
            raise LimitError(f"{self.what}: a name of {len(name)} characters")
        if attributes:
            self._check_attributes(attributes)
        if attributes and self._namespaces:
            attributes = {_with_namespace(key): value for key, value in attributes.items()}
        self._handler.start(self._name(name), attributes)

    def _check_attributes(self, attributes: Mapping[str, str]) -> None:
        length = len("".join(attributes)) + len("".join(attributes.values()))
        if length > MOST_ATTRIBUTES:
            raise LimitError(f"{self.what}: attributes of {length} characters in one element")

    def _end(self, name: str) -> None:
        self.depth -= 1
        self._handler.end(self._name(name))

    def _refuse_entity(self, name: str, *_: object) -> NoReturn:
        raise self.error(f"{self.what}: entities of its own are not read, it has {name[:40]!r}")


def _with_namespace(name: str) -> str:
    """Return a name as ElementTree has it: expat gives ``address}name``."""
    return "{" + name if "}" in name else name


def _without_prefix(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def parse_xml(
    text: str | bytes,
    what: str = "XML",
    *,
    most: int = MOST_XML,
    error: type[HeaderDataError] = HeaderDataError,
) -> Element:
    """Parse an XML text into a tree.

    Parameters
    ----------
    text : str or bytes
        Bytes are in the encoding that the text declares, UTF-8 where it declares none.
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
        If it is too long, too deep, or has too many elements or attributes.
    HeaderDataError
        If it is not well-formed, or has entities, which may expand to any size.
    """
    from xml.etree.ElementTree import TreeBuilder  # rarely needed, and not quick to import

    if len(text) > most:
        raise LimitError(f"{what}: {len(text)} characters, at most {most} are read")
    tree = TreeBuilder()
    events = XmlEvents(tree, what, namespaces=True, error=error)
    events.feed(text, final=True)
    return tree.close()
