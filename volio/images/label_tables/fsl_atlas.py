"""FSL's descriptions of atlases, in XML: names of regions, and where each of them is.

``index`` counts the regions from 0: the volume of a probabilistic atlas. Its summary images, of
the most probable region of each voxel, have ``index + 1``; 0 is none. Newer files state a
``value`` for the images of labels.
Source: https://fsl.fmrib.ox.ac.uk/fsl/docs/#/other/datasets
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volio.errors import HeaderDataError
from volio.files.xml_events import parse_xml
from volio.files.xml_text import xml_bytes
from volio.images.label_tables.label import Label
from volio.images.label_tables.text_files import Rows, as_bytes
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["fsl_atlas_text", "parse_fsl_atlas"]

#: What a label says besides its number and its name.
POSITION = ("x", "y", "z")
OTHERS = (*POSITION, "color")


def parse_fsl_atlas(text: str, *, summary: bool = False) -> Rows:
    """Return the labels of an atlas.

    Parameters
    ----------
    text : str
    summary : bool
        Whether keys are those of the summary images of a probabilistic atlas.

    Raises
    ------
    HeaderDataError
        If it is not the description of an atlas, a label has no number, or the summary of an
        atlas is asked for that has none.
    """
    # In the encoding that the file declares: those of FSL have ISO-8859-1.
    root = parse_xml(as_bytes(text), "atlas")
    data = root.find("data")
    if root.tag != "atlas" or data is None:
        raise HeaderDataError(f"the root element is {root.tag[:40]!r}; an atlas of FSL is needed")
    type_name = (root.findtext("header/type") or "").strip().lower()
    if summary and not type_name.startswith("prob"):
        raise HeaderDataError(f"type: {type_name!r} atlases have no summary, probabilistic ones do")
    return [_row(element, summary) for element in data.findall("label")]


def _row(element: Element, summary: bool) -> Label:
    name = (element.text or "").strip()
    stated = element.get("value")
    try:
        index = parse_int(element.get("index", ""))
        value = index if stated is None else parse_int(stated)
    except ValueError as error:
        raise HeaderDataError(f"label {name[:40]!r}: its index is not an integer") from error
    key = index + 1 if summary and stated is None else value
    further = {word: element.attrib[word] for word in OTHERS if word in element.attrib}
    if stated is not None:
        further["index"] = str(index)
    return Label(key, name, None, further)


def fsl_atlas_text(labels: Rows, name: str) -> str:
    """Return the description of an atlas whose image has the keys of labels.

    Parameters
    ----------
    labels : iterable of Label
    name : str
        Of the atlas.
    """
    from xml.etree.ElementTree import Element, SubElement, indent  # rarely needed

    root = Element("atlas", version="1.0")
    header = SubElement(root, "header")
    for tag, word in (("name", name), ("shortname", name), ("type", "Label")):
        SubElement(header, tag).text = word
    data = SubElement(root, "data")
    for row in labels:
        # Older readers take the index for the value: they are one where no file has it otherwise.
        stated = {"index": row.further.get("index", str(row.key)), "value": str(row.key)}
        others = dict.fromkeys(POSITION, "0")
        others |= {word: row.further[word] for word in OTHERS if word in row.further}
        SubElement(data, "label", {**stated, **others}).text = row.name
    indent(root)
    text = xml_bytes(root, xml_declaration=False).decode()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
