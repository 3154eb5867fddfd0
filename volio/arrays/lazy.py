"""Arrays whose values are read when they are asked for.

A read goes through four steps, each in a module of its own:

1. `indexing.request`: a numpy index becomes a `Request`: a range of indices along each axis,
   perhaps single points, and the shape of the result.
2. `indexing.box_reads`: the request becomes `BoxRead` s: boxes to read, arrays to fill with them,
   and what is copied once they are filled. Where it asks for one box without gaps the result
   itself is filled.
3. `indexing.runs`: a box becomes byte ranges of a `ByteSource`.
4. `decode`: bytes become values, scaled and cast to the dtype of the array they fill.

`LazyArray` does the first two for every subclass; a subclass fills boxes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from volio.arrays.indexing.box_reads import (
    BoxRead,
    FillBox,
    fill_boxes,
    point_reads,
    range_reads,
)
from volio.arrays.indexing.boxes import run_boxes
from volio.arrays.indexing.request import Box, Index, Indices, Points, Range, Request, parse_index
from volio.arrays.indexing.runs import Array, StorageLayout, empty, lengths_of, part_of, spans
from volio.arrays.operators import ArrayOperators
from volio.errors import UsageError
from volio.extras import need
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store

if TYPE_CHECKING:
    import dask.array

__all__ = ["DaskChunks", "DerivedArray", "LazyArray", "Reshaped", "is_proxy", "resolve_shape"]

#: Lengths of blocks as dask takes them: of all axes, of each, or "auto".
DaskChunks: TypeAlias = "int | str | tuple[Any, ...] | Mapping[int, Any]"

#: Attributes that are set once; the first is that of the class.
FACTS = frozenset({"is_proxy", "shape", "dtype", "offset", "slope", "inter"})


class LazyArray(ArrayOperators, ABC):
    """An array that reads what an index asks for.

    A subclass sets `shape` and `dtype` and implements `fill`. Indexing takes everything numpy
    takes (slices with any step, Ellipsis, newaxis, masks, index arrays) and gives what numpy
    would give for the whole array in memory. It reads little more than what is asked for and
    needs little more memory than the result. Any number of threads may read at once.

    Operators, ufuncs and the methods of ndarrays (`mean`, `astype`, `T`, ...) read everything and
    give arrays in memory; `reshape` stays lazy.

    A subclass may do more than it must:

    * `open`, where getting ready to read costs something: files are opened once for many boxes;
    * `layout` and `chunks`, where skipping voxels costs more than reading them;
    * `check`, where the file may be too short for the array: called before memory is taken;
    * `sources`, where it reads from files.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        What indexing yields.
    order : {"F", "C"}
        The order of voxels that `reshape` keeps: first or last axis fastest.

    Examples
    --------
    >>> import numpy as np
    >>> from volio.arrays.lazy import LazyArray
    >>> class Squares(LazyArray):
    ...     shape, dtype = (1000, 1000), np.dtype(np.int64)
    ...
    ...     def fill(self, out, box):
    ...         (row, row_end), (column, column_end) = box
    ...         out[...] = np.outer(np.arange(row, row_end), np.arange(column, column_end))
    >>> Squares()[7, ::300]
    array([   0, 2100, 4200, 6300])
    """

    is_proxy: ClassVar[bool] = True
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str = "F"

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FACTS and (name == "is_proxy" or name in self.__dict__):
            raise AttributeError(f"{name}: is read from the file and cannot be set to {value!r}")
        super().__setattr__(name, value)

    @abstractmethod
    def fill(self, out: Array, box: Box) -> None:
        """Fill an array with a box of values.

        The one method that a subclass must implement. It may be called by several threads at the
        same time, and must not keep `out`.

        Parameters
        ----------
        out : ndarray
            Shape of the box; any strides, any dtype. Values are cast to its dtype.
        box : tuple of (start, stop)
            Per axis, ``0 <= start <= stop <= length``.

        Raises
        ------
        ImageDataError
            If the dtype of `out` cannot hold the values.
        """

    def open(self) -> AbstractContextManager[FillBox]:
        """Open what the array reads from, to read several boxes one after the other.

        Returns
        -------
        context manager
            In a ``with`` statement it gives ``fill(out, box)``, to be called by one thread, as
            `LazyArray.fill`. By default that method itself.
        """
        return nullcontext(self.fill)

    def check(self) -> None:
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
    def first_chunk(self) -> tuple[int, ...]:
        """Shape of the block at the origin, smaller where the array begins inside a block."""
        return self.chunks

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """Where values are read from."""
        return ()

    @property
    def layout(self) -> StorageLayout:
        """The order of storage, slowest axis first, and how far reading on is cheap."""
        return StorageLayout(tuple(range(self.ndim)), tuple([max(0, n - 1) for n in self.chunks]))

    # Reading what an index asks for.

    def __getitem__(self, index: Index) -> Any:
        """Read the part that a numpy index asks for: an array, or a scalar as numpy gives it."""
        request = parse_index(index, self.shape)
        result = self._read_request(request, self.dtype)
        return result[()] if request.scalar else result

    def read(self, index: Index = (), dtype: npt.DTypeLike | None = None) -> Array:
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
        wanted = self.dtype if dtype is None else np.dtype(dtype)
        return self._read_request(parse_index(index, self.shape), wanted)

    def _read_request(self, request: Request, dtype: np.dtype[Any]) -> Array:
        shape = request.shape
        if 0 in shape:
            return np.empty(shape, dtype)
        self.check()  # before memory is taken
        if request.points is not None:
            return self._read_points(request, request.points, dtype)
        out = empty([wanted.length for wanted in request.ranges], dtype, self.layout.order)
        box = request.box
        if box is not None:
            self.fill(out, box)
        else:
            self.read_ranges(out, request.ranges)
        # `out` has all axes of the array. Axes of integers have length 1 there and go, axes of
        # newaxis come: reshaping copies nothing, as the longer axes stay in their order.
        return out.reshape(shape)

    def _read_points(self, request: Request, points: Points, dtype: np.dtype[Any]) -> Array:
        result = np.empty(request.shape, dtype)
        # `out` is a view of the result: the points along its first axis, then the result axes.
        position = points.position
        end = position + len(points.shape)
        flat = result.reshape(*result.shape[:position], prod(points.shape), *result.shape[end:])
        without_new = [0 if axis is None else slice(None) for axis in request.result_axes]
        out = np.moveaxis(flat, position, 0)[(slice(None), *without_new)]
        axes = [axis for axis in request.result_axes if axis is not None]
        self.read_points(out, points.indices, request.ranges, axes)
        return result

    def read_points(
        self,
        out: Array,
        points: Mapping[int, Indices],
        ranges: Sequence[Range],
        axes: Sequence[int],
    ) -> None:
        """Fill an array with points along some axes and ranges along the others.

        Parameters
        ----------
        out : ndarray, shape (n points, lengths of the ranges of `axes`)
            Any strides, any dtype.
        points : mapping of int to ndarray of intp, shape (n,)
            Index of each point along each axis that they are selected from.
        ranges : sequence of Range
            One per axis; of one index where points or an integer select.
        axes : sequence of int
            Those that are dimensions of `out`, ascending.
        """
        self.read_boxes(point_reads(self.layout, out, points, ranges, axes))

    def read_ranges(self, out: Array, ranges: Sequence[Range]) -> None:
        """Fill an array with a range of indices along each axis, of any step.

        Parameters
        ----------
        out : ndarray
            Shape: the lengths of the ranges; any strides, any dtype.
        ranges : sequence of Range
            One per axis.
        """
        self.read_boxes(range_reads(self.layout, out, ranges))

    def read_boxes(self, reads: Iterable[BoxRead]) -> None:
        """Read boxes one after the other, with what they are read from opened once.

        Parameters
        ----------
        reads : iterable of BoxRead
            Mostly in the order of storage; see `fill_boxes`.
        """
        with self.open() as fill:
            fill_boxes(fill, reads)

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

    @property
    def itemsize(self) -> int:
        """Bytes of one value in memory."""
        return self.dtype.itemsize

    def reshape(
        self, *shape: int | Sequence[int], order: Literal["C", "F"] | None = None
    ) -> LazyArray:
        """Return the same values in another shape, still lazy.

        Parameters
        ----------
        *shape : int or tuple of int
            One length may be -1: it is worked out.
        order : {"F", "C"}, optional
            Whether the first or the last axis varies fastest where values are counted. By default
            as in the file for voxels of a file, as nibabel does; "C", numpy's default, for
            arrays that an operation made of others.

        Returns
        -------
        LazyArray

        Raises
        ------
        UsageError
            If the number of values differs.
        """
        return Reshaped(self, resolve_shape(self.shape, shape), order)

    def to_dask(self, chunks: DaskChunks = "auto") -> dask.array.Array:
        """Return a dask array that reads this one block by block.

        Parameters
        ----------
        chunks : optional
            As in ``dask.array.from_array``. "auto" takes multiples of the chunks in which the
            array is stored, of 16 to 32 MiB where it is large and they are smaller.

        Returns
        -------
        dask.array.Array
            Its name is the same in every process that opens the same file.

        Raises
        ------
        MissingPackageError
            If dask is not installed.
        """
        array = need("dask.array", "dask")
        if isinstance(chunks, str) and chunks == "auto":
            from volio.arrays.dask_blocks import dask_blocks

            chunks = dask_blocks(self.shape, self.chunks, self.first_chunk, self.dtype.itemsize)
        made: dask.array.Array = array.from_array(self, chunks=chunks, asarray=False)
        return made

    def __dask_tokenize__(self) -> tuple[str, Any]:
        """Return what dask makes names of: what is sent when the array is pickled."""
        # dask does not look inside of what it gets here.
        normalized = need("dask.base", "dask").normalize_token(self.__getstate__())
        return type(self).__qualname__, normalized


class DerivedArray(LazyArray):
    """Values of another lazy array, which is opened and checked with it.

    A subclass sets `shape` and `dtype` and implements `fill_from`.

    Attributes
    ----------
    base : LazyArray
        The other array.
    """

    base: LazyArray

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """Where the base reads from."""
        return self.base.sources

    def check(self) -> None:
        """Check the base."""
        self.base.check()

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` from the base, opened for it."""
        with self.open() as fill:
            fill(out, box)

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the base; see `LazyArray.open`."""
        with self.base.open() as fill_base:
            yield partial(self.fill_from, fill_base)

    @abstractmethod
    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill an array with a box of values, read from the open base.

        Parameters
        ----------
        fill_base : callable
            ``fill_base(out, box)`` fills an array with a box of the base.
        out : ndarray
        box : tuple of (start, stop)
            As for `LazyArray.fill`.
        """


class Reshaped(DerivedArray):
    """The values of a lazy array, in their order, in another shape.

    Parameters
    ----------
    base : LazyArray
    shape : tuple of int
        With as many values as `base`.
    order : {"F", "C"}, optional
        In which values are counted; by default that of `base`.
    """

    def __init__(
        self, base: LazyArray, shape: tuple[int, ...], order: Literal["C", "F"] | None = None
    ) -> None:
        self.base = base
        self.shape = shape
        self.dtype = base.dtype
        self.order = order or base.order

    @property
    def layout(self) -> StorageLayout:
        """The order of storage: the slowest axis first; skipping is taken to be cheap."""
        axes = range(self.ndim)
        return StorageLayout(tuple(axes if self.order == "C" else reversed(axes)), (0,) * self.ndim)

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` from the runs of values that the box is made of."""
        # In the order of storage both shapes are cut into runs of values: a run of this shape is
        # a few boxes of the base. Axes are reversed where the first one varies fastest.
        turn = slice(None, None, 1 if self.order == "C" else -1)
        target = out if self.order == "C" else out.T
        for offset, count, where in spans(self.shape[turn], box[turn], 1, gap=0):
            run = np.empty(count, out.dtype)
            self._fill_run(fill_base, run, offset)
            into = part_of(target, where)
            into[...] = run.reshape(into.shape)

    def _fill_run(self, fill_base: FillBox, run: Array, offset: int) -> None:
        """Fill values that follow each other in the order of storage, from a number on."""
        turn = slice(None, None, 1 if self.order == "C" else -1)
        done = 0
        for part in run_boxes(self.base.shape[turn], offset, offset + run.size):
            lengths = lengths_of(part)
            piece = run[done : done + prod(lengths)].reshape(lengths)
            fill_base(piece if self.order == "C" else piece.T, part[turn])
            done += piece.size


def resolve_shape(old: tuple[int, ...], shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Return a new shape for as many values, with -1 worked out."""
    asked = shape[0] if len(shape) == 1 and np.iterable(shape[0]) else shape
    new = [int(length) for length in asked]
    size = prod(old)
    if new.count(-1) == 1:
        known = prod([length for length in new if length != -1])
        new[new.index(-1)] = size // known if known else -1
    if min(new, default=0) < 0 or prod(new) != size:
        raise UsageError(f"shape: {tuple(asked)} does not hold the {size} values of {old}")
    return tuple(new)


def is_proxy(obj: object) -> bool:
    """Return whether an object stands for voxels that are read when they are asked for.

    Parameters
    ----------
    obj : object
        For example the ``dataobj`` of an image.

    Returns
    -------
    bool

    Examples
    --------
    >>> volio.save(volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)), "scan.nii")
    >>> volio.is_proxy(volio.load("scan.nii").dataobj), volio.is_proxy(np.zeros(3))
    (True, False)
    """
    return bool(getattr(obj, "is_proxy", False))
