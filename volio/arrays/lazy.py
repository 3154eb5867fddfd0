"""Arrays whose values are read when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from volio.arrays.indexing.box_reads import (
    Array,
    Job,
    Layout,
    ascending,
    empty,
    point_jobs,
    range_jobs,
)
from volio.arrays.indexing.request import Range, Request, parse_index
from volio.arrays.indexing.runs import BLOCK, Box, run_boxes, spans
from volio.errors import UsageError
from volio.extras import need
from volio.files.sources.source import ByteSource

__all__ = ["LazyArray", "Reshaped", "is_proxy", "resolve_shape"]

#: Attributes that are given once.
FACTS = frozenset({"shape", "dtype", "offset", "slope", "inter"})


class LazyArray(ABC):
    """An array that reads what an index asks for.

    A subclass sets `shape` and `dtype` and implements `fill`. Indexing takes everything numpy
    takes (slices with any step, Ellipsis, newaxis, masks, index arrays) and gives what numpy
    would give for the whole array in memory. It reads little more than what is asked for and
    needs little more memory than the result. Any number of threads may read at once.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        What indexing yields.
    order : {"F", "C"}
        The order of voxels that `reshape` keeps: first or last axis fastest.
    """

    is_proxy: ClassVar[bool] = True
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str = "F"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "is_proxy" or (name in FACTS and name in self.__dict__):
            raise AttributeError(f"{name}: is what the file says and cannot be set to {value!r}")
        super().__setattr__(name, value)

    @abstractmethod
    def fill(self, out: Array, box: Box) -> None:
        """Fill an array with a box of values.

        Parameters
        ----------
        out : ndarray
            Shape of the box; any strides. Values are cast to its dtype.
        box : tuple of (start, stop)
            Per axis, ``0 <= start <= stop <= length``.

        Raises
        ------
        ImageDataError
            If the dtype of `out` cannot hold the values.
        """

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes, one after the other, and yield each once it is filled.

        A subclass for which opening its file is costly opens it once here.
        """
        for job in jobs:
            self.fill(job.out, job.box)
            yield job

    def check(self) -> None:  # noqa: B027  most arrays have nothing to check
        """Raise an error of volio if the file cannot hold this array; called before a read."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the whole array takes in memory."""
        return self.size * self.dtype.itemsize

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the blocks that are best read at once."""
        return self.shape

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """Where values are read from."""
        return ()

    @property
    def layout(self) -> Layout:
        """The order of storage, slowest axis first, and how far reading on is cheap."""
        return Layout(tuple(range(self.ndim)), tuple(max(0, n - 1) for n in self.chunks))

    def read(self, index: Any = (), dtype: npt.DTypeLike | None = None) -> Array:
        """Read the part that a numpy index asks for.

        Parameters
        ----------
        index : anything numpy takes as an index, optional
            All of the array by default.
        dtype : numpy dtype, optional
            Values are cast to it while they are read. Integers must be able to hold the values
            (fractions are dropped, as ``astype`` does). By default `self.dtype`.

        Returns
        -------
        ndarray
            New; with no axes where numpy would give a scalar.

        Raises
        ------
        IndexingError
            If the index does not fit the shape.
        ImageDataError
            If `dtype` cannot hold the values.
        """
        request = parse_index(index, self.shape)
        wanted = self.dtype if dtype is None else np.dtype(dtype)
        if 0 in request.shape:
            return np.empty(request.shape, wanted)
        self.check()
        if request.points is None:
            return self._read_ranges(request, wanted)
        return self._read_points(request, wanted)

    def fill_ranges(self, out: Array, ranges: Iterable[Range]) -> None:
        """Fill an array with a range of indices along each axis, of any step.

        Parameters
        ----------
        out : ndarray
            Shape: the counts of the ranges; any strides, any dtype.
        ranges : iterable of Range
            One per axis.
        """
        self._do(range_jobs(self.layout, *ascending(out, tuple(ranges))))

    def _do(self, jobs: Iterable[Job]) -> None:
        for job in self.filled(jobs):
            if job.tag is not None:
                job.tag()

    def _read_ranges(self, request: Request, dtype: np.dtype[Any]) -> Array:
        lengths = [wanted.length for wanted in request.ranges]
        out = empty(lengths, dtype, self.layout.order)
        self.fill_ranges(out, request.ranges)
        out = out[(..., *(slice(None) if a in request.kept else 0 for a in range(self.ndim)))]
        return out[(..., *(None if axis is None else slice(None) for axis in request.kept))]

    def _read_points(self, request: Request, dtype: np.dtype[Any]) -> Array:
        result = np.empty(request.shape, dtype)
        count, after = prod(request.picked), request.at + len(request.picked)
        flat = result.reshape(*result.shape[: request.at], count, *result.shape[after:])
        out = np.moveaxis(flat, request.at, 0)
        out = out[(slice(None), *(0 if axis is None else slice(None) for axis in request.kept))]
        kept = [axis for axis in request.kept if axis is not None]
        out, turned = ascending(out, [Range(0, 1, count), *(request.ranges[a] for a in kept)])
        ranges = list(request.ranges)
        for axis, wanted in zip(kept, turned[1:], strict=True):
            ranges[axis] = wanted
        self._do(point_jobs(self.layout, out, request.points or {}, ranges, kept))
        return result

    def __getitem__(self, index: Any) -> Any:
        """Read the part that a numpy index asks for: an array, or a scalar as numpy gives it."""
        result = self.read(index)
        if result.ndim == 0 and parse_index(index, self.shape).scalar:
            return result[()]
        return result

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Read everything; always a new array, so ``copy=False`` cannot be had."""
        if copy is False:
            raise UsageError("copy=False: a lazy array is read into a new array; leave copy out")
        return self.read((), dtype)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array with no axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype})"

    def reshape(self, *shape: Any) -> LazyArray:
        """Return the same values in another shape, still lazy.

        Parameters
        ----------
        *shape : int or tuple of int
            One length may be -1: it is worked out.

        Returns
        -------
        LazyArray
            Values keep their order in the file: the first axis varies fastest
            (``numpy.reshape(..., order="F")``), the last where `order` is "C".

        Raises
        ------
        UsageError
            If the number of values differs.
        """
        return Reshaped(self, resolve_shape(self.shape, shape))

    def to_dask(self, chunks: Any = "auto") -> Any:
        """Return a dask array that reads this one block by block.

        Parameters
        ----------
        chunks : optional
            As in ``dask.array.from_array``.

        Raises
        ------
        MissingPackageError
            If dask is not installed.
        """
        return need("dask.array", "dask").from_array(self, chunks=chunks, asarray=False)


class Reshaped(LazyArray):
    """The values of a lazy array, in their order, in another shape.

    Parameters
    ----------
    base : LazyArray
    shape : tuple of int
        With as many values as `base`.
    """

    def __init__(self, base: LazyArray, shape: tuple[int, ...]) -> None:
        self.base = base
        self.shape = shape
        self.dtype = base.dtype
        self.order = base.order

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """Where the base reads from."""
        return self.base.sources

    def check(self) -> None:
        """Check the array that is reshaped."""
        self.base.check()

    @property
    def layout(self) -> Layout:
        """The order of storage: the slowest axis first; skipping is taken to be cheap."""
        axes = range(self.ndim)
        return Layout(tuple(axes if self.order == "C" else reversed(axes)), (0,) * self.ndim)

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from the runs of values that the box is made of."""
        for job in self.base.filled(self._jobs(out, box)):
            target, run = job.tag
            if target is not None:
                target[...] = run.reshape(target.shape)

    def _jobs(self, out: Array, box: Box) -> Iterator[Job]:
        """Boxes of the base; the last one of a run says where the run belongs."""
        turn = slice(None, None, 1 if self.order == "C" else -1)
        out = out if self.order == "C" else out.T
        base = self.base.shape[turn]
        for span in spans(self.shape[turn], box[turn], 1, gap=0, block=BLOCK):
            run, done = np.empty(span.nbytes, out.dtype), 0
            where: tuple[Any, ...] = (..., *span.where)
            for part in run_boxes(base, span.offset, span.offset + span.nbytes):
                lengths = [stop - start for start, stop in part]
                piece = run[done : done + prod(lengths)].reshape(lengths)
                done += piece.size
                last = done == span.nbytes
                held = piece if self.order == "C" else piece.T
                yield Job(held, part[turn], (out[where] if last else None, run))


def resolve_shape(old: tuple[int, ...], shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Return a new shape for as many values, with -1 worked out."""
    asked = shape[0] if len(shape) == 1 and np.iterable(shape[0]) else shape
    new = [int(length) for length in asked]
    size, known = prod(old), prod(length for length in new if length != -1)
    if new.count(-1) == 1 and known and size % known == 0:
        new[new.index(-1)] = size // known
    if any(length < 0 for length in new) or prod(new) != size:
        raise UsageError(f"shape: {tuple(asked)} does not hold the {size} values of {old}")
    return tuple(new)


def is_proxy(obj: object) -> bool:
    """Tell whether an object stands for voxels that are read when they are asked for.

    Parameters
    ----------
    obj : object
        The ``dataobj`` of an image, say.
    """
    return bool(getattr(obj, "is_proxy", False))
