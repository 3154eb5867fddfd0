"""Gzip files for random access: one member, cut into chunks, with an index of them."""

from __future__ import annotations

import struct
from typing import Any

from volio.files.codecs.deflate import deflate_chunk
from volio.files.codecs.encoding import ChunkedStream, Packed
from volio.files.codecs.gzip_header import (
    FINAL_BLOCK,
    MOST_CHUNKS,
    Index,
    header_length,
    pack_header,
)
from volio.files.codecs.inflate import crc32

__all__ = ["GzipStream"]

# The header of an image has a cut of its own in a longer first chunk, so that the first compressed
# bytes are enough to read it whatever follows. NIfTI-2 has the longest, 540 bytes and 4 flags.
IMAGE_HEADER = 544


class GzipStream(ChunkedStream):
    """Writes the layout that `volio.files.codecs.gzip_header` defines.

    The index is written last, into room that was left for it. A target without ``write_at``, such
    as a pipe, gets the same chunks and no index.

    Parameters
    ----------
    target : object with ``write(bytes)``, perhaps with ``write_at(offset, bytes)``
    level : int
        0 to 9.
    """

    def __init__(self, target: Any, level: int) -> None:
        super().__init__(target)
        self._level = level
        self._crc = 0
        self._entries: _Entries | None = None
        self._start = self._room = 0

    def _see(self, chunk: bytearray) -> None:
        self._crc = crc32(chunk, self._crc)

    def _pack(self, chunk: memoryview, number: int) -> bytes:
        if number or len(chunk) <= IMAGE_HEADER or self._alone:
            return deflate_chunk(chunk, self._level, whole=self._alone)
        pieces = chunk[:IMAGE_HEADER], chunk[IMAGE_HEADER:]
        return b"".join(deflate_chunk(piece, self._level) for piece in pieces)

    def _emit(self, packed: Packed) -> None:
        if self._entries is None:
            self._entries = self._begin()
        self._entries.add(len(packed.data))
        self._target.write(packed.data)

    def _begin(self) -> _Entries:
        """Write a header with room for the index."""
        entries = self._entries_of_layout()
        is_indexed = not self._alone and hasattr(self._target, "write_at")
        self._start = self._target.tell() if is_indexed else 0
        self._room = header_length(entries.most if is_indexed else 0)
        self._target.write(pack_header(None, self._room))
        return entries

    def _entries_of_layout(self) -> _Entries:
        """Return an empty index with room for what the layout announces."""
        layout = self._layout
        per_entry = layout.chunks_per_entry(MOST_CHUNKS - 2)
        if layout.total is None:
            return _Entries(MOST_CHUNKS, per_entry)
        # One for the first chunk, and one for what may follow the voxels.
        groups = -(-layout.following() // per_entry)
        return _Entries(min(MOST_CHUNKS, 2 + groups), per_entry)

    def _end(self) -> None:
        assert self._entries is not None  # finish has emitted a chunk
        trailer = struct.pack("<II", self._crc, self._position & 0xFFFFFFFF)
        self._target.write(trailer if self._alone else FINAL_BLOCK + trailer)
        if self._room > header_length(0):
            self._write_index(self._entries)

    def _write_index(self, entries: _Entries) -> None:
        """Write the header again, now with the index."""
        rest = self._layout.rest * entries.per_entry
        index = Index(self._layout.first, rest, tuple(entries.lengths))
        self._target.write_at(self._start, pack_header(index, self._room))


class _Entries:
    """Compressed lengths: of the first chunk, then of groups of chunks.

    Where there are more than fit, two groups become one.
    """

    def __init__(self, most: int, per_entry: int) -> None:
        self.most = most
        self.per_entry = per_entry
        self.lengths: list[int] = []
        self._in_last = per_entry

    def add(self, length: int) -> None:
        """Count another chunk."""
        if not self.lengths:
            self.lengths.append(length)
        elif self._in_last < self.per_entry:
            self._in_last += 1
            self.lengths[-1] += length
        elif len(self.lengths) == self.most:
            self._coarsen()
            self.add(length)
        else:
            self._in_last = 1
            self.lengths.append(length)

    def _coarsen(self) -> None:
        first, *groups = self.lengths
        self.lengths = [first, *(sum(groups[at : at + 2]) for at in range(0, len(groups), 2))]
        self._in_last += 0 if len(groups) % 2 else self.per_entry
        self.per_entry *= 2
