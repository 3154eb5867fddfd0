"""A glance at an image: its three central slices as a small picture, for notebooks."""

from __future__ import annotations

from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.views import lazy_slice
from volio.display.pictures.plots import plot_ortho

__all__ = ["LIMIT", "glance", "glance_png"]

#: Bytes of the file of a picture: 50 kB as text, with room for the facts.
LIMIT = 34_000
#: Of gray.
LEVELS = 64
#: Pixels of the longest side of a slice; smaller where the file would be too large.
SIZES = (160, 128, 96, 64, 48)


def glance(img: Any, size: int = SIZES[0]) -> NDArray[np.uint8]:
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
    first = (*[slice(None)] * 3, *[0] * (len(img.shape) - 3))
    volume = lazy_slice(img.dataobj, first) if len(img.shape) > 3 else img.dataobj
    return plot_ortho(
        volume,
        affine=img.affine,
        size=size,
        draw_cross=False,
        annotate=img.affine is not None,
        interpolation="linear",
    )


def glance_png(img: Any) -> bytes | None:
    """Return a glance as a small PNG file; None for an image that has no slices to show."""
    if len(img.shape) < 3 or prod(img.shape) == 0:
        return None
    picture = glance(img)
    for size in SIZES:
        data = _png(picture, size / SIZES[0])
        if len(data) <= LIMIT:
            return data
    return data


def _png(picture: NDArray[np.uint8], share: float) -> bytes:
    from PIL import Image

    colours = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    if share < 1:
        rows, columns = (max(1, round(n * share)) for n in picture.shape[:2])
        colours = colours.resize((columns, rows), Image.Resampling.BOX)
    gray = (picture[..., 0] == picture[..., 1]).all() and (picture[..., 1] == picture[..., 2]).all()
    stream = BytesIO()
    if gray:  # so many levels of gray that the eye does not miss the others
        colours = colours.convert("L").quantize(LEVELS)
    colours.save(stream, "PNG", optimize=True)
    return stream.getvalue()
