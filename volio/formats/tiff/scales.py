"""Sizes of voxels and steps of time: from OME-XML, ImageJ, LSM, or the tags of resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from volio.errors import GeometryWarning
from volio.formats.tiff.ome import OmeImage
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.units import millimetres_in, seconds_in
from volio.images.microscopy import known_sizes

__all__ = ["NO_SCALE", "VoxelScale", "imagej_scale", "lsm_scale", "ome_scale", "resolution_scale"]

MICROMETER = "micrometer"

#: Names of the units of length that OME-XML has signs for.
SIGNS = {
    **{"Å": "angstrom", "pm": "picometer", "nm": "nanometer", "µm": MICROMETER, "μm": MICROMETER},
    **{"um": MICROMETER, "mm": "millimeter", "cm": "centimeter", "dm": "decimeter", "m": "meter"},
    **{
        "km": "kilometer",
        "Mm": "megameter",
        "fm": "femtometer",
        "in": "inch",
        "ft": "foot",
        "yd": "yard",
    },
}
#: What ImageJ calls units besides.
IMAGEJ_UNITS = {"micron": MICROMETER, "microns": MICROMETER, "\\u00b5m": MICROMETER}
NO_UNITS = ("pixel", "pixels", "reference frame")


class VoxelScale(NamedTuple):
    """Sizes along axes.

    Attributes
    ----------
    sizes : mapping
        Length of a voxel or step along X, Y, Z and T, in `unit` and in `time_unit`; axes that are
        not in it have no known size.
    unit, time_unit : str
        "" for none.
    """

    sizes: Mapping[str, float]
    unit: str
    time_unit: str = ""


NO_SCALE = VoxelScale({}, "")


def unit_name(text: str) -> str:
    """Return the name of a unit of length; "" for what is not one."""
    sign = text.strip()
    name = SIGNS.get(sign) or IMAGEJ_UNITS.get(sign.lower()) or sign.lower()
    return name if millimetres_in(name) else ""


def ome_scale(image: OmeImage) -> VoxelScale:
    """Return the scale that OME-XML states; that of X is the unit of all."""
    known = [axis for axis in "XYZ" if axis in image.sizes]
    unit = ""
    sizes: dict[str, float] = {}
    for axis in known:
        own = unit_name(image.units[axis])
        if not own:
            _warn_of_unit(axis, image.units[axis])
            continue
        unit = unit or own
        sizes[axis] = image.sizes[axis] * _factor(own, unit)
    time_unit = image.units["T"] if "T" in image.sizes else ""
    if seconds_in(time_unit):
        sizes["T"] = image.sizes["T"]
    return VoxelScale(sizes, unit, time_unit if "T" in sizes else "")


def _warn_of_unit(axis: str, stated: str) -> None:
    """Warn of a unit that is not known; pixels and the reference frame are none."""
    if stated.strip().lower() not in NO_UNITS:
        problem = f"no unit of length is called {stated!r:.40}; the size is not known"
        warn_of_content(f"OME-XML: PhysicalSize{axis}Unit: {problem}", GeometryWarning)


def _factor(own: str, unit: str) -> float:
    """Return how many of a unit of length another one is."""
    if own == unit:
        return 1.0
    return (millimetres_in(own) or 1.0) / (millimetres_in(unit) or 1.0)


def imagej_scale(metadata: Mapping[str, Any], keyframe: Any) -> VoxelScale:
    """Return the scale of a file of ImageJ: resolution in its own unit, spacing, frame interval."""
    stated = str(metadata.get("unit", ""))
    sizes = _resolution(keyframe)
    unit = unit_name(stated)
    if not unit:
        is_without = stated.strip().lower() in NO_UNITS
        scale = NO_SCALE if is_without else resolution_scale(keyframe)
        unit = scale.unit
        sizes = dict(scale.sizes)
    spacing = metadata.get("spacing")
    if unit and sizes and isinstance(spacing, int | float):
        sizes = known_sizes({**sizes, "Z": float(spacing)}, "size of voxels along ")
    interval = _number(metadata.get("finterval"))
    if interval:
        sizes["T"] = interval
    return VoxelScale(sizes, unit, "s" if interval else "")


def lsm_scale(metadata: Mapping[str, Any]) -> VoxelScale:
    """Return the scale of a file of Zeiss LSM, in meters; as micrometers."""
    names = {axis: f"VoxelSize{axis}" for axis in "XYZ"}
    stated = {axis: float(metadata[name]) for axis, name in names.items() if name in metadata}
    known = known_sizes(stated, "VoxelSize")
    sizes = {axis: size * 1e6 for axis, size in known.items()}
    interval = _number(metadata.get("TimeIntervall"))
    if interval:
        sizes["T"] = interval
    has_length = any(axis in sizes for axis in "XYZ")
    return VoxelScale(sizes, MICROMETER if has_length else "", "s" if interval else "")


def resolution_scale(keyframe: Any) -> VoxelScale:
    """Return the scale of a page: pixels per inch or centimeter; none where there is no unit."""
    unit = {2: "inch", 3: "centimeter"}.get(int(keyframe.tags.valueof(296, 2)), "")
    sizes = _resolution(keyframe)
    return VoxelScale(sizes, unit) if unit and sizes else NO_SCALE


def _resolution(keyframe: Any) -> dict[str, float]:
    """Return the size of a pixel, in the unit of resolution; empty where it is not stated."""
    sizes = {}
    for axis, tag in (("X", 282), ("Y", 283)):
        value = keyframe.tags.valueof(tag)
        if not isinstance(value, tuple) or len(value) != 2 or not value[0] or not value[1]:
            return {}
        sizes[axis] = float(value[1]) / float(value[0])
    return sizes


def _number(value: object) -> float:
    """Return a finite size above 0; 0 for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0.0
    return float(value) if math.isfinite(value) and value > 0 else 0.0
