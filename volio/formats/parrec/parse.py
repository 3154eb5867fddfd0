"""Reading the text of .PAR and .xml headers into general information and one record an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.codes import table_rows
from volio.errors import HeaderDataError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.files.xml_events import parse_xml
from volio.formats.parrec.fields import (
    GENERAL,
    IMAGE_COLUMNS,
    IMAGE_DEFS,
    V3_GENERAL,
    Field,
)
from volio.numerals import parse_float

__all__ = ["Info", "PARRECError", "Records", "parse_PAR_header", "parse_text", "read_text"]

#: General information by short name.
Info = dict[str, Any]

#: A record for each image (slice), with the fields of `IMAGE_DEFS`, shape (images,).
Records = NDArray[Any]

#: Most bytes of a header that are read.
MOST = 256 << 20

GENERAL_LINE = re.compile(r"\.\s+(.*?)\s*:\s*(.*)")
VERSION = re.compile(r"^\s*#.*image export tool[^\S\n]+V?(\S+)", re.IGNORECASE | re.MULTILINE)

# What version 3 must state once.
NEEDED = {"image pixel size", "recon resolution", "slice thickness", "slice gap"}

# Words that stand for numbers in .xml files, by attribute.
_WORDS = table_rows("""
Slice Orientation | - TRANSVERSAL SAGITTAL CORONAL
Type              | M R I P CR T0 T1 T2 RHO SPECTRO DERIVED ADC RCBV RCBF MTT TTP FA EADC
Sequence          | IR SE FFE DERIVED PCA UNSPECIFIED SPECTRO SI
Label Type        | - CONTROL LABEL
""")
WORDS = {attribute: words.split() for attribute, words in _WORDS}
NO_NUMBER = {"Y": "1", "N": "0", "-": "0", "U": "0"}


class PARRECError(HeaderDataError):
    """A header of Philips makes no sense, or more than can be read."""


def read_text(source: ByteSource) -> str:
    """Read a header's text.

    Raises
    ------
    LimitError
        If it is far too long for one.
    """
    data = read_limited(source, MOST, "a header of Philips")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse_PAR_header(fobj: Iterable[str]) -> tuple[Info, Records]:
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


def parse_text(text: str) -> tuple[Info, Records]:
    """Read a .PAR or .xml header; see `parse_PAR_header`."""
    return read_xml(text) if text.lstrip().startswith("<") else parse_par(text)


def parse_par(text: str) -> tuple[Info, Records]:
    """Read the text of a .PAR header; see `parse_PAR_header`."""
    version = _version_of(text)
    is_version_3 = version == "V3"
    fields = {field.text: field for field in [*GENERAL, *(V3_GENERAL if is_version_3 else ())]}
    general: Info = {}
    records: list[tuple[Any, ...]] = []
    for where, line in _lines_of(text):
        if line.startswith("."):
            general |= _general_line(fields, line, where)
        else:
            records.append(_par_record(IMAGE_COLUMNS[version], line.split(), where))
    if not records:
        raise PARRECError("the header describes no image")
    defs = np.array(records, IMAGE_DEFS[version])
    return general, _as_version_4(defs, general) if is_version_3 else defs


def _lines_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that are neither empty nor comments, each after its number for messages."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            yield f"line {number}", line


def _version_of(text: str) -> str:
    """Return the version of a .PAR header, which a comment states."""
    found = VERSION.search(text)
    version = f"V{found[1]}" if found else "none"
    if version not in IMAGE_DEFS:
        raise PARRECError(f"version: must be one of {', '.join(IMAGE_DEFS)}, got {version!r}")
    return version


def _general_line(fields: Mapping[str, Field], line: str, where: str) -> Info:
    """Return the value in a line of general information by its short name, if it has one."""
    found = GENERAL_LINE.match(line)
    if not found:
        raise PARRECError(f"{where}: must be '.  name : value', got {line!r:.80}")
    field = fields.get(" ".join(found[1].lower().split()))
    return {field.name: _value(field, found[2], where)} if field else {}


def _par_record(columns: Sequence[Field], words: Sequence[str], where: str) -> tuple[Any, ...]:
    """Return the record of an image from the words of its line."""
    count = sum(field.length for field in columns)
    if len(words) < count:
        problem = f"an image has {count} values, got {len(words)}; the file may be cut"
        raise PARRECError(f"{where}: {problem}")
    rest = iter(words)
    texts = (" ".join(islice(rest, field.length)) for field in columns)
    return tuple(_value(field, text, where) for field, text in zip(columns, texts, strict=True))


def _value(field: Field, text: str, where: str) -> Any:
    """Return the text, the number, or the array of numbers of a field."""
    if field.kind is str:
        return text
    if field.kind == "S30":
        return text.encode("ascii", "replace")
    words = text.split()
    if not words or len(words) != (field.length or len(words)):
        problem = f"{field.length} numbers are needed, got {text!r}"
        raise PARRECError(f"{where}: {field.name}: {problem}")
    numbers = [_number(word, field.kind, f"{where}: {field.name}") for word in words]
    return numbers[0] if field.length == 1 else np.array(numbers)


def _number(word: str, kind: Any, where: str) -> Any:
    """Return the number that a word is; an integer may be written as 2.0."""
    try:
        number = parse_float(word)
        is_wrong = kind is int and not (number.is_integer() and abs(number) < 2**53)
    except ValueError:
        is_wrong = True
    if is_wrong:
        raise PARRECError(f"{where}: must be a number, {kind.__name__}, got {word!r:.40}")
    return kind(number)


def _as_version_4(defs: Records, general: Info) -> Records:
    """Return the records of version 3 with those fields that it states once, for all images."""
    if missing := NEEDED - set(general):
        raise PARRECError(f"{', '.join(sorted(missing))}: not stated")
    full = np.zeros(len(defs), IMAGE_DEFS["V4"])
    for field in V3_GENERAL:
        full[field.name] = general.pop(field.name, 0)
    full[list(defs.dtype.names or ())] = defs
    return full


def read_xml(text: str) -> tuple[Info, Records]:
    """Read the text of an .xml header; see `parse_PAR_header`.

    Raises
    ------
    PARRECError
        If it is not XML of Philips, or declares entities.
    """
    root = parse_xml(text, "xml", most=MOST, error=PARRECError)
    series = root.find("Series_Info")
    images = enumerate(root.findall("Image_Array/Image_Info"), 1)
    columns = IMAGE_COLUMNS["V4.2"]
    records = [tuple(_xml_values(columns, each, f"image {n}").values()) for n, each in images]
    if series is None or not records:
        raise PARRECError(f"xml: <{root.tag}> has no Series_Info or no Image_Info")
    defs = np.array(records, IMAGE_DEFS["V4.2"])
    _fill_gaps(defs)
    general = _xml_values(GENERAL, series, "Series_Info")
    return {**general, "series_type": "Image   MRSERIES"}, defs


def _fill_gaps(defs: Records) -> None:
    """Give all slices the one gap that some have.

    Release 5 states a gap of 0 for the first slices, whatever that of the others is.
    """
    gaps = np.unique(defs["slice gap"][defs["slice gap"] != 0])
    if len(gaps) == 1:
        defs["slice gap"] = gaps


def _xml_values(fields: Sequence[Field], node: Any, where: str) -> Info:
    """Return the values of fields from the attributes in a node.

    Numbers that are absent are 0; more than a field has are left out.
    """
    known = {each.get("Name", ""): (each.text or "").strip() for each in node.iter("Attribute")}
    stated = [field for field in fields if field.attributes]
    return {field.name: _value(field, _xml_text(field, known), where) for field in stated}


def _xml_text(field: Field, known: Mapping[str, str]) -> str:
    """Return the text of a field as a .PAR file has it, from the attributes in a node."""
    if field.kind not in (int, float):
        return known.get(field.attributes[0], "")
    words = [
        _xml_number(name, word)
        for name in field.attributes
        for word in (known.get(name) or "0").split()
    ]
    return " ".join([*words, "0", "0"][: field.length] if field.length else words)


def _xml_number(name: str, word: str) -> str:
    """Return the number that a word stands for; one after all that are known for another word."""
    words = WORDS.get(name, [])
    upper = word.upper()
    if upper in words:
        return str(words.index(upper))
    if upper in NO_NUMBER:
        return NO_NUMBER[upper]
    is_word = re.fullmatch(r"[A-Z]\w*", upper) and upper not in ("NAN", "INF", "INFINITY")
    return str(len(words)) if is_word else word
