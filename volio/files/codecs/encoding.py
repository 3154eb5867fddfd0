"""Streams that compress: in chunks on several threads, written in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import Any, NamedTuple

from volio.files.saving.chunk_layout import ChunkLayout
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["ChunkedStream", "EncodedStream", "Packed"]

SMALL = 1 << 16  # files up to this length are not cut: any slice of them is read at once


class EncodedStream(ABC):
    """A stream that encodes what is written to it into another stream.

    `flush` writes nothing early, so how often it is called does not change the file.

    Parameters
    ----------
    target : object with ``write(bytes)``
    """

    def __init__(self, target: Any) -> None:
        self._target = target
        self._position = 0

    def write(self, data: Any) -> int:
        """Take all of a buffer (copied if it is not C-contiguous); return how many bytes."""
        view = memoryview(data)
        if view.nbytes:
            self._take(view.cast("B") if view.c_contiguous else memoryview(view.tobytes()))
        self._position += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        """Return how many bytes were written, as they were before encoding."""
        return self._position

    def flush(self) -> None:  # noqa: B027  a codec knows itself when it has enough
        """Do nothing: how often it is called does not change the file."""

    def lay_out(self, layout: ChunkLayout) -> None:  # noqa: B027  most codecs are not cut
        """Take note of what will be written."""

    @abstractmethod
    def _take(self, view: memoryview) -> None:
        """Encode bytes; the view is valid only during the call."""

    @abstractmethod
    def finish(self) -> None:
        """Write the end of the encoded stream; the target stays open."""

    def discard(self) -> None:  # noqa: B027  most codecs hold nothing
        """Stop what is going on, after an exception."""


class Packed(NamedTuple):
    """A compressed chunk, and its length before."""

    data: bytes
    length: int


class ChunkedStream(EncodedStream):
    """Compresses chunks on several threads; what it writes does not depend on how many.

    Memory is bounded by a few chunks per thread.

    Parameters
    ----------
    target : object with ``write(bytes)``
    """

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        self._layout = ChunkLayout()
        self._pending = bytearray()
        self._chunks = 0
        self._alone = False  # whether all is in one chunk
        self._behind: BackgroundWork[Packed] = BackgroundWork(2 * options.threads)

    def lay_out(self, layout: ChunkLayout) -> None:
        """Cut by the layout, unless the file is small; to be called before any writing."""
        if layout.total is None or layout.total > SMALL:
            self._layout = layout

    def _take(self, view: memoryview) -> None:
        while view:
            length = self._layout.rest if self._chunks else self._layout.first
            if len(self._pending) == length:  # only now: the last chunk must be known as such
                self._put()
                continue
            room = length - len(self._pending)
            self._pending += view[:room]
            view = view[room:]

    def finish(self) -> None:
        """Write what is left of the chunks, and the end."""
        self._alone = not self._chunks
        if self._pending or self._alone:
            self._put()
        for packed in self._behind.rest():
            self._emit(packed)
        self._end()

    def discard(self) -> None:
        """Wait for what the threads have begun; no more is written."""
        self._behind.drop()

    def _put(self) -> None:
        chunk = self._pending
        self._pending = bytearray()
        self._see(chunk)
        packed = self._behind.do(partial(self._packed, chunk, self._chunks))
        self._chunks += 1
        if packed is not None:
            self._emit(packed)

    def _packed(self, chunk: bytearray, number: int) -> Packed:
        return Packed(self._pack(memoryview(chunk), number), len(chunk))

    def _see(self, chunk: bytearray) -> None:
        """Look at a chunk, in the order of the file."""

    @abstractmethod
    def _pack(self, chunk: memoryview, number: int) -> bytes:
        """Compress a chunk; called on any thread."""

    @abstractmethod
    def _emit(self, packed: Packed) -> None:
        """Write a compressed chunk, in the order of the file."""

    @abstractmethod
    def _end(self) -> None:
        """Write what comes after the chunks."""
