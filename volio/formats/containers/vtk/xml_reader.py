"""Reading PolyData of VTK from XML (.vtp): the pieces, put together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.cells import Cells, counts_between
from volio.formats.containers.vtk.poly_data import CELLS, NO_CELLS, NamedValues, PolyData
from volio.formats.containers.vtk.xml_document import XmlArray, XmlPiece, parse_document
from volio.formats.containers.vtk.xml_values import TYPES, ValueDecoder
from volio.numerals import is_count
from volio.pieces import row_numbers, starts_of

__all__ = ["read_xml"]

#: Elements of a piece, and attributes that count them, by the kind of cells.
ELEMENTS = dict(zip(CELLS, ("Verts", "Lines", "Polys", "Strips"), strict=True))
#: Numbers of a colour.
COLOUR_WIDTHS = (3, 4)
#: More points or cells than any file has.
MOST = 1 << 40


def read_xml(source: ByteSource) -> PolyData:
    """Read an XML file of VTK, of one piece or several.

    Arrays of bytes that colour points, as the file says, are `colours`.

    Raises
    ------
    HeaderDataError
        If it is not of PolyData, or makes no sense.
    CorruptFileError
        If numbers cannot be decoded.
    TruncatedFileError
        If it ends early.
    """
    document = parse_document(source)
    kind = document.attributes.get("type", "")
    if kind != "PolyData":
        raise HeaderDataError(f"is a VTKFile of type {kind[:40]!r}; of these only PolyData is read")
    decoder = ValueDecoder(document)
    parts = [_PieceReader(piece, decoder).read() for piece in document.pieces]
    found = parts[0] if len(parts) == 1 else _joined(parts)
    for array in document.other_arrays:
        if array.attributes.get("type") == "String" and (text := decoder.text(array)):
            found.texts[array.name] = text
        else:
            found.left_out.append(f"the array {array.name!r}")
    return found


class _PieceReader:
    """Reads one piece."""

    def __init__(self, piece: XmlPiece, decoder: ValueDecoder) -> None:
        self._piece = piece
        self._decoder = decoder
        self._found = PolyData()

    def read(self) -> PolyData:
        """Return what the piece holds."""
        points = self._count("NumberOfPoints")
        self._read_points(points)
        for kind, element in ELEMENTS.items():
            self._found.cells[kind] = self._cells(element, self._count(f"NumberOf{element}"))
        self._found.point_values = self._values("PointData", points)
        self._found.cell_values = self._values("CellData", self._found.cell_count)
        self._take_colours()
        return self._found

    def _count(self, name: str) -> int:
        word = self._piece.counts.get(name, "0").strip()
        if not (is_count(word) and int(word) <= MOST):
            raise HeaderDataError(f"{name}: must be a count, got {word[:40]!r}")
        return int(word)

    def _read_points(self, count: int) -> None:
        arrays = self._piece.arrays["Points"]
        if not arrays:
            if count:
                raise HeaderDataError(f"{count} points, and no array of them")
            return
        numbers = self._decoder.values(arrays[0], 3 * count)
        is_exact = numbers.dtype in (np.float32, np.float64)
        exact = numbers if is_exact else numbers.astype(np.float64)
        self._found.points = exact.reshape(-1, 3)

    def _cells(self, element: str, count: int) -> Cells:
        if not count:
            return NO_CELLS
        arrays = {array.name.lower(): array for array in self._piece.arrays[element]}
        if not {"offsets", "connectivity"} <= set(arrays):
            raise HeaderDataError(f"{element}: must have the arrays connectivity and offsets")
        # Where the corners of each cell end.
        ends = self._decoder.values(arrays["offsets"], count).astype(np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), ends])
        corners = int(ends[-1])
        counts = counts_between(offsets, max(corners, 0), element)
        numbers = self._decoder.values(arrays["connectivity"], corners)
        return numbers.astype(np.int64), counts

    def _values(self, section: str, count: int) -> list[NamedValues]:
        """Return the arrays of points or cells; those of other things than numbers are left out."""
        found: list[NamedValues] = []
        for array in self._piece.arrays[section]:
            width = _width_of(array)
            if array.attributes.get("type") not in TYPES or not width:
                self._found.left_out.append(f"the array {array.name!r}")
                continue
            values = self._decoder.values(array, width * count)
            shaped = values if width == 1 else values.reshape(count, width)
            found.append(NamedValues(array.name, shaped))
        return found

    def _take_colours(self) -> None:
        """Make colours of the array that the piece says to colour its points."""
        arrays = self._found.point_values
        colours = [array for array in arrays if array.name == self._piece.scalars]
        if not colours or not _are_colours(colours[0].values):
            return
        levels = colours[0].values
        self._found.colours = np.full((len(levels), 4), 255, np.uint8)
        self._found.colours[:, : levels.shape[1]] = levels
        self._found.point_values = [array for array in arrays if array is not colours[0]]


def _are_colours(values: NDArray[Any]) -> bool:
    return values.dtype == np.uint8 and values.ndim == 2 and values.shape[1] in COLOUR_WIDTHS


def _width_of(array: XmlArray) -> int:
    """Return how many numbers of an array each point or cell has."""
    word = array.attributes.get("NumberOfComponents", "1").strip()
    if not (is_count(word) and len(word) < 7):
        raise HeaderDataError(
            f"the array {array.name!r}: NumberOfComponents must be a count, got {word[:40]!r}"
        )
    return int(word)


def _joined(parts: list[PolyData]) -> PolyData:
    """Return several pieces as one; arrays that not all of them have are left out."""
    if not parts:
        return PolyData()
    found = PolyData(points=np.concatenate([part.points for part in parts]))
    for kind in CELLS:
        found.cells[kind] = _joined_cells([part.cells[kind] for part in parts], parts)
    for part in parts:
        found.left_out += part.left_out
    # Pieces without points, or cells, need not have the arrays of the others.
    with_points = [part.point_values for part in parts if len(part.points)]
    found.point_values = _joined_values(with_points, found.left_out)
    found.cell_values = _joined_cell_values(parts, found.left_out)
    colours = [part.colours for part in parts if part.colours is not None]
    if colours and sum(map(len, colours)) == len(found.points):
        found.colours = np.concatenate(colours)
    elif colours:
        found.left_out.append("the colours of some pieces")
    return found


def _joined_cell_values(parts: list[PolyData], left_out: list[str]) -> list[NamedValues]:
    """Return arrays of cells, in the order of the joined cells: kind after kind."""
    with_cells = [part for part in parts if part.cell_count]
    piece_after_piece = _joined_values([part.cell_values for part in with_cells], left_out)
    order = _order_of_cells(with_cells)
    return [NamedValues(name, values[order]) for name, values in piece_after_piece]


def _joined_cells(cells: list[Cells], parts: list[PolyData]) -> Cells:
    """Return the cells of a kind of all pieces, their points numbered through."""
    first = 0
    numbers: list[NDArray[np.int64]] = []
    for (corners, _), part in zip(cells, parts, strict=True):
        is_within = (corners >= 0) & (corners < len(part.points))
        if not is_within.all():
            wrong = corners[~is_within][0]
            raise HeaderDataError(f"cells: name point {wrong} of {len(part.points)} of a piece")
        numbers.append(corners + first)
        first += len(part.points)
    return np.concatenate(numbers), np.concatenate([counts for _, counts in cells])


def _order_of_cells(parts: list[PolyData]) -> NDArray[np.int64]:
    """Return where the cells of all pieces, kind after kind, are piece after piece."""
    # A row for each piece, a column for each kind of cells.
    rows = [[len(part.cells[kind][1]) for kind in CELLS] for part in parts]
    counts = np.array(rows, np.int64).reshape(len(parts), len(CELLS))
    # Cells are piece after piece, and within a piece kind after kind: along the rows.
    starts = starts_of(counts.ravel()).reshape(counts.shape)
    return row_numbers(starts.T.ravel(), counts.T.ravel())


def _joined_values(pieces: list[list[NamedValues]], left_out: list[str]) -> list[NamedValues]:
    """Return arrays that all pieces have, of one width, one after the other."""
    by_name = [{array.name: array.values for array in arrays} for arrays in pieces]
    found: list[NamedValues] = []
    for name in dict.fromkeys(name for arrays in by_name for name in arrays):
        values: list[NDArray[Any]] = [arrays[name] for arrays in by_name if name in arrays]
        if len(values) < len(pieces) or len({each.shape[1:] for each in values}) > 1:
            left_out.append(f"the array {name!r} of some pieces")
            continue
        found.append(NamedValues(name, np.concatenate(values)))
    return found
