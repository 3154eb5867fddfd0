"""FileChunks: the chunks of an array that is in one file, under a name."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from uuid import uuid4

from volio.arrays.chunked import ChunkIndex, ChunkSource
from volio.files.sources.source import ByteSource

__all__ = ["FileChunks"]


class FileChunks(ChunkSource):
    """The chunks of an array in a file; formats implement `read`.

    Parameters
    ----------
    source : ByteSource
        The file.
    path : str
        Which array in the file.
    chunks : tuple of int
        Shape of the chunks.
    """

    def __init__(self, source: ByteSource, path: str, chunks: tuple[int, ...]) -> None:
        self.name = f"{source.name}: {path}"
        self.source = source
        self.path = path
        self.chunks = chunks
        self._number = uuid4()  # for sources that cannot be told from others

    @property
    def identity(self) -> Hashable:
        """That of the file, and the path."""
        return self.source.identity() or self._number, self.path

    def check(self) -> None:
        """Raise an error if the file has changed."""
        self.source.open().close()

    def corner(self, index: ChunkIndex) -> tuple[int, ...]:
        """Return the first voxel of a chunk."""
        return tuple([at * length for at, length in zip(index, self.chunks, strict=True)])

    def clipped(self, index: ChunkIndex, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of a chunk within an array of this shape."""
        sides = zip(self.corner(index), self.chunks, shape, strict=True)
        return tuple([min(length, end - start) for start, length, end in sides])
