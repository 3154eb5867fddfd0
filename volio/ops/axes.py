"""Axes of space that planes and rows lack: added before work in space, dropped after it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from volio.arrays.views import lazy_slice, lazy_squeeze
from volio.images.spatial import SpatialImage
from volio.ops.derive import derived

__all__ = ["Volume", "drop_axes", "with_axes_of_space"]

Volume = TypeVar("Volume", bound=SpatialImage)


def with_axes_of_space(img: Volume) -> Volume:
    """Return an image with three axes or more, where every voxel is where it was.

    Parameters
    ----------
    img : SpatialImage
        Of one axis or more; the axes that it lacks get one voxel each.

    Returns
    -------
    SpatialImage
        Of the same class; the image itself if it has three axes. Lazy voxels stay lazy.
    """
    missing = 3 - len(img.shape)
    if missing <= 0:
        return img
    data = lazy_slice(img.dataobj, (..., *[None] * missing))
    made: Volume = derived(img, data, img.affine, voxels=np.eye(4))
    return made


def drop_axes(img: Volume, count: int) -> Volume:
    """Return an image without the last axes of space, which must have one voxel each.

    Parameters
    ----------
    img : SpatialImage
        Of three axes.
    count : int
        How many axes to drop.
    """
    if not count:
        return img
    axes = range(3 - count, 3)
    data = lazy_squeeze(img.dataobj, axes)
    made: Volume = derived(img, data, img.affine, voxels=np.eye(4))
    return made
