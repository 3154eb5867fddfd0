"""Layers to napari and back.

napari shows the last two or three axes of an array, in the order (…, z, y, x); images of files have
axes (x, y, z, …). All axes are reversed on the way, those of the voxels and those of the world.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_transpose
from volio.display.base.channels import plain
from volio.display.base.image_levels import image_levels
from volio.display.layers.geometry.affine import Affine
from volio.errors import UsageError
from volio.extras import need
from volio.space.affines import from_matvec, to_matvec

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = [
    "AFFINE",
    "OWN",
    "LayerData",
    "affine_parameters",
    "data_tuple",
    "from_napari",
    "layer_data",
    "matrix_from",
    "new_layer",
    "reversed_labels",
    "reversed_matrix",
    "reversed_texts",
    "to_napari",
]

L = TypeVar("L", bound="ImageLayer")
LayerData = tuple[Any, dict[str, Any], str]
Matrix = NDArray[np.float64]
#: Parameters that napari does not have.
OWN = ("contrast_rule", "level_matrices")
#: Parameters that older versions do not have: left out where they are the default.
NEW_DEFAULTS: dict[str, Any] = {
    "auto_contrast": False,
    "locked_data_level": None,
    "projection_mode": "mean",
}
#: Parameters of the affine, which become others.
AFFINE = ("affine", "rotate", "scale", "shear", "translate")
#: Parameters of labels that mean the same for images.
SHARED = (*AFFINE, "metadata", "multiscale", "name", "opacity", "units", "axis_labels", "visible")
#: Key of the image in the metadata, so that it can be saved with its header.
IMAGE = "volio_image"


def layer_data(layer: ImageLayer) -> LayerData:
    """Return a layer as data, parameters and type, for napari 0.5 and later.

    Parameters
    ----------
    layer : ImageLayer

    Returns
    -------
    (array or list of arrays, dict, 'image')
        Axes reversed: those of an image become (…, z, y, x). Lazy voxels stay lazy, but for
        colours. ``rgb`` is always there. Where the axes of the voxels are those of the world,
        ``scale`` and ``translate`` are enough; otherwise ``affine`` has the rotation as well.
    """
    _, state, _ = layer.as_layer_data_tuple()
    meta = _shared_parameters(state)
    meta |= affine_parameters(reversed_matrix(layer.data_to_world_matrix))
    meta |= _reversed_settings(state, layer.ndim)
    meta["contrast_limits"] = tuple(float(limit) for limit in state["contrast_limits"])
    if layer.origin_image is not None:
        meta["metadata"] = {**meta["metadata"], IMAGE: layer.origin_image}
    if meta["axis_labels"] is None:
        del meta["axis_labels"]
    levels = [_reversed_axes(level, layer.rgb) for level in layer.voxels.levels]
    return (levels if layer.multiscale else levels[0]), meta, "image"


def _shared_parameters(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that mean the same in napari; new ones where they are not default."""
    defaults = [name for name, default in NEW_DEFAULTS.items() if state[name] == default]
    left_out = {*OWN, *AFFINE, *defaults}
    return {name: value for name, value in state.items() if name not in left_out}


def _reversed_settings(state: Mapping[str, Any], ndim: int) -> dict[str, Any]:
    """Return the settings of single axes with these reversed; no labels where they are numbers."""
    planes = state["experimental_clipping_planes"]
    return {
        "axis_labels": reversed_labels(state["axis_labels"], ndim),
        "units": tuple(state["units"][::-1]),
        "plane": _reversed_plane(state["plane"]),
        "experimental_clipping_planes": [_reversed_plane(plane) for plane in planes],
    }


def to_napari(layer: ImageLayer) -> Any:
    """Return a napari layer of a layer; ``viewer.add_layer`` shows it.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    return new_layer("Image", layer_data(layer))


def new_layer(name: str, given: LayerData) -> Any:
    """Return a layer of a class of napari, without parameters that its version does not have.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    layer_class = getattr(need("napari.layers", "napari"), name)
    data, meta, _ = given
    parameters = signature(layer_class.__init__).parameters
    known = {name: value for name, value in meta.items() if name in parameters}
    return layer_class(data, **known)


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
    data, meta, kind = data_tuple(layer)
    if kind == "surface":
        raise UsageError("layer: is a surface of napari; SurfaceLayer.from_napari takes it")
    names = SHARED if kind == "labels" else signature(cls).parameters
    known = {name: meta[name] for name in names if name in meta}
    metadata = dict(known.get("metadata") or {})
    image = metadata.pop(IMAGE, None)
    rgb = bool(known.get("rgb"))
    is_multiscale = bool(known.get("multiscale"))
    levels = [_reversed_axes(level, rgb) for level in (data if is_multiscale else [data])]
    settings = {
        **_own_settings(known, np.ndim(levels[0]) - rgb),
        "metadata": metadata,
        "rgb": rgb,
        "level_matrices": _level_matrices(image, levels),
    }
    made = cls.create(levels if is_multiscale else levels[0], settings, kind)
    made.origin_image = image
    return made


def _level_matrices(image: Any, levels: Sequence[Any]) -> list[Matrix] | None:
    """Return where the levels of the image of a layer are; None of others: they are one box."""
    if image is None or len(levels) == 1:
        return None
    found = image_levels(image)
    shapes = [tuple(level.shape) for level in levels]
    is_same = shapes == [tuple(array.shape) for array in found.arrays]
    return found.matrices if is_same else None


def data_tuple(layer: Any) -> tuple[Any, Mapping[str, Any], str]:
    """Return data, parameters and type of a layer, or of a tuple that leaves the last ones out."""
    given = layer.as_layer_data_tuple() if hasattr(layer, "as_layer_data_tuple") else layer
    meta = given[1] if len(given) > 1 else {}
    kind = given[2] if len(given) > 2 else "image"
    return given[0], meta, kind


def _own_settings(settings: Mapping[str, Any], ndim: int) -> dict[str, Any]:
    """Return napari's settings as ImageLayer takes them: axes reversed, one affine."""
    own = {name: value for name, value in settings.items() if name not in AFFINE}
    own["affine"] = matrix_from(settings, ndim)
    for name in ("axis_labels", "units"):
        if name in own:
            own[name] = reversed_texts(own[name], ndim)
    if own.get("plane"):
        own["plane"] = _reversed_plane(own["plane"])
    planes = own.get("experimental_clipping_planes") or []
    own["experimental_clipping_planes"] = [_reversed_plane(plane) for plane in planes]
    return own


def reversed_labels(labels: tuple[str, ...], ndim: int) -> tuple[str, ...] | None:
    """Return the names of axes in napari's order; None where they have none but numbers."""
    numbers = tuple(str(number) for number in range(-ndim, 0))
    return None if labels == numbers else tuple(labels[::-1])


def reversed_texts(texts: Any, ndim: int) -> Any:
    """Return the texts of axes in the reverse order; one text for all, or none, as it is."""
    if texts is None or isinstance(texts, str):
        return texts
    return tuple(_text(each) for each in texts)[::-1][:ndim]


def _text(unit: Any) -> str:
    """Return the short name of a unit, which napari has as one of pint."""
    return f"{unit:~}" if hasattr(unit, "dimensionality") else str(unit)


def _reversed_axes(level: Any, rgb: bool) -> Any:
    """Return an array with its axes reversed, colours last."""
    if rgb:
        values = plain(np.asarray(level))
        colours = values.ndim - 1
        return values.transpose(*range(colours - 1, -1, -1), colours)
    return lazy_transpose(level) if isinstance(level, LazyArray | np.ndarray) else level.T


def reversed_matrix(matrix: Matrix, axes: int | None = None) -> Matrix:
    """Return an affine for reversed axes, of the voxels and of the world; of the last ones, or all.

    Parameters
    ----------
    matrix : (n+1, n+1) array
    axes : int, optional
        How many are reversed, the last ones.
    """
    last = len(matrix) - 1
    first = 0 if axes is None else last - axes
    order = [*range(first), *range(last - 1, first - 1, -1), last]
    return matrix[np.ix_(order, order)]


def _reversed_plane(plane: Mapping[str, Any]) -> dict[str, Any]:
    changed = {name: tuple(plane[name])[::-1] for name in ("position", "normal") if name in plane}
    return {**plane, **changed}


def affine_parameters(matrix: Matrix) -> dict[str, Any]:
    """Return scale and translate of a matrix, and an affine for what these cannot hold."""
    linear, translation = to_matvec(matrix)
    diagonal = np.diag(linear)
    if np.array_equal(linear, np.diag(diagonal)):
        return {"scale": diagonal.tolist(), "translate": translation.tolist()}
    sizes = np.linalg.norm(linear, axis=0)
    directions = linear / sizes
    # The translation comes before the directions: it is what they map to that of the matrix.
    before = np.linalg.solve(directions, translation)
    affine = from_matvec(directions, np.zeros(len(sizes)))
    return {"scale": sizes.tolist(), "translate": before.tolist(), "affine": affine}


def matrix_from(parameters: Mapping[str, Any], ndim: int, axes: int | None = None) -> Matrix:
    """Return the affine of napari's parameters, the last axes reversed, or all."""
    components = {name: parameters.get(name) for name in AFFINE[1:]}
    given = parameters.get("affine")
    world = Affine(ndim, matrix=np.eye(2) if given is None else np.asarray(given))
    physical = Affine(ndim, **components)
    return reversed_matrix(world.affine_matrix @ physical.affine_matrix, axes)
