"""The directory of a file: the entries of its subblocks, found also where there is none."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from volio.errors import CorruptFileError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.formats.czi.entries import NDIM_AT, Integers, Subblocks, entry_size, parse_entries
from volio.formats.czi.segments import (
    DIRECTORY,
    SUBBLOCK,
    FileHeader,
    read_segment,
    walk,
)
from volio.images.headers.error_context import warn_of_content

__all__ = ["COPY_OF_ENTRY", "read_subblocks"]

ENTRIES_START = 128  # bytes of a directory before its entries
COPY_OF_ENTRY = 16  # bytes of a subblock before its copy of the entry
MOST_DIMENSIONS = 64
COUNT = struct.Struct("<i")


def read_subblocks(source: ByteSource, header: FileHeader, *, warn: bool) -> Subblocks:
    """Read the directory of a file; where there is none, find the subblocks themselves.

    Raises
    ------
    CorruptFileError, LimitError
        If the directory makes no sense, or has more entries than bytes for them.
    ImageFileError
        If subblocks are in other files.

    Warns
    -----
    VolioWarning
        If the file has no directory, and `warn` is set.
    """
    if header.directory:
        raw, offsets = _directory_entries(source, header.directory)
    else:
        if warn:
            warn_of_content("has no directory; the file is searched for its images", VolioWarning)
        raw, offsets = _walked_entries(source, header.first)
    return parse_entries(raw, offsets, f"{source.name}: directory")


def _directory_entries(source: ByteSource, position: int) -> tuple[bytes, Integers]:
    """Return the bytes of a directory's entries, and where each begins in them."""
    segment = read_segment(source, position, DIRECTORY)
    start = segment.data + ENTRIES_START
    (count,) = COUNT.unpack(source.read(segment.data, COUNT.size))
    room = segment.end - start
    where = f"{source.name}: directory at byte {position}"
    if count < 0 or count * entry_size(2) > max(0, room):
        raise CorruptFileError(f"{where}: {count} entries do not fit into {room} bytes")
    raw = source.read(start, room) if count else b""
    offsets = np.zeros(count, np.int64)
    at = 0
    for number in range(count):
        offsets[number] = at
        at += entry_size(_ndim_at(raw, at, where))
    return raw, offsets


def _ndim_at(raw: bytes, at: int, where: str) -> int:
    """Return how many dimensions an entry has, all of which are there."""
    if at + entry_size(0) > len(raw):
        raise CorruptFileError(f"{where}: ends before its entries")
    (ndim,) = COUNT.unpack_from(raw, at + NDIM_AT)
    if not 2 <= ndim <= MOST_DIMENSIONS or at + entry_size(ndim) > len(raw):
        raise CorruptFileError(f"{where}: an entry has {ndim} dimensions")
    return int(ndim)


def _walked_entries(source: ByteSource, first: int) -> tuple[bytes, Integers]:
    """Return the copies of their entries that the subblocks of a file have."""
    entries = [*_copies_of_entries(source, first)]
    lengths = [len(entry) for entry in entries]
    return b"".join(entries), np.cumsum([0, *lengths], dtype=np.int64)[:-1]


def _copies_of_entries(source: ByteSource, first: int) -> Iterator[bytes]:
    for segment in walk(source, first):
        if segment.name != SUBBLOCK:  # other things, and those that were deleted
            continue
        start = segment.data + COPY_OF_ENTRY
        raw = source.read(start, min(entry_size(MOST_DIMENSIONS), max(0, segment.end - start)))
        ndim = _ndim_at(raw, 0, f"{source.name}: subblock at byte {segment.position}")
        entry = bytearray(raw[: entry_size(ndim)])
        # A writer that never came to its directory may not have filled in the position.
        entry[6:14] = segment.position.to_bytes(8, "little")
        yield bytes(entry)
