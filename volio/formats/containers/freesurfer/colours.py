"""FreeSurfer's table of names and colours, in two versions: of annotations and MGH volumes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from volio.errors import HeaderDataError
from volio.formats.containers.freesurfer.numbers import NumberReader, packed
from volio.images.labels import SOURCE_VALUE, Colour, Label

__all__ = ["MOST_ROWS", "NO_COLOUR", "ColourRow", "pack_table", "read_rows", "read_table"]

MOST_ROWS = 10**6
TAG = 1
VERSION = 2
#: In volumes, a label without a colour: the table has no place for these.
NO_COLOUR: Colour = (0, 0, 0, 0)


@dataclass(frozen=True)
class ColourRow:
    """One row of a table.

    Attributes
    ----------
    name : str
    red, green, blue : int
        0 to 255.
    transparency : int
        255 - opacity.
    is_there : bool
        False for a number without an entry, which tables with gaps have.
    """

    name: str = ""
    red: int = 0
    green: int = 0
    blue: int = 0
    transparency: int = 0
    is_there: bool = True

    @property
    def value(self) -> int:
        """The value that vertices with this colour have in a file."""
        return self.red + (self.green << 8) + (self.blue << 16)

    @property
    def colour(self) -> Colour | None:
        """Red, green, blue and opacity; None where a level is beyond 0 to 255."""
        levels = (self.red, self.green, self.blue, 255 - self.transparency)
        return levels if all(0 <= level <= 255 for level in levels) else None

    def as_label(self, number: int) -> Label:
        """Return the row as a label of an annotation, whose key is its number."""
        return Label(number, self.name, self.colour, {SOURCE_VALUE: str(self.value)})

    def as_volume_label(self, number: int) -> Label:
        """Return the row as a label of a volume, whose voxels have its number."""
        colour = self.colour
        return Label(number, self.name, None if colour == NO_COLOUR else colour)

    @classmethod
    def from_label(cls, label: Label, missing: Colour = (0, 0, 0, 255)) -> ColourRow:
        """Return the row of a label, of a colour that is given where it has none."""
        red, green, blue, opacity = label.colour or missing
        return cls(label.name, red, green, blue, 255 - opacity)


def read_table(reader: NumberReader) -> tuple[ColourRow, ...]:
    """Read the table after the vertices; no rows where the file ends before.

    Raises
    ------
    HeaderDataError
        If its version is unknown, or it has rows without end.
    """
    return read_rows(reader) if reader.rest(4) == packed(TAG) else ()


def read_rows(reader: NumberReader) -> tuple[ColourRow, ...]:
    """Read a table after the tag that it begins with.

    Raises
    ------
    HeaderDataError
        If its version is unknown, or it has rows without end.
    """
    count = reader.integer("the number of labels")
    if count > 0:
        return _read_first_version(reader, count)
    if count != -VERSION:
        raise HeaderDataError(f"table of labels: version {-count} is not known, 1 and 2 are")
    return _read_second_version(reader)


def _read_first_version(reader: NumberReader, count: int) -> tuple[ColourRow, ...]:
    _check_count(count)
    _read_text(reader, "name of the table")
    return tuple(_read_row(reader) for _ in range(count))


def _read_second_version(reader: NumberReader) -> tuple[ColourRow, ...]:
    """Read entries with a number each, of which some may not be there."""
    _check_count(highest := reader.integer("the highest number of a label"))
    _read_text(reader, "name of the table")
    _check_count(entries := reader.integer("the number of labels"))
    rows = [ColourRow(is_there=False)] * highest
    for _ in range(entries):
        number = reader.integer("number of a label")
        if not 0 <= number < MOST_ROWS:
            raise HeaderDataError(f"table of labels: numbers are 0 to {MOST_ROWS}, got {number}")
        missing = number + 1 - len(rows)
        rows += [ColourRow(is_there=False)] * missing
        rows[number] = _read_row(reader)
    return tuple(rows)


def _check_count(count: int) -> None:
    if not 0 <= count <= MOST_ROWS:
        raise HeaderDataError(f"table of labels: 0 to {MOST_ROWS} rows, got {count}")


def _read_row(reader: NumberReader) -> ColourRow:
    name = _read_text(reader, "name of a label")
    return ColourRow(name, *struct.unpack(">4i", reader.raw(16, "colour of a label")))


def _read_text(reader: NumberReader, what: str) -> str:
    length = reader.integer(f"length of the {what}")
    if length < 0:
        raise HeaderDataError(f"length of the {what}: must not be negative, got {length}")
    return reader.raw(length, what).split(b"\0")[0].decode("utf-8", "surrogateescape")


def pack_table(rows: tuple[ColourRow, ...]) -> bytes:
    """Return the bytes of a table, in version 2; nothing for no rows."""
    if not rows:
        return b""
    entries = [(number, row) for number, row in enumerate(rows) if row.is_there]
    data = packed(TAG, -VERSION, len(rows)) + _packed_text("volio") + packed(len(entries))
    for number, row in entries:
        levels = packed(row.red, row.green, row.blue, row.transparency)
        data += packed(number) + _packed_text(row.name) + levels
    return data


def _packed_text(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape") + b"\0"
    return packed(len(raw)) + raw
