"""Reading zstd files by the table at their end: only the frames that are needed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import Codec
from volio.files.codecs.zstd_writer import (
    FOOTER_LENGTH,
    Frame,
    parse_table,
    table_length,
    zstd_library,
)
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["FramesSource", "read_frames"]


class FramesSource(CodecSource):
    """The decompressed view of a zstd file with a table of its frames.

    The table is believed only as far as the frames bear it out: one that decodes to another
    length than the table has is an error.

    Parameters
    ----------
    base : ByteSource
        The compressed bytes.
    codec : Codec
    frames : sequence of Frame
    """

    def __init__(self, base: ByteSource, codec: Codec, frames: Sequence[Frame]) -> None:
        super().__init__(base, codec)
        self._frames = frames

    def open(self) -> Reader:
        """Open a reader that decodes only what it is asked for."""
        return FramesReader(self.base.open(), self._frames)

    def size(self) -> int:  # type: ignore[override]  # known here
        """Return the decompressed size, as the table has it."""
        return self._frames[-1].offset + self._frames[-1].decoded


class FramesReader(Reader):
    """Decodes the frames that are asked for, and keeps the last one.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    frames : sequence of Frame
    """

    def __init__(self, base: Reader, frames: Sequence[Frame]) -> None:
        super().__init__(base.name)
        self._base = base
        self._frames = frames
        self._kept: tuple[Frame, bytes] | None = None

    def fill(self, offset: int, view: memoryview) -> int:
        """Decode the frames from `offset` on until the view is full."""
        done = 0
        first = bisect_right(self._frames, offset, key=lambda frame: frame.offset) - 1
        for frame in self._frames[max(0, first) :]:
            if done == len(view):
                break
            skipped = offset + done - frame.offset
            if skipped < frame.decoded:
                piece = memoryview(self._decoded(frame))[skipped:][: len(view) - done]
                view[done : done + len(piece)] = piece
                done += len(piece)
        return done

    def cuts(self, start: int, stop: int) -> list[int]:
        """Return where frames begin."""
        return [frame.offset for frame in self._frames if start < frame.offset < stop]

    def twin(self) -> Reader:
        """Return a reader for another thread."""
        return FramesReader(self._base.twin(), self._frames)

    def close(self) -> None:
        """Close the compressed reader."""
        self._base.close()

    def _decoded(self, frame: Frame) -> bytes:
        if self._kept is None or self._kept[0] != frame:
            self._kept = frame, self._decode(frame)
        return self._kept[1]

    def _decode(self, frame: Frame) -> bytes:
        zstd = zstd_library()
        which = f"{self.name}: the zstd frame at byte {frame.start}"
        decompressor = zstd.ZstdDecompressor()
        try:
            data: bytes = decompressor.decompress(self._packed(frame), frame.decoded + 1)
        except zstd.ZstdError as error:
            raise CorruptFileError(f"{which} cannot be decoded: {error}") from error
        if len(data) != frame.decoded or not decompressor.eof or decompressor.unused_data:
            raise CorruptFileError(
                f"{which} does not decode to {frame.decoded} bytes, as the table at the end of the "
                "file has it"
            )
        return data

    def _packed(self, frame: Frame) -> bytes:
        """Read the compressed bytes of a frame."""
        packed = self._base.read_upto(frame.start, frame.length)
        if len(packed) < frame.length:
            raise TruncatedFileError(
                f"{self.name}: ends at byte {frame.start + len(packed)}, within a zstd frame. "
                "Copy the file again."
            )
        return packed


def read_frames(source: ByteSource, codec: Codec) -> list[Frame] | None:
    """Return the frames that the table at the end of a zstd file names.

    None where there is no table, it does not cover the file, or names more than the file's
    frames could expand to.
    """
    size = source.size()
    if size is None or size < FOOTER_LENGTH:
        return None
    with source.open() as reader:
        length = table_length(reader.read_upto(size - FOOTER_LENGTH, FOOTER_LENGTH))
        if length is None or length > size:
            return None
        table = reader.read_upto(size - length, length)
    frames = parse_table(table, size) if len(table) == length else None
    if frames and all(frame.decoded <= frame.length * codec.expansion for frame in frames):
        return frames
    return None
