"""The elements of an XML file of VTK: its pieces, and the arrays of each, not decoded.

Source: https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from volio.errors import HeaderDataError, TruncatedFileError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.files.xml_events import XmlEvents

__all__ = ["XmlArray", "XmlDocument", "XmlPiece", "parse_document"]

#: Most bytes of a file: it is read whole.
LARGEST = 4 << 30
ROOT = "VTKFile"
#: Elements of a piece that have arrays.
SECTIONS = ("Points", "Verts", "Lines", "Strips", "Polys", "PointData", "CellData")
ARRAYS = ("DataArray", "Array")
#: What follows all elements; raw bytes are not XML, and begin after an underscore.
APPENDED = re.compile(rb"<AppendedData\b([^>]*)>\s*_")
ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
END = re.compile(rb"\s*</AppendedData\s*>\s*</VTKFile\s*>\s*\Z")
LONGEST_END = 4096


@dataclass
class XmlArray:
    """An array as the file has it.

    Attributes
    ----------
    attributes : dict of str to str
        ``type``, ``Name``, ``NumberOfComponents``, ``format`` and ``offset``.
    text : list of str
        What stands between its tags.
    """

    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name; "" for none."""
        return self.attributes.get("Name", "")


@dataclass
class XmlPiece:
    """A part of the points and cells, and their arrays.

    Attributes
    ----------
    counts : dict of str to str
        ``NumberOfPoints``, ``NumberOfPolys``, ...
    arrays : dict of str to list of XmlArray
        Of each of `SECTIONS`.
    scalars : str
        Name of the array of points that colours them.
    """

    counts: dict[str, str]
    arrays: dict[str, list[XmlArray]] = field(
        default_factory=lambda: {section: [] for section in SECTIONS}
    )
    scalars: str = ""


@dataclass
class XmlDocument:
    """A file before its arrays are decoded.

    Attributes
    ----------
    attributes : dict of str to str
        Of the root: ``type``, ``byte_order``, ``header_type``, ``compressor``.
    pieces : list of XmlPiece
    appended : bytes
        After the underscore; arrays of ``format="appended"`` have an offset in them.
    is_raw : bool
        Whether these are bytes; else text in base64.
    other_arrays : list of XmlArray
        Those that are not of a piece.
    """

    attributes: dict[str, str] = field(default_factory=dict)
    pieces: list[XmlPiece] = field(default_factory=list)
    appended: memoryview = field(default_factory=lambda: memoryview(b""))
    is_raw: bool = False
    other_arrays: list[XmlArray] = field(default_factory=list)


def parse_document(source: ByteSource) -> XmlDocument:
    """Read the elements of a file.

    Raises
    ------
    HeaderDataError
        If it is not an XML file of VTK.
    TruncatedFileError
        If it ends within what is appended.
    LimitError
        If it is too large.
    """
    data = read_limited(source, LARGEST, "a VTK file")
    document = XmlDocument()
    events = XmlEvents(_Builder(document), "a VTK file")
    found = APPENDED.search(data)
    if found is None:
        events.feed(data, final=True)
        return document
    stated = ENCODING.search(found[1])
    document.is_raw = stated is not None and stated[1] == b"raw"
    document.appended = memoryview(data)[found.end() : _end_of_appended(data)]
    events.feed(data[: found.start()])
    events.feed(f"</{ROOT}>".encode(), final=True)
    return document


def _end_of_appended(data: bytes) -> int:
    start = max(len(data) - LONGEST_END, 0)
    place = data.rfind(b"</AppendedData", start)
    if place < 0 or END.match(data, place) is None:
        raise TruncatedFileError("ends before the end of its appended data")
    return place


class _Builder:
    """Collects pieces and arrays as elements begin and end."""

    def __init__(self, document: XmlDocument) -> None:
        self._document = document
        self._open: list[str] = []
        self._array: XmlArray | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if not self._open:
            if name != ROOT:
                raise HeaderDataError(f"the root is {name[:40]!r}, not {ROOT}")
            self._document.attributes = attributes
        elif name == "Piece":
            self._document.pieces.append(XmlPiece(attributes))
        elif name in ARRAYS:
            self._start_array(attributes)
        elif name == "PointData" and self._document.pieces:
            self._document.pieces[-1].scalars = attributes.get("Scalars", "")
        self._open.append(name)

    def _start_array(self, attributes: dict[str, str]) -> None:
        self._array = XmlArray(attributes)
        section = self._open[-1]
        if "Piece" in self._open and section in SECTIONS:
            self._document.pieces[-1].arrays[section].append(self._array)
        else:
            self._document.other_arrays.append(self._array)

    def data(self, text: str) -> None:
        """Take text; that of elements within an array is about it, and not its values."""
        if self._array is not None and self._open[-1] in ARRAYS:
            self._array.text.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        self._open.pop()
        if name in ARRAYS:
            self._array = None
