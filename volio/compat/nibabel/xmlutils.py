"""Reading and writing XML: nibabel's ``xmlutils`` names except those of volio's own classes."""

from __future__ import annotations

from typing import Any, BinaryIO, NoReturn

from volio.errors import NotServedError, UsageError
from volio.files.limits import read_limited
from volio.files.opener import open_source
from volio.files.xml_events import MOST_XML, XmlEvents
from volio.formats.containers.xml_elements import XmlSerializable
from volio.images.headers.spatial import SpatialHeader

__all__ = ["XmlBasedHeader", "XmlParser"]


class XmlBasedHeader(SpatialHeader, XmlSerializable):
    """A header that is written as XML; a subclass says how."""


class XmlParser:
    """Parses XML and calls its handlers, which a subclass replaces.

    Parameters
    ----------
    encoding, buffer_size, verbose
        Accepted for programs that give them: the encoding is that of the text.
    """

    #: The methods that get the elements.
    HANDLER_NAMES = ("StartElementHandler", "EndElementHandler", "CharacterDataHandler")

    def __init__(
        self, encoding: str | None = None, buffer_size: int = 35_000_000, verbose: int = 0
    ) -> None:
        self.encoding = encoding
        self.buffer_size = buffer_size
        self.verbose = verbose
        self.fname: Any = None

    def parse(
        self,
        string: str | bytes | None = None,
        fname: Any = None,
        fptr: BinaryIO | None = None,
    ) -> None:
        """Parse a text, the text of a file, or that of an open file: exactly one of them.

        Raises
        ------
        UsageError
            If none or several are given.
        HeaderDataError
            If the text is not well-formed.
        """
        self._parse_text(self._text(string, fname, fptr))

    def _text(self, string: Any, fname: Any, fptr: Any) -> str | bytes:
        given = [one for one in (string, fname, fptr) if one is not None]
        if len(given) != 1:
            raise UsageError("parse: takes exactly one of string, fname and fptr")
        if string is not None:
            text: str | bytes = string
            return text
        self.fname = fname if fname is not None else getattr(fptr, "name", None)
        return read_limited(open_source(given[0]), MOST_XML, "XML")

    def _parse_text(self, text: str | bytes) -> None:
        events = XmlEvents(_Handlers(self), str(self.fname or "XML"))
        events.feed(text, final=True)

    def StartElementHandler(self, name: str, attrs: dict[str, str]) -> None:
        """Take the start of an element."""
        _not_told(self, "StartElementHandler")

    def EndElementHandler(self, name: str) -> None:
        """Take the end of an element."""
        _not_told(self, "EndElementHandler")

    def CharacterDataHandler(self, data: str) -> None:
        """Take text."""
        _not_told(self, "CharacterDataHandler")


def _not_told(parser: XmlParser, name: str) -> NoReturn:
    raise NotServedError(f"{type(parser).__name__}: does not say what {name} does")


class _Handlers:
    """A parser's methods under the names of the reader."""

    def __init__(self, parser: XmlParser) -> None:
        self.start = parser.StartElementHandler
        self.end = parser.EndElementHandler
        self.data = parser.CharacterDataHandler
