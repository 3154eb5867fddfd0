"""Segments of 3D Slicer (.seg.nrrd): keys of a header, ``Segment0_Name`` and others, as labels.

Source: Docs/developer_guide/modules/segmentations.md of https://github.com/Slicer/Slicer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from volio.errors import HeaderDataError
from volio.images.label_tables.label import Colour, Label
from volio.numerals import parse_float, parse_int

if TYPE_CHECKING:
    from volio.images.label_tables.text_files import Rows

__all__ = ["KEY", "rows_of_segments", "segments_of_rows"]

#: A key that describes a segment.
KEY = re.compile(r"Segment([0-9]{1,9})_(\w+)", re.ASCII)
#: Fields of a segment that are columns of its label; others follow from the voxels or the name.
COLUMNS = ("ID", "Tags", "Layer")
FIRST_LAYER = "0"

Fields = Mapping[str, str]


def rows_of_segments(keys: Mapping[str, str]) -> Rows | None:
    """Return the labels that keys of a header describe; None where they describe none.

    Segments of several layers may have one value: that is a key with several rows.

    Raises
    ------
    HeaderDataError
        If a value is not an integer, or a colour is not three numbers from 0 to 1.
    """
    segments: dict[int, dict[str, str]] = {}
    for key, text in keys.items():
        if found := KEY.fullmatch(key):
            segments.setdefault(int(found[1]), {})[found[2]] = text
    if not segments:
        return None
    return [_row(number, segments[number]) for number in sorted(segments)]


def _row(number: int, fields: Fields) -> Label:
    text = fields.get("LabelValue", "1")  # old files have a layer of 0 and 1 for each segment
    try:
        key = parse_int(text)
    except ValueError as error:
        raise HeaderDataError(f"Segment{number}_LabelValue: {error}") from error
    further = {name: fields[name] for name in COLUMNS if fields.get(name)}
    for name, usual in (("ID", _usual_id(key)), ("Layer", FIRST_LAYER)):
        if further.get(name) == usual:
            del further[name]
    name = fields.get("Name", fields.get("ID", ""))
    return Label(key, name, _colour(number, fields.get("Color")), further)


def _usual_id(key: int) -> str:
    return f"Segment_{key}"


def _colour(number: int, text: str | None) -> Colour | None:
    if text is None:
        return None
    problem = f"Segment{number}_Color: must be three numbers from 0 to 1, got {text[:40]!r}"
    try:
        levels = [parse_float(word) for word in text.split()]
    except ValueError as error:
        raise HeaderDataError(problem) from error
    if len(levels) != 3 or not all(0 <= level <= 1 for level in levels):
        raise HeaderDataError(problem)
    red, green, blue = (round(255 * level) for level in levels)
    return red, green, blue, 255


def segments_of_rows(rows: Rows, shape: Sequence[int]) -> dict[str, str]:
    """Return keys of a header that describe labels of a volume; 0 is not a segment.

    A label that is not seen has no colour there, as colours have no opacity.
    """
    extent = " ".join(f"0 {length - 1}" for length in [*shape, 1, 1][:3])
    keys: dict[str, str] = {}
    for number, row in enumerate(each for each in rows if each.key != 0):
        fields = _fields(row) | {"Extent": extent}
        keys |= {f"Segment{number}_{name}": text for name, text in fields.items() if text}
    return keys


def _fields(row: Label) -> dict[str, str]:
    """Return the fields of a label; empty ones are not written."""
    return {
        "ID": row.further.get("ID") or _usual_id(row.key),
        "Name": row.name,
        "Color": _colour_text(row.colour),
        "LabelValue": str(row.key),
        "Layer": row.further.get("Layer") or FIRST_LAYER,
        "Tags": row.further.get("Tags", ""),
    }


def _colour_text(colour: Colour | None) -> str:
    if colour is None or colour[3] == 0:
        return ""
    return " ".join(f"{level / 255:.6g}" for level in colour[:3])
