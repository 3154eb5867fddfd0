"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.box_reads import Job, Layout, slab_shape
from volio.arrays.indexing.runs import Box, byte_strides
from volio.arrays.scaled import StoredArray
from volio.arrays.scaling import Factor, apply_scaling, is_all, scale_factor, scaled_dtype
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import OpenedFile, open_hdf5

__all__ = ["Hdf5Voxels"]

PIECE = 8 << 20  # bytes that are read at once


class Hdf5Voxels(StoredArray):
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
    def is_scaled(self) -> bool:
        """Whether slope or intercept change anything."""
        return not (is_all(self.slope, 1.0) and is_all(self.inter, 0.0))

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the chunks of the file; whole slabs where it has none."""
        values = PIECE // self.on_disk_dtype.itemsize // 8
        return self._chunks or slab_shape(self.shape, range(self.ndim), values)

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file that holds the voxels."""
        return (self.source,)

    @property
    def layout(self) -> Layout:
        """The order of the file; within a chunk what is not asked for is read all the same."""
        strides = byte_strides(self.shape, self.on_disk_dtype.itemsize)
        plain = tuple(self.source.gap // max(1, stride) for stride in strides)
        gaps = tuple(length - 1 for length in self._chunks) if self._chunks else plain
        return Layout(tuple(range(self.ndim)), gaps)

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

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels."""
        for _ in self.filled([Job(out, box)]):
            pass

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes with the file opened once."""
        with open_hdf5(self.source) as opened:
            for job in jobs:
                for start, stop in self._pieces(job.box):
                    within = slice(start - job.box[0][0], stop - job.box[0][0])
                    part = (slice(start, stop), *(slice(*side) for side in job.box[1:]))
                    self._fill_part(opened, job.out[within], part)
                yield job

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
        if self.limits is not None:
            np.clip(stored, *self.limits, out=stored)
        if self.is_scaled:
            slope = self._within(self.slope, part)
            apply_scaling(out, stored, slope, self._within(self.inter, part))
        else:
            cast_into(out, stored)

    def _within(self, factor: Factor, part: tuple[slice, ...]) -> Factor:
        return factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)[part]

    def unscaled(self) -> Hdf5Voxels:
        """Return the stored values, lazy."""
        return Hdf5Voxels(
            self.source, self.path, self.shape, self.on_disk_dtype, chunks=self._chunks
        )

    def __repr__(self) -> str:
        stored = f"shape={self.shape}, dtype={self.on_disk_dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {stored})"
