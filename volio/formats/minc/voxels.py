"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from volio.arrays.dtypes import Array, cast_into, native
from volio.arrays.indexing.box_reads import Job, Layout, slab_shape
from volio.arrays.indexing.runs import Box
from volio.arrays.scaled import StoredArray
from volio.arrays.scaling import apply_scaling, is_all, scale_factor, scaled_dtype
from volio.errors import ImageDataError
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import check_held, open_hdf5

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
    def is_scaled(self) -> bool:
        """Whether slope or intercept change anything."""
        return not (is_all(self.slope, 1.0) and is_all(self.inter, 0.0))

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the chunks of the file; whole slabs where it has none."""
        if self._chunks is not None:
            return self._chunks
        most = PIECE // self.on_disk_dtype.itemsize // 8
        return slab_shape(self.shape, range(self.ndim), most)

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file that holds the voxels."""
        return (self.source,)

    @property
    def layout(self) -> Layout:
        """The order of the file; within a chunk what is not asked for is read all the same."""
        gaps = tuple(n - 1 for n in self._chunks) if self._chunks else (0,) * self.ndim
        return Layout(tuple(range(self.ndim)), gaps)

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
        return {**self.__dict__, "_checked": False}

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels."""
        for _ in self.filled([Job(out, box)]):
            pass

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes with the file opened once."""
        with open_hdf5(self.source) as opened:
            node = opened.file[self.path]
            self._check(node)
            for job in jobs:
                for part in self._pieces(job.box):
                    stored = self._read_piece(node, part)
                    opened.check()
                    self._fill_piece(stored, job, part)
                yield job

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

    def _read_piece(self, node: Any, part: Box) -> Array:
        stored = np.empty([high - low for low, high in part], self.on_disk_dtype)
        if stored.size:
            node.read_direct(stored, tuple(slice(*side) for side in part))
        return stored

    def _fill_piece(self, stored: Array, job: Job, part: Box) -> None:
        where, out = tuple(slice(*side) for side in part), job.out
        if part:
            first = job.box[0][0]
            out = out[part[0][0] - first : part[0][1] - first]
        if self.limits is not None:
            np.clip(stored, *self.limits, out=stored)
        if self.is_scaled:
            apply_scaling(out, stored, self._of(self.slope, where), self._of(self.inter, where))
        else:
            cast_into(out, stored)

    def _of(self, factor: Any, where: tuple[slice, ...]) -> Any:
        return factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)[where]

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
