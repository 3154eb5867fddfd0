"""Chunks of gzip files that other programs made to be read in parts or on several cores.

- BGZF (bgzip, samtools): members of 64 KiB at most, their length in the sub-field ``BC``.
- pgzip, mgzip: members with their length in ``IG`` or ``MZ``.
- dictzip: one member, the lengths of its chunks in ``RA``.
- ``pigz -i``: one member, a mark between chunks and no index; so are volio's zlib streams.

These lengths are checked as an index of volio is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from volio.errors import ImageFileError
from volio.files.codecs.chunks import Chunk, Table
from volio.files.codecs.gzip_header import GzipHeader, Index, parse_header
from volio.files.codecs.inflate import ADLER32, CRC32, Checksum, raw_decompressor
from volio.files.codecs.table import Codec
from volio.files.codecs.zlib_writer import HEADER
from volio.files.sources.reader import Reader

__all__ = ["dictzip_index", "flush_table", "has_member_sizes", "member_table", "zlib_table"]

SIZES = {b"BC": struct.Struct("<H"), b"IG": struct.Struct("<I"), b"MZ": struct.Struct("<I")}
DICTZIP = struct.Struct("<HHH")  # version, decoded length of a chunk, number of chunks
MARK = b"\x00\x00\xff\xff\x00\x00\x00\xff\xff"  # of two flushes: chunks are independent
TRAILER = struct.Struct("<II")  # CRC-32, decoded bytes modulo 2**32
ZLIB_TRAILER = 4
MOST_HEADER = 512
STEP = 1 << 20  # compressed bytes looked through at once
MOST_FIRST = 1 << 19  # compressed bytes in which the first mark must be
MOST_OF_VOLIO = (1 << 20) + (1 << 14)  # the same, of what volio writes
MOST_CHUNK = 1 << 24  # decoded bytes


def has_member_sizes(header: GzipHeader) -> bool:
    """Return whether a gzip header states how long its member is."""
    return _member_size(header) is not None


def member_table(reader: Reader, size: int, codec: Codec) -> Table | None:
    """Return the table of a file whose members state their length; None if they do not fit.

    Parameters
    ----------
    reader : Reader
        The compressed bytes.
    size : int
        How many they are.
    codec : Codec
        Gzip.
    """
    chunks = list(_members(reader, size))
    if not chunks or chunks[-1].start + chunks[-1].length != size:
        return None
    held = tuple(chunk for chunk in chunks if chunk.size)
    return Table(held, codec.decompressor, whole=True) if held else None


def _members(reader: Reader, size: int) -> Iterator[Chunk]:
    """Yield the members, as long as each states its length."""
    start = 0
    offset = 0
    block = _Block(reader)
    while start < size:
        header = parse_header(block.read(start, MOST_HEADER))
        length = None if header is None else _member_size(header)
        if header is None or length is None or not header.length < length <= size - start:
            return
        # The last four bytes of a member are its decoded size.
        decoded = int.from_bytes(block.held(start + length - 4, 4), "little")
        yield Chunk(start, length, offset, decoded)
        start += length
        offset += decoded


class _Block:
    """A block of a file that stays in memory, so that many short reads in a row are few."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._start = 0
        self._data = b""

    def read(self, start: int, count: int) -> bytes:
        """Return bytes, as many as there are; the block begins with them if it lacks some."""
        if start + count > self._start + len(self._data):
            self._data = self._reader.read_upto(start, STEP)
            self._start = start
        return self._data[start - self._start :][:count]

    def held(self, start: int, count: int) -> bytes:
        """Return bytes, from the block if it has them all; the block stays as it is."""
        found = self._data[start - self._start :][:count]
        return found if len(found) == count else self._reader.read_upto(start, count)


def _member_size(header: GzipHeader) -> int | None:
    for name, content in header.extra:
        kind = SIZES.get(name)
        if kind is not None and len(content) == kind.size:
            return int(kind.unpack(content)[0]) + (name == b"BC")
    return None


def dictzip_index(header: GzipHeader) -> Index | None:
    """Return the index that dictzip put into a gzip header, if there is one."""
    content = next((content for name, content in header.extra if name == b"RA"), b"")
    if len(content) < DICTZIP.size:
        return None
    version, decoded, count = DICTZIP.unpack_from(content)
    lengths = content[DICTZIP.size :]
    if version != 1 or not count or not decoded or len(lengths) != 2 * count:
        return None
    return Index(decoded, decoded, struct.unpack(f"<{count}H", lengths))


def flush_table(reader: Reader, start: int, size: int) -> Table | None:
    """Return the table of a file with marks between chunks of one decoded size, as of ``pigz -i``.

    Parameters
    ----------
    reader : Reader
        The compressed bytes.
    start : int
        Where the deflate data begin.
    size : int
        Bytes of the file.
    """
    if MARK not in reader.read_upto(start, MOST_FIRST):
        return None
    end = size - TRAILER.size
    crc, total = TRAILER.unpack(reader.read(end, TRAILER.size))
    stops = [*_after_marks(reader, start, end), end]
    decoded, _ = _decoded(reader, start, stops[0])
    last = (total - (len(stops) - 1) * decoded) % (1 << 32)
    return _table(start, stops, decoded, last, crc, CRC32)


def zlib_table(reader: Reader, size: int) -> Table | None:
    """Return the table of a zlib stream with marks between chunks of one decoded size.

    Parameters
    ----------
    reader : Reader
        The compressed bytes.
    size : int
        How many they are.
    """
    start = len(HEADER)
    end = size - ZLIB_TRAILER
    if end <= start or MARK not in reader.read_upto(start, MOST_OF_VOLIO):
        return None
    stops = [*_after_marks(reader, start, end), end]
    decoded, _ = _decoded(reader, start, stops[0])
    last, is_end = _decoded(reader, stops[-2], end)  # no field has the number of bytes
    adler = int.from_bytes(reader.read(end, ZLIB_TRAILER), "big")
    return _table(start, stops, decoded, last, adler, ADLER32) if is_end else None


def _table(
    start: int, stops: list[int], decoded: int, last: int, crc: int, checksum: Checksum
) -> Table | None:
    """Return the table of chunks that end at `stops`, if the last is no longer than the others."""
    if not 0 < last <= decoded:
        return None
    sizes = [decoded] * (len(stops) - 1) + [last]
    chunks = []
    for number, stop in enumerate(stops):
        chunks.append(Chunk(start, stop - start, number * decoded, sizes[number]))
        start = stop
    return Table(tuple(chunks), raw_decompressor, final=True, crc=crc, checksum=checksum)


def _after_marks(reader: Reader, start: int, stop: int) -> Iterator[int]:
    """Yield where each mark ends."""
    while start < stop:
        block = reader.read_upto(start, min(STEP, stop - start))
        at = block.find(MARK)
        while at >= 0:
            yield start + at + len(MARK)
            at = block.find(MARK, at + 1)
        # The next block begins with what may be the first bytes of a mark.
        start += len(block) - len(MARK) + 1 if len(block) == STEP else STEP


def _decoded(reader: Reader, start: int, stop: int) -> tuple[int, bool]:
    """Return how many bytes a chunk decodes to, 0 if it does not, and whether it ends the data."""
    try:
        inflater = raw_decompressor()
        count = len(inflater.decompress(reader.read(start, stop - start), MOST_CHUNK))
        return count, inflater.eof and not inflater.unused_data
    except ImageFileError:
        raise
    except Exception:  # each library has its own classes; forward decoding raises the error
        return 0, False
