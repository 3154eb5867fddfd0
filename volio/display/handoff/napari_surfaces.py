"""Layers of surfaces to napari and back: axes x, y, z of vertices become z, y, x."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.label_colours import colours_of_keys
from volio.display.handoff.napari import (
    AFFINE,
    OWN,
    LayerData,
    affine_parameters,
    data_tuple,
    matrix_from,
    new_layer,
    reversed_labels,
    reversed_matrix,
    reversed_texts,
)
from volio.display.surfaces.vertex_paint import PLAIN
from volio.errors import UsageError
from volio.images.labels import Labels

if TYPE_CHECKING:
    from volio.display.layers.surface_layer import SurfaceLayer

__all__ = ["surface_data", "surface_from_napari", "surface_to_napari"]

L = TypeVar("L", bound="SurfaceLayer")

#: Keys of the surface and the labels in the metadata, so that both come back.
SURFACE = "volio_surface"
LABELS = "volio_labels"
#: Axes of vertices, which are reversed; those of values are before them.
SPACE = 3


def surface_data(layer: SurfaceLayer) -> LayerData:
    """Return a layer of a surface as data, parameters and type, for napari 0.5 and later.

    Parameters
    ----------
    layer : SurfaceLayer

    Returns
    -------
    ((vertices, faces, values), dict, 'surface')
        Vertices are z, y, x. Faces with a vertex that is NaN are left out. Labels have the colours
        of their table, as ``vertex_colors``. Where there are axes before those of space, parameters
        are about the last three: napari takes no others of a new layer.
    """
    vertices, faces = _finite_mesh(layer.vertices, layer.faces)
    data = (np.ascontiguousarray(vertices[:, ::-1]), faces, layer.vertex_values)
    return data, _parameters(layer), "surface"


def _parameters(layer: SurfaceLayer) -> dict[str, Any]:
    """Return the parameters of napari's layer, axes of space reversed."""
    _, state, _ = layer.as_layer_data_tuple()
    meta = {name: value for name, value in state.items() if name not in (*OWN, *AFFINE)}
    meta |= affine_parameters(reversed_matrix(layer.matrix_of_space))
    meta["units"] = tuple(state["units"][-SPACE:][::-1])
    meta["contrast_limits"] = tuple(float(limit) for limit in state["contrast_limits"])
    labels = reversed_labels(state["axis_labels"], layer.ndim)
    meta["axis_labels"] = None if labels is None else labels[:SPACE]
    kept = {SURFACE: layer.origin_surface, LABELS: layer.labels}
    known = {name: value for name, value in kept.items() if value is not None}
    meta["metadata"] = {**meta["metadata"], **known}
    if layer.labels is not None:
        meta["vertex_colors"] = _label_colours(layer.slice_values(), layer.labels)
    return {name: value for name, value in meta.items() if value is not None}


def _finite_mesh(vertices: NDArray[Any], faces: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return vertices without NaN, and the faces of those that had none."""
    is_finite = np.isfinite(vertices).all(axis=1)
    return np.where(is_finite[:, np.newaxis], vertices, 0), faces[is_finite[faces].all(axis=1)]


def _label_colours(values: NDArray[Any], labels: Labels) -> NDArray[np.float32]:
    """Return the colours of labels, gray for keys that have none."""
    found = colours_of_keys(values, labels)
    found[found[:, 3] == 0] = (PLAIN, PLAIN, PLAIN, 1)
    return found


def surface_to_napari(layer: SurfaceLayer) -> Any:
    """Return a napari layer of a layer of a surface; ``viewer.add_layer`` shows it.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    made = new_layer("Surface", surface_data(layer))
    if layer.ndim > SPACE:  # now it has the axes of the values too
        for name, value in affine_parameters(_with_space_reversed(layer)).items():
            setattr(made, name, value)
    return made


def _with_space_reversed(layer: SurfaceLayer) -> NDArray[np.float64]:
    return reversed_matrix(layer.data_to_world_matrix, SPACE)


def surface_from_napari(cls: type[L], layer: Any) -> L:
    """Return a layer of a class of volio for a Surface layer of napari.

    Parameters
    ----------
    cls : type
        SurfaceLayer.
    layer : napari layer or (data, parameters, "surface")

    Returns
    -------
    SurfaceLayer
        Vertices z, y, x become x, y, z. What SurfaceLayers do not have is left out.

    Raises
    ------
    UsageError
        If it is of another type, or vertices do not have three axes.
    """
    data, meta, kind = data_tuple(layer)
    if kind != "surface":
        raise UsageError(f"layer: must be a surface of napari, got one of the type {kind!r}")
    vertices, faces, *values = (np.asarray(part) for part in data)
    if vertices.ndim != 2 or vertices.shape[1] != SPACE:
        raise UsageError(f"layer: vertices must have the shape (V, 3), got {vertices.shape}")
    ndim = SPACE + (values[0].ndim - 1 if values else 0)
    settings = _settings(meta, ndim, signature(cls).parameters)
    metadata = dict(meta.get("metadata") or {})
    surface = metadata.pop(SURFACE, None)
    labels = metadata.pop(LABELS, None)
    mesh = _own_mesh(vertices[:, ::-1], faces, surface)
    made = cls((*mesh, *values), **settings, metadata=metadata)
    made.origin_surface = surface
    _give_labels(made, labels)
    return made


def _settings(meta: Mapping[str, Any], ndim: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return napari's parameters as SurfaceLayer takes them: axes of space reversed, one affine."""
    left_out = (*AFFINE, "metadata")
    own = {name: meta[name] for name in parameters if name in meta and name not in left_out}
    own["affine"] = matrix_from(meta, ndim, SPACE)
    for name in ("units", "axis_labels"):
        texts = own.get(name)
        if texts is not None and not isinstance(texts, str):
            before = tuple(texts)[:-SPACE]
            own[name] = (*reversed_texts(before, SPACE)[::-1], *reversed_texts(texts, SPACE))
            if len(own[name]) < ndim:  # of axes before these nothing is said
                del own[name]
    for name in ("wireframe", "normals"):
        if name in own:
            own[name] = _without_modes(own[name])
    return own


def _without_modes(lines: Any) -> Any:
    """Return how lines are drawn without what they are lines of, which does not change."""
    if not isinstance(lines, Mapping):
        return lines
    return {name: _without_modes(value) for name, value in lines.items() if name != "mode"}


def _own_mesh(vertices: NDArray[Any], faces: NDArray[Any], surface: Any) -> tuple[Any, Any]:
    """Return vertices and faces: those of a surface itself, where they are its own."""
    if surface is not None and surface.vertices is not None and surface.faces is not None:
        known = _finite_mesh(surface.vertices, surface.faces)
        if np.array_equal(known[0], vertices) and np.array_equal(known[1], faces):
            return surface.vertices, surface.faces
    return np.ascontiguousarray(vertices), faces


def _give_labels(layer: SurfaceLayer, labels: Labels | None) -> None:
    """Give a layer its labels, whose colours it then has: not as colours of its own."""
    if labels is None:
        return
    layer.labels = labels
    colours = layer.vertex_colors
    if colours is not None and np.allclose(colours, _label_colours(layer.slice_values(), labels)):
        layer.vertex_colors = None
