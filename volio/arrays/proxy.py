"""ArrayProxy: one block of voxels in a file, scaled on the way out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from volio.arrays.decode import Stored
from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.box_reads import Job, Layout, slab_shape
from volio.arrays.indexing.runs import BLOCK, Box, byte_strides
from volio.arrays.lazy import LazyArray, resolve_shape
from volio.arrays.scaling import Factor, is_all, scale_factor, scaled_dtype
from volio.errors import DamagedFileError, ImageDataError, LimitError, UsageError
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.opener import open_source
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource, FileSource
from volio.settings import options

__all__ = ["ArrayProxy", "ArraySpec"]

T = TypeVar("T")


class ArraySpec(NamedTuple):
    """Where voxels lie in a file and what they mean: meant = stored * slope + inter.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy dtype
        As stored, with its byte order.
    offset : int
        Bytes before the first voxel.
    slope, inter : float or ndarray or None
        Arrays broadcast to the shape. None is 1 for the slope and 0 for the intercept.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    offset: int = 0
    slope: Any = 1.0
    inter: Any = 0.0


class ArrayProxy(LazyArray):
    """Voxels in a file, read when they are asked for.

    No file stays open. The proxy pickles as the place of its voxels, and many threads may read
    from it at once.

    Parameters
    ----------
    file_like : str, PathLike, bytes, binary file object, FileHolder or ByteSource
        Offsets count from the beginning of a file object, wherever it stands.
    spec : ArraySpec, tuple or header
        A tuple is ``(shape, dtype[, offset[, slope[, inter]]])``; a header answers
        ``get_data_shape()``, ``get_data_dtype()``, ``get_data_offset()`` and
        ``get_slope_inter()``.
    mmap : {False, True, "c", "r"}, optional
        Give unscaled voxels of uncompressed files as memory maps: writable without changing the
        file ("c", True) or read-only ("r"). Other voxels are read as usual. By default what
        `volio.options` says.
    order : {"F", "C"}, optional
        Whether the first or the last axis varies fastest in the file (default: the class's
        `order`, "F" here).
    keep_file_open : bool, optional
        Whether the file stays open after a read, as one of a few. By default what `volio.options`
        says.

    Attributes
    ----------
    dtype : numpy.dtype
        What indexing yields: float64 or wider where voxels are scaled; otherwise the stored
        dtype, in the byte order of the machine (of the file for memory maps).
    on_disk_dtype : numpy.dtype
    source : ByteSource
    file_like, offset, slope, inter, order, mmap, keep_file_open

    Raises
    ------
    MissingFileError
        If there is no such file.
    UsageError
        If an argument is outside the values it may take.
    LimitError, ImageDataError
        If no array can have this shape or dtype.
    """

    def __init__(
        self,
        file_like: Any,
        spec: Any,
        *,
        mmap: bool | str | None = None,
        order: str | None = None,
        keep_file_open: bool | str | None = None,
    ) -> None:
        mmap = options.mmap if mmap is None else mmap
        if mmap not in (False, True, "c", "r"):
            raise UsageError(f"mmap: must be False, True, 'c' or 'r', got {mmap!r}")
        order = type(self).order if order is None else order
        if order not in ("F", "C"):
            raise UsageError(f"order: must be 'F' or 'C', got {order!r}")
        shape, dtype, offset, slope, inter = read_spec(spec)
        self.file_like = file_like
        self.source = _source(file_like)
        self.shape, self.offset = tuple(int(length) for length in shape), int(offset)
        self.on_disk_dtype = np.dtype(dtype)
        self._check_spec()
        self.slope, self.inter = scale_factor(slope, 1.0), scale_factor(inter, 0.0)
        self.order, self.mmap = order, mmap
        self.keep_file_open = keep_file_open
        self._checked = False
        if self.is_scaled:
            self.dtype = scaled_dtype(self.on_disk_dtype)
        else:
            self.dtype = self.on_disk_dtype if self._is_mapped else native(self.on_disk_dtype)

    @property
    def is_scaled(self) -> bool:
        """Whether slope or intercept change anything; records are never scaled."""
        neutral = is_all(self.slope, 1.0) and is_all(self.inter, 0.0)
        return not neutral and not self.on_disk_dtype.names

    @property
    def chunks(self) -> tuple[int, ...]:
        """Whole slabs along the fastest axes, of about a MiB."""
        return slab_shape(self.shape, self.layout.order, BLOCK // self.on_disk_dtype.itemsize)

    @property
    def sources(self) -> tuple[ByteSource, ...]:
        """The file that holds the voxels."""
        return (self.source,)

    @property
    def layout(self) -> Layout:
        """The order of axes in the file, and how far reading on is cheap."""
        axes = tuple(range(self.ndim))
        strides = byte_strides(self._turned(self.shape), self.on_disk_dtype.itemsize)
        forward = self.source.size() is None  # what is skipped is decoded all the same
        gap = BLOCK if forward else self.source.gap
        gaps = tuple(gap // max(1, stride) for stride in self._turned(strides))
        return Layout(self._turned(axes), gaps, forward)

    def check(self) -> None:
        """Raise an error if the file cannot hold the voxels that its header declares.

        Raises
        ------
        TruncatedFileError, LimitError
        """
        if not self._checked:
            need = self.offset + self.size * self.on_disk_dtype.itemsize
            check_declared(self.source, need, f"voxels of shape {self.shape}, {self.on_disk_dtype}")
            self._checked = True

    def read(self, index: Any = (), dtype: npt.DTypeLike | None = None) -> Array:
        """Read the part that a numpy index asks for; see `LazyArray.read`.

        With `mmap` the result is a view of the file where that is possible.
        """
        if self._is_mapped and (dtype is None or np.dtype(dtype) == self.on_disk_dtype):
            view: Array = self._map()[index]
            return view if isinstance(view, np.ndarray) else np.asarray(view)
        return super().read(index, dtype)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Read everything; a view of the file where `mmap` makes that possible."""
        if not self._is_mapped:
            return super().__array__(dtype, copy)
        values = self.read((), dtype)
        return values.copy() if copy else values

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels."""
        for _ in self.filled([Job(out, box)]):
            pass

    def filled(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Fill many boxes with the file opened once; see `LazyArray.filled`."""
        stored, done = self._stored(), 0
        with self._open() as reader:
            for number, job in enumerate(jobs):
                if not number and self._is_part(job.box):
                    reader.keep_places()
                with self._damage_told():
                    self._fill_from(reader, stored, job)
                done += job.out.size
                yield job
            if done >= self.size:
                with self._damage_told():
                    reader.finish()

    def fill_from(self, reader: Reader, job: Job) -> None:
        """Fill a box from a reader of the source that is open already."""
        self._fill_from(reader, self._stored(), job)

    def _fill_from(self, reader: Reader, stored: Stored, job: Job) -> None:
        out = job.out if self.order == "C" else job.out.T
        stored.fill(reader, out, self._turned(job.box))

    def get_unscaled(self) -> Array:
        """Read all voxels as they are stored, without slope and intercept.

        Returns
        -------
        ndarray, shape `shape`
            Of the stored dtype in the byte order of the machine; a memory map with `mmap`.
        """
        return self.unscaled().read()

    def get_scaled(self, dtype: npt.DTypeLike | None = None) -> Array:
        """Read all voxels with slope and intercept.

        Parameters
        ----------
        dtype : numpy dtype, optional
            The least precision. The result is wider where the stored dtype needs it.

        Returns
        -------
        ndarray, shape `shape`
        """
        if dtype is None:
            return self.read()
        wanted = np.promote_types(native(self.on_disk_dtype), dtype)
        return self.read((), np.promote_types(wanted, np.float16) if self.is_scaled else wanted)

    def unscaled(self) -> ArrayProxy:
        """Return a proxy of the stored values."""
        return self._twin(slope=1.0, inter=0.0)

    def reshape(self, *shape: Any) -> LazyArray:
        """Return the same voxels, in the order of the file, in another shape.

        See `LazyArray.reshape`. An ArrayProxy unless slope or intercept differ between voxels.
        """
        if not (isinstance(self.slope, float) and isinstance(self.inter, float)):
            return super().reshape(*shape)
        return self._twin(shape=resolve_shape(self.shape, shape))

    def __repr__(self) -> str:
        scaling = f", slope={self.slope}, inter={self.inter}" if self.is_scaled else ""
        return (
            f"{type(self).__name__}({self.source.name!r}, shape={self.shape}, "
            f"dtype={self.on_disk_dtype}, offset={self.offset}{scaling})"
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_checked": False}
        if not isinstance(self.file_like, str | os.PathLike):
            state["file_like"] = self.source  # user's file objects do not pickle
        return state

    def _twin(self, **changes: Any) -> ArrayProxy:
        spec = ArraySpec(self.shape, self.on_disk_dtype, self.offset, self.slope, self.inter)
        twin = ArrayProxy(
            self.source,
            spec._replace(**changes),
            mmap=self.mmap,
            order=self.order,
            keep_file_open=self.keep_file_open,
        )
        twin.file_like = self.file_like
        return twin

    def _stored(self) -> Stored:
        slope, inter = self.slope, self.inter
        if not isinstance(slope, float):
            slope = np.broadcast_to(slope, self.shape)
        if not isinstance(inter, float):
            inter = np.broadcast_to(inter, self.shape)
        if self.order == "F":
            slope, inter = _transposed(slope), _transposed(inter)
        shape = self._turned(self.shape)
        return Stored(shape, self.on_disk_dtype, self.offset, self.is_scaled, slope, inter)

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        """Say in errors of damaged files how many voxels there are before the damage."""
        try:
            yield
        except DamagedFileError as error:
            if error.readable is None:
                raise
            before = (error.readable - self.offset) // self.on_disk_dtype.itemsize
            told = f"{error} {min(max(0, before), self.size)} of {self.size} voxels can be read."
            raise type(error)(told).before(error.readable) from error

    def _is_part(self, box: Box) -> bool:
        """Tell whether a first box is the beginning of less than a pass through the file."""
        slowest = self.layout.order[0] if box else None
        if slowest is None:
            return False
        (start, stop), length = box[slowest], self.shape[slowest]
        return start > 0 and 2 * (stop - start) < length

    def _open(self) -> Reader:
        if self.keep_file_open is None:
            return self.source.open()
        with options(keep_file_open=bool(self.keep_file_open)):
            return self.source.open()

    def _turned(self, sequence: tuple[T, ...]) -> tuple[T, ...]:
        return sequence if self.order == "C" else sequence[::-1]

    def _check_spec(self) -> None:
        dtype, where = self.on_disk_dtype, self.source.name
        if dtype.hasobject or not dtype.itemsize or not (dtype.names or dtype.kind in "biufc"):
            raise ImageDataError(f"{where}: dtype: cannot read voxels of dtype {dtype}")
        if len(self.shape) > 32 or any(length < 0 for length in self.shape) or self.offset < 0:
            raise LimitError(
                f"{where}: shape {self.shape} at byte {self.offset}: lengths and offset must be 0 "
                "or more, axes at most 32"
            )
        if prod(max(1, length) for length in self.shape) * max(16, dtype.itemsize) >= 2**63:
            raise LimitError(f"{where}: shape {self.shape} is too large for any memory")

    @property
    def _is_mapped(self) -> bool:
        plain = isinstance(self.source, FileSource) and not self.is_scaled
        return bool(self.mmap) and plain and self.size > 0 and self.ndim > 0

    def _map(self) -> Array:
        source = self.source
        assert isinstance(source, FileSource)
        with source.open():  # the file is still the same
            self.check()
            return np.memmap(
                source.path,
                self.on_disk_dtype,
                "r" if self.mmap == "r" else "c",
                self.offset,
                self.shape,
                "F" if self.order == "F" else "C",
            )


def read_spec(spec: Any) -> ArraySpec:
    """Return the numbers of a proxy from a tuple or a header."""
    if hasattr(spec, "get_data_shape"):
        offset = spec.get_data_offset()
        return ArraySpec(
            spec.get_data_shape(), spec.get_data_dtype(), offset, *spec.get_slope_inter()
        )
    if not isinstance(spec, tuple) or not 2 <= len(spec) <= 5:
        raise UsageError(
            f"spec: must be (shape, dtype[, offset[, slope[, inter]]]) or a header, got {spec!r}"
        )
    return ArraySpec(*spec)


def _source(file_like: Any) -> ByteSource:
    if hasattr(file_like, "read") and not isinstance(file_like, ByteSource):
        return open_source(FileHolder(fileobj=file_like))
    return open_source(file_like)


def _transposed(factor: Factor) -> Factor:
    return factor if isinstance(factor, float) else factor.T
