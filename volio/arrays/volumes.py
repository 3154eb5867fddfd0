"""MixedArray: volumes of different types in a file, one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.box_reads import Job, Layout
from volio.arrays.indexing.runs import Box
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.scaled import StoredArray
from volio.arrays.scaling import Factor, is_all, scale_factor, scaled_dtype
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.settings import options

__all__ = ["MixedArray", "Run"]


class Run(NamedTuple):
    """Volumes of one type that follow each other."""

    start: int
    stop: int
    proxy: ArrayProxy


class MixedArray(StoredArray):
    """Volumes of one shape, each of its own type, one behind the other from a byte on.

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
    runs : tuple of Run
        Volumes of one type that follow each other, and their voxels.
    """

    order = "F"

    def __init__(
        self,
        source: ByteSource,
        shape: tuple[int, ...],
        dtypes: Sequence[np.dtype[Any]],
        slope: Any = None,
        keep_file_open: bool | None = None,
    ) -> None:
        self.source, self.shape, self.dtypes = source, shape, tuple(dtypes)
        self.on_disk_dtype = np.result_type(*(native(dtype) for dtype in self.dtypes))
        self.slope: Factor = scale_factor(slope, 1.0)
        self.inter: Factor = 0.0
        self.keep_file_open = keep_file_open
        self.dtype = scaled_dtype(self.on_disk_dtype) if self.is_scaled else self.on_disk_dtype
        self.runs = tuple(self._of_one_type())

    def _of_one_type(self) -> Iterator[Run]:
        """Go through the volumes, those of one type that follow each other together."""
        count, offset = prod(self.shape[:-1]), 0
        slopes = np.broadcast_to(self.slope, (len(self.dtypes),))
        for dtype, group in groupby(range(len(self.dtypes)), key=self.dtypes.__getitem__):
            places = list(group)
            start, stop = places[0], places[-1] + 1
            shape = (*self.shape[:-1], stop - start)
            spec = ArraySpec(shape, dtype, offset, slopes[start:stop])
            yield Run(start, stop, ArrayProxy(self.source, spec, mmap=False, order="F"))
            offset += count * (stop - start) * dtype.itemsize

    @property
    def is_scaled(self) -> bool:
        """Whether the slope of any volume changes anything."""
        return not is_all(self.slope, 1.0)

    @property
    def nbytes_stored(self) -> int:
        """Bytes of all volumes in the file."""
        return prod(self.shape[:-1]) * sum(dtype.itemsize for dtype in self.dtypes)

    def unscaled(self) -> MixedArray:
        """Return the stored values, lazy."""
        return MixedArray(self.source, self.shape, self.dtypes, None, self.keep_file_open)

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file that holds the volumes."""
        return (self.source,)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of one volume."""
        return (*self.runs[0].proxy.chunks[:-1], 1)

    @property
    def layout(self) -> Layout:
        """The order of axes in the file, and how far reading on is cheap."""
        return self.runs[0].proxy.layout

    def check(self) -> None:
        """Raise an error if the file cannot hold all volumes; see `ArrayProxy.check`."""
        what = f"{len(self.dtypes)} volumes of shape {self.shape[:-1]}, of different types"
        check_declared(self.source, self.nbytes_stored, what)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels."""
        for _ in self.filled([Job(out, box)]):
            pass

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes with the file opened once; see `LazyArray.filled`."""
        done = 0
        with self._open() as reader:
            for number, job in enumerate(jobs):
                if not number and job.box[-1][0] > 0:
                    reader.keep_places()
                self._fill_from(reader, job)
                done += job.out.size
                yield job
            if done >= self.size:
                reader.finish()

    def _fill_from(self, reader: Reader, job: Job) -> None:
        low, high = job.box[-1]
        for start, stop, proxy in self.runs:
            first, last = max(low, start), min(high, stop)
            if first < last:
                out = job.out[..., first - low : last - low]
                box = (*job.box[:-1], (first - start, last - start))
                proxy.fill_from(reader, Job(out, box))

    def _open(self) -> Reader:
        if self.keep_file_open is None:
            return self.source.open()
        with options(keep_file_open=bool(self.keep_file_open)):
            return self.source.open()

    def __repr__(self) -> str:
        kinds = ", ".join(dict.fromkeys(str(dtype) for dtype in self.dtypes))
        return f"MixedArray({self.source.name!r}, shape={self.shape}, dtypes: {kinds})"
