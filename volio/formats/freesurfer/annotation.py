"""FreeSurferAnnotation: a label for each vertex, with names and colours (.annot)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import LossWarning, SaveError, VolioWarning
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.freesurfer.colours import ColourRow, pack_table, read_table
from volio.formats.containers.freesurfer.numbers import NumberReader, packed
from volio.formats.freesurfer.names import array_name_of, structure_of
from volio.images.headers.error_context import warn_of_content
from volio.images.labels import Labels
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["FreeSurferAnnotation", "check_colours", "pack_annotation"]


#: Odd numbers by which the upper halves of products are tried to tell the rows' values apart.
FACTORS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)


class FreeSurferAnnotation(StatedSpaceSurface):
    """Labels of a surface: `data` has one array, the row of the table of each vertex, or -1.

    The file has a colour for each vertex; the row is that which has just this colour. -1 are
    vertices without a label, or of a colour that no row has.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    colours_of_vertices : array of int, shape (V,)
        The value of each vertex in the file: red + 256 green + 65536 blue.
    rows : tuple of ColourRow
        The table as the file has it, rows without an entry included.

    Examples
    --------
    >>> red = volio.Label(0, "front", (255, 0, 0, 255))
    >>> parts = volio.Labels([red, volio.Label(1, "back", (0, 0, 255, 255))])
    >>> surf = volio.Surface(data={"parts": [0, 1, 1]})
    >>> surf.data.put(type(surf.data.array("parts"))("parts", surf.data["parts"], parts))
    >>> volio.save(surf, "lh.parts.annot")
    >>> found = volio.load("lh.parts.annot")
    >>> found.labels.names_of(found.data["parts"])
    ['front', 'back', 'back']
    """

    files_types = (("image", ".annot"),)
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.rows: tuple[ColourRow, ...] = ()
        self.colours_of_vertices: NDArray[np.int32] = np.zeros(0, np.int32)
        # The rows that the file has, and their bytes: a table has a name, and two versions.
        self._stored_table: tuple[tuple[ColourRow, ...], bytes] = ((), b"")

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = NumberReader(source)
        count = reader.integer("the number of vertices")
        pairs = reader.array(">i4", (count, 2), f"labels of {count} vertices")
        rows, table = _table(reader)
        values = _in_order(pairs)
        numbers = _rows_of(values, rows)
        _warn_of_strangers(values, numbers)
        array = VertexArray(
            array_name_of(holder, "annotation"),
            numbers if rows else values,
            _labels_of(rows) if rows else None,
        )
        made = cls(data=StoredVertexData([array]))
        made.rows = rows
        made._stored_table = (rows, table)
        made.colours_of_vertices = values
        made.structure = structure_of(holder)
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return an annotation with the first labels of some contents.

        Raises
        ------
        SaveError
            If there are no labels, or two of them have one colour.
        """
        arrays = [array for array in contents.arrays if array.labels is not None]
        if not arrays:
            raise SaveError("FreeSurfer's annotations need labels, and there are none")
        table = arrays[0].labels or Labels()
        keys = list(dict.fromkeys(table.keys))
        rows = tuple(ColourRow.from_label(table[key]) for key in keys)
        place = {key: number for number, key in enumerate(keys)}
        numbers = np.array([place.get(key, -1) for key in arrays[0].values.tolist()], np.int32)
        labels = _labels_of(rows)
        kept = VertexArray(arrays[0].name, numbers, labels)
        made = cls(data=StoredVertexData([kept]), structure=contents.structure)
        made.rows = rows
        made.colours_of_vertices = _colours(numbers, rows)
        return made

    def _held(self) -> Self:
        """Return the annotation with the only labels that a file has.

        The rows of a file that was read are kept, while the labels are still theirs.
        """
        arrays = self.data.arrays()
        if not self.rows and arrays and all(array.labels is None for array in arrays):
            return self._with_contents(SurfaceContents(arrays=(arrays[0],)))
        labelled = [array for array in arrays if array.labels is not None]
        if labelled and labelled[0].labels == _labels_of(self.rows):
            kept = SurfaceContents(arrays=(labelled[0],), structure=self.structure)
            return self._with_contents(kept)
        return type(self).from_contents(self.contents())

    def _pieces(self) -> Iterable[bytes]:
        """Return the file; labels of one colour, which could not be distinguished, are refused."""
        (array,) = self.data.arrays()
        rows, table = self._stored_table
        if rows != self.rows:
            table = pack_table(self.rows)
        return [pack_annotation(self._values(array), table)]

    def _values(self, array: VertexArray) -> NDArray[np.int32]:
        """Return the colour of each vertex: that of the file, where its row has not changed."""
        if not self.rows:
            return array.values.astype(np.int32)
        numbers = array.values
        known = self.colours_of_vertices
        if len(known) == len(numbers) and np.array_equal(_rows_of(known, self.rows), numbers):
            return known
        _check_rows(numbers, self.rows)
        check_colours(numbers, self.rows)
        return _colours(numbers, self.rows)


def _table(reader: NumberReader) -> tuple[tuple[ColourRow, ...], bytes]:
    """Return the rows of the table after the vertices, and its bytes."""
    start = reader.offset
    rows = read_table(reader)
    count = reader.offset - start if rows else 0
    reader.offset = start
    return rows, reader.raw(count, "table of labels")


def _labels_of(rows: tuple[ColourRow, ...]) -> Labels:
    """Return the rows of a table that are there as labels, whose keys are the rows' numbers."""
    return Labels(row.as_label(number) for number, row in enumerate(rows) if row.is_there)


def _in_order(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the value of each vertex; pairs of a vertex and its value may be in any order."""
    count = len(pairs)
    vertices = pairs[:, 0]
    if np.array_equal(vertices, np.arange(count, dtype=np.int32)):
        return pairs[:, 1].copy()
    is_fitting = (vertices >= 0) & (vertices < count)
    values = np.zeros(count, np.int32)
    values[vertices[is_fitting]] = pairs[is_fitting, 1]
    if not is_fitting.all():
        warn_of_content(
            f"{(~is_fitting).sum()} labels are of vertices beyond {count}, and left out",
            VolioWarning,
        )
    return values


def _rows_of(values: NDArray[np.int32], rows: tuple[ColourRow, ...]) -> NDArray[np.int32]:
    """Return the first row with the colour of each value; -1 where no row has it."""
    place: dict[int, int] = {}
    for number, row in enumerate(rows):
        if row.is_there and -(1 << 31) <= row.value < 1 << 31:  # no vertex can have others
            place.setdefault(row.value, number)
    known = np.array([*place], np.int32)
    numbers = np.array([*place.values()], np.int32)
    for factor in FACTORS:
        slots = _slots(known, factor)
        if len(np.unique(slots)) == len(known):
            return _rows_by_slots(values, known, numbers, factor)
    order = np.argsort(known)
    nearest = np.minimum(np.searchsorted(known[order], values), len(known) - 1)
    found: NDArray[np.int32] = numbers[order[nearest]]
    found[known[order[nearest]] != values] = -1
    return found


def _slots(values: NDArray[np.int32], factor: int) -> NDArray[np.uint32]:
    """Return a number of 16 bits for each value: the upper half of a product of 32 bits."""
    slots: NDArray[np.uint32] = values.view(np.uint32) * np.uint32(factor) >> np.uint32(16)
    return slots


def _rows_by_slots(
    values: NDArray[np.int32], known: NDArray[np.int32], numbers: NDArray[np.int32], factor: int
) -> NDArray[np.int32]:
    """Return the row of each value, where each known value has a slot of its own."""
    value_of_slot = np.zeros(1 << 16, np.int32)
    row_of_slot = np.full(1 << 16, -1, np.int32)
    slots_of_known = _slots(known, factor)
    value_of_slot[slots_of_known] = known
    row_of_slot[slots_of_known] = numbers
    slots = _slots(values, factor)
    found = row_of_slot.take(slots)
    found[value_of_slot.take(slots) != values] = -1
    return found


def _warn_of_strangers(values: NDArray[np.int32], numbers: NDArray[np.int32]) -> None:
    """Warn of vertices whose colour no row has; 0 means that a vertex has no label."""
    strange = (numbers < 0) & (values != 0)
    if strange.any() and (numbers >= 0).any():
        some = np.unique(values[strange])[:4].tolist()
        shown = ", ".join(str(value) for value in some)
        warn_of_content(
            f"{strange.sum()} vertices have a colour that no row of the table has ({shown}); they "
            "have no label",
            VolioWarning,
        )


def _check_rows(numbers: NDArray[Any], rows: tuple[ColourRow, ...]) -> None:
    """Refuse numbers that are not rows of the table."""
    known = [number for number, row in enumerate(rows) if row.is_there]
    strange = np.setdiff1d(numbers, [-1, *known])
    if len(strange):
        raise SaveError(
            f"annotation: values must be keys of labels, or -1 for none, got {strange[0]}; "
            f"{len(known)} labels have the keys {min(known)} to {max(known)}"
        )


def check_colours(numbers: NDArray[Any], rows: tuple[ColourRow, ...]) -> None:
    """Refuse labels of one colour, of which more than one occurs.

    Raises
    ------
    SaveError

    Warns
    -----
    LossWarning
        If vertices will be read with another label, or with one although they have none.
    """
    occurring = [number for number in np.unique(numbers).tolist() if number >= 0]
    by_value: dict[int, list[str]] = {}
    for number in occurring:
        by_value.setdefault(rows[number].value, []).append(rows[number].name)
    for value, names in by_value.items():
        if len(names) > 1:
            raise SaveError(
                f"annotation: the labels {' and '.join(names)} have one colour ({value}), by which "
                "FreeSurfer distinguishes them; give them different colours"
            )
    _warn_of_first_rows(numbers, rows)


def _warn_of_first_rows(numbers: NDArray[Any], rows: tuple[ColourRow, ...]) -> None:
    """Warn of vertices that are read with another row: the first with their colour counts."""
    first_row: dict[int, ColourRow] = {}
    for row in rows:
        if row.is_there:
            first_row.setdefault(row.value, row)
    problems = []
    for number in np.unique(numbers).tolist():
        value = rows[number].value if number >= 0 else 0  # 0 says that there is no label
        read = first_row.get(value)
        if read is None or (number >= 0 and read is rows[number]):
            continue
        shown = f"label {rows[number].name!r}" if number >= 0 else "vertices without a label"
        problems.append(f"{shown} will be read as {read.name!r}, which has the colour {value}, too")
    if problems:
        warn_caller(f"annotation: {'; '.join(problems)}", LossWarning)


def _colours(numbers: NDArray[Any], rows: tuple[ColourRow, ...]) -> NDArray[np.int32]:
    """Return the value of each row number; 0 for -1."""
    values = np.array([*(row.value for row in rows), 0], np.int32)
    colours: NDArray[np.int32] = values[numbers]
    return colours


def pack_annotation(values: NDArray[Any], table: bytes) -> bytes:
    """Return the bytes of an annotation: a value for each vertex, and the table."""
    pairs = np.stack([np.arange(len(values)), values], axis=1)
    return packed(len(values)) + pairs.astype(">i4").tobytes() + table
