"""ArraySpec: where voxels are in a file, what they are stored as, and how they are scaled."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.errors import ImageDataError, LimitError, UsageError

__all__ = ["ArraySpec", "read_spec"]

MAX_AXES = 32  # of arrays in all versions of numpy
WIDEST = 16  # bytes of the widest value that a voxel may become


class ArraySpec(NamedTuple):
    """Where voxels are in a file, and their values: value = stored * slope + inter.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy dtype
        As stored, with its byte order.
    offset : int
        Bytes before the first voxel.
    slope, inter : float or ndarray or None
        Arrays broadcast to the shape. None is 1 for the slope and 0 for the intercept.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    offset: int = 0
    slope: Any = 1.0
    inter: Any = 0.0

    def check(self, name: str) -> None:
        """Check that there can be such an array.

        Parameters
        ----------
        name : str
            Of the file, for messages.

        Raises
        ------
        LimitError, ImageDataError
            If no array can have this shape or dtype.
        """
        dtype = np.dtype(self.dtype)
        if dtype.hasobject or not dtype.itemsize or not (dtype.names or dtype.kind in "biufc"):
            raise ImageDataError(f"{name}: dtype: cannot read voxels of dtype {dtype}")
        if len(self.shape) > MAX_AXES or min((self.offset, *self.shape)) < 0:
            raise LimitError(
                f"{name}: shape {self.shape} at byte {self.offset}: lengths and offset must be 0 "
                f"or more, axes at most {MAX_AXES}"
            )
        # Lengths of 0 count as 1: numpy multiplies the others, too.
        size = prod([max(1, length) for length in self.shape])
        if size * max(WIDEST, dtype.itemsize) >= 2**63:
            raise LimitError(f"{name}: shape {self.shape} is too large for any memory")


def read_spec(spec: Any) -> ArraySpec:
    """Return the spec that a tuple or a header gives, with integers and a numpy dtype.

    Parameters
    ----------
    spec : ArraySpec, tuple or header
        As for `volio.ArrayProxy`.

    Raises
    ------
    UsageError
        For anything else.
    """
    if hasattr(spec, "get_data_shape"):
        given = ArraySpec(
            spec.get_data_shape(),
            spec.get_data_dtype(),
            spec.get_data_offset(),
            *spec.get_slope_inter(),
        )
    elif isinstance(spec, tuple) and 2 <= len(spec) <= len(ArraySpec._fields):
        given = ArraySpec(*spec)
    else:
        raise UsageError(
            f"spec: must be (shape, dtype[, offset[, slope[, inter]]]) or a header, got {spec!r}"
        )
    shape = tuple([int(length) for length in given.shape])
    dtype = np.dtype(given.dtype)
    return ArraySpec(shape, dtype, int(given.offset), given.slope, given.inter)
