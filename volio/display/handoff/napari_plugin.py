"""What napari calls: the reader and the writer that its manifest declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from volio.display.handoff.napari import LayerData, layer_data
from volio.display.layers.layer import ImageLayer
from volio.errors import VolioError
from volio.io import identify, load

__all__ = ["get_reader", "write_image", "write_labels"]

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return what reads a file, or each file of a list; None if one of them is not a volume."""
    try:
        kinds = {identify(name).kind for name in _names(path)}
    except VolioError:
        return None
    return read_layers if kinds <= {"volume"} else None


def read_layers(path: Paths) -> list[LayerData]:
    """Return a layer for each file; its voxels are read when they are shown."""
    return [layer_data(ImageLayer.from_image(load(name))) for name in _names(path)]


def write_image(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write an image in the format of the name, with its affine; return what was written."""
    return ImageLayer.from_napari((data, meta, "image")).save(path)


def write_labels(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write labels in the format of the name, with their place; return what was written."""
    return ImageLayer.from_napari((data, meta, "labels")).save(path)


def _names(path: Paths) -> list[str]:
    return [fspath(path)] if isinstance(path, str | PathLike) else [fspath(each) for each in path]
