"""ImageWriter: an image written piece by piece, however large."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import native
from volio.arrays.indexing.request import Range, Request, parse_index
from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.saving.piecewise import (
    ChunkWriter,
    RandomAccessVoxels,
    SequentialVoxels,
    VoxelBlock,
    VoxelWriter,
)
from volio.arrays.saving.writing import fitted
from volio.arrays.slabs import as_array
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import IndexingError, PrecisionWarning, UsageError, WriterError
from volio.files.filemap import FileMap
from volio.files.opener import open_for_write
from volio.files.saving.temporary import ScratchFile
from volio.images.saving.outline import Outline, VoxelsNeededError
from volio.images.saving.scaling_history import NO_SCALING, for_all, scaling_of

__all__ = ["ImageWriter"]


class ImageWriter:
    """An image that is written piece by piece, as ``writer[..., t] = volume``.

    The files are put in place by `close`, or at the end of a ``with`` statement; after an
    exception in it nothing is left, and files of the same names are what they were. Any number of
    threads may assign.

    Parameters
    ----------
    img : SpatialImage
        What is to be written, with the names of its files; its voxels are a
        `volio.images.saving.outline.Blank`.
    **options
        As for `volio.files.opener.open_for_write`.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
        Of the voxels in the file.
    slope, inter : float
        Value = stored * slope + inter.
    """

    def __init__(self, img: Any, **options: Any) -> None:
        self._img = img
        self._files: FileMap = dict(img.file_map)
        self._options = options
        self.shape: tuple[int, ...] = tuple(img.shape)
        scaling = for_all(scaling_of(img.header)) or NO_SCALING  # it was just set
        self.slope: float = scaling[0]
        self.inter: float = scaling[1]
        self.dtype: np.dtype[Any] = native(img.get_data_dtype())
        self._error = 0.0
        self._lock = Lock()
        self._error_lock = Lock()
        self._stack: ExitStack | None = ExitStack()
        try:
            self._voxels = self._open(self._stack)
        except BaseException:
            self.discard()
            raise

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        affine: NDArray[np.float64] | None = self._img.affine
        return affine

    @property
    def header(self) -> Any:
        """Return a copy of the header, which is in the file already."""
        return self._img.header.copy()

    # Where voxels go.

    def _open(self, stack: ExitStack) -> VoxelWriter:
        """Open the files; formats that need all voxels first get them from a scratch file."""
        scratches = stack.enter_context(ExitStack())  # closed last
        target = Path(str(next(iter(self._files.values())).filename))
        self._new_scratch = partial(_new_scratch, target, scratches)
        options = self._options
        pieces: VoxelWriter | None
        pieces = self._img.voxels_by_pieces(self._files, options, stack, self._new_scratch)
        if pieces is not None:
            return pieces
        try:
            outlines = self._img.outlined()
        except VoxelsNeededError:
            return self._open_scratch(stack)
        return self._open_targets(outlines, stack)

    def _open_scratch(self, stack: ExitStack) -> VoxelWriter:
        file = self._new_scratch()
        stack.push(partial(_save_from, file, self._img, self._files, self._options))
        return RandomAccessVoxels(file, VoxelBlock(self.shape, self.dtype, "F"))

    def _open_targets(self, outlines: dict[str, Outline], stack: ExitStack) -> VoxelWriter:
        """Open the files, write what comes before the voxels, and return where these go."""
        holders = [self._files[part] for part in outlines]
        streams: list[Any] = [*stack.enter_context(open_for_write(holders, **self._options))]
        found: list[VoxelWriter] = []
        for stream, outline in zip(streams, outlines.values(), strict=True):
            if outline.layout is not None:
                stream.lay_out(outline.layout)
            stream.write(bytes(outline.before))
            if outline.room is not None:
                found.append(self._voxels_in(stream, outline.room, outline, stack))
        return found[0]

    def _voxels_in(
        self, stream: Any, room: VoxelBlock, outline: Outline, stack: ExitStack
    ) -> VoxelWriter:
        if hasattr(stream, "write_at"):
            start = len(outline.before)
            stream.write_at(start + room.nbytes, bytes(outline.after))
            return RandomAccessVoxels(stream, room, start)
        later = SequentialVoxels(stream, room, self._new_scratch)

        def end(kind: type[BaseException] | None, *_: object) -> None:
            if kind is None:
                later.finish()
                stream.write(bytes(outline.after))

        stack.push(end)
        return later

    # Assigning.

    def __setitem__(self, index: Any, values: Any) -> None:
        """Store values at integers and slices, as numpy assigns them.

        Parameters
        ----------
        index : int, slice, Ellipsis, newaxis or a tuple of them
        values : LazyArray or array-like
            Broadcast to what the index asks for; lazy ones are read piece by piece and must have
            its shape.

        Raises
        ------
        WriterError
            If the dtype of the file cannot hold the values.
        IndexingError
            For other indices, or values of another shape.
        UsageError
            If a compressed file has some of these voxels already, or the writer is closed.
        """
        request = _request(index, self.shape)
        with nullcontext() if self._voxels.is_concurrent else self._lock:
            if self._stack is None:
                raise UsageError("the image is closed, nothing more can be assigned")
            error = _put(self._voxels, request, values, (self.slope, self.inter))
        with self._error_lock:
            self._error = max(self._error, error)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """What is stored at once along each axis, where voxels are stored in chunks, else None.

        Pieces that are whole chunks need not wait for others, and may be written by other
        processes.
        """
        return self._voxels.chunks if isinstance(self._voxels, ChunkWriter) else None

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._voxels.is_concurrent:
            raise UsageError(
                f"{self!r} cannot be sent to another process: only folders of chunks, as "
                "a.ome.zarr, can be written by several"
            )
        return PieceWriter, (self._voxels, self.shape, self.dtype, (self.slope, self.inter))

    # The end.

    def close(self) -> None:
        """Complete the files and put them in place; closing twice is fine.

        Raises
        ------
        OSError
            If that fails; the files are what they were then.

        Warns
        -----
        PrecisionWarning
            If values were rounded.
        """
        stack = self._stack
        self._stack = None
        if stack is None:
            return
        stack.close()
        if self._error:
            warn_caller(
                f"values were rounded to fit {self.dtype} (slope {self.slope:g}, intercept "
                f"{self.inter:g}), largest error {self._error:.3g}",
                PrecisionWarning,
            )

    def discard(self) -> None:
        """Leave nothing of the image; files of its names stay what they were."""
        stack = self._stack
        self._stack = None
        if stack is None:
            return
        try:
            with stack:
                raise _DiscardedError
        except _DiscardedError:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if getattr(self, "_stack", None) is not None:
            self.discard()
            warn_caller(f"{self!r} was never closed: nothing is written", ResourceWarning)

    def __repr__(self) -> str:
        state = "open" if self._stack is not None else "closed"
        return f"{type(self).__name__}({self._img.get_filename()!r}, shape={self.shape}, {state})"


class PieceWriter:
    """An `ImageWriter` in another process: it writes whole chunks of an image.

    Parameters
    ----------
    voxels : VoxelWriter
    shape : tuple of int
    dtype : numpy.dtype
        Of the voxels in the file.
    scaling : (float, float)
        Slope and intercept.
    """

    def __init__(
        self,
        voxels: VoxelWriter,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        scaling: tuple[float, float],
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._voxels = voxels
        self._scaling = scaling

    def __setitem__(self, index: Any, values: Any) -> None:
        """Store values; see `ImageWriter.__setitem__`.

        Raises
        ------
        WriterError
            If the dtype of the file does not hold the values exactly.
        UsageError
            If they do not fill whole chunks.
        """
        error = _put(self._voxels, _request(index, self.shape), values, self._scaling)
        if error:
            raise WriterError(
                f"values would be rounded to fit {self.dtype}, largest error {error:.3g}; other "
                "processes write exact values alone: round them first"
            )


class _DiscardedError(Exception):
    pass


# Functions, not methods: nothing that a writer holds refers back to it, so that a writer that is
# forgotten is discarded at once, and before the files that it holds.


def _new_scratch(target: Path, scratches: ExitStack) -> ScratchFile:
    """Open a scratch file next to a target, to be closed with the others."""
    scratch = ScratchFile(target)
    scratches.callback(scratch.close)
    return scratch


def _save_from(
    scratch: ScratchFile,
    img: Any,
    files: FileMap,
    options: dict[str, Any],
    kind: type[BaseException] | None,
    *_: object,
) -> None:
    """Save an image in the usual way, once a scratch file has its voxels and nothing failed."""
    if kind is not None:
        return
    dtype = native(img.get_data_dtype())
    spec = ArraySpec(tuple(img.shape), dtype)  # slope and intercept are in the header
    voxels = ArrayProxy(scratch.source(), spec, order="F")
    whole = type(img)(voxels, img.affine, img.header)
    whole.to_file_map(files, dtype=dtype, **options)


def _request(index: Any, shape: tuple[int, ...]) -> Request:
    """Return what an index asks for; integers and slices alone."""
    request = parse_index(index, shape)
    if request.points is not None:
        raise IndexingError("index: takes integers and slices here, no arrays and no masks")
    return request


def _put(voxels: VoxelWriter, request: Request, values: Any, scaling: tuple[float, float]) -> float:
    """Store values slab by slab; return the largest error of rounding."""
    data = _full_rank(as_array(values), request)
    flips = tuple(slice(None, None, -1 if step < 0 else 1) for _, step, _ in request.ranges)
    ranges = [wanted.ascending() for wanted in request.ranges]
    largest = 0.0
    for where, slab in voxels.slabs(lazy_slice(data, flips), ranges):
        stored, error = fitted(slab, voxels.block.dtype, *scaling)
        largest = max(largest, error)
        voxels.put(list(map(_part_of_range, ranges, where)), stored)
    return largest


def _part_of_range(whole: Range, part: slice) -> Range:
    """Return the part of a range that is given by its numbers within it."""
    return whole.part(Range(part.start, 1, part.stop - part.start))


def _full_rank(values: Any, request: Request) -> Any:
    """Return values with one axis per axis of the image."""
    if isinstance(values, LazyArray) and values.shape != request.shape:
        raise IndexingError(
            f"values: have shape {values.shape}, the index asks for {request.shape}"
        )
    if not isinstance(values, LazyArray):
        try:
            values = np.broadcast_to(values, request.shape)
        except ValueError:
            raise IndexingError(
                f"values: shape {values.shape} does not fit {request.shape}, which the index "
                "asks for"
            ) from None
    given = request.result_axes
    kept = lazy_slice(values, tuple(0 if axis is None else slice(None) for axis in given))
    axes = range(len(request.ranges))
    return lazy_slice(kept, tuple(slice(None) if axis in given else None for axis in axes))
