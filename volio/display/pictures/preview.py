"""The preview of an image in a notebook: its three central slices as a small picture."""

from __future__ import annotations

from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.layers.conversion import show_label_colours, take_display_facts
from volio.display.layers.layer import ImageLayer
from volio.display.pictures.plots import plot_ortho

__all__ = ["LIMIT", "preview", "preview_png", "small_png"]

#: Bytes of the file of a picture: 50 kB as text, with room for the facts.
LIMIT = 34_000
#: Levels of gray.
LEVELS = 64
#: Pixels of the longest side of a slice; smaller where the file would be too large.
SIZES = (160, 128, 96, 64, 48)


def preview(img: Any, size: int = SIZES[0]) -> NDArray[np.uint8]:
    """Return the sagittal, coronal and axial slice through the middle, of the first volume.

    Parameters
    ----------
    img : SpatialImage
        Of one that is not in memory three slices, and a subsample for the limits, are read.
    size : int
        Pixels of the longest side of a slice.

    Returns
    -------
    (rows, columns, 4) uint8 array

    Raises
    ------
    UsageError, ImageDataError
        If it has fewer than three axes, or no voxels.
    VolioError
        If the voxels cannot be read.
    """
    has_affine = img.affine is not None
    series = ImageLayer.from_image(img)
    first = series.voxels.one_volume([0] * (len(img.shape) - 3))
    layer = ImageLayer(
        first.data,
        affine=img.affine if has_affine else np.eye(4),
        **first.settings,
    )
    take_display_facts(layer, img)
    show_label_colours(layer)
    layer.origin_image = img
    return plot_ortho(layer, size=size, draw_cross=False, annotate=has_affine)


def preview_png(img: Any) -> bytes | None:
    """Return a preview as a small PNG file; None for an image that has no slices to show."""
    if len(img.shape) < 3 or prod(img.shape) == 0:
        return None
    return small_png(preview(img))


def small_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as a PNG file of `LIMIT` bytes at most, smaller where that is needed."""
    for size in SIZES:
        data = _png(picture, size / SIZES[0])
        if len(data) <= LIMIT:
            return data
    return data


def _png(picture: NDArray[np.uint8], share: float) -> bytes:
    from PIL import Image

    colours = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    if share < 1:
        width, height = (max(1, round(n * share)) for n in colours.size)
        colours = colours.resize((width, height), Image.Resampling.BOX)
    if _is_gray(picture):  # so many levels of gray that the eye does not miss the others
        colours = colours.convert("L").quantize(LEVELS)
    stream = BytesIO()
    colours.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _is_gray(picture: NDArray[np.uint8]) -> bool:
    red, green, blue = np.moveaxis(picture[..., :3], -1, 0)
    return np.array_equal(red, green) and np.array_equal(green, blue)
