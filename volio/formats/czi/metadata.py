"""What the XML text of a CZI file says: voxel sizes, channels, time step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

from volio.files.xml_events import parse_xml
from volio.images.microscopy import Channel, known_sizes
from volio.numerals import parse_float

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Document", "parse_document"]

CHANNELS = "Metadata/Information/Image/Dimensions/Channels/Channel"
DISPLAYED = "Metadata/DisplaySetting/Channels/Channel"
DISTANCES = "Metadata/Scaling/Items/Distance"
INCREMENT = "Metadata/Information/Image/Dimensions/T/Positions/Interval/Increment"
COLOR = re.compile(r"#(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")  # perhaps with alpha before it
NUMBERED = re.compile(r"Channel:([0-9]+)")


class Document(NamedTuple):
    """What is known from the XML text.

    Attributes
    ----------
    text : str
        As it stands in the file; "" for none.
    sizes : dict of str to float
        Metres of a pixel along X, Y and Z, of those that are stated.
    time_step : float or None
        Seconds from one volume to the next.
    channels : dict of int to Channel
        By their index along C; windows are fractions of the range of the pixel type.
    """

    text: str
    sizes: dict[str, float]
    time_step: float | None
    channels: dict[int, Channel]


def parse_document(text: str, name: str) -> Document:
    """Read the XML text of a file.

    Parameters
    ----------
    text : str
        "" where a file has none.
    name : str
        Of the file, for messages.

    Raises
    ------
    HeaderDataError
        If it is not well-formed, or has entities of its own.
    """
    if not text.strip():
        return Document(text, {}, None, {})
    root = parse_xml(text, f"{name}: metadata")
    sizes = _sizes(root)
    return Document(text, sizes, _positive(root.findtext(INCREMENT)), _channels(root))


def _sizes(root: Element) -> dict[str, float]:
    """Return the sizes of pixels along axes, in metres."""
    stated = {each.get("Id", ""): each.findtext("Value") or "" for each in root.iterfind(DISTANCES)}
    sizes = {axis: size for axis, text in stated.items() if (size := _positive(text)) is not None}
    if not {"X", "Y"} <= sizes.keys():  # files without a scale have zeros
        return sizes
    numbers = {axis: _number(text) for axis, text in stated.items()}
    return known_sizes(numbers, "metadata: Distance ")


def _number(text: str) -> float:
    try:
        return parse_float(text)
    except ValueError:
        return nan


def _positive(text: str | None) -> float | None:
    """Return a number that is finite and above 0; None for all else."""
    try:
        number = parse_float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and number > 0 else None


def _channels(root: Element) -> dict[int, Channel]:
    """Return names of channels, and colours and windows as they are displayed, where they are."""
    displayed = dict(_numbered([*root.iterfind(DISPLAYED)]))
    found = {}
    for number, element in _numbered([*root.iterfind(CHANNELS)]):
        shown = displayed.get(number)
        color = "" if shown is None else _color(shown)
        window = None if shown is None else _window(shown)
        found[number] = Channel(element.get("Name", ""), color or _color(element), window)
    return found


def _window(shown: Element) -> tuple[float, float] | None:
    """Return the lowest and highest value to show; None for all there are."""
    low = _positive(shown.findtext("Low")) or 0.0
    high = _positive(shown.findtext("High")) or 1.0
    return (low, high) if low < high <= 1 and (low, high) != (0, 1) else None


def _numbered(elements: Sequence[Element]) -> Iterator[tuple[int, Element]]:
    """Yield elements with the number in their Id, or by their order if one lacks it."""
    matches = [NUMBERED.fullmatch(element.get("Id", "")) for element in elements]
    numbers = [int(match[1][:9]) for match in matches if match is not None]
    if len(set(numbers)) < len(elements):
        numbers = [*range(len(elements))]
    yield from zip(numbers, elements, strict=True)


def _color(element: Element) -> str:
    match = COLOR.fullmatch((element.findtext("Color") or "").strip())
    return "" if match is None else match[1].upper()
