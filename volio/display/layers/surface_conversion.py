"""Layers of surfaces, surfaces of layers, and tuples of data and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from volio.display.colour.contrast import RULES
from volio.display.layers.exchange import colormap_state
from volio.display.layers.parts.forwarding import all_setting_parameters
from volio.display.layers.source import layer_source
from volio.display.surfaces.mesh import check_mesh
from volio.display.surfaces.vertex_values import default_values, vertex_values
from volio.errors import SpaceError
from volio.files.names import split_compression
from volio.flags import as_flag
from volio.images.kinds import check_kind
from volio.io import load
from volio.space.affines import apply_affine
from volio.surfaces.vertex_data import VertexArray, distinct_name

if TYPE_CHECKING:
    import fastplotlib
    import napari

    from volio.display.handoff.napari import LayerData
    from volio.display.layers.surface_layer import SurfaceLayer
    from volio.surfaces.surface import Surface

__all__ = [
    "as_layer_data_tuple",
    "from_napari",
    "layer_of",
    "placed_layer",
    "to_fastplotlib",
    "to_napari",
    "to_surface",
]

L = TypeVar("L", bound="SurfaceLayer")


def layer_of(cls: type[L], surface: Any, values: Any, column: int, options: Mapping[str, Any]) -> L:
    """Return the layer of a surface, of a class of layers; see `SurfaceLayer.from_surface`."""
    surface = load(surface) if isinstance(surface, str | PathLike) else surface
    check_kind(surface, "surface", "a surface layer")
    check_mesh(surface)
    if values is None:
        shown = default_values(surface, column)
    else:
        shown = vertex_values(surface, values, column)
    mesh = (surface.vertices, surface.faces)
    data = mesh if shown is None else (*mesh, shown.values)
    path = surface.get_filename()
    settings = {"name": _name(surface), "units": "mm", "shading": "smooth"}
    if shown is None and surface.colors is not None:
        settings["vertex_colors"] = surface.colors
    with layer_source(path=str(path) if path else None, reader_plugin="volio"):
        layer = cls(data, **{**settings, **options})
    layer.labels = None if shown is None else shown.labels
    layer.origin_surface = surface
    return layer


def _name(surface: Any) -> str:
    """Return the name of the layer of a surface: that of its file, or what it is of."""
    path = surface.get_filename()
    if path:
        return Path(split_compression(str(path))[0]).name
    return surface.structure or type(surface).__name__


def to_surface(layer: SurfaceLayer) -> Surface:
    """Return the surface of the layer, with the values that are shown.

    Returns
    -------
    Surface
        A copy of the surface that the layer was made from where it has its vertices, with the
        values added where these are new; else a new one of the vertices in the world, in a space
        that is unknown.
    """
    from volio.surfaces.surface import Surface

    origin: Surface | None = layer.origin_surface
    if origin is not None and _is_in_place(layer, origin):
        surface: Surface = origin.copy()
    else:
        vertices = apply_affine(layer.matrix_of_space, layer.vertices)
        surface = Surface(vertices.astype(layer.vertices.dtype), layer.faces)
    values = layer.slice_values()
    is_known = any(np.array_equal(each, values, equal_nan=True) for each in surface.data.values())
    if not is_known:
        name = distinct_name(layer.name, surface.data)
        surface.data.put(VertexArray(name, values, layer.labels))
    return surface


def _is_in_place(layer: SurfaceLayer, surface: Any) -> bool:
    """Return whether the vertices and faces of a layer are those of a surface."""
    is_moved = not np.array_equal(layer.matrix_of_space, np.eye(4))
    return layer.vertices is surface.vertices and layer.faces is surface.faces and not is_moved


def as_layer_data_tuple(
    layer: SurfaceLayer,
) -> tuple[tuple[Any, Any, Any], dict[str, Any], str]:
    """Return data, parameters and type; ``SurfaceLayer(data, **parameters)`` is the same layer.

    Labels, and hidden values, are not parameters of layers.
    """
    names = all_setting_parameters(type(layer).part_types)
    state: dict[str, Any] = {name: getattr(layer, name) for name in names}
    if layer.contrast_rule == RULES[0]:  # so that napari takes the parameters as they are
        del state["contrast_rule"]
    state |= {
        "affine": layer.affine.affine_matrix,
        "rotate": layer.rotate.tolist(),
        "scale": layer.scale.tolist(),
        "shear": layer.shear.tolist(),
        "translate": layer.translate.tolist(),
        "colormap": colormap_state(layer.colormap),
        "wireframe": layer.wireframe.dict(),
        "normals": layer.normals.dict(),
        "metadata": dict(layer.metadata),
    }
    return layer.data, state, "surface"


def to_napari(layer: SurfaceLayer, as_tuple: bool = False) -> napari.layers.Surface | LayerData:
    """Return a napari layer, which ``viewer.add_layer`` shows.

    Parameters
    ----------
    as_tuple : bool
        Data, parameters and type instead, for which napari need not be installed.

    Returns
    -------
    napari.layers.Surface or tuple
        Axes reversed: vertices are z, y, x, as the axes of images that went there.

    Raises
    ------
    MissingPackageError
        If napari is not installed.
    """
    as_flag("as_tuple", as_tuple)
    from volio.display.handoff import napari_surfaces as napari

    return napari.surface_data(layer) if as_tuple else napari.surface_to_napari(layer)


def from_napari(cls: type[L], layer: Any) -> L:
    """Return a layer of a class for one of napari; see `SurfaceLayer.from_napari`."""
    from volio.display.handoff.napari_surfaces import surface_from_napari

    return surface_from_napari(cls, layer)


def to_fastplotlib(layer: SurfaceLayer, **options: Any) -> fastplotlib.MeshGraphic:
    """Return a fastplotlib MeshGraphic, which ``subplot.add_graphic`` shows.

    Parameters
    ----------
    **options
        Parameters of the graphic, instead of those of the layer.

    Returns
    -------
    fastplotlib.MeshGraphic
        Vertices at their position, x, y, z in mm, in the colours of their values.

    Raises
    ------
    MissingPackageError
        If fastplotlib is not installed.
    UsageError
        If its version has no meshes.
    """
    from volio.display.handoff import fastplotlib

    return fastplotlib.surface_to_fastplotlib(layer, **options)


def placed_layer(
    cls: type[L], surface: Any, values: Any, space: str | None, options: Mapping[str, Any]
) -> L:
    """Return the layer of a surface with its vertices in a space.

    They are moved, not the layer: programs that show slices do not take layers that are turned.

    Parameters
    ----------
    cls : type
    surface : Surface, or path of one
    values : optional
        As for `SurfaceLayer.from_surface`.
    space : str, optional
        Default: the scanner's, where the surface leads there, so that it is where volumes are;
        else its own.
    options : mapping
        Parameters of the layer.

    Raises
    ------
    SpaceError
        If nothing says how to get to a space that is asked for.
    """
    surface = load(surface) if isinstance(surface, str | PathLike) else surface
    check_kind(surface, "surface", "a surface layer")
    given = dict(options)
    reached, matrix = _way(surface, space)
    metadata = {"space": reached, **given.pop("metadata", {})}
    layer = cls.from_surface(surface, values, metadata=metadata, **given)
    if not np.array_equal(matrix, np.eye(4)):
        vertices = apply_affine(matrix, layer.vertices).astype(layer.vertices.dtype)
        is_mirrored = np.linalg.det(matrix[:3, :3]) < 0
        faces = layer.faces[:, ::-1] if is_mirrored else layer.faces
        layer.data = (vertices, faces, layer.vertex_values)
    return layer


def _way(surface: Any, space: str | None) -> tuple[str, Any]:
    """Return a space and the matrix that leads there: by default the scanner's, or the own one."""
    if space is not None:
        return space, surface.matrix_to(space)
    try:
        return "scanner", surface.matrix_to("scanner")
    except SpaceError:
        return surface.space, np.eye(4)
