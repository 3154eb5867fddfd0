"""What napari calls: the reader and the writer that its manifest declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from volio.display.handoff.napari import LayerData, layer_data
from volio.display.handoff.napari_surfaces import surface_data
from volio.display.layers.layer import ImageLayer
from volio.display.layers.surface_conversion import placed_layer
from volio.display.layers.surface_layer import SurfaceLayer
from volio.errors import VolioError
from volio.io import identify, load

__all__ = ["get_reader", "write_image", "write_labels"]

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return what reads a file, or each file of a list; None if one cannot be shown.

    Volumes are shown, and surfaces; a file of values alone has no surface to be on.
    """
    try:
        is_shown = [_is_shown(name) for name in _names(path)]
    except VolioError:
        return None
    return read_layers if all(is_shown) else None


def _is_shown(name: str) -> bool:
    """Return whether a file becomes a layer."""
    kind = identify(name).kind
    if kind != "surface":
        return kind == "volume"
    surface: Any = load(name)
    return surface.faces is not None


def read_layers(path: Paths) -> list[LayerData]:
    """Return a layer for each file; its voxels are read when they are shown."""
    return [_layer_of(load(name)) for name in _names(path)]


def _layer_of(image: Any) -> LayerData:
    """Return the layer of a volume or a surface."""
    if image.kind == "surface":
        return surface_data(placed_layer(SurfaceLayer, image, None, None, {}))
    return layer_data(ImageLayer.from_image(image))


def write_image(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write an image in the format of the name, with its affine; return what was written."""
    return ImageLayer.from_napari((data, meta, "image")).save(path)


def write_labels(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Write labels in the format of the name, with their affine; return what was written."""
    return ImageLayer.from_napari((data, meta, "labels")).save(path)


def _names(path: Paths) -> list[str]:
    return [fspath(path)] if isinstance(path, str | PathLike) else [fspath(each) for each in path]
