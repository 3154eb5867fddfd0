"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from math import prod

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import lengths_of, slices_of
from volio.arrays.proxy import ArraySpec
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, scale_factor, scaled_dtype
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import OpenedFile, open_hdf5

__all__ = ["Hdf5Voxels"]

PIECE = 8 << 20  # bytes that are read at once


class Hdf5Voxels(ScaledArray):
    """Voxels in an HDF5 file, in chunks, scaled on the way out.

    Parameters
    ----------
    source : ByteSource
    path : str
        Of the data set.
    spec : ArraySpec
        Of one axis at least. The dtype is in native byte order, the offset is not used.
    chunks : tuple of int
        Shape of the chunks; that of the data set where it has none.
    valid_range : (int, int), optional
        Stored numbers beyond these count as these.

    Raises
    ------
    MissingPackageError
        When voxels are read and h5py is not installed.
    """

    order = "C"
    chunks: tuple[int, ...] = ()

    def __init__(
        self,
        source: ByteSource,
        path: str,
        spec: ArraySpec,
        chunks: tuple[int, ...],
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        self.source = source
        self.path = path
        self.shape = spec.shape
        self.on_disk_dtype = np.dtype(spec.dtype)
        self.slope = scale_factor(spec.slope, 1.0)
        self.inter = scale_factor(spec.inter, 0.0)
        self.chunks = chunks
        self.valid_range = valid_range
        self._checked = False
        self.dtype = scaled_dtype(spec.dtype) if self.is_scaled else self.on_disk_dtype

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
        """Fill `out` with a box of voxels, a few rows of chunks at a time."""
        first = box[0][0]
        for start, stop in self._pieces(box):
            part = (slice(start, stop), *slices_of(box[1:]))
            target = out[start - first : stop - first]
            stored = np.empty(target.shape, self.on_disk_dtype)
            if stored.size:
                opened.file[self.path].read_direct(stored, part)
            self._conversion.of(part).convert(target, stored)

    def _pieces(self, box: Box) -> Iterator[tuple[int, int]]:
        """Cut the first side of a box, at the ends of chunks, into what is read at once."""
        start, stop = box[0]
        row = prod(lengths_of(box[1:])) * self.on_disk_dtype.itemsize
        length = self.chunks[0]
        step = max(1, PIECE // max(1, row) // length) * length
        return pairwise([start, *range(start // step * step + step, stop, step), stop])

    @property
    def _conversion(self) -> Conversion:
        factors = [
            factor if isinstance(factor, float) else np.broadcast_to(factor, self.shape)
            for factor in (self.slope, self.inter)
        ]
        return Conversion(self.is_scaled, factors[0], factors[1], self.valid_range)

    def unscaled(self) -> Hdf5Voxels:
        """Return the stored values, lazy."""
        spec = ArraySpec(self.shape, self.on_disk_dtype)
        return Hdf5Voxels(self.source, self.path, spec, self.chunks)

    def __repr__(self) -> str:
        stored = f"shape={self.shape}, dtype={self.on_disk_dtype}"
        return f"{type(self).__name__}({self.source.name!r}, {stored})"
