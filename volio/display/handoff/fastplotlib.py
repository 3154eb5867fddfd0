"""Layers to fastplotlib: volumes of float32, and their position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.views import lazy_slice
from volio.display.base.channels import plain
from volio.display.base.series import check_volume, volume_index
from volio.errors import ImageDataError, UsageError
from volio.extras import need
from volio.space.affines import from_matvec
from volio.space.orientations import apply_orientation, inv_ornt_aff, io_orientation
from volio.space.quaternions import mat2quat

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer

__all__ = ["VolumeParts", "to_fastplotlib", "volume_parts"]

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


def volume_parts(layer: ImageLayer, volume: int = 0) -> VolumeParts:
    """Return one volume of a layer and its position.

    Parameters
    ----------
    layer : ImageLayer
        Three axes or more.
    volume : int
        Which one of a series: later axes taken as one, the last fastest.

    Raises
    ------
    UsageError
        If there is no such volume, or the axes are not at right angles.
    ImageDataError
        If it has fewer than three axes, or colours, which fastplotlib cannot draw.
    """
    if layer.ndim < 3 or layer.rgb:
        found = "colours" if layer.rgb else f"shape {tuple(layer.shape)}"
        raise ImageDataError(f"fastplotlib draws volumes of one number per voxel, got {found}")
    values = _volume(layer, volume)
    matrix = _spatial_affine(layer)
    # Axes are reoriented to right, front and head: what is left is not a mirror image.
    orientation = io_orientation(matrix)
    values = apply_orientation(values, orientation)
    matrix = matrix @ inv_ornt_aff(orientation, layer.shape[:3])
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    rotation = _quaternion(matrix[:3, :3] / scale)
    data = np.ascontiguousarray(values.transpose(2, 1, 0), np.float32)
    return VolumeParts(data, tuple(matrix[:3, 3].tolist()), rotation, tuple(scale.tolist()))


def _quaternion(axes: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return the rotation (x, y, z, w) of three axes of length 1, the columns of a matrix."""
    if np.abs(axes.T @ axes - np.eye(3)).max() > SKEWED:
        raise UsageError(
            "the axes of the voxels are not at right angles, which fastplotlib cannot draw; "
            "resample_to_output(img) first"
        )
    w, x, y, z = (float(part) for part in mat2quat(axes))
    return x, y, z, w


def to_fastplotlib(layer: ImageLayer, volume: int = 0, **options: Any) -> Any:
    """Return an ImageVolumeGraphic of one volume of a layer; ``subplot.add_graphic`` shows it.

    Parameters
    ----------
    layer : ImageLayer
    volume : int
    **options
        Parameters of the graphic, instead of those of the layer.

    Raises
    ------
    MissingPackageError
        If fastplotlib is not installed.
    UsageError, ImageDataError
        As `volume_parts`.
    """
    data, offset, rotation, scale = volume_parts(layer, volume)
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


def _volume(layer: ImageLayer, volume: int) -> NDArray[Any]:
    check_volume(volume, layer.shape)
    index = (*[slice(None)] * 3, *volume_index(volume, layer.shape))
    return plain(np.asarray(lazy_slice(layer.voxels.finest, index)))


def _spatial_affine(layer: ImageLayer) -> NDArray[np.float64]:
    matrix = layer.data_to_world_matrix
    return from_matvec(matrix[:3, :3], matrix[:3, -1])
