"""Labels of volumes as Connectome Workbench has them in XML: keys, names, colours from 0 to 1.

``CaretExtension`` has ``VolumeInformation`` for each volume, with a ``LabelTable`` as GIFTI's.
Source: CaretVolumeExtension.cxx of https://github.com/Washington-University/workbench
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.errors import HeaderDataError
from volio.formats.containers.xml_elements import new_element
from volio.images.label_tables.label import Colour, Label
from volio.images.label_tables.text_files import Rows
from volio.numerals import parse_float, parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["caret_element", "caret_rows", "has_rows_alone"]

#: What a description of labels has besides: the first is a list of links, the second a word.
EMPTY = ("StudyMetaDataLinkSet", "VolumeType")
LEVELS = ("Red", "Green", "Blue", "Alpha")


def caret_rows(root: Element) -> Rows | None:
    """Return the labels of the first volume of a ``CaretExtension``; None where it has none.

    Raises
    ------
    HeaderDataError
        If a label has no number, or a colour that is none.
    """
    table = root.find("VolumeInformation/LabelTable")
    return None if table is None else _rows(table)


def has_rows_alone(root: Element) -> bool:
    """Return whether a ``CaretExtension`` has nothing but the labels of the only volume.

    Raises
    ------
    HeaderDataError
        As `caret_rows`.
    """
    volumes = list(root)
    tables = [_rows(table) for volume in volumes for table in volume.iter("LabelTable")]
    others = [part for volume in volumes for part in volume if part.tag != "LabelTable"]
    are_empty = all(part.tag in EMPTY and not len(part) for part in others)
    return len(volumes) == len(tables) == 1 and are_empty


def _rows(table: Element) -> list[Label]:
    return [_row(element) for element in table.findall("Label")]


def _row(element: Element) -> Label:
    name = (element.text or "").strip()
    try:
        key = parse_int(element.get("Key", ""))
        stated = [parse_float(element.get(level, "nan")) for level in LEVELS]
    except ValueError as error:
        raise HeaderDataError(f"label {name[:40]!r}: its numbers are none, {error}") from error
    return Label(key, name, _colour(stated))


def _colour(stated: list[float]) -> Colour | None:
    if not all(0 <= level <= 1 for level in stated):  # nor is NaN
        return None
    red, green, blue, alpha = (round(255 * level) for level in stated)
    return red, green, blue, alpha


def caret_element(rows: Rows) -> Element:
    """Return a ``CaretExtension`` with the labels of one volume."""
    table = new_element("LabelTable")
    table.extend(map(_label, rows))
    volume = new_element("VolumeInformation", Index="0")
    volume.append(table)
    volume.append(new_element("StudyMetaDataLinkSet"))
    volume.append(new_element("VolumeType", "Label"))
    root = new_element("CaretExtension")
    root.append(volume)
    return root


def _label(row: Label) -> Element:
    colour = zip(LEVELS, row.colour or (), strict=False)
    levels = {level: f"{value / 255:.6g}" for level, value in colour}
    return new_element("Label", row.name, Key=str(row.key), **levels)
