"""ECAT7 images: frames of voxels, each after a sub-header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.dtypes import Array, Floats
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import GeometryWarning
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.sources.pieces import PiecesSource
from volio.files.sources.source import ByteSource
from volio.formats.ecat.directory import ENTRIES, directory_blocks
from volio.formats.ecat.fields import BLOCK, flipped_axes
from volio.formats.ecat.frames import frame_affine
from volio.formats.ecat.header import EcatHeader
from volio.formats.ecat.subheader import EcatSubHeader
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget
from volio.images.slab import SlabImage

__all__ = ["EcatImage", "EcatImageArrayProxy"]


class EcatImageArrayProxy(ArrayProxy):
    """The voxels of all frames; parameters are those of `ArrayProxy`."""


class EcatImage(SlabImage):
    """An ECAT7 image, .v.

    Parameters
    ----------
    dataobj, affine, header
        As for `SlabImage`.
    subheader : EcatSubHeader, optional
        Sub-headers for the frames (default: those of the header).
    mlist : array-like, shape (frames, 4), optional
        Taken for compatibility; saving lays frames out anew.
    extra, file_map, dtype
        As for `SlabImage`.

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.EcatImage(np.zeros((4, 4, 3, 2), np.int16), None)
    >>> img.to_filename("pet.v")
    >>> len(volio.load("pet.v").header.frames)
    2
    """

    header_class = EcatHeader
    files_types = (("image", ".v"),)
    valid_exts = (".v",)
    ImageArrayProxy = EcatImageArrayProxy
    subheader_class = EcatSubHeader
    block_bytes = BLOCK
    kept_geometry = "voxel sizes and the centre"
    geometry_hint = "as_closest_canonical brings axes in order first"
    _source: ByteSource | None = None
    header: EcatHeader

    def __init__(
        self,
        dataobj: Any,
        affine: ArrayLike | None,
        header: Any = None,
        subheader: EcatSubHeader | None = None,
        mlist: ArrayLike | None = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        if subheader is not None:
            header = self.header_class.from_header(header)
            header.set_subheaders(subheader.subheaders)
        super().__init__(dataobj, affine, header, extra, file_map, dtype)

    @classmethod
    def voxels_of(cls, header: Any, source: ByteSource, **options: Any) -> ArrayProxy:
        """Return the voxels of all frames; see `SlabImage`. Several frames are never mapped."""
        # The block after that of the sub-header, which is counted from 1.
        starts = [each.start * BLOCK for each in header.matrices]
        spec = ArraySpec(header.shape, header.dtype, starts[0], *header.get_slope_inter())
        if len(starts) > 1:
            nbytes = prod(header.shape[:3]) * header.dtype.itemsize
            what = f"frames of shape {header.shape[:3]}, {header.dtype}"
            check_declared(source, max(starts) + nbytes, what)
            source = PiecesSource(source, starts, nbytes)
            spec = spec._replace(offset=0)
        return cls.ImageArrayProxy(source, spec, order="F", **options)

    def _read_rest(self, source: ByteSource) -> None:
        self._source = source
        _warn_of_positions(self.header, source.name)

    # Frames.

    def get_frame(self, frame: int, orientation: str | None = None) -> Array:
        """Read the values of one frame, shape (x, y, z).

        Parameters
        ----------
        frame : int
            From 0.
        orientation : {None, 'neurological', 'radiological'}
            How axes are flipped; None for the orientation of the header, as in the whole image.

        Raises
        ------
        UsageError
            For another orientation.
        """
        frames = self._dataobj if self.ndim > 3 else self._dataobj[..., None]
        values = np.asanyarray(lazy_slice(frames, (..., frame)))
        if orientation is None:
            return values
        changed = self.header.axis_map.flipped.symmetric_difference(flipped_axes(orientation))
        return np.flip(values, tuple(changed))

    def get_subheaders(self) -> EcatSubHeader:
        """Return the sub-headers, and a way to the stored voxels of an image that was loaded."""
        return self.subheader_class(self.header, self.get_mlist(), self._source)

    def get_mlist(self) -> NDArray[np.int32]:
        """Return number, first and last block and status of each frame, shape (frames, 4)."""
        return np.array(self.header.matrices, np.int32).reshape(-1, 4)

    def get_frame_affine(self, frame: int) -> Floats:
        """Return the affine of one frame, voxels to RAS+ mm, shape (4, 4)."""
        return self.header.frame_affine(frame)

    def get_frame_times(self) -> Floats:
        """Return start and duration of each frame, s, shape (frames, 2)."""
        return self.header.get_frame_times()

    # Writing.

    def _header_to_save(self) -> EcatHeader:
        """Return a copy of the header that is big-endian: so are all files of scanners."""
        return self.header.as_byteswapped(">")

    def _keeps_affine(self, file_map: Mapping[str, FileHolder]) -> bool:
        # Less exact than elsewhere: the corner follows from the centre and float32 sizes.
        stored = self._header.affine
        return self._affine is None or np.allclose(stored, self._affine, rtol=1e-5, atol=1e-4)

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        nbytes = prod(header.shape[:3]) * header.dtype.itemsize
        stream = target.streams["image"]
        around = _around_frames(header, nbytes)
        frames = _FrameStream(stream, around, nbytes)
        plan.write(frames, header.dtype)  # type: ignore[arg-type]  # it is only written
        for rest in around:  # after the last frame; of frames without voxels everything
            stream.write(rest)


class _FrameStream:
    """A stream for voxels, which writes something else before each frame.

    Parameters
    ----------
    stream : binary file object
    around : iterator of bytes
        What comes before each frame, and after the last.
    nbytes : int
        Of a frame.
    """

    def __init__(self, stream: BinaryIO, around: Iterator[bytes], nbytes: int) -> None:
        self._stream = stream
        self._around = around
        self._nbytes = nbytes
        self._left = 0  # bytes that the frame still lacks

    def write(self, data: Any) -> int:
        """Write bytes of voxels."""
        view = memoryview(data).cast("B")
        total = len(view)
        while view:
            if not self._left:
                self._stream.write(next(self._around))
                self._left = self._nbytes
            piece = view[: self._left]
            self._stream.write(piece)
            self._left -= len(piece)
            view = view[len(piece) :]
        return total


def _around_frames(header: EcatHeader, nbytes: int) -> Iterator[bytes]:
    """Yield what comes before each frame, sub-headers and directory, and after the last."""
    padding = bytes(-nbytes % BLOCK)
    # A frame is the block of its sub-header and those of its voxels.
    blocks = 1 + (nbytes + len(padding)) // BLOCK
    directory = directory_blocks(header.matrices, blocks, header.endianness)
    before = header.binaryblock
    for number, frame in enumerate(header.frames):
        if number % ENTRIES == 0:
            before += next(directory)
        yield before + frame.tobytes()
        before = padding
    yield padding


def _warn_of_positions(header: EcatHeader, name: str) -> None:
    """Warn where frames differ in their affine."""
    affines = list(map(frame_affine, header.frames))
    beds = len({each.bed for each in header.matrices})
    if beds > 1 or not np.allclose(affines, affines[0], atol=1e-3):
        at_beds = f", at {beds} positions of the bed" if beds > 1 else ""
        warn_caller(
            f"{name}: frames are at different places{at_beds}; the affine is that of the first, "
            "get_frame_affine gives each",
            GeometryWarning,
        )
