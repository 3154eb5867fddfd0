"""ArrayProxy: one block of voxels in a file, scaled on the way out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from volio.arrays.array_spec import ArraySpec, read_spec
from volio.arrays.decode import Decoder
from volio.arrays.dtypes import Array, DType, native
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box, Index
from volio.arrays.indexing.runs import BLOCK, StorageLayout, byte_strides, slab_shape
from volio.arrays.lazy import LazyArray, resolve_shape
from volio.arrays.scaled import ScaledArray
from volio.arrays.scaling import Conversion, Factor, scale_factor, scaled_dtype
from volio.cached import cached_property
from volio.errors import DamagedFileError, UsageError
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.opener import open_source
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource, FileSource
from volio.settings import MMAP, options

__all__ = ["ArrayProxy", "ArraySpec", "open_reader"]

T = TypeVar("T")


class ArrayProxy(ScaledArray):
    """Voxels in a file, read when they are asked for.

    No file stays open. The proxy pickles without its voxels, as where they are; many threads may
    read from it at once.

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
        file ("c", True) or read-only ("r"). Other voxels are read as usual. By default the option
        of `volio.options`.
    order : {"F", "C"}, optional
        Whether the first or the last axis varies fastest in the file (default: the class's
        `order`, "F" here).
    keep_file_open : bool, optional
        Whether the file stays open after a read, as one of a few. By default the option of
        `volio.options`.
    valid_range : (int, int), optional
        Lowest and highest stored value; others count as these.

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

    Examples
    --------
    >>> with open("voxels.raw", "wb") as file:
    ...     file.write(np.arange(6, dtype="<i2").tobytes())
    12
    >>> voxels = volio.ArrayProxy("voxels.raw", ((2, 3), "<i2", 0, 0.5, 10))
    >>> voxels[1]
    array([10.5, 11.5, 12.5])
    """

    def __init__(
        self,
        file_like: Any,
        spec: Any,
        *,
        mmap: bool | str | None = None,
        order: str | None = None,
        keep_file_open: bool | str | None = None,
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        self.mmap: bool | str = _one_of("mmap", options.mmap if mmap is None else mmap, MMAP)
        order = type(self).order if order is None else order
        self.order: str = _one_of("order", order, ("F", "C"))
        self.keep_file_open = keep_file_open
        self.valid_range = valid_range
        given = read_spec(spec)
        self.file_like = file_like
        self.source = _source_of(file_like)
        given.check(self.source.name)
        self.shape = given.shape
        self.offset = given.offset
        self.on_disk_dtype = np.dtype(given.dtype)
        self.slope = scale_factor(given.slope, 1.0)
        self.inter = scale_factor(given.inter, 0.0)
        self._checked = False
        self.dtype = self._dtype_of_values()

    @property
    def _mmap(self) -> bool | str:
        """The option `mmap`, where programs look before they write over a file.

        Writing over a file that is mapped ends the process.
        """
        return self.mmap

    def _dtype_of_values(self) -> DType:
        if self.is_scaled:
            return scaled_dtype(self.on_disk_dtype)
        return self.on_disk_dtype if self._is_mapped else native(self.on_disk_dtype)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Whole slabs along the fastest axes, of about a MiB."""
        return slab_shape(self.shape, self.layout.order, BLOCK // self.on_disk_dtype.itemsize)

    @cached_property
    def layout(self) -> StorageLayout:
        """The order of axes in the file, and how far reading on is cheap."""
        order = self._file_order(tuple(range(self.ndim)))
        strides = byte_strides(self._file_order(self.shape), self.on_disk_dtype.itemsize)
        forward = self.source.size() is None  # what is skipped is decoded all the same
        gap = BLOCK if forward else self.source.gap
        gaps = tuple([gap // max(1, stride) for stride in self._file_order(strides)])
        return StorageLayout(order, gaps, forward)

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

    def read(self, index: Index = (), dtype: npt.DTypeLike | None = None) -> Array:
        """Read the part that a numpy index asks for; see `LazyArray.read`.

        With `mmap` the result is a view of the file where that is possible.
        """
        if self._is_mapped and (dtype is None or np.dtype(dtype) == self.on_disk_dtype):
            wanted: Any = index
            view: Array = self._map()[wanted]
            return view if isinstance(view, np.ndarray) else np.asarray(view)
        return super().read(index, dtype)

    def __getitem__(self, index: Index) -> Any:
        """Read the part that a numpy index asks for; with `mmap` a view of the file."""
        wanted: Any = index
        return self._map()[wanted] if self._is_mapped else super().__getitem__(index)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Read everything; a view of the file where `mmap` makes that possible."""
        if not self._is_mapped:
            return super().__array__(dtype, copy)
        values = self.read((), dtype)
        return values.copy() if copy else values

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels; in one read where it is a small run of the file."""
        if self.layout.forward or self.keep_file_open is not None or not self._fill_run(out, box):
            super().fill(out, box)

    def _fill_run(self, out: Array, box: Box) -> bool:
        try:
            in_file = self._in_file_order(out)
            return self.decoder.fill_at_once(self.source, in_file, self._file_order(box))
        except DamagedFileError as error:
            self._raise_with_readable_voxels(error)

    @contextmanager
    def open(self) -> Iterator[FillBox]:
        """Open the file; see `LazyArray.open`.

        Once everything was read the rest of the file is gone through, for its checksum.
        """
        with open_reader(self) as reader:
            voxels = _OpenVoxels(self, reader)
            yield voxels.fill
            if voxels.count >= self.size:
                voxels.finish()

    def fill_from(self, reader: Reader, out: Array, box: Box) -> None:
        """Fill a box from a reader of the source that is open already; see `fill`."""
        self.decoder.fill(reader, self._in_file_order(out), self._file_order(box))

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

    def reshape(
        self, *shape: int | Sequence[int], order: Literal["C", "F"] | None = None
    ) -> LazyArray:
        """Return the same voxels, in the order of the file, in another shape.

        See `LazyArray.reshape`. An ArrayProxy unless slope or intercept differ between voxels.
        """
        is_uniform = self.valid_range is None and self.decoder.conversion.is_uniform
        if not is_uniform or order not in (None, self.order):
            return super().reshape(*shape, order=order)
        return self._twin(shape=resolve_shape(self.shape, shape))

    def __repr__(self) -> str:
        scaling = f", slope={self.slope}, inter={self.inter}" if self.is_scaled else ""
        return (
            f"{type(self).__name__}({self.source.name!r}, shape={self.shape}, "
            f"dtype={self.on_disk_dtype}, offset={self.offset}{scaling})"
        )

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_checked": False}
        for worked_out in ("layout", "decoder"):
            state.pop(worked_out, None)
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

    @cached_property
    def decoder(self) -> Decoder:
        """How the voxels are stored; its axes are in the order of the file, the slowest first."""
        slope = self._factor(self.slope)
        conversion = Conversion(self.is_scaled, slope, self._factor(self.inter), self.valid_range)
        shape = self._file_order(self.shape)
        return Decoder.of(shape, self.on_disk_dtype, self.offset, conversion)

    def _factor(self, factor: Factor) -> Factor:
        """Return a slope or intercept with the axes of the file."""
        if isinstance(factor, float):
            return factor
        full = np.broadcast_to(factor, self.shape)
        return self._in_file_order(full)

    def _file_order(self, sequence: tuple[T, ...]) -> tuple[T, ...]:
        """Return what there is per axis with the slowest axis of the file first, or back."""
        return sequence if self.order == "C" else sequence[::-1]

    def _in_file_order(self, array: Array) -> Array:
        """Return an array with the slowest axis of the file first; a view."""
        return array if self.order == "C" else array.T

    def _raise_with_readable_voxels(self, error: DamagedFileError) -> NoReturn:
        """Raise an error of a damaged file with how many voxels there are before the damage."""
        if error.readable is None:
            raise error
        before = (error.readable - self.offset) // self.on_disk_dtype.itemsize
        count = min(max(0, before), self.size)
        message = f"{str(error).removesuffix('.')}. {count} of {self.size} voxels can be read."
        raise type(error)(message).before(error.readable) from error

    @property
    def _is_mapped(self) -> bool:
        if not self.mmap or not isinstance(self.source, FileSource):
            return False
        return not self.decoder.converts and self.size > 0 and self.ndim > 0

    def _map(self) -> Array:
        """Return all voxels as a memory map; only where `_is_mapped`."""
        assert isinstance(self.source, FileSource)
        order: Literal["F", "C"] = "F" if self.order == "F" else "C"
        mode: Literal["r", "c"] = "r" if self.mmap == "r" else "c"
        with self.source.open():  # raises an error if the file has changed
            self.check()
            return np.memmap(
                self.source.path, self.on_disk_dtype, mode, self.offset, self.shape, order
            )


class _OpenVoxels:
    """The voxels of a proxy, while its file is open.

    Attributes
    ----------
    count : int
        Voxels that were read.
    """

    def __init__(self, proxy: ArrayProxy, reader: Reader) -> None:
        self.proxy = proxy
        self.reader = reader
        self.count = 0

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of voxels."""
        if not self.count and self._is_part(box):
            self.reader.keep_checkpoints()
        try:
            self.proxy.fill_from(self.reader, out, box)
        except DamagedFileError as error:
            self.proxy._raise_with_readable_voxels(error)
        self.count += out.size

    def finish(self) -> None:
        """Go through what is left of the file, for its checksum."""
        try:
            self.reader.finish()
        except DamagedFileError as error:
            self.proxy._raise_with_readable_voxels(error)

    def _is_part(self, box: Box) -> bool:
        """Return whether the first box is the beginning of less than a pass through the file."""
        if not box:
            return False
        slowest = self.proxy.layout.order[0]
        start, stop = box[slowest]
        return start > 0 and 2 * (stop - start) < self.proxy.shape[slowest]


def open_reader(array: ScaledArray) -> Reader:
    """Open the file of an array, as its `keep_file_open` or `volio.options` ask for it."""
    keep = array.keep_file_open
    if keep is None:
        return array.source.open()
    with options(keep_file_open=bool(keep)):
        return array.source.open()


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    """Return the value of an argument, or raise an error if it is not one of those allowed."""
    if value not in allowed:
        *most, last = map(repr, allowed)
        raise UsageError(f"{name}: must be {', '.join(most)} or {last}, got {value!r}")
    return value


def _source_of(file_like: Any) -> ByteSource:
    if hasattr(file_like, "read") and not isinstance(file_like, ByteSource):
        return open_source(FileHolder(fileobj=file_like))
    return open_source(file_like)
