"""The voxels of a CIFTI-2 matrix as a volume."""

from __future__ import annotations

from collections.abc import Sequence

from volio.arrays.lazy import LazyArray
from volio.arrays.scattered import ScatteredArray
from volio.arrays.views import lazy_slice
from volio.errors import HeaderDataError
from volio.formats.cifti2.axes import MatrixAxis, SeriesAxis
from volio.formats.cifti2.axes.grid import InSpace
from volio.formats.cifti2.parts.places import Places
from volio.images.spatial import SpatialImage

__all__ = ["volume_image"]


def volume_image(
    matrix: LazyArray, places: Places, space: InSpace, rows: Sequence[MatrixAxis]
) -> SpatialImage:
    """Return the lazy volume of some voxels, 0 elsewhere.

    Parameters
    ----------
    matrix : LazyArray
        Its columns along its last axis.
    places : Places
        Columns and voxel indices.
    space : InSpace
        The axis with shape and affine of the volume.
    rows : sequence of MatrixAxis
        Axes of the other dimensions of the matrix.

    Returns
    -------
    SpatialImage, shape (i, j, k) or (i, j, k, maps)
        Three axes where the matrix has one row.
    """
    if space.volume_shape is None:
        raise HeaderDataError("volume_shape: is needed for voxels")
    if matrix.shape[:-1] == (1,):
        row = lazy_slice(matrix, 0)
        assert isinstance(row, LazyArray)
        matrix = row
    shape = space.volume_shape
    data = ScatteredArray(matrix, places.columns, places.indices, shape, 0, grid_first=True)
    image = SpatialImage(data, space.affine)
    _set_time_step(image, rows)
    return image


def _set_time_step(image: SpatialImage, rows: Sequence[MatrixAxis]) -> None:
    """State the seconds from one point of a time series to the next."""
    series = rows[0] if rows else None
    is_timed = isinstance(series, SeriesAxis) and series.unit == "SECOND" and series.step > 0
    if isinstance(series, SeriesAxis) and is_timed and image.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], series.step))
