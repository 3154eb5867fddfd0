"""Writing PolyData of VTK as XML: elements that say where arrays are, and the arrays after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from volio.formats.containers.vtk.cells import Cells
from volio.formats.containers.vtk.poly_data import NamedValues, PolyData
from volio.formats.containers.vtk.xml_reader import ELEMENTS
from volio.formats.containers.vtk.xml_values import TYPES

__all__ = ["pack_xml"]

#: Names of types by dtype of numpy.
NAMES = {dtype: name for name, dtype in TYPES.items()}
HEAD = (
    '<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" '
    'header_type="UInt64">\n'
)
#: Bytes before an array: how many it has.
COUNT = np.dtype("<u8")


class _Appended:
    """Collects arrays, and makes the elements that stand for them."""

    def __init__(self) -> None:
        self.arrays: list[bytes] = []
        self._offset = 0

    def element(self, name: str, values: NDArray[Any]) -> str:
        """Take an array; return the element that says where it is."""
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        kind = NAMES[values.dtype.str[1:]]
        width = 1 if values.ndim == 1 else values.shape[1]
        found = (
            f'<DataArray type="{kind}" Name={_quoted(name)} NumberOfComponents="{width}" '
            f'format="appended" offset="{self._offset}"/>\n'
        )
        self.arrays += [np.array(len(data), COUNT).tobytes(), data]
        self._offset += COUNT.itemsize + len(data)
        return found


def pack_xml(contents: PolyData, colours_name: str = "colors") -> Iterator[bytes]:
    """Yield the bytes of a file of one piece, arrays as bytes after all elements.

    Parameters
    ----------
    contents : PolyData
        Values of types that VTK has.
    colours_name : str
        Of the array of colours, where there are any.
    """
    appended = _Appended()
    counts = {"NumberOfPoints": len(contents.points)}
    counts |= {f"NumberOf{ELEMENTS[kind]}": len(each) for kind, (_, each) in contents.cells.items()}
    stated = " ".join(f'{name}="{count}"' for name, count in counts.items())
    body = "".join(_elements(contents, colours_name, appended))
    text = f"{HEAD}<PolyData>\n<Piece {stated}>\n{body}</Piece>\n</PolyData>\n"
    yield text.encode("utf-8", "xmlcharrefreplace")
    yield b'<AppendedData encoding="raw">\n_'
    yield from appended.arrays
    yield b"\n</AppendedData>\n</VTKFile>\n"


def _elements(contents: PolyData, colours_name: str, appended: _Appended) -> Iterable[str]:
    """Return the elements of a piece."""
    point_values = list(contents.point_values)
    scalars: dict[str, str] = {}
    if contents.colours is not None:
        point_values.insert(0, NamedValues(colours_name, contents.colours))
        scalars["Scalars"] = colours_name
    yield _section("PointData", point_values, appended, scalars)
    yield _section("CellData", contents.cell_values, appended)
    yield _section("Points", [NamedValues("Points", contents.points)], appended)
    written = {kind: cells for kind, cells in contents.cells.items() if len(cells[1])}
    for kind, cells in written.items():
        yield _section(ELEMENTS[kind], _arrays_of(cells), appended)


def _arrays_of(cells: Cells) -> list[NamedValues]:
    """Return the points of cells, and where those of each cell end."""
    corners, counts = cells
    return [
        NamedValues("connectivity", corners.astype(np.int64)),
        NamedValues("offsets", np.cumsum(counts, dtype=np.int64)),
    ]


def _section(
    element: str,
    arrays: Iterable[NamedValues],
    appended: _Appended,
    attributes: Mapping[str, str] | None = None,
) -> str:
    """Return an element with those of some arrays in it."""
    stated = "".join(f" {name}={_quoted(value)}" for name, value in (attributes or {}).items())
    inside = "".join(appended.element(name, values) for name, values in arrays)
    return f"<{element}{stated}>\n{inside}</{element}>\n"


def _quoted(text: str) -> str:
    """Return a text as the value of an attribute, in which line ends are kept."""
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
