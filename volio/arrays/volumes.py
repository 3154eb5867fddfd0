"""VolumesArray: volumes of different dtypes in a file, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout
from volio.arrays.proxy import ArrayProxy, ArraySpec, open_reader
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import scale_factor, scaled_dtype
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["VolumeRun", "VolumesArray"]


class VolumeRun(NamedTuple):
    """Volumes of one dtype that follow each other.

    Attributes
    ----------
    start, stop : int
        Which volumes.
    proxy : ArrayProxy
        Their voxels.
    """

    start: int
    stop: int
    proxy: ArrayProxy


class VolumesArray(ScaledArray):
    """Volumes of one shape, each of its own dtype, one after the other from the first byte on.

    Parameters
    ----------
    source : ByteSource
    shape : tuple of int
        The first axis varies fastest, the last counts the volumes.
    dtypes : sequence of numpy dtype
        Of the numbers of each volume, with their byte order; at least one.
    slope : float or sequence of float, optional
        Of all volumes, or of each.
    keep_file_open : bool, optional
        As for `ArrayProxy`.

    Attributes
    ----------
    dtype : numpy.dtype
        The smallest that holds all volumes; float64 or wider where some are scaled.
    on_disk_dtype : numpy.dtype
        The smallest that holds the stored values of all volumes.
    runs : tuple of VolumeRun
    """

    order = "F"

    def __init__(
        self,
        source: ByteSource,
        shape: tuple[int, ...],
        dtypes: Sequence[np.dtype[Any]],
        slope: Any = None,
        keep_file_open: bool | str | None = None,
    ) -> None:
        self.source = source
        self.shape = shape
        self.dtypes = tuple(dtypes)
        self.on_disk_dtype = np.result_type(*(native(dtype) for dtype in self.dtypes))
        self.slope = scale_factor(slope, 1.0)
        self.inter = 0.0
        self.keep_file_open = keep_file_open
        self.dtype = scaled_dtype(self.on_disk_dtype) if self.is_scaled else self.on_disk_dtype
        self.runs = tuple(self._of_one_dtype())

    def _of_one_dtype(self) -> Iterator[VolumeRun]:
        """Yield the volumes of one dtype that follow each other together."""
        voxels = prod(self.shape[:-1])
        slopes = np.broadcast_to(self.slope, (len(self.dtypes),))
        start = 0
        offset = 0
        for dtype, equal in groupby(self.dtypes):
            count = len(list(equal))
            shape = (*self.shape[:-1], count)
            spec = ArraySpec(shape, dtype, offset, slopes[start : start + count])
            proxy = ArrayProxy(self.source, spec, mmap=False, order="F")
            yield VolumeRun(start, start + count, proxy)
            start += count
            offset += voxels * count * dtype.itemsize

    @property
    def nbytes_stored(self) -> int:
        """Bytes of all volumes in the file."""
        return prod(self.shape[:-1]) * sum(dtype.itemsize for dtype in self.dtypes)

    def unscaled(self) -> VolumesArray:
        """Return the stored values, lazy."""
        return VolumesArray(self.source, self.shape, self.dtypes, None, self.keep_file_open)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of one volume."""
        return (*self.runs[0].proxy.chunks[:-1], 1)

    @property
    def layout(self) -> StorageLayout:
        """The order of axes in the file, and how far reading on is cheap."""
        return self.runs[0].proxy.layout

    def check(self) -> None:
        """Raise an error if the file cannot hold all volumes; see `ArrayProxy.check`."""
        what = f"{len(self.dtypes)} volumes of shape {self.shape[:-1]}, of different dtypes"
        check_declared(self.source, self.nbytes_stored, what)

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `ArrayProxy.open`."""
        with open_reader(self) as reader:
            voxels = _OpenVolumes(self.runs, reader)
            yield voxels.fill
            if voxels.count >= self.size:
                reader.finish()

    def __repr__(self) -> str:
        kinds = ", ".join(dict.fromkeys(str(dtype) for dtype in self.dtypes))
        return f"{type(self).__name__}({self.source.name!r}, shape={self.shape}, dtypes: {kinds})"


class _OpenVolumes:
    """Runs of volumes, while their file is open.

    Attributes
    ----------
    count : int
        Voxels that were read.
    """

    def __init__(self, runs: Sequence[VolumeRun], reader: Reader) -> None:
        self.runs = runs
        self.reader = reader
        self.count = 0

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box, from each run that it meets."""
        low, high = box[-1]
        if not self.count and low > 0:
            self.reader.keep_checkpoints()
        for start, stop, proxy in self.runs:
            first = max(low, start)
            last = min(high, stop)
            if first < last:
                part = out[..., first - low : last - low]
                side = (first - start, last - start)
                proxy.fill_from(self.reader, part, (*box[:-1], side))
        self.count += out.size
