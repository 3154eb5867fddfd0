"""ECAT7 images: frames of voxels, each behind a sub-header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.views import lazy_slice
from volio.caller import warn_caller
from volio.errors import GeometryWarning
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import ByteSource
from volio.files.sources.tail import TailSource
from volio.formats.ecat.directory import ENTRIES, Matrix, directory_block
from volio.formats.ecat.fields import BLOCK
from volio.formats.ecat.header import EcatHeader
from volio.formats.ecat.place import flipped_axes
from volio.formats.ecat.subheader import EcatSubHeader
from volio.images.saving.outline import Blank, VoxelsNeededError
from volio.images.saving.plan import Storing
from volio.images.slab import SlabImage
from volio.space.rotations import affine_difference

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
    """

    header_class: ClassVar[type[EcatHeader]] = EcatHeader
    files_types = (("image", ".v"),)
    valid_exts = (".v",)
    ImageArrayProxy = EcatImageArrayProxy
    subheader_class = EcatSubHeader
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
        dtype, starts = header.dtype, [each.start * BLOCK for each in header.matrices]
        nbytes = prod(header.shape[:3]) * dtype.itemsize
        spec = ArraySpec(header.shape, dtype, starts[0], *header.get_slope_inter())
        if len(starts) > 1:
            what = f"frames of shape {header.shape[:3]}, {dtype}"
            check_declared(source, max(starts) + nbytes, what)
            parts = [TailSource(source, start, nbytes) for start in starts]
            source, spec = JoinedSource(parts, max(1, nbytes)), spec._replace(offset=0)
        return cls.ImageArrayProxy(source, spec, order="F", **options)

    def _read_rest(self, source: ByteSource) -> None:
        self._source = source
        _tell_places(self.header, source.name)

    # Frames.

    def get_frame(self, frame: int, orientation: str | None = None) -> NDArray[Any]:
        """Read the values of one frame, shape (x, y, z).

        Parameters
        ----------
        frame : int
            From 0.
        orientation : {None, 'neurological', 'radiological'}
            How axes are turned; None for what the header says, as in the whole image.

        Raises
        ------
        UsageError
            For another orientation.
        """
        frames = self._dataobj if self.ndim > 3 else self._dataobj[..., None]
        values = np.asanyarray(lazy_slice(frames, (..., frame)))
        if orientation is None:
            return values
        own = flipped_axes(int(self.header["patient_orientation"]))
        return np.flip(values, tuple({*own} ^ {*flipped_axes(orientation)}))

    def get_subheaders(self) -> EcatSubHeader:
        """Return the sub-headers, and a way to the stored voxels of an image that was loaded."""
        return self.subheader_class(self.header, self.get_mlist(), self._source)

    def get_mlist(self) -> NDArray[np.int32]:
        """Return number, first and last block and status of each frame, shape (frames, 4)."""
        return np.array(self.header.matrices, np.int32).reshape(-1, 4)

    def get_frame_affine(self, frame: int) -> NDArray[np.float64]:
        """Return the affine of one frame, voxels to RAS+ mm, shape (4, 4)."""
        return self.header.frame_affine(frame)

    def get_frame_times(self) -> NDArray[np.float64]:
        """Return start and duration of each frame, s, shape (frames, 2)."""
        return self.header.get_frame_times()

    # Writing.

    def _plan(self, header: Any, request: DTypeLike | None = None) -> Storing:
        found = super()._plan(header, request)
        if found.raw or found.stated or np.all(found.slope == 1):
            return found
        target = header.copy()
        target.set_data_dtype(found.dtype)
        target.set_slope_inter(found.slope)
        return found._replace(slope=target.get_slope_inter()[0])

    def _lost_geometry(self, file_map: Mapping[str, FileHolder]) -> str | None:
        if self._affine is None or 0 in self.shape:
            return None
        stored = self._header.affine
        if np.allclose(stored, self._affine, rtol=1e-5, atol=1e-4):
            return None
        degrees, mm = affine_difference(self._affine, stored, self.shape)
        return (
            "the file keeps voxel sizes and the centre but not the rest of the affine: read back, "
            f"voxels lie up to {mm:.4g} mm away, turned by {degrees:.4g} degrees or mirrored; "
            "as_closest_canonical brings axes in order first"
        )

    def _write(self, streams: Mapping[str, BinaryIO], header: Any, storing: Storing) -> None:
        if isinstance(storing.voxels, Blank):
            raise VoxelsNeededError
        dtype, stream = header.dtype, streams["image"]
        nbytes = prod(header.shape[:3]) * dtype.itemsize
        frames = _FrameStream(stream, _between(header, nbytes), nbytes)
        storing.write(frames, dtype)  # type: ignore[arg-type]  # it is only written
        frames.finish()


class _FrameStream:
    """A stream for voxels, which puts something before each frame.

    Parameters
    ----------
    stream : binary file object
    between : iterator of bytes
        What comes before each frame, and behind the last.
    nbytes : int
        Of a frame.
    """

    def __init__(self, stream: BinaryIO, between: Iterator[bytes], nbytes: int) -> None:
        self._stream, self._between, self._nbytes = stream, between, nbytes
        self._left = 0

    def write(self, data: Any) -> int:
        """Take bytes of voxels."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            if not self._left:
                self._stream.write(next(self._between))
                self._left = self._nbytes
            piece = view[done : done + self._left]
            self._stream.write(piece)
            done, self._left = done + len(piece), self._left - len(piece)
        return len(view)

    def finish(self) -> None:
        """Write what comes behind the last frame."""
        for rest in self._between:
            self._stream.write(rest)


def _between(header: EcatHeader, nbytes: int) -> Iterator[bytes]:
    """Return main header, directory and sub-headers, as they come before and behind frames."""
    order, blocks = header.endianness, -(-nbytes // BLOCK) + 1
    count, pad = len(header.frames), bytes(-nbytes % BLOCK)
    pending, before = header.binaryblock, 0
    for first in range(0, count, ENTRIES):
        group = range(first, min(first + ENTRIES, count))
        here = 2 + first * blocks + first // ENTRIES
        starts = [here + 1 + n * blocks for n in range(len(group))]
        entries = [
            Matrix(header.matrices[n].number, start, start + blocks - 1, header.matrices[n].status)
            for n, start in zip(group, starts, strict=True)
        ]
        following = here + 1 + len(group) * blocks if group[-1] + 1 < count else 2
        pending += directory_block(entries, following, before, order)
        before = here
        for n in group:
            yield pending + header.frames[n].tobytes()
            pending = pad
    yield pending


def _tell_places(header: EcatHeader, name: str) -> None:
    places = [header.frame_affine(frame) for frame in range(len(header.frames))]
    beds = {each.bed for each in header.matrices}
    if len(beds) > 1 or not all(np.allclose(place, places[0], atol=1e-3) for place in places):
        positions = f", at {len(beds)} positions of the bed" if len(beds) > 1 else ""
        warn_caller(
            f"{name}: frames lie at different places{positions}; the affine is that of the first, "
            "get_frame_affine gives each",
            GeometryWarning,
        )
