"""Checkpoints of gzip files, kept in files of their own for later processes.

Such a file is next to the gzip file, or in a folder of the user's. It is used only while size,
first and last bytes of the gzip file are what they were, and its checksum is right. All numbers
are little endian::

    16 bytes    "VOLIO PLACES 1", a line feed and a zero
    32 bytes    SHA-256 of size, first 4096 and last 4096 bytes of the gzip file
    u32         number of checkpoints
    for each    u64 bit, u64 decoded bytes before, i32 n (-1: a member), n bytes: window, by zlib
    32 bytes    SHA-256 of all before
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from volio.files.codecs.deflate_blocks import WINDOW, Checkpoint
from volio.files.saving import atomic
from volio.files.sources.source import ByteSource, FileSource

__all__ = ["in_cache", "load_checkpoints", "next_to", "save_checkpoints"]

MAGIC = b"VOLIO PLACES 1\n\0"
COUNT = struct.Struct("<I")
ENTRY = struct.Struct("<QQi")
ENDING = ".places"
SAMPLE = 4096
HASH = 32
MOST = 1 << 28  # bytes of a file that is read


def next_to(source: FileSource) -> Path:
    """Return the name of the index file next to a gzip file."""
    return source.path.with_name(source.path.name + ENDING)


def in_cache(source: FileSource) -> Path:
    """Return the name of the file in the user's folder for caches: ``$XDG_CACHE_HOME/volio``."""
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    name = sha256(os.fsencode(os.path.realpath(source.path))).hexdigest()
    return Path(folder) / "volio" / (name + ENDING)


def save_checkpoints(checkpoints: Sequence[Checkpoint], source: ByteSource, path: Path) -> int:
    """Write the checkpoints of a gzip file to a file, in one step; return its bytes.

    Raises
    ------
    MissingFileError, ImageFileError
        If it cannot be written there.
    """
    data = MAGIC + _fingerprint(source) + COUNT.pack(len(checkpoints))
    data += b"".join(map(_packed, checkpoints))
    data += sha256(data).digest()
    target = atomic.open_target(path)
    try:
        target.write(data)
        atomic.commit([target])
    finally:
        target.discard()
    return len(data)


def load_checkpoints(source: ByteSource) -> list[Checkpoint]:
    """Read the checkpoints of a gzip file from its index file; none where no such file fits it."""
    if not isinstance(source, FileSource):
        return []
    for path in (next_to(source), in_cache(source)):
        try:
            data = path.read_bytes() if path.stat().st_size <= MOST else b""
        except OSError:
            continue
        if _fits(data, source):
            return list(_read_checkpoints(data, 8 * source.size()))
    return []


def _packed(checkpoint: Checkpoint) -> bytes:
    packed = b"" if checkpoint.window is None else zlib.compress(checkpoint.window)
    length = -1 if checkpoint.window is None else len(packed)
    return ENTRY.pack(checkpoint.bit, checkpoint.offset, length) + packed


def _fits(data: bytes, source: ByteSource) -> bool:
    whole = data.startswith(MAGIC) and sha256(data[:-HASH]).digest() == data[-HASH:]
    return whole and data[len(MAGIC) :][:HASH] == _fingerprint(source)


def _fingerprint(source: ByteSource) -> bytes:
    size = source.size() or 0
    with source.open() as reader:
        ends = reader.read_upto(0, SAMPLE) + reader.read_upto(max(0, size - SAMPLE), SAMPLE)
    return sha256(size.to_bytes(8, "little") + ends).digest()


def _read_checkpoints(data: bytes, bits: int) -> Iterator[Checkpoint]:
    """Go through the checkpoints, as long as they make sense."""
    at = len(MAGIC) + HASH + COUNT.size
    (count,) = COUNT.unpack_from(data, at - COUNT.size)
    for _ in range(count):
        if at + ENTRY.size > len(data) - HASH:
            return
        bit, offset, length = ENTRY.unpack_from(data, at)
        at += ENTRY.size
        try:
            window = None if length < 0 else _unpacked(data[at : at + length])
        except zlib.error:
            return
        at += max(0, length)
        if bit >= bits:
            return
        yield Checkpoint(bit, offset, window)


def _unpacked(packed: bytes) -> bytes:
    """Return a window, of no more bytes than one can have."""
    return zlib.decompressobj().decompress(packed, WINDOW)
