"""RegionArray: what a read gives, filled tile by tile from several threads."""

from __future__ import annotations

from math import prod
from threading import Lock
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType, cast_into, native
from volio.errors import ArrayTooLargeError, ImageDataError, UsageError, UsageTypeError
from volio.tiles.regions import Place, Region

__all__ = ["RegionArray"]


class RegionArray:
    """The values of a region: a new array of the dtype of its tiles, or what the caller gives.

    Parameters
    ----------
    region : Region
    cval : scalar
        Value where there is no tile.
    out : optional
        Anything that takes slices: an array, a memory map, a dataset of h5py or zarr, a writer.

    Raises
    ------
    UsageError
        If `out` has another shape, or cannot be written to.
    """

    def __init__(self, region: Region, cval: Any, out: Any = None) -> None:
        self._region = region
        self._cval = cval
        self._out = out
        self._lock = Lock()
        self._tile_dtype: DType | None = None
        # A region is planned as z, y, x.
        self._axes = ["zyx".index(dim) for dim in region.dims]
        if out is not None:
            check_target(out, region.shape)

    def put(self, place: Place, pixels: Array) -> None:
        """Take the pixels of a part of a tile, or of several slices.

        Parameters
        ----------
        place : tuple of slice
            In the result.
        pixels : ndarray, shape (rows, columns) or (slices, rows, columns)

        Raises
        ------
        ImageDataError
            If tiles are of several dtypes, or values do not fit the dtype of the caller's array.
        """
        self._check_dtype(pixels.dtype)
        stack = pixels if pixels.ndim == 3 else pixels[np.newaxis]
        values = stack.transpose(self._axes)
        if isinstance(self._out, np.ndarray):
            cast_into(self._out[place], values)
        else:
            self._write(place, values)

    def fill(self, place: Place) -> None:
        """Take the fill value for a part of the region."""
        if self._out is None:
            return  # a new array is full of it
        shape = tuple([part.stop - part.start for part in place])
        dtype = target_dtype(self._out)
        values = np.broadcast_to(fill_value(self._cval, dtype or np.dtype(np.uint8)), shape)
        if isinstance(self._out, np.ndarray):
            self._out[place] = values
        else:
            self._write(place, values)

    def finish(self) -> Any:
        """Return the array, or what the caller gave."""
        if self._out is None:
            self._allocate(np.dtype(np.uint8))
        return self._out

    def _check_dtype(self, dtype: DType) -> None:
        with self._lock:
            if self._tile_dtype is None:
                self._tile_dtype = native(dtype)
                if self._out is None:
                    self._allocate(self._tile_dtype)
            if native(dtype) != self._tile_dtype:
                raise ImageDataError(
                    f"tiles: all of a region must have one dtype, got {self._tile_dtype} and "
                    f"{native(dtype)}"
                )

    def _allocate(self, dtype: DType) -> None:
        value = fill_value(self._cval, dtype)
        shape = self._region.shape
        try:
            # Pages of zeros take no memory until they are written.
            self._out = (
                np.full(shape, value) if value != np.zeros((), dtype) else np.zeros(shape, dtype)
            )
        except (MemoryError, ValueError):
            nbytes = prod(shape) * dtype.itemsize
            raise ArrayTooLargeError(
                f"a region of shape {shape} takes {nbytes} bytes, there is not so much memory; "
                "read it in parts, or give out="
            ) from None

    def _write(self, place: Place, values: Array) -> None:
        """Write to what is not an array: one part at a time, for chunks of a file are shared."""
        dtype = target_dtype(self._out)
        if dtype is not None and dtype != values.dtype:
            converted = np.empty(values.shape, dtype)
            cast_into(converted, values)
            values = converted
        with self._lock:
            self._out[place] = values


def check_target(out: Any, shape: tuple[int, ...]) -> None:
    """Refuse what cannot take a region.

    Raises
    ------
    UsageTypeError
        If it does not take slices.
    UsageError
        If its shape is another, or it is read-only.
    """
    if not hasattr(out, "__setitem__") or not hasattr(out, "shape"):
        raise UsageTypeError(
            f"out: must have a shape and take slices (numpy, h5py, zarr), got {type(out).__name__}"
        )
    found = tuple([int(length) for length in out.shape])
    if found != shape:
        raise UsageError(f"out: must have the shape of the region, {shape}, got {found}")
    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise UsageError("out: is read-only")


def target_dtype(out: Any) -> DType | None:
    """Return the dtype of what is written to, None where it has none."""
    found = getattr(out, "dtype", None)
    return None if found is None else np.dtype(found)


def fill_value(cval: Any, dtype: DType) -> Array:
    """Return a fill value in a dtype; for colours it is that of every channel.

    Raises
    ------
    UsageError
        If the dtype does not hold it.
    """
    names = dtype.names or ()
    channel = dtype[names[0]] if names else dtype
    value = np.zeros((), channel)
    try:
        cast_into(value, np.asarray(cval))
        is_same = bool(value == cval) or cval != cval
    except (ImageDataError, TypeError, ValueError):
        is_same = False
    if not is_same:
        raise UsageError(f"cval: {cval!r:.60} does not fit the dtype {dtype}")
    filled = np.zeros((), dtype)
    filled[...] = value
    return filled
