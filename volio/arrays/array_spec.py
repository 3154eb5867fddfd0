"""ArraySpec: where voxels are in a file, what they are stored as, and how they are scaled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt

from volio.errors import UsageError

__all__ = ["ArraySpec", "read_spec"]


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


def read_spec(spec: Any) -> ArraySpec:
    """Return the numbers of a proxy from a tuple or a header."""
    if hasattr(spec, "get_data_shape"):
        offset = spec.get_data_offset()
        return ArraySpec(
            spec.get_data_shape(), spec.get_data_dtype(), offset, *spec.get_slope_inter()
        )
    if not isinstance(spec, tuple) or not 2 <= len(spec) <= 5:
        raise UsageError(
            f"spec: must be (shape, dtype[, offset[, slope[, inter]]]) or a header, got {spec!r}"
        )
    return ArraySpec(*spec)
