"""Reading the text of .PAR and .xml headers into general information and one record an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import ByteSource
from volio.formats.parrec.fields import (
    GENERAL,
    IMAGE_DEFS,
    V3_GENERAL,
    XML_GENERAL,
    XML_IMAGE,
    General,
)

__all__ = ["PARRECError", "parse_PAR_header", "parse_text", "read_text"]

#: Most bytes of a header that are read.
MOST = 256 << 20

GENERAL_LINE = re.compile(r"\.\s+(.*?)\s*:\s*(.*)")
VERSION = re.compile(r"image export tool\s+V?(\S+)", re.IGNORECASE)

# Words that stand for numbers in .xml files, by attribute.
WORDS: dict[str, list[str]] = {
    "Slice Orientation": ["", "TRANSVERSAL", "SAGITTAL", "CORONAL"],
    "Type": [
        *("M", "R", "I", "P", "CR", "T0", "T1", "T2", "RHO", "SPECTRO", "DERIVED", "ADC"),
        *("RCBV", "RCBF", "MTT", "TTP", "FA", "EADC"),
    ],
    "Sequence": ["IR", "SE", "FFE", "DERIVED", "PCA", "UNSPECIFIED", "SPECTRO", "SI"],
    "Label Type": ["-", "CONTROL", "LABEL"],
}
NO_NUMBER = {"Y": "1", "N": "0", "": "0", "-": "0", "U": "0"}


class PARRECError(HeaderDataError):
    """A header of Philips makes no sense, or more than can be read."""


def read_text(source: ByteSource) -> str:
    """Read a header's text.

    Raises
    ------
    LimitError
        If it is far too long for one.
    """
    data = source.read_upto(0, min(MOST + 1, source.most()))
    if len(data) > MOST:
        raise LimitError(f"{source.name}: more than {MOST} bytes, this is no header of Philips")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse_PAR_header(fobj: Iterable[str]) -> tuple[dict[str, Any], NDArray[Any]]:
    """Read a .PAR header.

    Parameters
    ----------
    fobj : text file object
        Or anything that gives lines.

    Returns
    -------
    general_info : dict
        General information by short name.
    image_info : structured array, shape (images,)
        A record for each image (slice), with the fields of `IMAGE_DEFS`.

    Raises
    ------
    PARRECError
        If it makes no sense; the message names the line.
    """
    return parse_par("".join(fobj))


def parse_text(text: str) -> tuple[dict[str, Any], NDArray[Any]]:
    """Read a .PAR or .xml header; see `parse_PAR_header`."""
    return parse_xml(text) if text.lstrip().startswith("<") else parse_par(text)


def parse_par(text: str) -> tuple[dict[str, Any], NDArray[Any]]:
    """Read the text of a .PAR header; see `parse_PAR_header`."""
    general: dict[str, Any] = {}
    once: dict[str, Any] = {}
    version, lines, part = "", [], ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            part = "images" if "IMAGE INFORMATION ==" in line else part
            found = VERSION.search(line)
            version = f"V{found[1]}" if found and not version else version
        elif line.startswith(".") and part != "images":
            _general_line(line, number, general, once)
        elif line:
            lines.append((number, line))
    if version not in IMAGE_DEFS:
        raise PARRECError(
            f"version: must be one of {', '.join(IMAGE_DEFS)}, got {version or 'none'!r}"
        )
    defs = _image_defs(lines, IMAGE_DEFS[version])
    return general, _with_once(defs, once) if version == "V3" else defs


def _general_line(line: str, number: int, general: dict[str, Any], once: dict[str, Any]) -> None:
    found = GENERAL_LINE.match(line)
    if not found:
        raise PARRECError(f"line {number}: must be '.  name : value', got {line!r:.80}")
    key = " ".join(found[1].lower().split())
    if key in GENERAL:
        what = GENERAL[key]
        general[what.name] = _values(found[2].split(), found[2], what, f"line {number}")
    elif key in V3_GENERAL:
        name, kind, count = V3_GENERAL[key]
        once[name] = _values(
            found[2].split(), found[2], General(name, kind, count), f"line {number}"
        )


def _values(words: Sequence[str], text: str, what: General, where: str) -> Any:
    """Return text, a number, or an array of numbers."""
    if what.kind is str:
        return text
    if (what.length or len(words)) != len(words) or not words:
        raise PARRECError(f"{where}: {what.name}: {what.length} numbers are needed, got {text!r}")
    numbers = [_number(word, what.kind, f"{where}: {what.name}") for word in words]
    return numbers[0] if what.length == 1 else np.array(numbers)


def _number(word: str, kind: Any, where: str) -> Any:
    try:
        number = float(word) if kind is float or not re.fullmatch(r"[+-]?\d+", word) else int(word)
        whole = kind is float or (int(number) == number and abs(number) < 2**62)
    except (ValueError, OverflowError):
        whole = False
    if not whole:
        raise PARRECError(f"{where}: must be a number, {kind.__name__}, got {word!r:.40}")
    return kind(number)


def _image_defs(lines: Sequence[tuple[int, str]], columns: list[Any]) -> NDArray[Any]:
    """Return a record for each line of an image."""
    defs = np.zeros(len(lines), columns)
    width = sum(int(np.prod(column[2])) if len(column) > 2 else 1 for column in columns)
    for row, (number, line) in enumerate(lines):
        words = line.split()
        if len(words) < width:
            raise PARRECError(
                f"line {number}: an image has {width} values, got {len(words)}; the file may be cut"
            )
        _fill_row(defs, row, words, columns, f"line {number}")
    if not lines:
        raise PARRECError("the header describes no image")
    return defs


def _fill_row(
    defs: NDArray[Any], row: int, words: Sequence[str], columns: list[Any], where: str
) -> None:
    at = 0
    for name, kind, *shape in columns:
        count = int(np.prod(shape[0])) if shape else 1
        part = words[at : at + count]
        at += count
        if kind == "S30":
            defs[name][row] = part[0].encode("ascii", "replace")
        else:
            numbers = [_number(word, kind, f"{where}: {name}") for word in part]
            defs[name][row] = numbers if shape else numbers[0]


def _with_once(defs: NDArray[Any], once: dict[str, Any]) -> NDArray[Any]:
    """Return the records of version 3 with the fields of version 4."""
    missing = {"image pixel size", "recon resolution", "slice thickness", "slice gap"} - {*once}
    if missing:
        raise PARRECError(f"{', '.join(sorted(missing))}: not stated")
    full = np.zeros(len(defs), IMAGE_DEFS["V4"])
    for name in full.dtype.names or ():
        if name in (defs.dtype.names or ()):
            full[name] = defs[name]
        elif name in once:
            full[name] = once[name]
    return full


def parse_xml(text: str) -> tuple[dict[str, Any], NDArray[Any]]:
    """Read the text of an .xml header; see `parse_PAR_header`.

    Raises
    ------
    PARRECError
        If it is no XML of Philips, or declares entities.
    """
    from xml.etree import ElementTree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PARRECError("xml: document types and entities are not read")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise PARRECError(f"xml: is not well-formed ({error})") from error
    series, images = root.find("Series_Info"), root.findall("Image_Array/Image_Info")
    if series is None or not images:
        raise PARRECError(f"xml: <{root.tag}> has no Series_Info or no Image_Info")
    known = _attributes(series)
    kinds = {what.name: what for what in GENERAL.values()}
    general = {
        name: _from_xml(known, names, kinds[name], name) for name, names in XML_GENERAL.items()
    }
    general["series_type"] = "Image   MRSERIES"
    return general, _defs_from_xml([_attributes(image) for image in images])


def _attributes(node: Any) -> dict[str, str]:
    return {each.get("Name", ""): (each.text or "").strip() for each in node.iter("Attribute")}


def _from_xml(known: dict[str, str], names: Sequence[str], what: General, where: str) -> Any:
    text = " ".join(known.get(name, "") for name in names).strip()
    if what.kind is str:
        return " / ".join(known.get(name, "") for name in names)
    words = [_word(name, word) for name in names for word in known.get(name, "0").split()]
    words = words or ["0"]
    return _values(
        [*words, "0", "0", "0"][: what.length] if what.length else words, text, what, where
    )


def _word(name: str, word: str) -> str:
    """Return a number for a word that stands for one."""
    words, upper = WORDS.get(name, []), word.upper()
    if upper in words:
        return str(words.index(upper))
    if upper in NO_NUMBER:
        return NO_NUMBER[upper]
    is_word = re.fullmatch(r"[A-Z]\w*", upper) and upper not in ("NAN", "INF", "INFINITY")
    return str(len(words)) if is_word else word


def _defs_from_xml(images: Sequence[dict[str, str]]) -> NDArray[Any]:
    columns = IMAGE_DEFS["V4.2"]
    defs = np.zeros(len(images), columns)
    for row, known in enumerate(images):
        for name, kind, *shape in columns:
            text = [known.get(attribute, "") for attribute in XML_IMAGE[name]]
            if kind == "S30":
                defs[name][row] = text[0].encode("ascii", "replace")
                continue
            count = int(np.prod(shape[0])) if shape else 1
            what = General(name, kind, count)
            words = [
                _word(attribute, word)
                for attribute, value in zip(XML_IMAGE[name], text, strict=True)
                for word in value.split() or ["0"]
            ]
            defs[name][row] = _values(words, " ".join(text), what, f"image {row + 1}")
    _even_gaps(defs)
    return defs


def _even_gaps(defs: NDArray[Any]) -> None:
    """Give the first slices the gap of the others: release 5 states 0 there."""
    gaps = defs["slice gap"]
    others = gaps[gaps != 0]
    if others.size and len(np.unique(others)) == 1:
        defs["slice gap"] = others[0]
