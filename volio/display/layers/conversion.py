"""Layers of images, images of layers, and their files: position, units, header and voxels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.caller import warn_caller
from volio.display.base.channels import CHANNELS, magnitude
from volio.display.base.image_levels import affine_of_all_axes, image_levels
from volio.display.base.matplotlib_import import imported
from volio.display.colour.srgb import to_bytes
from volio.display.layers.source import layer_source
from volio.errors import HeaderError, ImageDataError, SaveError, UsageError, VolioWarning
from volio.files.names import path_text, split_compression
from volio.formats.nifti1 import Nifti1Image
from volio.images.headers.metadata import metadata_of
from volio.images.labels import Labels
from volio.io import load
from volio.io import save as save_image
from volio.ops.derive import derived
from volio.space.affines import to_matvec

if TYPE_CHECKING:
    from volio.display.layers.layer import ImageLayer
    from volio.images.spatial import SpatialImage

__all__ = [
    "DEFAULT_ENDING",
    "layer_of",
    "loaded",
    "save",
    "show_label_colours",
    "take_display_facts",
    "to_image",
]

L = TypeVar("L", bound="ImageLayer")
Matrix = NDArray[np.float64]

#: Added to names without an ending.
DEFAULT_ENDING = ".nii.gz"
#: NIfTI's names of units of time, and those of the field.
TIME_UNITS = {"sec": "s", "msec": "ms", "usec": "us"}


def loaded(image: Any) -> Any:
    """Return the image of a path; anything else as it is."""
    return load(image) if isinstance(image, str | PathLike) else image


def layer_of(cls: type[L], img: Any, options: Mapping[str, Any]) -> L:
    """Return the layer of an image, of a class of layers; see `ImageLayer.from_image`."""
    img = _checked_image(loaded(img))
    is_complex = img.dataobj.dtype.kind == "c"
    levels = image_levels(img)
    if is_complex:
        levels = levels._replace(arrays=[magnitude(array) for array in levels.arrays])
    path = img.get_filename() if hasattr(img, "get_filename") else None
    settings = {**_settings_of(img, path), **levels.settings, **options}
    with layer_source(path=str(path) if path else None, reader_plugin="volio"):
        layer = cls(levels.data, **settings)
    take_display_facts(layer, img)
    if not options.keys() & {"colormap", "contrast_limits"}:
        show_label_colours(layer)
    layer.origin_image = None if is_complex else img
    _show_middle(layer)
    return layer


def _checked_image(img: Any) -> Any:
    """Return an image, if it is one with voxels of two axes or more."""
    if not hasattr(img, "dataobj"):
        raise UsageError(f"an image or the path of one is needed, got {type(img).__name__}")
    if len(img.dataobj.shape) < 2:
        raise ImageDataError(
            f"an image of two axes or more is needed, got shape {img.dataobj.shape}"
        )
    return img


def _show_middle(layer: ImageLayer) -> None:
    """Show the slice along the first two axes in the middle of the first volume."""
    layer.dims_displayed = (0, 1)
    middle = [n // 2 if axis < 3 else 0 for axis, n in enumerate(layer.shape)]
    layer.dims_point = layer.data_to_world(middle)


def take_display_facts(layer: ImageLayer, img: Any) -> None:
    """Have a layer show what the header of an image says: labels, and the range of display."""
    layer.label_table = _label_table(img)
    if layer.label_table is not None or _holds_labels(img):
        layer.limits.labels = True
    layer.limits.window = _display_range(metadata_of(getattr(img, "header", None)).window)


def show_label_colours(layer: ImageLayer) -> bool:
    """Show values in the colours of the image's table of labels; return whether it has one."""
    table = layer.label_table
    if table is None:
        return False
    layer.colormap = table.colormap()
    layer.contrast_limits = list(table.colour_limits)
    return True


def _label_table(img: Any) -> Labels | None:
    """Return the table of labels of an image; None for none, and one that makes no sense."""
    try:
        found = getattr(img, "labels", None)
    except HeaderError as error:
        warn_caller(f"labels are shown without their names and colours: {error}", VolioWarning)
        return None
    return found if isinstance(found, Labels) and len(found) else None


def _holds_labels(img: Any) -> bool:
    """Return whether the header says that all values are labels."""
    intents = metadata_of(getattr(img, "header", None)).intents
    return bool(intents) and all(intent.name == "label" for intent in intents)


def _display_range(window: Sequence[float]) -> tuple[float, float] | None:
    """Return the range of values that a header asks to be shown; None if it asks for none."""
    if len(window) != 2 or not all(map(isfinite, window)) or not window[0] < window[1]:
        return None
    return float(window[0]), float(window[1])


def _settings_of(img: Any, path: str | None) -> dict[str, Any]:
    """Return the settings of the layer of an image."""
    settings = {
        "affine": affine_of_all_axes(img),
        "units": _units(img),
        "name": _stem(path) if path else type(img).__name__,
        "metadata": {"header": img.header},
    }
    if _holds_labels(img):
        settings["interpolation3d"] = "nearest"
    return settings


def _stem(path: str) -> str:
    plain = Path(split_compression(str(path))[0])
    return plain.stem or plain.name


def _units(img: Any) -> tuple[str, ...]:
    """Return the unit of the world along each axis: three of space, one of time, no others."""
    space = "pixel" if img.affine is None else "mm"
    time = "pixel"
    if hasattr(img.header, "get_xyzt_units"):
        time = TIME_UNITS.get(img.header.get_xyzt_units()[1], "pixel")
    ndim = len(img.dataobj.shape)
    units = (space, space, space)[:ndim]
    if ndim > 3:
        units += (time,) + ("pixel",) * (ndim - 4)
    return units


def to_image(layer: ImageLayer) -> SpatialImage:
    """Return the image of the layer: its finest level, at its position; lazy voxels stay lazy.

    Returns
    -------
    SpatialImage
        With the header and in the class of the image that the layer was made from; a NIfTI-1
        image of other layers.

    Raises
    ------
    SaveError
        If the affine mixes the first three axes with later ones, or colours are not of 8 bits.
    """
    data = layer.voxels.finest
    if layer.rgb:
        data = _colour_voxels(data)
    affine, steps = _spatial_affine(layer.data_to_world_matrix)
    origin: SpatialImage | None = layer.origin_image
    if origin is None or len(data.shape) != origin.ndim:
        return _nifti_image(data, affine, np.abs(steps))
    known = np.eye(4) if origin.affine is None else origin.affine
    if data is origin.dataobj and np.array_equal(affine, known):
        return origin
    made: SpatialImage = derived(origin, data, affine)
    return made


def _nifti_image(data: Any, affine: Matrix, steps: Matrix) -> Nifti1Image:
    """Return an image of an array, with the steps of axes after the third."""
    if not isinstance(data, np.ndarray | LazyArray):
        data = np.asarray(data)
    img = Nifti1Image(data, affine)
    zooms = img.header.get_zooms()
    img.header.set_zooms((*zooms[:3], *steps[: max(0, len(zooms) - 3)]))
    return img


def _spatial_affine(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """Return the affine (4, 4) of the first three axes, and the steps of the others."""
    linear, translation = to_matvec(matrix)
    kept = min(3, len(linear))
    if linear[:kept, kept:].any() or linear[kept:, :kept].any():
        raise SaveError(
            "affine: mixes the first three axes with later ones, which files cannot store; "
            f"got {matrix.tolist()}"
        )
    affine = np.eye(4)
    affine[:kept, :kept] = linear[:kept, :kept]
    affine[:kept, 3] = translation[:kept]
    return affine, np.diag(linear)[kept:]


def _colour_voxels(data: Any) -> Any:
    """Return colours as voxels of a structured dtype."""
    if data.dtype.names:
        return data
    values = np.asarray(data)
    if values.dtype != np.uint8:
        raise SaveError(f"data: files hold colours of 8 bits, got dtype {values.dtype}")
    fields = np.dtype([(name, np.uint8) for name in CHANNELS[: values.shape[-1]]])
    # The bytes of the last axis are those of the fields.
    return np.ascontiguousarray(values).view(fields)[..., 0]


def save(layer: ImageLayer, path: str | PathLike[str], plugin: str | None = None) -> list[str]:
    """Save voxels and affine in the format of the name, or a .png of the slice shown.

    Parameters
    ----------
    path : str or path
        A name without an ending gets ``.nii.gz``.
    plugin : {None, "volio"}
        volio's own writers are the only ones.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    FilenameError
        If no format with this ending can be written.
    SaveError
        If the format cannot hold the layer.
    """
    if plugin not in (None, "volio"):
        raise UsageError(f"plugin: volio writes by itself, got {plugin!r}; leave it out")
    name = path_text("path", path)
    if not Path(name).suffix:
        name += DEFAULT_ENDING
    if name.lower().endswith(".png"):
        _save_picture(layer, name)
    else:
        save_image(to_image(layer), name)
    return [name]


def _save_picture(layer: ImageLayer, name: str) -> None:
    """Write the slice that is shown as a picture: first axis down, second to the right."""
    if len(layer.dims_displayed) != 2:
        raise UsageError(f"{name}: a slice makes a picture; dims_displayed must be two axes")
    colours = layer.slice_colours()
    if colours is None:
        raise UsageError(f"{name}: dims_point {layer.dims_point.tolist()} is outside of the layer")
    imsave = imported("matplotlib.image").imsave

    imsave(name, to_bytes(colours))
