"""Volumes to fastplotlib."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.views import lazy_slice
from volio.display.base.channels import plain
from volio.errors import ImageDataError, UsageError
from volio.extras import need
from volio.space.affines import from_matvec
from volio.space.orientations import apply_orientation, inv_ornt_aff, io_orientation
from volio.space.quaternions import mat2quat

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
        Where the centre of voxel (0, 0, 0) lies, RAS+ mm.
    rotation : (x, y, z, w)
        Quaternion.
    scale : (x, y, z)
        Voxel sizes, mm.
    """

    data: NDArray[np.float32]
    offset: tuple[float, ...]
    rotation: tuple[float, ...]
    scale: tuple[float, ...]


def volume_parts(layer: Any, volume: int = 0) -> VolumeParts:
    """Return one volume of a layer and its place.

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
    values, matrix = _volume(layer, volume), _spatial(layer)
    # Axes turned towards right, front and head, so that what is left is no mirror image.
    ornt = io_orientation(matrix)
    turned = apply_orientation(values, ornt)
    matrix = matrix @ inv_ornt_aff(ornt, values.shape)
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    axes = matrix[:3, :3] / scale
    if np.abs(axes.T @ axes - np.eye(3)).max() > SKEWED:
        raise UsageError(
            "the axes of the voxels are not at right angles, which fastplotlib cannot draw; "
            "resample_to_output(img) first"
        )
    w, x, y, z = (float(part) for part in mat2quat(axes))
    data = np.ascontiguousarray(turned.transpose(2, 1, 0), np.float32)
    return VolumeParts(data, tuple(matrix[:3, 3].tolist()), (x, y, z, w), tuple(scale.tolist()))


def to_fastplotlib(layer: Any, volume: int = 0, **options: Any) -> Any:
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
    cls = need("fastplotlib", "fastplotlib").ImageVolumeGraphic
    low, high = layer.contrast_limits
    given: dict[str, Any] = {
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
    if given["mode"] == "iso":
        given.setdefault("threshold", layer.iso_threshold)
    graphic = cls(data, **given)
    graphic.world_object.local.scale = scale  # no parameter before 0.7
    return graphic


def _volume(layer: Any, volume: int) -> NDArray[Any]:
    later = tuple(int(n) for n in layer.shape[3:])
    count = int(np.prod(later))
    if not 0 <= volume < count:
        raise UsageError(f"volume: must be from 0 to {count - 1}, got {volume}")
    data = layer.data[0] if layer.multiscale else layer.data
    place = np.unravel_index(volume, later) if later else ()
    return plain(np.asarray(lazy_slice(data, (*[slice(None)] * 3, *(int(n) for n in place)))))


def _spatial(layer: Any) -> NDArray[np.float64]:
    whole = layer.data_to_world_matrix
    return from_matvec(whole[:3, :3], whole[:3, -1])
