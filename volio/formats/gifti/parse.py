"""Reading a GIFTI file: its elements, while the values stay text until they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from volio.codes import known_code
from volio.errors import HeaderDataError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.files.xml_events import XmlEvents
from volio.formats.containers.caret import CaretMetaData
from volio.formats.gifti.codes import (
    array_index_order_codes,
    gifti_encoding_codes,
    gifti_endian_codes,
)
from volio.formats.gifti.coordinates import GiftiCoordSystem
from volio.formats.gifti.data_array import GiftiDataArray
from volio.formats.gifti.data_block import EXTERNAL, DataBlock, Text
from volio.formats.gifti.file_text import FileText, TextSpan
from volio.formats.gifti.label_table import GiftiLabelTable
from volio.formats.gifti.meta import GiftiMetaData
from volio.formats.nifti1.codes import data_type_codes, intent_codes
from volio.images.headers.error_context import warn_of_content, with_file_name
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GiftiParts", "parse_gifti"]

START = b"<Data>"
END = b"</Data>"
MOST_AXES = 6

#: Attributes that a `GiftiDataArray` has fields for.
KNOWN_ATTRIBUTES = {
    *("Intent", "DataType", "ArrayIndexingOrder", "Dimensionality", "Encoding", "Endian"),
    *("ExternalFileName", "ExternalFileOffset"),
    *(f"Dim{axis}" for axis in range(MOST_AXES)),
}
KNOWN_CHILDREN = {"MetaData", "CoordinateSystemTransformMatrix", "Data"}

#: Opens the file with external values, by the name that the header states.
OpenExternal = Callable[[str], ByteSource]


class GiftiParts(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    version : str
    meta : GiftiMetaData
    labeltable : GiftiLabelTable
    darrays : list of GiftiDataArray
    attributes : dict of str to str
        Of the root, those that are not written anyway.
    elements : list of Element
        Children of the root that volio does not know.
    """

    version: str
    meta: GiftiMetaData
    labeltable: GiftiLabelTable
    darrays: list[GiftiDataArray]
    attributes: dict[str, str]
    elements: list[Element]


class _Elements:
    """Makes a tree of the elements, and knows which one has begun last, and where."""

    def __init__(self) -> None:
        from xml.etree.ElementTree import TreeBuilder  # rarely needed, and not quick to import

        self._builder = TreeBuilder()
        self.data = self._builder.data
        self.events: XmlEvents | None = None
        self.begun: Element | None = None
        self.begun_at = -1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.begun = self._builder.start(name, attributes)
        self.begun_at = -1 if self.events is None else self.events.offset

    def end(self, name: str) -> None:
        self._builder.end(name)

    def close(self) -> Element:
        return self._builder.close()


def parse_gifti(source: ByteSource, name: str, open_external: OpenExternal) -> GiftiParts:
    """Return what a GIFTI file holds.

    Parameters
    ----------
    source : ByteSource
        The file; values are read from it when they are asked for.
    name : str
        Of the file, for messages.
    open_external : callable
        ``open_external(name)`` opens a file that an array names for its values.

    Raises
    ------
    HeaderDataError
        If it is not a GIFTI file, or its elements make no sense.
    LimitError
        If the XML has elements without end.
    """
    with source.open() as reader, FileText(source, reader, source.size() or 0) as text:
        root, texts = _read_elements(text, name)
    if root.tag != "GIFTI":
        raise HeaderDataError(f"the root element is {root.tag[:60]!r}, not GIFTI")
    arrays = [
        _data_array(element, number, texts, open_external)
        for number, element in enumerate(root.findall("DataArray"))
    ]
    _check_count(root, len(arrays))
    known = {"MetaData", "LabelTable", "DataArray"}
    return GiftiParts(
        root.get("Version", "1.0"),
        GiftiMetaData(CaretMetaData.texts_of(root.find("MetaData"))),
        GiftiLabelTable.from_element(root.find("LabelTable")),
        arrays,
        {key: root.attrib[key] for key in root.attrib if key not in OWN_ROOT_ATTRIBUTES},
        [child for child in root if child.tag not in known],
    )


def _check_count(root: Element, found: int) -> None:
    """Warn where a file has another number of arrays than it says."""
    stated = root.get("NumberOfDataArrays", "")
    if stated.strip() not in ("", str(found)):
        message = (
            f"NumberOfDataArrays: is {stated[:20]!r}, the file has {found}; all of them are read"
        )
        warn_of_content(message, VolioWarning)


#: Attributes of the root that are written anyway.
OWN_ROOT_ATTRIBUTES = ("Version", "NumberOfDataArrays")


def _read_elements(text: FileText, name: str) -> tuple[Element, dict[Element, TextSpan]]:
    """Return the root, and the text of ``Data`` elements that the parser was not given.

    Values are most of a file, and the parser need not see them: where it has reported the start
    of a ``Data`` element at a place, everything up to the next ``<`` is its text. Where that is
    not the end of the element, or the start was only written in a comment, the parser gets it all.
    """
    elements = _Elements()
    events = XmlEvents(elements, name)
    elements.events = events
    texts: dict[Element, TextSpan] = {}
    fed = 0
    skipped = 0  # bytes before `fed` that the parser was not given: its offsets do not count them
    mark = text.find(START, 0)
    while mark >= 0:
        after = mark + len(START)
        _feed(events, text, fed, after)
        fed = after
        begun = elements.begun if elements.begun_at == mark - skipped else None
        stop = -1 if begun is None else text.find(b"<", after)
        if begun is not None and text.has(END, stop):
            texts[begun] = text.span(after, stop)
            skipped += stop - after
            fed = stop
        mark = text.find(START, fed)
    _feed(events, text, fed, text.size)
    events.feed(b"", final=True)
    return elements.close(), texts


def _feed(events: XmlEvents, text: FileText, start: int, stop: int) -> None:
    for piece in text.pieces(start, stop):
        events.feed(piece)


def _data_array(
    element: Element, number: int, texts: dict[Element, TextSpan], open_external: OpenExternal
) -> GiftiDataArray:
    """Return an array of a file, not decoded yet."""
    # Its values may be decoded when nobody knows of the file any more.
    what = with_file_name(f"data array {number}")
    get = element.attrib.get
    made = GiftiDataArray(
        None,
        known_code(f"{what}: Intent", get("Intent", "NIFTI_INTENT_NONE"), intent_codes),
        known_code(f"{what}: DataType", get("DataType", ""), data_type_codes),
        _spec(what, "Encoding", get("Encoding", ""), gifti_encoding_codes),
        _spec(what, "Endian", get("Endian", "LittleEndian"), gifti_endian_codes),
        None,
        _spec(what, "ArrayIndexingOrder", get("ArrayIndexingOrder", "C"), array_index_order_codes),
        GiftiMetaData(CaretMetaData.texts_of(element.find("MetaData"))),
        get("ExternalFileName", "") or "",
        _integer(what, "ExternalFileOffset", get("ExternalFileOffset") or "0"),
    )
    systems = [
        GiftiCoordSystem.from_element(child)
        for child in element.findall("CoordinateSystemTransformMatrix")
    ]
    if systems:
        made.coordsystems = systems
        made.has_coordsys = True
    made.other_attributes = {
        key: element.attrib[key] for key in element.attrib if key not in KNOWN_ATTRIBUTES
    }
    made.other_elements = [child for child in element if child.tag not in KNOWN_CHILDREN]
    made.set_block(_block(element, made, what, texts, open_external))
    return made


def _block(
    element: Element,
    array: GiftiDataArray,
    what: str,
    texts: dict[Element, TextSpan],
    open_external: OpenExternal,
) -> DataBlock:
    """Return the values of an array as the file has them."""
    data = element.find("Data")
    text: Text = b""
    if data is not None:
        text = texts[data] if data in texts else (data.text or "").encode("ascii", "replace")
    source = None
    if array.encoding == EXTERNAL:
        source = open_external(array.ext_fname)
    return DataBlock(
        text,
        array.encoding,
        _shape(element, what),
        _dtype(array, what),
        str(array_index_order_codes.npcode[array.ind_ord]),
        what,
        source,
        array.ext_offset,
    )


def _dtype(array: GiftiDataArray, what: str) -> np.dtype[Any]:
    """Return the dtype of the values in the file, with its byte order."""
    dtype = data_type_codes.dtype.get(array.datatype)
    if dtype is None or np.dtype(dtype).kind not in "iufc":
        name = data_type_codes.label.get(array.datatype, array.datatype)
        raise HeaderDataError(f"{what}: DataType: values of {name!r} are not read")
    is_big = gifti_endian_codes.byteorder[array.endian] == "big"
    stored: np.dtype[Any] = np.dtype(dtype).newbyteorder(">" if is_big else "<")
    return stored


def _shape(element: Element, what: str) -> tuple[int, ...]:
    axes = _integer(what, "Dimensionality", element.get("Dimensionality", "1"))
    if not 0 <= axes <= MOST_AXES:
        raise HeaderDataError(f"{what}: Dimensionality: must be 0 to {MOST_AXES}, got {axes}")
    lengths = tuple(
        _integer(what, f"Dim{axis}", element.get(f"Dim{axis}", "")) for axis in range(axes)
    )
    if any(length < 0 for length in lengths):
        raise HeaderDataError(f"{what}: lengths must not be negative, got {lengths}")
    return lengths


def _integer(what: str, field: str, text: str) -> int:
    try:
        return parse_int(text)
    except ValueError as error:
        raise HeaderDataError(f"{what}: {field}: must be an integer, got {text[:40]!r}") from error


def _spec(what: str, field: str, word: str, table: Any) -> int:
    if word not in table:
        raise HeaderDataError(f"{what}: {field}: {word[:40]!r} is not known to GIFTI")
    return int(table[word])
