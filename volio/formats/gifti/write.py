"""Writing a GIFTI file: its text in pieces, and the bytes of values in a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from volio.errors import SaveError, UsageTypeError
from volio.files.xml_text import UNWRITABLE, xml_bytes
from volio.formats.containers.xml_elements import new_element
from volio.formats.gifti.data_block import EXTERNAL
from volio.formats.gifti.data_text import DataPiece, data_pieces, stored_bytes, text_of_pieces

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from volio.formats.gifti.data_array import GiftiDataArray
    from volio.formats.gifti.image import GiftiImage

    #: The text before the values of an array, the array, and the values that are written.
    _Written = tuple[bytes, GiftiDataArray, NDArray[Any]]

__all__ = ["check_encoding", "root_element", "xml_pieces"]

PROLOGUE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE GIFTI SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd">\n'
)


END = b"</GIFTI>"


def check_encoding(enc: str) -> None:
    """Refuse encodings other than UTF-8.

    Raises
    ------
    UsageTypeError
    """
    if enc.lower().replace("-", "") not in ("utf8", "usascii", "ascii"):
        raise UsageTypeError(f"enc: GIFTI is written in UTF-8, got {enc!r}")


def xml_pieces(
    image: GiftiImage, mode: str, compression: str | int | None, target: str
) -> tuple[Iterator[bytes], list[Any]]:
    """Return the text of a file and the bytes of the file with external values, both in pieces.

    What cannot be written is refused here; the text is made while it is gone through.

    Parameters
    ----------
    image : GiftiImage
        Its arrays with external values get the name and the offset where these are.
    mode : {"strict", "compat", "force"}
        What is done with dtypes that GIFTI does not have.
    compression : {"fast", "balanced", "small"} or int, optional
    target : str
        Name of the file for external values.
    """
    if any(array.encoding == EXTERNAL for array in image.darrays) and UNWRITABLE.search(target):
        raise SaveError(f"XML cannot have the name {target!r} of the external file")
    written: list[_Written] = []
    external: list[memoryview] = []
    for array in image.darrays:
        is_external = array.encoding == EXTERNAL
        if is_external:
            array.ext_fname = target
            array.ext_offset = sum(each.nbytes for each in external)
        element, values = array.written(mode)
        if is_external:
            external.append(stored_bytes(values, array.order))
        # The text of the values is never seen by the writer of XML: it needs no escapes.
        start = _as_bytes(element).removesuffix(b"</DataArray>") + b"<Data>"
        written.append((start, array, values))
    root = PROLOGUE + _as_bytes(root_element(image)).removesuffix(END)
    return text_of_pieces(_pieces(root, written, compression)), external


def _pieces(
    root: bytes, written: list[_Written], compression: str | int | None
) -> Iterator[DataPiece]:
    """Go through the pieces of a file."""
    yield DataPiece(root)
    for start, array, values in written:
        yield DataPiece(start)
        if array.encoding != EXTERNAL:
            yield from data_pieces(values, array.encoding, array.order, compression)
        yield DataPiece(b"</Data></DataArray>")
    yield DataPiece(END)


def root_element(image: GiftiImage) -> Element:
    """Return the root with all but the arrays."""
    known = {"Version": image.version, "NumberOfDataArrays": str(image.numDA)}
    root = new_element("GIFTI", None, **known, **image.other_attributes)
    root.append(image.meta._to_xml_element())
    root.append(image.labeltable._to_xml_element())
    root.extend(image.other_elements)
    return root


def _as_bytes(element: Element) -> bytes:
    text = xml_bytes(element)
    # The declaration of the encoding is written once, before everything.
    return text.partition(b"?>\n")[2] if text.startswith(b"<?xml") else text
