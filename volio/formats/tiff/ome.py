"""Reading OME-XML: the images of a file, their sizes, channels, and the pages of their planes.

Source: https://docs.openmicroscopy.org/ome-model/6.3.1/ome-tiff/specification.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.images.microscopy import Channel, known_sizes
from volio.numerals import parse_float, parse_int

__all__ = ["OmeImage", "TiffData", "parse_ome", "plane_numbers"]

MOST_PLANES = 1_000_000
ORDERS = ("XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC")


class TiffData(NamedTuple):
    """Which pages hold some planes.

    Attributes
    ----------
    first : tuple of int
        The first plane, along the axes of planes.
    page : int
        Number of its page in the file.
    planes : int or None
        How many; None for all that the file has.
    file_name, uuid : str
        Of the file; "" for the one with the XML.
    """

    first: tuple[int, ...]
    page: int
    planes: int | None
    file_name: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class OmeImage:
    """An image that OME-XML describes.

    Parameters
    ----------
    name : str
    axes : str
        Of planes and of a plane, the slowest first, such as ``"TCZYX"``; without samples.
    shape : tuple of int
        As `axes`; the axis of channels has as many as there are planes of.
    samples : int
        Of a pixel.
    sizes : mapping
        Length of a voxel along X, Y and Z, and of a step along T, in `units`.
    units : mapping
    channels : tuple of Channel
    parts : tuple of TiffData
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    samples: int
    sizes: Mapping[str, float]
    units: Mapping[str, str]
    channels: tuple[Channel, ...]
    parts: tuple[TiffData, ...]


def parse_ome(root: ElementTree.Element) -> list[OmeImage]:
    """Return the images that a document describes.

    Raises
    ------
    HeaderDataError
        If a number or the order of axes makes no sense.
    """
    found = []
    for image in _children(root, "Image"):
        for pixels in _children(image, "Pixels"):
            found.append(_parse_pixels(image.get("Name", ""), pixels))
    return found


def _children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Yield the children of a name, in whatever namespace."""
    return (child for child in element if _local(child) == name)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _parse_pixels(name: str, pixels: ElementTree.Element) -> OmeImage:
    order = pixels.get("DimensionOrder", "")
    if order not in ORDERS:
        raise HeaderDataError(f"OME-XML: DimensionOrder: must be one of {ORDERS}, got {order!r}")
    axes = order[::-1]
    channels = list(_children(pixels, "Channel"))
    samples = _samples(channels)
    sizes, units = _physical_sizes(pixels)
    return OmeImage(
        name,
        axes,
        _shape(pixels, axes, samples),
        samples,
        sizes,
        units,
        tuple([_channel(element) for element in channels]),
        tuple([_tiff_data(element, axes[:-2]) for element in _children(pixels, "TiffData")]),
    )


def _shape(pixels: ElementTree.Element, axes: str, samples: int) -> tuple[int, ...]:
    """Return the lengths of axes; of channels as many as there are planes of."""
    lengths = {axis: _integer(pixels, f"Size{axis}", 1) for axis in axes}
    if lengths["C"] % samples:
        raise HeaderDataError(
            f"OME-XML: SizeC {lengths['C']} is not a multiple of {samples} samples"
        )
    lengths["C"] //= samples
    shape = tuple([lengths[axis] for axis in axes])
    if min(shape) < 1 or math.prod(shape[:-2]) > MOST_PLANES:
        raise HeaderDataError(f"OME-XML: no image has the sizes {shape} along {axes}")
    return shape


def _physical_sizes(pixels: ElementTree.Element) -> tuple[dict[str, float], dict[str, str]]:
    """Return the sizes that are stated, and the units of all."""
    names = {axis: f"PhysicalSize{axis}" for axis in "XYZ"} | {"T": "TimeIncrement"}
    stated = {axis: _number(pixels, name) for axis, name in names.items() if pixels.get(name)}
    step = known_sizes({"T": stated.pop("T", 0.0)}, "TimeIncrement")
    sizes = known_sizes(stated, "OME-XML: PhysicalSize")
    units = {
        axis: pixels.get(f"{name}Unit", "s" if axis == "T" else "µm")
        for axis, name in names.items()
    }
    return sizes | step, units


def _samples(channels: list[ElementTree.Element]) -> int:
    """Return the samples of a pixel, which all channels must share."""
    counts = {_integer(channel, "SamplesPerPixel", 1) for channel in channels} or {1}
    if len(counts) > 1 or min(counts) < 1:
        raise HeaderDataError(
            f"OME-XML: channels must have as many samples each, got {sorted(counts)}"
        )
    return counts.pop()


def _integer(element: ElementTree.Element, name: str, default: int) -> int:
    text = element.get(name)
    if text is None:
        return default
    try:
        return parse_int(text)
    except ValueError:
        raise HeaderDataError(f"OME-XML: {name}: must be an integer, got {text!r:.40}") from None


def _number(element: ElementTree.Element, name: str) -> float:
    text = element.get(name, "")
    try:
        return parse_float(text)
    except ValueError:
        raise HeaderDataError(f"OME-XML: {name}: must be a number, got {text!r:.40}") from None


def _channel(element: ElementTree.Element) -> Channel:
    """Return name and colour, which is a signed number of red, green, blue and opacity."""
    color = _integer(element, "Color", -1)
    return Channel(element.get("Name", ""), f"{color & 0xFFFFFFFF:08X}"[:6])


def _tiff_data(element: ElementTree.Element, axes: str) -> TiffData:
    first = tuple([_integer(element, f"First{axis}", 0) for axis in axes])
    has_page = element.get("IFD") is not None
    default = 1 if has_page else -1
    count = _integer(element, "PlaneCount", _integer(element, "NumPlanes", default))
    page = _integer(element, "IFD", 0)
    for uuid in _children(element, "UUID"):
        name = uuid.get("FileName", "")
        return TiffData(first, page, None if count < 0 else count, name, (uuid.text or "").strip())
    return TiffData(first, page, None if count < 0 else count)


def plane_numbers(shape: tuple[int, ...], part: TiffData, pages: int) -> NDArray[np.int64]:
    """Return the numbers of the planes of a part, in the order of its pages.

    Raises
    ------
    HeaderDataError
        If the first one is outside the image.
    """
    count = math.prod(shape)
    if any(not 0 <= at < length for at, length in zip(part.first, shape, strict=True)):
        raise HeaderDataError(f"OME-XML: TiffData: plane {part.first} is outside {shape}")
    first = int(np.ravel_multi_index(part.first, shape)) if shape else 0
    planes = pages - part.page if part.planes is None else part.planes
    return np.arange(first, min(count, first + max(0, planes)))
