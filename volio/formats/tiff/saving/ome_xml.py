"""OME-XML of a new file."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from volio.arrays.dtypes import DType
from volio.files.xml_text import xml_bytes
from volio.images.headers.units import millimetres_in
from volio.images.microscopy import Channel

__all__ = ["PIXEL_TYPES", "ome_xml", "unit_sign"]

NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
SCHEMA = f"{NAMESPACE} {NAMESPACE}/ome.xsd"

#: What OME-XML calls dtypes.
PIXEL_TYPES = {
    **{"int8": "int8", "int16": "int16", "int32": "int32"},
    **{"uint8": "uint8", "uint16": "uint16", "uint32": "uint32"},
    **{"float32": "float", "float64": "double"},
    **{"complex64": "complex", "complex128": "double-complex"},
}
#: Signs of units, by their usual names.
UNITS = {"angstrom": "Å", "picometer": "pm", "nanometer": "nm", "micrometer": "µm"}
UNITS |= {"millimeter": "mm", "centimeter": "cm", "meter": "m", "inch": "in"}


def unit_sign(unit: str) -> tuple[str, float]:
    """Return the sign of a unit of length, and its millimetres; mm for others than OME-XML has."""
    sign = UNITS.get(unit, "mm")
    return sign, (millimetres_in(unit) or 1.0) if unit in UNITS else 1.0


def ome_xml(
    dtype: DType,
    samples: int,
    lengths: dict[str, int],
    sizes: dict[str, float],
    unit: str,
    step: float | None,
    channels: Sequence[Channel],
) -> str:
    """Return the document of an image whose planes are pages of one file: z first, then t.

    Parameters
    ----------
    dtype : numpy.dtype
        Of a sample.
    samples : int
        Of a pixel: those of a colour.
    lengths : dict
        Of X, Y, Z, T and C; of C without samples.
    sizes : dict
        Of a voxel along X, Y and Z, mm; empty where these are not known.
    unit : str
        In which sizes are stored.
    step : float or None
        Seconds from one volume to the next.
    channels : sequence of Channel
        As many as there are, or none.
    """
    root = ElementTree.Element("OME", {"xmlns": NAMESPACE, "Creator": "volio"})
    root.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
    root.set("xsi:schemaLocation", SCHEMA)
    image = ElementTree.SubElement(root, "Image", {"ID": "Image:0", "Name": "image"})
    attributes = _pixels(dtype, samples, lengths) | _scale(sizes, unit, step)
    pixels = ElementTree.SubElement(image, "Pixels", attributes)
    for number in range(lengths["C"]):
        known = channels[number] if number < len(channels) else Channel()
        ElementTree.SubElement(pixels, "Channel", _channel(number, known, samples))
    planes = lengths["Z"] * lengths["T"] * lengths["C"]
    ElementTree.SubElement(pixels, "TiffData", {"IFD": "0", "PlaneCount": str(planes)})
    # Letters that ASCII lacks become numbers: text of TIFF is ASCII.
    return xml_bytes(root, "us-ascii", xml_declaration=True).decode("ascii")


def _pixels(dtype: DType, samples: int, lengths: dict[str, int]) -> dict[str, str]:
    """Return the attributes of dtype and lengths."""
    attributes = {
        "ID": "Pixels:0",
        "DimensionOrder": "XYZTC",
        "Type": PIXEL_TYPES[dtype.name],
        "BigEndian": "false",
        "Interleaved": "true" if samples > 1 else "false",
        "SizeC": str(lengths["C"] * samples),
    }
    return attributes | {f"Size{axis}": str(lengths[axis]) for axis in "XYZT"}


def _scale(sizes: dict[str, float], unit: str, step: float | None) -> dict[str, str]:
    """Return the attributes of sizes, in a unit, and of the step of time, in seconds."""
    sign, mm = unit_sign(unit)
    attributes = {}
    for axis, size in sizes.items():
        attributes[f"PhysicalSize{axis}"] = repr(size / mm)
        attributes[f"PhysicalSize{axis}Unit"] = sign
    if step:
        attributes["TimeIncrement"] = repr(step)
        attributes["TimeIncrementUnit"] = "s"
    return attributes


def _channel(number: int, channel: Channel, samples: int) -> dict[str, str]:
    attributes = {"ID": f"Channel:0:{number}", "SamplesPerPixel": str(samples)}
    if channel.name:
        attributes["Name"] = channel.name
    if channel.color:
        # Red, green, blue and opacity, as a signed number of 32 bits.
        color = int(channel.color[:6] + "FF", 16)
        attributes["Color"] = str(color - (1 << 32) if color >= 1 << 31 else color)
    return attributes
