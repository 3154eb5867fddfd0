"""Layers to fastplotlib: volumes of float32, and their position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.series import check_volume, volume_index
from volio.display.surfaces.vertex_paint import PLAIN
from volio.errors import ImageDataError, UsageError
from volio.extras import need
from volio.space.affines import from_matvec
from volio.space.orientations import apply_orientation, inv_ornt_aff, io_orientation
from volio.space.quaternions import mat2quat

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer
    from volio.display.layers.surface_layer import SurfaceLayer

__all__ = [
    "MeshParts",
    "VolumeParts",
    "mesh_parts",
    "surface_to_fastplotlib",
    "to_fastplotlib",
    "volume_parts",
]

#: Cosine between two axes, from which they are not at right angles.
SKEWED = 1e-4
#: Renderings by the same name in both.
MODES = ("mip", "minip", "iso")


class VolumeParts(NamedTuple):
    """A volume as fastplotlib's ImageVolumeGraphic takes it.

    Attributes
    ----------
    data : ndarray of float32, shape (z, y, x)
    offset : (x, y, z)
        Position of the centre of voxel (0, 0, 0), RAS+ mm.
    rotation : (x, y, z, w)
        Quaternion.
    scale : (x, y, z)
        Voxel sizes, mm.
    """

    data: NDArray[np.float32]
    offset: tuple[float, ...]
    rotation: tuple[float, ...]
    scale: tuple[float, ...]


class MeshParts(NamedTuple):
    """A surface as fastplotlib's MeshGraphic takes it.

    Attributes
    ----------
    positions : ndarray of float32, shape (V, 3)
        World x, y, z, mm.
    indices : ndarray of int32, shape (F, 3)
        Counterclockwise as seen from outside.
    colors : ndarray of float32, shape (V, 4)
        Of the vertices.
    """

    positions: NDArray[np.float32]
    indices: NDArray[np.int32]
    colors: NDArray[np.float32]


def mesh_parts(layer: SurfaceLayer) -> MeshParts:
    """Return the mesh of a layer in the world, and the colours of its vertices.

    Colours have no alpha, which meshes would be seen through by: they are over the gray of
    surfaces without values.
    """
    mesh = layer.drawn_mesh
    colours = layer.vertex_colours()
    alpha = colours[:, 3:]
    over_gray = colours[:, :3] * alpha + np.float32(PLAIN) * (1 - alpha)
    opaque = np.concatenate([over_gray, np.ones_like(alpha)], axis=1).astype(np.float32)
    return MeshParts(mesh.vertices, mesh.faces, opaque)


def surface_to_fastplotlib(layer: SurfaceLayer, **options: Any) -> Any:
    """Return a MeshGraphic of a layer; ``subplot.add_graphic`` shows it.

    Parameters
    ----------
    layer : SurfaceLayer
    **options
        Parameters of the graphic, instead of those of the layer.

    Raises
    ------
    MissingPackageError
        If fastplotlib is not installed.
    UsageError
        If its version has no meshes.
    """
    graphics = need("fastplotlib", "fastplotlib")
    if not hasattr(graphics, "MeshGraphic"):
        raise UsageError("fastplotlib: this version draws no meshes; 0.7 does")
    positions, indices, colors = mesh_parts(layer)
    mode = "basic" if layer.shading == "none" else "phong"
    given = {"mode": mode, "name": layer.name, "alpha": layer.opacity, "colors": colors, **options}
    return graphics.MeshGraphic(positions, indices, **given)


def volume_parts(layer: ImageLayer, volume: int = 0, level: int | None = None) -> VolumeParts:
    """Return one volume of a layer and its position.

    Parameters
    ----------
    layer : ImageLayer
        Three axes or more.
    volume : int
        Which one of a series: later axes taken as one, the last fastest.
    level : int, optional
        Default: the one that the layer locks, or the finest with 2**27 voxels at most.

    Raises
    ------
    UsageError
        If there is no such volume or level, or the axes are not at right angles.
    ImageDataError
        If it has fewer than three axes, or colours, which fastplotlib cannot draw.
    """
    _check_numbers(layer)
    values, matrix = _volume(layer, volume, level)
    # Axes are reoriented to right, front and head: what is left is not a mirror image.
    orientation = io_orientation(matrix)
    matrix = matrix @ inv_ornt_aff(orientation, values.shape)
    values = apply_orientation(values, orientation)
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    rotation = _quaternion(matrix[:3, :3] / scale)
    data = np.ascontiguousarray(values.transpose(2, 1, 0), np.float32)
    return VolumeParts(data, tuple(matrix[:3, 3].tolist()), rotation, tuple(scale.tolist()))


def _check_numbers(layer: ImageLayer) -> None:
    if layer.ndim < 3 or layer.rgb:
        found = "colours" if layer.rgb else f"shape {tuple(layer.shape)}"
        raise ImageDataError(f"fastplotlib draws volumes of one number per voxel, got {found}")


def _quaternion(axes: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return the rotation (x, y, z, w) of three axes of length 1, the columns of a matrix."""
    if np.abs(axes.T @ axes - np.eye(3)).max() > SKEWED:
        raise UsageError(
            "the axes of the voxels are not at right angles, which fastplotlib cannot draw; "
            "resample_to_output(img) first"
        )
    w, x, y, z = (float(part) for part in mat2quat(axes))
    return x, y, z, w


def to_fastplotlib(
    layer: ImageLayer, volume: int = 0, level: int | None = None, **options: Any
) -> Any:
    """Return an ImageVolumeGraphic of one volume of a layer; ``subplot.add_graphic`` shows it.

    Parameters
    ----------
    layer : ImageLayer
    volume : int
    level : int, optional
        As for `volume_parts`.
    **options
        Parameters of the graphic, instead of those of the layer.

    Raises
    ------
    MissingPackageError
        If fastplotlib is not installed.
    UsageError, ImageDataError
        As `volume_parts`.
    """
    data, offset, rotation, scale = volume_parts(layer, volume, level)
    graphic_class = need("fastplotlib", "fastplotlib").ImageVolumeGraphic
    low, high = layer.contrast_limits
    settings: dict[str, Any] = {
        "vmin": low,
        "vmax": high,
        "cmap": layer.colormap.name,
        "alpha": layer.opacity,
        "name": layer.name,
        "offset": offset,
        "rotation": rotation,
        "mode": layer.rendering if layer.rendering in MODES else "mip",
        **options,
    }
    if settings["mode"] == "iso":
        settings.setdefault("threshold", layer.iso_threshold)
    graphic = graphic_class(data, **settings)
    graphic.world_object.local.scale = scale  # no parameter before 0.7
    return graphic


def _volume(
    layer: ImageLayer, volume: int, level: int | None
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Read one volume at a level; return its voxels and its affine (4, 4)."""
    check_volume(volume, layer.shape)
    levels = layer.voxels.one_volume(volume_index(volume, layer.shape))
    chosen = layer.locked_data_level if level is None else layer.voxels.checked_level(level)
    if chosen is None:
        chosen = levels.sized_for_memory
    matrix = layer.data_to_world_matrix
    affine = from_matvec(matrix[:3, :3], matrix[:3, -1])
    if levels.matrices is not None:
        affine = affine @ levels.matrices[chosen]
    return np.asarray(levels.arrays[chosen]), affine
