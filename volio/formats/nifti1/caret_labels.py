"""Labels of a NIfTI image as Connectome Workbench has them: an extension in XML (ecode 30).

``CaretExtension`` has ``VolumeInformation`` for each volume, with a ``LabelTable`` as GIFTI's.
Source: CaretVolumeExtension.cxx of https://github.com/Washington-University/workbench
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.errors import CorruptFileError, HeaderDataError
from volio.formats.nifti1.contents import CaretExtension
from volio.formats.nifti1.extension import NiftiExtension
from volio.images.label_tables.label import Colour, Label
from volio.images.label_tables.text_files import Rows

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from volio.formats.nifti1.header import Nifti1Header

__all__ = ["has_labels_alone", "read_label_rows", "store_label_rows"]

#: What a description of labels has besides: the first is a list of links, the second a word.
EMPTY = ("StudyMetaDataLinkSet", "VolumeType")
#: ecode of the extension in which FreeSurfer has labels.
FREESURFER = 14
LEVELS = ("Red", "Green", "Blue", "Alpha")


def read_label_rows(header: Nifti1Header) -> Rows | None:
    """Return the labels of the first volume; None where the header has none.

    Those of Workbench come before those of FreeSurfer.

    Raises
    ------
    HeaderDataError
        If a label has no number, or a colour that is none.
    """
    for extension in header.extensions:
        if isinstance(extension, CaretExtension):
            table = extension.get_object().find("VolumeInformation/LabelTable")
            if table is not None:
                return _rows(table)
    of_freesurfer = [one for one in header.extensions if one.get_code() == FREESURFER]
    if not of_freesurfer:
        return None
    from volio.formats.nifti1.freesurfer_labels import freesurfer_label_rows  # rarely needed

    found = map(freesurfer_label_rows, of_freesurfer)
    return next((rows for rows in found if rows is not None), None)


def has_labels_alone(extension: CaretExtension) -> bool:
    """Return whether an extension says nothing but what the labels of the only volume are."""
    try:
        volumes = list(extension.get_object())
        tables = [_rows(table) for volume in volumes for table in volume.iter("LabelTable")]
    except (CorruptFileError, HeaderDataError):
        return False
    others = [part for volume in volumes for part in volume if part.tag != "LabelTable"]
    are_empty = all(part.tag in EMPTY and not len(part) for part in others)
    return len(volumes) == len(tables) == 1 and are_empty


def _rows(table: Element) -> list[Label]:
    return [_row(element) for element in table.findall("Label")]


def _row(element: Element) -> Label:
    name = (element.text or "").strip()
    try:
        key = int(element.get("Key", ""))
        stated = [float(element.get(level, "nan")) for level in LEVELS]
    except ValueError as error:
        raise HeaderDataError(f"label {name[:40]!r}: its numbers are none, {error}") from error
    return Label(key, name, _colour(stated))


def _colour(stated: list[float]) -> Colour | None:
    if not all(0 <= level <= 1 for level in stated):  # nor is NaN
        return None
    red, green, blue, alpha = (round(255 * level) for level in stated)
    return red, green, blue, alpha


def store_label_rows(header: Nifti1Header, rows: Rows | None) -> None:
    """Store labels, those of the first volume; None takes those away that are there."""
    others = [
        _without_labels(one) for one in header.extensions if not isinstance(one, CaretExtension)
    ]
    new = [] if rows is None else [CaretExtension(CaretExtension.code, _root(rows))]
    header.extensions[:] = [*others, *new]


def _without_labels(extension: NiftiExtension) -> NiftiExtension:
    if extension.get_code() != FREESURFER:
        return extension
    from volio.formats.nifti1.freesurfer_labels import without_freesurfer_labels  # rarely needed

    return without_freesurfer_labels(extension)


def _root(rows: Rows) -> Element:
    from xml.etree.ElementTree import Element, SubElement  # rarely needed

    root = Element("CaretExtension")
    volume = SubElement(root, "VolumeInformation", Index="0")
    table = SubElement(volume, "LabelTable")
    for row in rows:
        label = SubElement(table, "Label", Key=str(row.key))
        label.text = row.name
        for level, value in zip(LEVELS, row.colour or (), strict=False):
            label.set(level, f"{value / 255:.6g}")
    SubElement(volume, "StudyMetaDataLinkSet")
    SubElement(volume, "VolumeType").text = "Label"
    return root
