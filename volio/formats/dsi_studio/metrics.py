"""MetricsArray: the volumes in a file of DSI Studio, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, cast_into, native
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, byte_strides, part_of, slices_of
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["InsideVoxels", "Metric", "MetricsArray"]

Shape3 = tuple[int, int, int]


class InsideVoxels:
    """The voxels that a file has values of.

    Parameters
    ----------
    inside : array of bool, shape (x, y, z)

    Attributes
    ----------
    count : int
        Voxels inside.
    """

    def __init__(self, inside: NDArray[np.bool_]) -> None:
        self.inside = inside
        of_slices = np.count_nonzero(inside, axis=(0, 1))
        #: How many voxels there are before each slice, and in all.
        self.before = np.concatenate([[0], np.cumsum(of_slices)])
        self.count = int(self.before[-1])


@dataclass(frozen=True)
class Metric:
    """One volume of a file.

    Attributes
    ----------
    name : str
    proxy : ArrayProxy
        Of shape (components, x, y, z); of (components, voxels inside) where there is a mask.
    component : int
        Which of the components is the volume.
    mask : InsideVoxels or None
        None where the file has all voxels.
    """

    name: str
    proxy: ArrayProxy
    component: int
    mask: InsideVoxels | None

    def fill_from(self, reader: Reader, out: Array, box: Box) -> None:
        """Fill a box of voxels, shape (x, y, z); those outside of the mask are 0."""
        component = (self.component, self.component + 1)
        if self.mask is None:
            self.proxy.fill_from(reader, out[np.newaxis], (component, *box))
            return
        # In Fortran order the voxels of slices that follow each other do so in the file.
        first, last = box[2]
        begin, end = self.mask.before[[first, last]].tolist()
        values = np.empty((1, end - begin), self.proxy.dtype)
        self.proxy.fill_from(reader, values, (component, (begin, end)))
        inside = self.mask.inside[:, :, first:last]
        slices = np.zeros(inside.shape, values.dtype)
        slices.T[inside.T] = values[0]
        cast_into(out, part_of(slices, slices_of((*box[:2], (0, last - first)))))


class MetricsArray(LazyArray):
    """Volumes of one shape, each in its own place of a file, dtype and scaling.

    Parameters
    ----------
    source : ByteSource
    shape : tuple of int
        Of each volume.
    metrics : sequence of Metric
        At least one.
    """

    order = "F"

    def __init__(
        self,
        source: ByteSource,
        shape: Shape3,
        metrics: Sequence[Metric],
    ) -> None:
        self.source = source
        self.metrics = tuple(metrics)
        self.shape = (*shape, len(metrics))
        self.dtype = np.result_type(*[native(metric.proxy.dtype) for metric in metrics])

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file that holds the voxels."""
        return (self.source,)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Slices of one volume."""
        return (*self.shape[:2], 1, 1)

    @property
    def layout(self) -> StorageLayout:
        """The order of the file: the first axis is the fastest."""
        forward = self.source.size() is None
        strides = byte_strides(self.shape[::-1], self.dtype.itemsize)
        gaps = tuple([self.source.gap // max(1, stride) for stride in reversed(strides)])
        return StorageLayout((3, 2, 1, 0), gaps, forward)

    def check(self) -> None:
        """Raise an error if the file cannot hold a volume that it declares."""
        for metric in self.metrics:
            metric.proxy.check()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values."""
        with self.open() as fill:
            fill(out, box)

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `LazyArray.open`."""
        with self.source.open() as reader:
            yield partial(self._fill_from, reader)

    def _fill_from(self, reader: Reader, out: Array, box: Box) -> None:
        first, last = box[3]
        for number in range(first, last):
            self.metrics[number].fill_from(reader, out[..., number - first], box[:3])
