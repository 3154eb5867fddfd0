"""Reading compressed files whose parts can be decoded on their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
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
    """The chunks that make up a whole file, as far as the file says; decoding proves it.

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
        """Tell whether a chunk ends with the mark of a complete stream."""
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


class ChunkReader(Reader):
    """A reader that decodes just the chunks it needs, and each of them to its end.

    A chunk that is not what the table says, in its length or its last bytes, is an error: no byte
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
            chunk = self._table.chunks[number]
            first = offset + done - chunk.offset
            part = view[done : done + chunk.size - first]
            if len(part) == chunk.size and self._held[0] != number:
                self._decode(number, part)
            else:
                part[:] = self._decoded(number)[first : first + len(part)]
            done += len(part)
        return done

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Tell the compressed reader which ranges those are in the file."""
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
        if self._table.crc is None:
            return
        for number in range(len(self._table.chunks)):
            if number not in self._checksums:
                self._decoded(number)
        found = reduce(self._joined, range(len(self._table.chunks)), self._table.checksum.empty)
        if found != self._table.crc:
            raise CorruptFileError(
                f"{self.name}: the checksum of what was decoded is {found:#010x}, the file says "
                f"{self._table.crc:#010x}; all {self._table.size} bytes could be decoded, some are "
                "wrong. Copy the file again."
            ).before(self._table.size)

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
        inflater = self._table.decompressor()
        done = 0
        taken = 0
        last = b""
        checksum = self._table.checksum.of
        crc = self._table.checksum.empty
        while not inflater.eof:
            raw = b""
            if inflater.needs_input and taken < chunk.length:
                raw = self._raw(chunk, taken)
                taken = taken + len(raw)
                last = last[-8:] + raw[-8:]
            piece = self._piece(inflater, raw, chunk, done)
            if not piece and not raw:
                break
            if done + len(piece) > chunk.size:
                raise self._differs(chunk, f"more than {chunk.size} bytes")
            view[done : done + len(piece)] = piece
            crc = checksum(piece, crc)
            done += len(piece)
        if done < chunk.size:
            raise self._differs(chunk, f"{done} bytes instead of {chunk.size}")
        if (
            taken < chunk.length
            or inflater.eof != self._table.ends_stream(number)
            or inflater.unused_data
        ):
            raise self._differs(chunk, "an end before its end")
        if not last.endswith(self._table.ending):
            raise self._differs(chunk, "no flush at its end")
        self._checksums[number] = crc

    def _raw(self, chunk: Chunk, taken: int) -> bytes:
        wanted = min(PIECE, chunk.length - taken)
        raw = self._base.read_upto(chunk.start + taken, wanted)
        if len(raw) < wanted:
            raise TruncatedFileError(
                f"{self.name}: ends at byte {chunk.start + taken + len(raw)}, inside compressed "
                f"data; {chunk.offset} bytes could be decoded before. Copy the file again."
            ).before(chunk.offset)
        return raw

    def _piece(self, inflater: Any, raw: bytes, chunk: Chunk, done: int) -> bytes:
        try:
            piece: bytes = inflater.decompress(raw, PIECE)
        except MemoryError:
            raise
        except Exception as error:  # each library, and each version of it, has its own classes
            raise self._differs(chunk, f"{error} after {done} bytes") from error
        return piece

    def _differs(self, chunk: Chunk, found: str) -> CorruptFileError:
        return CorruptFileError(
            f"{self.name}: compressed data from byte {chunk.start} to {chunk.start + chunk.length} "
            f"give {found}: they are damaged, or the index in the file is wrong; {chunk.offset} "
            "bytes are before them. Copy the file again, or compress it anew with gzip."
        ).before(chunk.offset)
