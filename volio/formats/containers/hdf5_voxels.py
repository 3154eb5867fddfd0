"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, byte_strides, slab_shape, slices_of
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import OpenedFile, open_hdf5

__all__ = ["Hdf5Voxels"]

PIECE = 8 << 20  # bytes that are read at once


class Hdf5Voxels(ScaledArray):
    """Voxels in an HDF5 file, chunked, compressed or neither, scaled on the way out.

    Parameters
    ----------
    source : ByteSource
    path : str
        Of the data set.
    shape : tuple of int
        Of one axis at least.
    dtype : numpy.dtype
        As stored, in native byte order.
    slope, inter : float or ndarray, optional
        Value = stored * slope + inter; arrays broadcast to the shape.
    limits : (int, int), optional
        Stored numbers beyond these count as these.
    chunks : tuple of int, optional
        Of the data set.

    Raises
    ------
    MissingPackageError
        When voxels are read and h5py is not installed.
    """

    order = "C"

    def __init__(
        self,
        source: ByteSource,
        path: str,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        slope: Any = 1.0,
        inter: Any = 0.0,
        *,
        limits: tuple[int, int] | None = None,
        chunks: tuple[int, ...] | None = None,
    ) -> None:
        self.source = source
        self.path = path
        self.shape = shape
        self.on_disk_dtype = np.dtype(dtype)
        self.slope = scale_factor(slope, 1.0)
        self.inter = scale_factor(inter, 0.0)
        self.limits = limits
        self._chunks = chunks
        self._checked = False
        self.dtype = scaled_dtype(dtype) if self.is_scaled else self.on_disk_dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the chunks of the file; whole slabs where it has none."""
        values = PIECE // self.on_disk_dtype.itemsize // 8
        return self._chunks or slab_shape(self.shape, range(self.ndim), values)

    @property
    def layout(self) -> StorageLayout:
        """The order of the file; within a chunk what is not asked for is read all the same."""
        strides = byte_strides(self.shape, self.on_disk_dtype.itemsize)
        plain = tuple(self.source.gap // max(1, stride) for stride in strides)
        gaps = tuple(length - 1 for length in self._chunks) if self._chunks else plain
        return StorageLayout(tuple(range(self.ndim)), gaps)

    def check(self) -> None:
        """Raise an error if the file cannot hold the voxels that it declares.

        Raises
        ------
        LimitError, CorruptFileError
        """
        if not self._checked:
            with open_hdf5(self.source) as opened:
                opened.check_held(opened.file[self.path])
            self._checked = True

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `LazyArray.open`."""
        with open_hdf5(self.source) as opened:
            yield partial(self._fill_from, opened)

    def _fill_from(self, opened: OpenedFile, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels, piece by piece along the first axis."""
        first = box[0][0]
        for start, stop in self._pieces(box):
            part = (slice(start, stop), *slices_of(box[1:]))
            self._fill_part(opened, out[start - first : stop - first], part)

    def _pieces(self, box: Box) -> Iterator[tuple[int, int]]:
        """Cut the first side of a box, at the ends of chunks, into what is read at once."""
        start, stop = box[0]
        row = prod(high - low for low, high in box[1:]) * self.on_disk_dtype.itemsize
        chunk = self.chunks[0]
        step = max(1, PIECE // max(1, row) // chunk) * chunk
        return pairwise([start, *range(start // step * step + step, stop, step), stop])

    def _fill_part(self, opened: OpenedFile, out: Array, part: tuple[slice, ...]) -> None:
        """Read and scale the voxels of a part, which is few chunks."""
        stored = np.empty(out.shape, self.on_disk_dtype)
        if stored.size:
            opened.file[self.path].read_direct(stored, part)
            opened.check()
        self._conversion.of(part).convert(out, stored)

    @property
    def _conversion(self) -> Conversion:
        slope = self._of_all(self.slope)
        return Conversion(self.is_scaled, slope, self._of_all(self.inter), self.limits)

    def _of_all(self, factor: Factor) -> Factor:
        return factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)

    def unscaled(self) -> Hdf5Voxels:
        """Return the stored values, lazy."""
        return Hdf5Voxels(
            self.source, self.path, self.shape, self.on_disk_dtype, chunks=self._chunks
        )

    def __repr__(self) -> str:
        stored = f"shape={self.shape}, dtype={self.on_disk_dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {stored})"
