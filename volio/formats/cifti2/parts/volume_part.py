"""CiftiVolume: the voxels of a CIFTI-2 matrix as a volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from volio.arrays.filled.scattered import ScatteredArray
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice
from volio.errors import HeaderDataError
from volio.formats.cifti2.axes import LabelAxis, MatrixAxis, SeriesAxis
from volio.formats.cifti2.axes.grid import InSpace
from volio.formats.cifti2.axes.named import NamedAxis
from volio.formats.cifti2.parts.places import Places
from volio.images.headers.metadata import Metadata
from volio.images.headers.spatial import SpatialHeader
from volio.images.spatial import SpatialImage

__all__ = ["CiftiVolume", "CiftiVolumeHeader", "volume_image"]


class CiftiVolumeHeader(SpatialHeader):
    """Sizes of voxels, seconds from one volume to the next, and names of volumes.

    Attributes
    ----------
    names : tuple of str
        Of the maps; none of a series.
    """

    names: tuple[str, ...] = ()
    _is_timed: bool = False
    _start: float = 0.0

    def set_rows(self, axis: MatrixAxis) -> None:
        """State what the fourth axis is: points in time, or maps."""
        if isinstance(axis, NamedAxis):
            self.names = tuple(axis.name.tolist())
        if isinstance(axis, SeriesAxis) and axis.unit == "SECOND" and axis.step > 0:
            self._is_timed = True
            self._start = float(axis.start)
            self.set_zooms((*self.get_zooms()[:3], axis.step))

    @property
    def time_unit(self) -> float | None:
        """One second, for volumes at points in time."""
        return 1.0 if self._is_timed else None

    @property
    def start_time(self) -> float:
        """Time of the first volume, s."""
        return self._start

    @start_time.setter
    def start_time(self, value: float) -> None:
        self._start = float(value)

    def metadata(self) -> Metadata:
        """Return the times and names, for other formats."""
        return replace(super().metadata(), labels=self.names)

    def select_volumes(self, volumes: Sequence[tuple[Any, int]]) -> None:
        """Keep the names of some volumes."""
        named = all(header.names for header, _ in volumes)
        self.names = tuple([header.names[number] for header, number in volumes] if named else ())


class CiftiVolume(SpatialImage):
    """The voxels of a CIFTI-2 matrix, 0 where it has none; ``img.volume`` is of this class."""

    header_class: ClassVar[type[Any]] = CiftiVolumeHeader
    header: CiftiVolumeHeader


def volume_image(
    matrix: LazyArray, places: Places, space: InSpace, rows: Sequence[MatrixAxis]
) -> CiftiVolume:
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
    CiftiVolume, shape (i, j, k) or (i, j, k, maps)
        Three axes where the matrix has one row.

    Raises
    ------
    HeaderDataError
        If the shape of the volume is not known.
    """
    if space.volume_shape is None:
        raise HeaderDataError("volume_shape: is needed for voxels")
    if matrix.shape[:-1] == (1,):
        row = lazy_slice(matrix, 0)
        assert isinstance(row, LazyArray)
        matrix = row
    shape = space.volume_shape
    data = ScatteredArray(matrix, places.columns, places.indices, shape, 0, grid_first=True)
    image = CiftiVolume(data, space.affine)
    if image.ndim == 4:
        image.header.set_rows(rows[0])
    if rows and isinstance(rows[0], LabelAxis):
        _set_labels(image, rows[0])
    return image


def _set_labels(image: CiftiVolume, axis: LabelAxis) -> None:
    """Give a volume its table of labels; maps of different tables have no table in common."""
    first, *others = axis.labels or (None,)
    if all(table == first for table in others):
        image.labels = first
