"""Layers to napari and back.

napari shows the last two or three axes of an array, in the order (…, z, y, x); images of files have
axes (x, y, z, …). All axes are reversed on the way, those of the voxels and those of the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_transpose
from volio.display.base.channels import plain
from volio.display.layers.geometry.affine import Affine
from volio.extras import need

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["from_napari", "layer_data", "to_napari"]

L = TypeVar("L", bound="ImageLayer")
LayerData = tuple[Any, dict[str, Any], str]
#: What napari does not know, or only of late: left out where it says nothing new.
OWN = ("contrast_rule",)
LATE: dict[str, Any] = {
    **{"auto_contrast": False, "locked_data_level": None, "projection_mode": "mean"}
}
#: Parameters of a place, which become others.
PLACE = ("affine", "rotate", "scale", "shear", "translate")
#: Parameters of labels that mean the same for images.
SHARED = (*PLACE, "metadata", "multiscale", "name", "opacity", "units", "axis_labels", "visible")
#: Key of the image in the metadata, so that it can be saved with its header.
IMAGE = "volio_image"


def layer_data(layer: Any) -> LayerData:
    """Return a layer as data, parameters and type, for napari 0.5 and later.

    Parameters
    ----------
    layer : ImageLayer

    Returns
    -------
    (array or list of arrays, dict, 'image')
        Axes reversed: those of an image become (…, z, y, x). Lazy voxels stay lazy, but for
        colours. ``rgb`` is always said. Where the axes of the voxels are those of the world,
        ``scale`` and ``translate`` say all; otherwise ``affine`` has the rotation as well.
    """
    state = layer.as_layer_data_tuple()[1]
    late = [name for name, plainly in LATE.items() if state[name] == plainly]
    meta = {name: state[name] for name in state if name not in (*OWN, *PLACE, *late)}
    meta.update(_place(_turned(layer.data_to_world_matrix)))
    for name in ("axis_labels", "units"):
        meta[name] = tuple(state[name][::-1])
    if state["axis_labels"] == tuple(str(n) for n in range(-layer.ndim, 0)):
        del meta["axis_labels"]
    meta["plane"] = _turned_plane(state["plane"])
    meta["experimental_clipping_planes"] = [
        _turned_plane(plane) for plane in state["experimental_clipping_planes"]
    ]
    meta["contrast_limits"] = tuple(float(limit) for limit in state["contrast_limits"])
    if layer.origin_image is not None:
        meta["metadata"] = {**meta["metadata"], IMAGE: layer.origin_image}
    levels = [
        _reversed(level, layer.rgb) for level in (layer.data if layer.multiscale else [layer.data])
    ]
    return (levels if layer.multiscale else levels[0]), meta, "image"


def to_napari(layer: Any) -> Any:
    """Return a napari layer of a layer; ``viewer.add_layer`` shows it.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    cls = need("napari.layers", "napari").Image
    data, meta, _ = layer_data(layer)
    known = signature(cls.__init__).parameters
    return cls(data, **{name: value for name, value in meta.items() if name in known})


def from_napari(cls: type[L], layer: Any) -> L:
    """Return a layer of a class of volio for a napari layer.

    Parameters
    ----------
    cls : type
        ImageLayer.
    layer : napari layer or (data, parameters, type)
        An image, or labels.

    Returns
    -------
    ImageLayer
        Axes reversed: (…, z, y, x) become those of an image. What ImageLayers do not have is left
        out.

    Raises
    ------
    UsageError
        If it is of another type.
    """
    given = layer.as_layer_data_tuple() if hasattr(layer, "as_layer_data_tuple") else layer
    data = given[0]
    meta: Mapping[str, Any] = given[1] if len(given) > 1 else {}
    kind: str = given[2] if len(given) > 2 else "image"
    names = SHARED if kind == "labels" else signature(cls.__init__).parameters
    known = {name: meta[name] for name in names if name in meta}
    metadata = dict(known.pop("metadata", None) or {})
    image = metadata.pop(IMAGE, None)
    rgb = bool(known.pop("rgb", False))
    levels = data if known.get("multiscale") else [data]
    turned = [_reversed(level, rgb) for level in levels]
    ndim = np.ndim(turned[0]) - rgb
    place = {name: known.pop(name, None) for name in PLACE}
    known.update(_tidied(known, ndim), metadata=metadata, affine=_matrix(place, ndim), rgb=rgb)
    found = cls.create(turned if known.get("multiscale") else turned[0], known, kind)
    found.origin_image = image
    return found


def _tidied(known: Mapping[str, Any], ndim: int) -> dict[str, Any]:
    """Return parameters in the words of ImageLayer: axes reversed, limits and units as texts."""
    changed: dict[str, Any] = {}
    for name in ("axis_labels", "units"):
        if known.get(name) is not None and not isinstance(known[name], str):
            changed[name] = tuple(_name(each) for each in known[name])[::-1][:ndim]
    if known.get("plane"):
        changed["plane"] = _turned_plane(known["plane"])
    planes = known.get("experimental_clipping_planes") or []
    changed["experimental_clipping_planes"] = [_turned_plane(plane) for plane in planes]
    return changed


def _name(unit: Any) -> str:
    """Return the short name of a unit, which napari has as one of pint."""
    return f"{unit:~}" if hasattr(unit, "dimensionality") else str(unit)


def _reversed(level: Any, rgb: bool) -> Any:
    """Return an array with its axes reversed, colours last."""
    if rgb:
        values = plain(np.asarray(level))
        return values.transpose(*range(values.ndim - 2, -1, -1), values.ndim - 1)
    return lazy_transpose(level) if isinstance(level, LazyArray | np.ndarray) else level.T


def _turned(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    order = [*range(len(matrix) - 2, -1, -1), len(matrix) - 1]
    return matrix[np.ix_(order, order)]


def _turned_plane(plane: Mapping[str, Any]) -> dict[str, Any]:
    turned = {name: tuple(plane[name])[::-1] for name in ("position", "normal") if name in plane}
    return {**plane, **turned}


def _place(matrix: NDArray[np.float64]) -> dict[str, Any]:
    """Return scale and translate of a matrix, and an affine for what they cannot say."""
    linear, moved = matrix[:-1, :-1], matrix[:-1, -1]
    along = np.diag(linear)
    if np.array_equal(linear, np.diag(along)):
        return {"scale": along.tolist(), "translate": moved.tolist()}
    sizes = np.linalg.norm(linear, axis=0)
    rest = np.eye(len(matrix))
    rest[:-1, :-1] = linear / sizes
    before = np.linalg.solve(rest[:-1, :-1], moved)
    return {"scale": sizes.tolist(), "translate": before.tolist(), "affine": rest}


def _matrix(place: Mapping[str, Any], ndim: int) -> NDArray[np.float64]:
    """Return the affine of parts as napari has them, axes reversed."""
    parts = {name: place[name] for name in PLACE[1:]}
    world = place["affine"]
    after = Affine(ndim, matrix=np.eye(2) if world is None else np.asarray(world))
    return _turned(after.affine_matrix @ Affine(ndim, **parts).affine_matrix)
