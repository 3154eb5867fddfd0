"""Writing PolyData of VTK as XML: elements that say where arrays are, and the arrays after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np

from volio.errors import SaveError
from volio.files.xml_text import UNWRITABLE
from volio.formats.containers.vtk.streamed import StreamedValues
from volio.formats.containers.vtk.xml_reader import ELEMENTS
from volio.formats.containers.vtk.xml_values import TYPES

__all__ = ["WrittenCells", "WrittenPiece", "checked_name", "pack_xml"]

#: Names of types by dtype of numpy.
NAMES = {dtype: name for name, dtype in TYPES.items()}
HEAD = (
    '<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" '
    'header_type="UInt64">\n'
)
#: Bytes before an array: how many it has.
COUNT = np.dtype("<u8")


class WrittenCells(NamedTuple):
    """Cells of a kind: their points, and where those of each cell end."""

    connectivity: StreamedValues
    offsets: StreamedValues


@dataclass(frozen=True)
class WrittenPiece:
    """What is written.

    Attributes
    ----------
    points : StreamedValues
    cells : mapping of str to WrittenCells
        By kind; of kinds that have any.
    point_values, cell_values : sequence of StreamedValues
    scalars : str
        Name of the array that colours points.
    texts : mapping of str to str
        Texts about the file, of ASCII letters.
    """

    points: StreamedValues
    cells: Mapping[str, WrittenCells] = field(default_factory=dict)
    point_values: Sequence[StreamedValues] = ()
    cell_values: Sequence[StreamedValues] = ()
    scalars: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


class _Appended:
    """Collects arrays, and makes the elements that stand for them."""

    def __init__(self) -> None:
        self.arrays: list[StreamedValues] = []
        self._offset = 0

    def element(self, values: StreamedValues) -> str:
        """Take an array; return the element that says where it is."""
        kind = NAMES[values.dtype.str[1:]]
        found = (
            f'<DataArray type="{kind}" Name={_quoted(values.name)} NumberOfComponents='
            f'"{values.width}" format="appended" offset="{self._offset}"/>\n'
        )
        self.arrays.append(values)
        self._offset += COUNT.itemsize + values.nbytes
        return found

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of all arrays."""
        for values in self.arrays:
            yield np.array(values.nbytes, COUNT).tobytes()
            yield from values.packed("<")


def pack_xml(written: WrittenPiece) -> Iterator[bytes]:
    """Yield the bytes of a file of one piece, arrays as bytes after all elements."""
    appended = _Appended()
    counts = {"NumberOfPoints": written.points.count}
    counts |= {
        f"NumberOf{ELEMENTS[kind]}": cells.offsets.count for kind, cells in written.cells.items()
    }
    stated = " ".join(f'{name}="{count}"' for name, count in counts.items())
    body = "".join(_elements(written, appended))
    texts = "".join(_text_element(name, text) for name, text in written.texts.items())
    about = f"<FieldData>\n{texts}</FieldData>\n" if texts else ""
    text = f"{HEAD}<PolyData>\n{about}<Piece {stated}>\n{body}</Piece>\n</PolyData>\n"
    yield text.encode("utf-8", "xmlcharrefreplace")
    yield b'<AppendedData encoding="raw">\n_'
    yield from appended.pieces()
    yield b"\n</AppendedData>\n</VTKFile>\n"


def _elements(written: WrittenPiece, appended: _Appended) -> Iterator[str]:
    """Yield the elements of a piece."""
    scalars = {"Scalars": written.scalars} if written.scalars else {}
    yield _section("PointData", written.point_values, appended, scalars)
    yield _section("CellData", written.cell_values, appended)
    yield _section("Points", [written.points], appended)
    for kind, cells in written.cells.items():
        yield _section(ELEMENTS[kind], cells, appended)


def _section(
    element: str,
    arrays: Iterable[StreamedValues],
    appended: _Appended,
    attributes: Mapping[str, str] | None = None,
) -> str:
    """Return an element with those of some arrays in it."""
    stated = "".join(f" {name}={_quoted(value)}" for name, value in (attributes or {}).items())
    inside = "".join(map(appended.element, arrays))
    return f"<{element}{stated}>\n{inside}</{element}>\n"


def checked_name(name: str) -> str:
    """Return the name of an array, if XML can have it.

    Raises
    ------
    SaveError
        If it cannot.
    """
    if UNWRITABLE.search(name):
        raise SaveError(f"{name!r}: XML has no such letters in a name")
    return name


def _text_element(name: str, text: str) -> str:
    """Return a text as VTK writes it: the numbers of its letters, and a zero."""
    letters = " ".join(map(str, f"{text}\0".encode("utf-8", "surrogateescape")))
    return (
        f'<Array type="String" Name={_quoted(name)} NumberOfTuples="1" format="ascii">\n'
        f"{letters}\n</Array>\n"
    )


def _quoted(text: str) -> str:
    """Return a text as the value of an attribute, in which line ends are kept."""
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
