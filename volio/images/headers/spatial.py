"""SpatialHeader: dtype, shape and voxel sizes, the least that any image's header knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import DType
from volio.flags import as_flag
from volio.images.headers.format import FormatHeader

__all__ = ["SpatialHeader"]


class SpatialHeader(FormatHeader):
    """dtype, shape and voxel sizes of an image, which any header knows.

    The headers of all formats count as its subclasses.

    Parameters
    ----------
    data_dtype : dtype-like
        dtype of the voxels in the file.
    shape : sequence of int
        Shape of the voxel array, (i, j, k, ...).
    zooms : sequence of float, optional
        Size of a voxel along each axis: mm, and seconds (or the file's unit) for the fourth
        (default: 1 for each axis).

    Raises
    ------
    HeaderDataError
        If sizes are negative, not finite, or of another number than the shape has axes.

    Examples
    --------
    >>> header = volio.SpatialHeader(np.int16, (2, 3, 4), (1.0, 1.0, 2.5))
    >>> header.get_zooms()
    (1.0, 1.0, 2.5)
    """

    length_unit = None

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
            Any header; None gives a default one.
        check : bool
            Check the result.
        """
        as_flag("check", check)
        if header is None:
            return cls()
        if type(header) is cls:
            copied: Self = header.copy()
            return copied
        return cls(header.get_data_dtype(), header.get_data_shape(), header.get_zooms())

    @classmethod
    def nearest_dtype(cls, dtype: DTypeLike) -> DType:
        """Return the dtype: without a file, any will do."""
        return np.dtype(dtype)
