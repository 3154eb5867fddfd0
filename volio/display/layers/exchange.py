"""Layers to other libraries and back: napari, fastplotlib, and tuples of data and parameters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from volio.display.colour.colormaps import NAMED, Colormap
from volio.display.colour.contrast import RULES
from volio.errors import UsageError
from volio.flags import as_flag

if TYPE_CHECKING:
    import fastplotlib
    import napari

    from volio.display.handoff.napari import LayerData
    from volio.display.layers.layer import ImageLayer

__all__ = [
    "as_layer_data_tuple",
    "colormap_state",
    "from_napari",
    "settings_from",
    "to_fastplotlib",
    "to_napari",
]

L = TypeVar("L", bound="ImageLayer")

LAYER_TYPES = ("image", "labels")
#: How layers of integers that name regions are shown.
LABEL_SETTINGS = {
    "colormap": "nipy_spectral",
    "interpolation3d": "nearest",
    "contrast_rule": "exact",
    "projection_mode": "none",
}
LABEL_DTYPES = ("int32", "uint32", "int64", "uint64")


def to_napari(layer: ImageLayer, as_tuple: bool = False) -> napari.layers.Image | LayerData:
    """Return a napari layer, which ``viewer.add_layer`` shows; lazy voxels stay lazy.

    Parameters
    ----------
    as_tuple : bool
        Data, parameters and type instead, for which napari need not be installed.

    Returns
    -------
    napari.layers.Image or tuple
        Axes reversed: those of an image become (…, z, y, x), in mm of the world. All levels are
        handed on; napari takes them to cover one box, whatever their matrices say.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    as_flag("as_tuple", as_tuple)
    from volio.display.handoff import napari

    return napari.layer_data(layer) if as_tuple else napari.to_napari(layer)


def from_napari(cls: type[L], layer: Any) -> L:
    """Return a layer of a class for one of napari; see `ImageLayer.from_napari`."""
    from volio.display.handoff import napari

    return napari.from_napari(cls, layer)


def to_fastplotlib(
    layer: ImageLayer, volume: int = 0, level: int | None = None, **options: Any
) -> fastplotlib.ImageVolumeGraphic:
    """Return a fastplotlib ImageVolumeGraphic, which ``subplot.add_graphic`` shows.

    Parameters
    ----------
    volume : int
        Which volume of a series; axes after the third taken as one, the last fastest.
    level : int, optional
        Of several resolutions, which fastplotlib shows one of (default: the one that the layer
        locks, or the finest with 2**27 voxels at most).
    **options
        Parameters of the graphic, instead of those of the layer.

    Returns
    -------
    fastplotlib.ImageVolumeGraphic
        Voxels as float32, axes (z, y, x), at their position: world (x, y, z) is RAS+ mm.

    Raises
    ------
    MissingPackageError
        If fastplotlib is not installed.
    UsageError
        If there is no such volume or level, or the axes of the voxels are not at right angles.
    ImageDataError
        If there are fewer than three axes, or colours.
    """
    from volio.display.handoff import fastplotlib

    return fastplotlib.to_fastplotlib(layer, volume, level, **options)


def as_layer_data_tuple(layer: ImageLayer) -> tuple[Any, dict[str, Any], str]:
    """Return data, parameters and type; ``ImageLayer.create`` makes the same layer of them."""
    state: dict[str, Any] = {name: getattr(layer, name) for name in parameters(type(layer))}
    if layer.contrast_rule == RULES[0]:  # so that napari takes the parameters as they are
        del state["contrast_rule"]
    if layer.level_matrices is None:
        del state["level_matrices"]
    planes = layer.experimental_clipping_planes
    state |= {
        "affine": layer.affine.affine_matrix,
        "rotate": layer.rotate.tolist(),
        "scale": layer.scale.tolist(),
        "shear": layer.shear.tolist(),
        "translate": layer.translate.tolist(),
        "colormap": colormap_state(layer.colormap),
        "plane": layer.plane.dict(),
        "experimental_clipping_planes": [plane.dict() for plane in planes],
        "metadata": dict(layer.metadata),
    }
    return layer.data, state, "image"


def colormap_state(colormap: Colormap) -> str | dict[str, Any]:
    """Return the name of a colour map that has one, else its fields."""
    has_name = colormap.name in NAMED or type(colormap) is not Colormap
    return colormap.name if has_name else colormap.dict()


def settings_from(
    cls: type[ImageLayer], data: Any, meta: Mapping[str, Any] | None, layer_type: str | None
) -> dict[str, Any]:
    """Return the settings of `ImageLayer.create`: those given, and those of its type."""
    kind = str(layer_type).lower() if layer_type else _type_of(data)
    if kind not in LAYER_TYPES:
        raise UsageError(f"layer_type: must be one of {LAYER_TYPES}, got {layer_type!r}")
    given = dict(meta or {})
    known = {*parameters(cls), "cache"}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise TypeError(f"meta: an image layer has no parameter {unknown[0]!r}")
    return {**LABEL_SETTINGS, **given} if kind == "labels" else given


def parameters(cls: type[ImageLayer]) -> list[str]:
    """Return the names of the parameters that make up the state of a layer."""
    names = inspect.signature(cls).parameters
    return [name for name in names if name not in ("data", "cache")]


def _type_of(data: Any) -> str:
    first = data[0] if isinstance(data, list | tuple) and len(data) else data
    dtype = getattr(first, "dtype", None)
    return "labels" if dtype is not None and dtype in LABEL_DTYPES else "image"
