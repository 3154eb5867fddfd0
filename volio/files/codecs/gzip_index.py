"""Tables of the chunks of gzip files, from their headers, and index files."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from volio.errors import ImageFileError, UsageError
from volio.files.codecs.chunks import Chunk, ChunkReader, Table
from volio.files.codecs.gzip_checkpoints import CheckpointReader, Checkpoints
from volio.files.codecs.gzip_foreign import (
    dictzip_index,
    flush_table,
    has_member_sizes,
    member_table,
    zlib_table,
)
from volio.files.codecs.gzip_header import FINAL_BLOCK, FLUSH_MARKER, Index, parse_header
from volio.files.codecs.gzip_index_file import in_cache, next_to, save_checkpoints
from volio.files.codecs.inflate import raw_decompressor
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import Codec
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource, FileSource

__all__ = ["IndexFile", "find_table", "index_file"]

EXPANSION = 1032  # decoded bytes per compressed byte, at most
MAGIC = b"\x1f\x8b"
STEP = 1 << 16
TRAILER = Struct("<II")  # CRC-32, decoded bytes modulo 2**32
MOST_HEADER = 68_000  # an extra field has 64 KiB at most
MOST_FIRST = 1 << 24  # decoded bytes of a first chunk, which holds little but the image header


class IndexFile(NamedTuple):
    """A file of checkpoints that was written.

    Attributes
    ----------
    path : Path
    checkpoints : int
        How many there are.
    nbytes : int
        Bytes of the file.
    """

    path: Path
    checkpoints: int
    nbytes: int


def index_file(source: CodecSource, *, cache: bool = False) -> IndexFile:
    """Decode a whole gzip file and keep checkpoints where later processes can begin.

    Parameters
    ----------
    source : CodecSource
        The decoded view of a gzip file on disk.
    cache : bool, optional
        Write to the user's folder for caches instead of next to the file.

    Raises
    ------
    UsageError
        If it is not a file on disk.
    DamagedFileError
        If it cannot be decoded to its end, or its checksum differs.
    """
    base = source.base
    if not isinstance(base, FileSource):
        raise UsageError(f"{source.name}: only files on disk are indexed")
    checkpoints = Checkpoints()
    with CheckpointReader(base.open(), source.codec, checkpoints) as reader:
        reader.keep_checkpoints()
        reader.finish()
    path = in_cache(base) if cache else next_to(base)
    if cache:
        path.parent.mkdir(parents=True, exist_ok=True)
    found = checkpoints.all()
    return IndexFile(path, len(found), save_checkpoints(found, base, path))


def find_table(base: ByteSource, codec: Codec) -> Table | None:
    """Find the chunks of gzip or zlib data.

    Parameters
    ----------
    base : ByteSource
        The compressed bytes.
    codec : Codec
        Gzip or zlib.

    Returns
    -------
    Table or None
        None where the file has no index, or one that contradicts the file.
    """
    size = base.size()
    if codec.name == "zlib":
        return _of_zlib(base, size)
    header = parse_header(base.head()) or parse_header(base.read_upto(0, MOST_HEADER))
    if size is None or header is None:
        return None
    index = header.index or dictzip_index(header)
    with base.open() as reader:
        if index is not None:
            return _of_index(reader, header.length, index, size)
        if not reader.can_be_shared:  # on a server: looking through all of it costs too much
            return None
        if has_member_sizes(header):
            return member_table(reader, size, codec)
        return flush_table(reader, header.length, size)


def _of_zlib(base: ByteSource, size: int | None) -> Table | None:
    if size is None:
        return None
    with base.open() as reader:
        return zlib_table(reader, size) if reader.can_be_shared else None


def _of_index(reader: Reader, start: int, index: Index, size: int) -> Table | None:
    """Return the table of an index, if the ends of the file agree with it."""
    stop = start + sum(index.lengths)
    after = stop + len(FINAL_BLOCK) + TRAILER.size
    if after > size:
        return None
    foreign = _next_after_zeros(reader, after, size)
    if foreign is not None and reader.read_upto(foreign, 2) == MAGIC:
        return None  # more compressed data, of which the index does not know
    ending = reader.read(stop, after - stop)
    crc, total = TRAILER.unpack_from(ending, len(FINAL_BLOCK))
    chunks = _chunks(start, index, total)
    if not chunks or not ending.startswith(FINAL_BLOCK):
        return None
    table = Table(chunks, raw_decompressor, FLUSH_MARKER, crc=crc, foreign_start=foreign)
    return table if _first_is_right(reader, table) else None


def _chunks(start: int, index: Index, total: int) -> tuple[Chunk, ...]:
    """Return the chunks of an index; none where its sizes contradict each other."""
    sizes = _sizes(index, total)
    if sizes is None:
        return ()
    starts = accumulate(index.lengths, initial=start)
    offsets = accumulate(sizes, initial=0)
    numbers = zip(starts, index.lengths, offsets, sizes, strict=False)
    chunks = tuple(Chunk(*each) for each in numbers)
    return () if any(chunk.size > EXPANSION * chunk.length for chunk in chunks) else chunks


def _next_after_zeros(reader: Reader, start: int, size: int) -> int | None:
    """Return the next byte that is not 0, with which files may be filled up; None for none."""
    for at in range(start, size, STEP):
        piece = reader.read_upto(at, STEP)
        rest = piece.lstrip(b"\0")
        if rest:
            return at + len(piece) - len(rest)
    return None


def _first_is_right(reader: Reader, table: Table) -> bool:
    """Decode the first chunk: a wrong length of it would move all others, unseen."""
    first = table.chunks[0]
    if len(table.chunks) == 1 or first.size > MOST_FIRST:
        return len(table.chunks) == 1
    try:
        ChunkReader(reader, table).read(0, first.size)
    except ImageFileError:
        return False
    return True


def _sizes(index: Index, total: int) -> list[int] | None:
    """Return the decoded sizes of chunks; `total` is that of all, modulo 2**32."""
    count = len(index.lengths)
    if count == 1:
        return [index.first] if index.first == total else None
    last = (total - index.first - (count - 2) * index.rest) % (1 << 32)
    if not 0 < last <= index.rest:
        return None
    return [index.first, *[index.rest] * (count - 2), last]
