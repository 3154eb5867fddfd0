"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, slab_shape, slices_of
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.errors import ImageDataError
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import check_held, open_hdf5

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
        self.source, self.path = source, path
        self.shape, self.on_disk_dtype = tuple(int(n) for n in shape), np.dtype(dtype)
        self.slope, self.inter = scale_factor(slope, 1.0), scale_factor(inter, 0.0)
        self.limits, self._chunks = limits, chunks
        self._checked = False
        scaled = self.is_scaled
        self.dtype = scaled_dtype(self.on_disk_dtype) if scaled else self.on_disk_dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the chunks of the file; whole slabs where it has none."""
        if self._chunks is not None:
            return self._chunks
        most = PIECE // self.on_disk_dtype.itemsize // 8
        return slab_shape(self.shape, range(self.ndim), most)

    @property
    def layout(self) -> StorageLayout:
        """The order of the file; within a chunk what is not asked for is read all the same."""
        gaps = tuple(n - 1 for n in self._chunks) if self._chunks else (0,) * self.ndim
        return StorageLayout(tuple(range(self.ndim)), gaps)

    def check(self) -> None:
        """Raise an error if the file cannot hold the voxels that it declares.

        Raises
        ------
        LimitError, CorruptFileError
        """
        if not self._checked:
            with open_hdf5(self.source) as opened:
                self._check(opened.file[self.path])

    def _check(self, node: Any) -> None:
        if node.shape != self.shape or native(node.dtype) != self.on_disk_dtype:
            found = f"voxels of shape {node.shape}, {node.dtype}"
            raise ImageDataError(f"{self.source.name}: has {found}, not those that were announced")
        check_held(node, self.size * self.on_disk_dtype.itemsize, self.source)
        self._checked = True

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_checked": False}
        state.pop("conversion", None)  # worked out again
        return state

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `LazyArray.open`."""
        with open_hdf5(self.source) as opened:
            node = opened.file[self.path]
            self._check(node)

            def fill(out: Array, box: Box) -> None:
                for piece in self._pieces(box):
                    stored = self._read_piece(node, piece)
                    opened.check()
                    self._fill_piece(out, box, stored, piece)

            yield fill

    def _pieces(self, box: Box) -> Iterator[Box]:
        """Cut a box along its first axis, at the ends of chunks, into what is read at once."""
        if not box:
            yield box
            return
        (start, stop), rest = box[0], box[1:]
        row = prod(high - low for low, high in rest) * self.on_disk_dtype.itemsize
        chunk = self.chunks[0]
        step = max(1, PIECE // max(1, row) // chunk) * chunk
        while start < stop:
            end = min(stop, (start // step + 1) * step)
            yield ((start, end), *rest)
            start = end

    def _read_piece(self, node: Any, piece: Box) -> Array:
        stored = np.empty([stop - start for start, stop in piece], self.on_disk_dtype)
        if stored.size:
            node.read_direct(stored, slices_of(piece))
        return stored

    def _fill_piece(self, out: Array, box: Box, stored: Array, piece: Box) -> None:
        if box:  # a piece has all of the box along the other axes
            first = box[0][0]
            start, stop = piece[0]
            out = out[start - first : stop - first]
        self.conversion.of(slices_of(piece)).convert(out, stored)

    @cached_property
    def conversion(self) -> Conversion:
        """How stored numbers become values."""
        slope = self._of_all(self.slope)
        return Conversion(self.is_scaled, slope, self._of_all(self.inter), self.limits)

    def _of_all(self, factor: Factor) -> Factor:
        return factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)

    def unscaled(self) -> Hdf5Voxels:
        """Return the stored values, lazy."""
        return type(self)(
            self.source, self.path, self.shape, self.on_disk_dtype, chunks=self._chunks
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.source.name!r}, shape={self.shape}, "
            f"dtype={self.on_disk_dtype})"
        )
