"""Multiscales of OME-Zarr, versions 0.1 to 0.6: axes, levels, channels.

Source: https://ngff.openmicroscopy.org/latest/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from volio.errors import HeaderDataError
from volio.formats.containers.documents import Document, field
from volio.formats.zarr.transformations import Matrix, product_of
from volio.images.microscopy import Channel
from volio.images.named_axes import FileAxis

__all__ = ["Level", "Multiscale", "read_multiscale"]

MOST_LEVELS = 32

#: Axes of versions that do not name them.
OLD_AXES = "tczyx"


@dataclass(frozen=True)
class Level:
    """One resolution: where its array is, and voxel indices to positions.

    Parameters
    ----------
    path : str
        Of the array, below the group.
    matrix : ndarray, shape (n + 1, n + 1)
        In the axis order of the file; None where nothing is known of sizes.
    """

    path: str
    matrix: Matrix | None


@dataclass(frozen=True)
class Multiscale:
    """An image in several resolutions, the finest first.

    Parameters
    ----------
    version : str
        Of OME-Zarr.
    axes : tuple of FileAxis
        In the order of the arrays.
    levels : tuple of Level
    channels : tuple of Channel
    image_label : mapping or None
        What it says of labels, where values are labels.
    """

    version: str
    axes: tuple[FileAxis, ...]
    levels: tuple[Level, ...]
    channels: tuple[Channel, ...] = ()
    image_label: Document | None = None


def read_multiscale(attributes: Document, what: str) -> Multiscale | None:
    """Return the first multiscale of a group; None where it has none.

    Raises
    ------
    HeaderDataError
        If it makes no sense.
    """
    ome = field(attributes, "ome", dict, what, attributes)
    found = field(ome, "multiscales", list, what, [])
    if not found:
        return None
    first = found[0]
    what = f"{what}: multiscales"
    if not isinstance(first, dict):
        raise HeaderDataError(f"{what}: must be mappings, got {first!r:.60}")
    version = str(ome.get("version") or first.get("version") or "")
    datasets = field(first, "datasets", list, what)
    if not 1 <= len(datasets) <= MOST_LEVELS:
        raise HeaderDataError(f"{what}: must have 1 to {MOST_LEVELS} levels, got {len(datasets)}")
    axes, after = _axes_and_last_transform(first, what)
    levels = tuple([_level(dataset, len(axes), after, what) for dataset in datasets])
    return Multiscale(version, axes, levels, _channels(ome, what), _image_label(ome))


def _image_label(ome: Document) -> Document | None:
    """Return what is said of labels; None where values are not labels."""
    if "image-label" not in ome:
        return None
    found = ome["image-label"]
    return found if isinstance(found, dict) else {}


def _level(dataset: Any, ndim: int, after: Matrix, what: str) -> Level:
    if not isinstance(dataset, dict):
        raise HeaderDataError(f"{what}: datasets: must be mappings, got {dataset!r:.60}")
    path = field(dataset, "path", str, f"{what}: datasets").strip("/")
    transforms = field(dataset, "coordinateTransformations", list, what, [])
    if not transforms:
        return Level(path, None)
    return Level(path, after @ product_of(transforms, ndim, f"{what}: {path}"))


def _axes_and_last_transform(
    multiscale: Document, what: str
) -> tuple[tuple[FileAxis, ...], Matrix]:
    """Return the axes of the space that is shown, and what leads to it from that of the levels."""
    systems = field(multiscale, "coordinateSystems", list, what, [])
    transforms = field(multiscale, "coordinateTransformations", list, what, [])
    if not systems:
        axes = _read_axes(field(multiscale, "axes", list, what, list(OLD_AXES)), what)
        return axes, product_of(transforms, len(axes), what)
    by_name = {}
    for system in systems:
        if not isinstance(system, dict):
            raise HeaderDataError(f"{what}: coordinateSystems: must be mappings")
        name = field(system, "name", str, f"{what}: coordinateSystems")
        by_name[name] = _read_axes(field(system, "axes", list, what), what)
    return _chosen_system(multiscale, by_name, transforms, what)


def _chosen_system(
    multiscale: Document,
    systems: dict[str, tuple[FileAxis, ...]],
    transforms: list[Any],
    what: str,
) -> tuple[tuple[FileAxis, ...], Matrix]:
    """Return the system with anatomical axes that the levels lead to, else the levels' own."""
    first = multiscale["datasets"][0]
    leads_to = [_end(each, "output") for each in first.get("coordinateTransformations", [])]
    own = next((name for name in leads_to if name in systems), next(iter(systems)))
    ndim = len(systems[own])
    for transform in transforms:
        target = _end(transform, "output")
        if _end(transform, "input") != own or len(systems.get(target, ())) != ndim:
            continue
        if all(axis.orientation for axis in systems[target] if axis.kind == "space"):
            # The axes keep their order and names; what they stand for is that of the target.
            return systems[target], product_of([transform], ndim, what)
    return systems[own], np.eye(ndim + 1)


def _end(transform: Any, end: str) -> str:
    """Return the name of the space that a transformation starts from or leads to."""
    found = transform.get(end) if isinstance(transform, dict) else None
    if isinstance(found, dict):
        found = found.get("name") or found.get("path")
    return found if isinstance(found, str) else ""


def _read_axes(found: list[Any], what: str) -> tuple[FileAxis, ...]:
    axes = tuple([_read_axis(axis, f"{what}: axes") for axis in found])
    names = [axis.name for axis in axes]
    if len(set(names)) != len(names) or not names:
        raise HeaderDataError(f"{what}: axes: must be named, each once, got {names}")
    return axes


def _read_axis(axis: Any, what: str) -> FileAxis:
    if isinstance(axis, str):  # version 0.3
        axis = {"name": axis}
    if not isinstance(axis, dict):
        raise HeaderDataError(f"{what}: must be mappings, got {axis!r:.60}")
    name = field(axis, "name", str, what)
    usual = {"t": "time", "c": "channel", "x": "space", "y": "space", "z": "space"}
    kind = field(axis, "type", str, what, usual.get(name, ""))
    orientation = field(axis, "orientation", dict, what, {})
    is_anatomical = orientation.get("type") == "anatomical"
    value = field(orientation, "value", str, what, "") if is_anatomical else ""
    return FileAxis(name, kind, field(axis, "unit", str, what, ""), value)


def _channels(ome: Document, what: str) -> tuple[Channel, ...]:
    omero = field(ome, "omero", dict, what, {})
    found = field(omero, "channels", list, what, [])
    return tuple([_channel(each) for each in found if isinstance(each, dict)])


def _channel(found: Document) -> Channel:
    label = found.get("label")
    color = found.get("color")
    window = found.get("window")
    ends = [window.get(end) for end in ("start", "end")] if isinstance(window, dict) else []
    numbers = [float(end) for end in ends if isinstance(end, int | float)]
    return Channel(
        label if isinstance(label, str) else "",
        color if isinstance(color, str) else "",
        (numbers[0], numbers[1]) if len(numbers) == 2 else None,
    )
