"""SpatialHeader: dtype, shape and voxel sizes, the least that any image's header knows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.proxy import ArrayProxy
from volio.arrays.saving.writing import write_array
from volio.errors import HeaderDataError
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import first_axes
from volio.space.affines import shape_zoom_affine, voxel_sizes

__all__ = ["SpatialHeader", "check_zooms"]


class SpatialHeader:
    """dtype, shape and voxel sizes of an image.

    Subclasses override the properties `dtype`, `shape`, `zooms` and `affine`; the ``get_`` and
    ``set_`` names that users of this field know follow them.

    Parameters
    ----------
    data_dtype : dtype-like
        dtype of the voxels in the file.
    shape : sequence of int
        Shape of the voxel array, (i, j, k, ...).
    zooms : sequence of float, optional
        Size of a voxel along each axis: mm, and seconds (or the file's unit) for the fourth
        (default: 1 for each axis).
    """

    data_layout: ClassVar[str] = "F"
    default_x_flip: ClassVar[bool] = True

    # What a header knows whose class does not call `__init__`.
    _dtype: np.dtype[Any] = np.dtype(np.float32)
    _shape: tuple[int, ...] = (0,)
    _zooms: tuple[float, ...] = (1.0,)

    def __init__(
        self,
        data_dtype: DTypeLike = np.float32,
        shape: Sequence[int] = (0,),
        zooms: Sequence[float] | None = None,
    ) -> None:
        self.set_data_dtype(data_dtype)
        self._zooms = ()
        self.set_data_shape(shape)
        if zooms is not None:
            self.set_zooms(zooms)

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a header of this class with what another header holds.

        Parameters
        ----------
        header : header, optional
            Any header; None gives a fresh one.
        check : bool
            Check the result.
        """
        if header is None:
            return cls()
        if type(header) is cls:
            copied: Self = header.copy()
            return copied
        return cls(*_facts(header))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels in the file."""
        return self._dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        self._dtype = np.dtype(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        return self._shape

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        self._shape = tuple(int(length) for length in value) or (0,)
        known = self._zooms if len(value) else ()
        self._zooms = (*known, *[1.0] * len(self._shape))[: len(self._shape)]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis."""
        return self._zooms

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        self._zooms = tuple(check_zooms(value, len(self.get_data_shape())))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return None

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4), as well as this header knows it."""
        return self.get_base_affine()

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the dtype of the voxels in the file."""
        return self.dtype

    def set_data_dtype(self, datatype: DTypeLike) -> None:
        """Set the dtype of the voxels in the file."""
        self.dtype = datatype

    def get_data_shape(self) -> tuple[int, ...]:
        """Return the shape of the voxel array."""
        return self.shape

    def set_data_shape(self, shape: Sequence[int]) -> None:
        """Set the shape of the voxel array."""
        self.shape = shape

    def get_zooms(self) -> tuple[float, ...]:
        """Return the size of a voxel along each axis."""
        return self.zooms

    def set_zooms(self, zooms: Sequence[float]) -> None:
        """Set the size of a voxel along each axis."""
        self.zooms = zooms

    def get_base_affine(self) -> NDArray[np.float64]:
        """Return the affine of shape and voxel sizes alone.

        The centre of the volume lies at the origin; the first axis points left where
        `default_x_flip` says so.
        """
        shape = first_axes(self.get_data_shape())
        return shape_zoom_affine(shape, first_axes(self.get_zooms()), self.default_x_flip)

    def get_best_affine(self) -> NDArray[np.float64]:
        """Return the affine from voxels to RAS+ mm, as well as this header knows it."""
        return self.affine

    def set_affine(self, affine: NDArray[np.floating[Any]]) -> None:
        """Store what this header can hold of an affine: the sizes of a voxel."""
        sizes = voxel_sizes(np.asarray(affine, np.float64))[: len(self.get_zooms())]
        self.set_zooms((*sizes, *self.get_zooms()[3:]))

    def move_to(self, affine: NDArray[np.floating[Any]]) -> None:
        """Store an affine that leads to the same space as the one before."""
        self.set_affine(affine)

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place, for other formats to take."""
        sizes, seconds = self.get_zooms(), self.time_unit
        if len(sizes) < 4:
            return Metadata()
        return Metadata(sizes[3] * (seconds or 1.0), "s" if seconds else "")

    def set_metadata(self, metadata: Metadata) -> None:
        """Take what this header can hold of what another one says; sizes are taken before.

        Formats override this; what is left out is told by whoever converts.
        """

    def select_volumes(self, picks: Sequence[tuple[Any, int]]) -> None:
        """Say of each volume what other headers of this class say of one of theirs.

        Formats that say anything of single volumes override this.

        Parameters
        ----------
        picks : sequence of (header, int)
            For each volume of this header, whose shape is set, the header that spoke of it and
            its number there; nothing where the volumes are none of another header.
        """

    def copy(self) -> Self:
        """Return a header of its own with the same facts."""
        return deepcopy(self)

    def data_from_fileobj(self, fileobj: BinaryIO) -> NDArray[Any]:
        """Read voxels of the header's dtype and shape from where a file object stands."""
        spec = self.get_data_shape(), self.get_data_dtype(), fileobj.tell()
        voxels = ArrayProxy(fileobj, spec, order=self.data_layout).read()
        fileobj.seek(voxels.nbytes, io.SEEK_CUR)
        return voxels

    def data_to_fileobj(self, data: ArrayLike, fileobj: BinaryIO, rescale: bool = True) -> None:
        """Write voxels in the header's dtype to a file object, where it stands.

        Parameters
        ----------
        data : array-like
        fileobj : binary file object
        rescale : bool
            For headers that know slope and intercept; here nothing is scaled.
        """
        dtype = self.get_data_dtype()
        write_array(fileobj, np.asanyarray(data), dtype, order=self.data_layout)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpatialHeader):
            return NotImplemented
        return _facts(self) == _facts(other)

    __hash__ = None  # type: ignore[assignment]


def check_zooms(
    zooms: Iterable[float], axes: int, *, fewest: int | None = None, zero: bool = True
) -> list[float]:
    """Return voxel sizes, if a header of so many axes can have them.

    Parameters
    ----------
    zooms : iterable of float
        Size of a voxel along each axis.
    axes : int
        How many there must be.
    fewest : int, optional
        Another number that is enough, for headers that keep sizes of later axes.
    zero : bool
        Whether sizes along the first three axes may be 0.

    Raises
    ------
    HeaderDataError
        If they are negative, not finite, or of the wrong number.
    """
    sizes = [float(size) for size in zooms]
    if len(sizes) not in (axes, fewest):
        raise HeaderDataError(f"zooms: {axes} are needed, one for each axis, got {len(sizes)}")
    if any(not np.isfinite(size) or size < 0 for size in sizes):
        raise HeaderDataError(f"zooms: must be finite and not negative, got {tuple(sizes)}")
    if not zero and 0 in sizes[:3]:
        raise HeaderDataError(f"zooms: the sizes of a voxel must not be 0, got {sizes[:3]}")
    return sizes


def _facts(header: Any) -> tuple[np.dtype[Any], tuple[int, ...], tuple[float, ...]]:
    return header.get_data_dtype(), header.get_data_shape(), header.get_zooms()
