"""Images made from others: other voxels or another grid, with the header of the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.images.headers.volume_metadata import HeaderVolume, count_volumes, start_time_of
from volio.space.affines import Affine, spans_space

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["derived_image"]

Image = TypeVar("Image", bound="SpatialImage")


def derived_image(
    img: Image,
    dataobj: Any,
    affine: Affine | None,
    later: Sequence[float] = (),
    volumes: Sequence[HeaderVolume] | None = None,
    voxels: Affine | None = None,
) -> Image:
    """Return an image of the same class in the same space: codes and units of the header stay.

    Parameters
    ----------
    img : SpatialImage
    dataobj : array or lazy array
        Voxels of the new image.
    affine : array of float64, shape (4, 4), or None
        Of the new image.
    later : sequence of float
        Sizes of the axes past the third, where they are others than before.
    volumes : sequence of HeaderVolume, optional
        Where each volume comes from, where that is not the one of the same number.
    voxels : array of float64, shape (4, 4), optional
        Voxel indices of the new image to those of `img` (default: by the two affines).
    """
    before = img.header
    if volumes is None and count_volumes(dataobj.shape) != count_volumes(img.shape):
        volumes = ()  # labels of other volumes do not apply
    header = _header_of_shape(before, dataobj.shape, later, volumes)
    own_affine = img._affine
    if voxels is None and _are_equal(affine, own_affine):
        voxels = np.eye(4)
    if affine is not None:
        # On a new grid the voxel sizes are those of its affine: a second one is not kept.
        header.move_to(affine, voxels)
    header.move_slices(before, _voxels_between(own_affine, affine) if voxels is None else voxels)
    new = type(img)(dataobj, affine, header, extra=dict(img.extra))
    new.header.dtype_is_implied = before.dtype_is_implied
    return new


def _header_of_shape(
    before: Any,
    shape: tuple[int, ...],
    later: Sequence[float],
    volumes: Sequence[HeaderVolume] | None,
) -> Any:
    """Return a copy of a header for another shape; parameters are those of `derived_image`."""
    header = before.copy()
    header.set_data_shape(shape)
    sizes = header.get_zooms()
    if later:  # MGH leaves out a fourth axis of length 1
        header.set_zooms((*sizes[:3], *later[: len(sizes) - 3]))
    if volumes is not None:
        header.select_volumes(volumes)
    if volumes:
        header.start_time = start_time_of(volumes)
    return header


def _voxels_between(own: Affine | None, affine: Affine | None) -> Affine | None:
    """Return the matrix from voxel indices under an affine to those of an image, or None."""
    if affine is None or own is None or not spans_space(own):
        return None
    return np.asarray(np.linalg.solve(own, affine), np.float64)


def _are_equal(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
