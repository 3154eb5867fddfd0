"""AFNI's tables of labels, as texts of attributes: VALUE_LABEL_DTABLE and ATLAS_LABEL_TABLE.

The first is pairs of a number and a name in quotation marks, the second one element for each
region, with its name in STRUCT and its number in VAL.
Source: https://afni.nimh.nih.gov/pub/dist/doc/htmldoc/tutorials/atlas_making/refimage_defs.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from volio.errors import HeaderDataError
from volio.files.xml_events import parse_xml
from volio.files.xml_text import writable
from volio.images.label_tables.label import Label
from volio.images.label_tables.text_files import Rows
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["DTABLE", "labels_in_attributes", "value_label_text"]

DTABLE = "VALUE_LABEL_DTABLE"
ATLAS = "ATLAS_LABEL_TABLE"
#: A text in quotation marks of either kind.
QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def labels_in_attributes(attributes: Mapping[str, Any]) -> Rows | None:
    """Return the labels that attributes of AFNI have; None where they have none.

    Raises
    ------
    HeaderDataError
        If a table makes no sense.
    """
    for name, rows_of in ((DTABLE, _pairs), (ATLAS, _regions)):
        text = attributes.get(name)
        if isinstance(text, str) and text.strip():
            return rows_of(parse_xml(text.strip().strip("\0"), name))
    return None


def _pairs(root: Element) -> list[Label]:
    texts = [first or second for first, second in QUOTED.findall(root.text or "")]
    if len(texts) % 2:
        raise HeaderDataError(f"{DTABLE}: must be pairs of a number and a name, got {len(texts)}")
    pairs = zip(texts[0::2], texts[1::2], strict=True)
    return [Label(_key(number, DTABLE), name) for number, name in pairs]


def _regions(root: Element) -> list[Label]:
    found = []
    for element in root.findall("ATLAS_POINT"):
        others = {key: text for key, text in element.attrib.items() if key in ("COG", "SB_LABEL")}
        key = _key(element.get("VAL", ""), ATLAS)
        found.append(Label(key, element.get("STRUCT", "").strip(), None, others))
    return found


def _key(text: str, what: str) -> int:
    try:
        return parse_int(text)
    except ValueError as error:
        raise HeaderDataError(f"{what}: keys must be integers, got {text[:40]!r}") from error


def value_label_text(labels: Rows) -> str:
    """Return the VALUE_LABEL_DTABLE of some labels; quotation marks in names become apostrophes."""
    from xml.sax.saxutils import escape  # rarely needed

    lines = [
        f' "{row.key}" "{escape(writable(row.name).replace(chr(34), chr(39)))}"' for row in labels
    ]
    head = f'<{DTABLE}\n  ni_type="2*String"\n  ni_dimen="{len(labels)}" >'
    return "\n".join([head, *lines, f"</{DTABLE}>"])
