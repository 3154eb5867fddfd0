"""Layers as images, and their files."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.display.base.channels import CHANNELS
from volio.display.colour.colours import to_bytes
from volio.errors import SaveError, UsageError
from volio.formats.nifti1 import Nifti1Image
from volio.io import save
from volio.ops.derive import derived
from volio.space.affines import to_matvec

__all__ = ["DEFAULT_ENDING", "image_of", "save_layer"]

#: Added to names without an ending.
DEFAULT_ENDING = ".nii.gz"


def save_layer(layer: Any, path: str | PathLike[str]) -> list[str]:
    """Save a layer, as `ImageLayer.save` says, and return the names of what was written."""
    name = fspath(path)
    if not Path(name).suffix:
        name += DEFAULT_ENDING
    if name.lower().endswith(".png"):
        _save_picture(layer, name)
    else:
        save(image_of(layer), name)
    return [name]


def image_of(layer: Any) -> Any:
    """Return the image of a layer, as `ImageLayer.to_image` says.

    Raises
    ------
    SaveError
        If axes after the third mix with the first three, or colours cannot be stored.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    if layer.rgb:
        data = _colour_voxels(data)
    affine, later = _spatial(layer.data_to_world_matrix)
    origin = layer.origin_image
    if origin is not None and len(data.shape) == origin.ndim:
        if data is origin.dataobj and _same(affine, origin.affine):
            return origin
        return derived(origin, data, affine)
    if not isinstance(data, np.ndarray | LazyArray):
        data = np.asarray(data)
    img = Nifti1Image(data, affine)
    zooms = img.header.get_zooms()
    img.header.set_zooms((*zooms[:3], *np.abs(later)[: max(0, len(zooms) - 3)]))
    return img


def _same(affine: NDArray[np.float64], other: NDArray[np.float64] | None) -> bool:
    return np.array_equal(affine, np.eye(4) if other is None else other)


def _spatial(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the affine (4, 4) of the first three axes, and the steps of the others."""
    linear, moved = to_matvec(matrix)
    kept = min(3, len(linear))
    if linear[:kept, kept:].any() or linear[kept:, :kept].any():
        raise SaveError(
            "affine: mixes the first three axes with later ones, which files cannot say; "
            f"got {matrix.tolist()}"
        )
    affine = np.eye(4)
    affine[:kept, :kept] = linear[:kept, :kept]
    affine[:kept, 3] = moved[:kept]
    return affine, np.diag(linear)[kept:]


def _colour_voxels(data: Any) -> Any:
    """Return colours as voxels of a structured dtype."""
    if data.dtype.names:
        return data
    values = np.asarray(data)
    if values.dtype != np.uint8:
        raise SaveError(f"data: files hold colours of 8 bits, got dtype {values.dtype}")
    fields = np.dtype([(name, np.uint8) for name in CHANNELS[: values.shape[-1]]])
    return np.ascontiguousarray(values).view(fields)[..., 0]


def _save_picture(layer: Any, name: str) -> None:
    """Write the slice that is shown as a picture: first axis down, second to the right."""
    if len(layer.dims_displayed) != 2:
        raise UsageError(f"{name}: a slice makes a picture; dims_displayed must be two axes")
    colours = layer.slice_colours()
    if colours is None:
        raise UsageError(f"{name}: dims_point {layer.dims_point.tolist()} is outside of the layer")
    from matplotlib.image import imsave

    imsave(name, to_bytes(colours))
