"""Reading compressed files whose parts can be decoded on their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any, NamedTuple

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.codecs.inflate import CRC32, Checksum
from volio.files.sources.reader import PIECE, Reader

__all__ = ["Chunk", "ChunkReader", "Table"]

SHARE = 1 << 19  # decoded bytes that are worth a thread's attention


class Chunk(NamedTuple):
    """A part of a compressed file that can be decoded on its own.

    Attributes
    ----------
    start, length : int
        Its compressed bytes.
    offset, size : int
        Its decoded bytes.
    """

    start: int
    length: int
    offset: int
    size: int


class Table(NamedTuple):
    """The chunks that make up a whole file, by its index; decoding verifies them.

    Attributes
    ----------
    chunks : tuple of Chunk
        In order, without gaps in what they decode to.
    decompressor : callable
        Makes the decompressor of one chunk.
    ending : bytes
        The last compressed bytes of each chunk.
    whole : bool
        Whether each chunk is a complete stream with its own checksum.
    crc : int or None
        Checksum of all decoded bytes, where the file states it.
    final : bool
        Whether the last chunk ends the stream that all of them are parts of.
    checksum : Checksum
        Which kind it is.
    foreign_start : int or None
        Byte of the file from which on it holds something else than compressed data.
    """

    chunks: tuple[Chunk, ...]
    decompressor: Callable[[], Any]
    ending: bytes = b""
    whole: bool = False
    crc: int | None = None
    final: bool = False
    checksum: Checksum = CRC32
    foreign_start: int | None = None

    def ends_stream(self, number: int) -> bool:
        """Return whether a chunk ends with the mark of a complete stream."""
        return self.whole or (self.final and number == len(self.chunks) - 1)

    @property
    def size(self) -> int:
        """Decoded bytes of the whole file."""
        return self.chunks[-1].offset + self.chunks[-1].size if self.chunks else 0

    def holding(self, offset: int) -> int:
        """Return which chunk holds a decoded byte; the number of chunks for none."""
        if offset >= self.size:
            return len(self.chunks)
        return bisect_right(self.chunks, offset, key=lambda chunk: chunk.offset) - 1

    def range(self, start: int, stop: int) -> tuple[Chunk, ...]:
        """Return the chunks that hold a range of decoded bytes."""
        return self.chunks[self.holding(start) : self.holding(stop - 1) + 1]


class _CompressedChunk:
    """The compressed bytes of a chunk, read piece by piece.

    Attributes
    ----------
    left : int
        Bytes that were not read yet.
    last : bytes
        The last bytes that were read, 8 at least where there are as many.
    """

    def __init__(self, base: Reader, chunk: Chunk) -> None:
        self.chunk = chunk
        self.left = chunk.length
        self.last = b""
        self._base = base

    def read(self) -> bytes:
        """Return the next piece; nothing at the end of the chunk."""
        wanted = min(PIECE, self.left)
        if not wanted:
            return b""
        start = self.chunk.start + self.chunk.length - self.left
        raw = self._base.read_upto(start, wanted)
        if len(raw) < wanted:
            offset = self.chunk.offset
            raise TruncatedFileError(
                f"{self._base.name}: ends at byte {start + len(raw)}, inside compressed data; "
                f"{offset} bytes could be decoded before. Copy the file again."
            ).before(offset)
        self.left -= wanted
        self.last = self.last[-8:] + raw[-8:]
        return raw


class ChunkReader(Reader):
    """A reader that decodes just the chunks it needs, and each of them to its end.

    A chunk that differs from the table, in its length or its last bytes, is an error: no byte
    of it is handed out by a `fill` that returns.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    table : Table
    checksums : dict of int to int, optional
        Those of the chunks that were decoded in this operation; shared by twins.
    """

    def __init__(self, base: Reader, table: Table, checksums: dict[int, int] | None = None) -> None:
        super().__init__(base.name)
        self._base = base
        self._table = table
        self._checksums: dict[int, int] = {} if checksums is None else checksums
        self._held: tuple[int, memoryview] = (-1, memoryview(b""))

    def fill(self, offset: int, view: memoryview) -> int:
        """Decode chunk after chunk, straight into the view where all of a chunk is wanted."""
        done = 0
        while done < len(view):
            number = self._table.holding(offset + done)
            if number == len(self._table.chunks):
                break
            done += self._fill_from(number, offset + done, view[done:])
        return done

    def _fill_from(self, number: int, offset: int, view: memoryview) -> int:
        """Fill a view as far as one chunk goes; return how many bytes that are."""
        chunk = self._table.chunks[number]
        first = offset - chunk.offset
        part = view[: chunk.size - first]
        if len(part) == chunk.size and self._held[0] != number:
            self._decode(number, part)
        else:
            part[:] = self._decoded(number)[first : first + len(part)]
        return len(part)

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Announce to the compressed reader which ranges those are in the file."""
        needed = (chunk for start, stop in ranges for chunk in self._table.range(start, stop))
        self._base.expect((chunk.start, chunk.start + chunk.length) for chunk in needed)

    def cuts(self, start: int, stop: int) -> list[int]:
        """Cut where chunks begin."""
        if not self._base.can_be_shared:
            return []
        cuts = [start]
        for chunk in self._table.range(start, stop):
            if chunk.offset >= cuts[-1] + SHARE:
                cuts.append(chunk.offset)
        return cuts[1:]

    @property
    def can_be_shared(self) -> bool:
        """Whether the compressed reader can be."""
        return self._base.can_be_shared

    def twin(self) -> Reader:
        """Return a reader that shares what is known of checksums."""
        return ChunkReader(self._base.twin(), self._table, self._checksums)

    def finish(self) -> None:
        """Decode the chunks that this operation left out and compare the checksum of all."""
        stated = self._table.crc
        if stated is None:
            return
        numbers = range(len(self._table.chunks))
        for number in numbers:
            if number not in self._checksums:
                self._decoded(number)
        found = reduce(self._joined, numbers, self._table.checksum.empty)
        if found != stated:
            size = self._table.size
            raise CorruptFileError(
                f"{self.name}: the checksum of what was decoded is {found:#010x}, the file says "
                f"{stated:#010x}; all {size} bytes could be decoded, some are wrong. Copy the file "
                "again."
            ).before(size)

    @property
    def foreign_start(self) -> int | None:
        """Byte of the file from which on it holds something else than compressed data."""
        return self._table.foreign_start

    def close(self) -> None:
        """Close the compressed reader."""
        self._held = (-1, memoryview(b""))
        self._base.close()

    def _joined(self, crc: int, number: int) -> int:
        size = self._table.chunks[number].size
        return self._table.checksum.combine(crc, self._checksums[number], size)

    def _decoded(self, number: int) -> memoryview:
        """Return all of a chunk; the last one is kept, as reading on often wants more of it."""
        if self._held[0] != number:
            held = memoryview(bytearray(self._table.chunks[number].size))
            self._decode(number, held)
            self._held = (number, held)
        return self._held[1]

    def _decode(self, number: int, view: memoryview) -> None:
        """Decode a chunk into a view of its size, and check that it ends where it should."""
        chunk = self._table.chunks[number]
        compressed = _CompressedChunk(self._base, chunk)
        inflater = self._table.decompressor()
        crc = self._table.checksum.empty
        done = 0
        for piece in self._pieces(inflater, compressed):
            if done + len(piece) > chunk.size:
                raise self._differs(chunk, f"more than {chunk.size} bytes")
            view[done : done + len(piece)] = piece
            crc = self._table.checksum.of(piece, crc)
            done += len(piece)
        if done < chunk.size:
            raise self._differs(chunk, f"{done} bytes instead of {chunk.size}")
        self._check_end(number, inflater, compressed)
        self._checksums[number] = crc

    def _check_end(self, number: int, inflater: Any, compressed: _CompressedChunk) -> None:
        """Check that a chunk that was decoded ends where and as the table says."""
        ends_stream = self._table.ends_stream(number)
        if compressed.left or inflater.eof != ends_stream or inflater.unused_data:
            raise self._differs(compressed.chunk, "an end before its end")
        if not compressed.last.endswith(self._table.ending):
            raise self._differs(compressed.chunk, "no flush at its end")

    def _pieces(self, inflater: Any, compressed: _CompressedChunk) -> Iterator[bytes]:
        """Yield what a chunk decodes to, until the decompressor gives no more."""
        done = 0
        while not inflater.eof:
            raw = compressed.read() if inflater.needs_input else b""
            try:
                piece = inflater.decompress(raw, PIECE)
            except MemoryError:
                raise
            except Exception as error:  # each library, and each version of it, has its own classes
                raise self._differs(compressed.chunk, f"{error} after {done} bytes") from error
            if not piece and not raw:
                return
            yield piece
            done += len(piece)

    def _differs(self, chunk: Chunk, found: str) -> CorruptFileError:
        return CorruptFileError(
            f"{self.name}: compressed data from byte {chunk.start} to {chunk.start + chunk.length} "
            f"give {found}: they are damaged, or the index in the file is wrong; {chunk.offset} "
            "bytes are before them. Copy the file again, or compress it anew with gzip."
        ).before(chunk.offset)
