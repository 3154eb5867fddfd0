"""Segments of a CZI file: what the file is made of, one after the other.

Each begins with its name, the bytes that are allocated to it and those that it uses. Numbers are
little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from volio.errors import CorruptFileError, ImageFileError, LimitError
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource

__all__ = [
    "DIRECTORY",
    "FILE",
    "METADATA",
    "SEGMENT_HEADER",
    "SUBBLOCK",
    "FileHeader",
    "Segment",
    "parse_segment",
    "read_file_header",
    "read_segment",
    "read_xml",
    "walk",
]

FILE = b"ZISRAWFILE"
DIRECTORY = b"ZISRAWDIRECTORY"
SUBBLOCK = b"ZISRAWSUBBLOCK"
METADATA = b"ZISRAWMETADATA"

SEGMENT_HEADER = 32  # bytes
SEGMENT = struct.Struct("<16sqq")  # name, allocated, used; 0 used ones are all that are allocated
ALIGNMENT = 32  # bytes: where segments begin
MOST_SEGMENTS = 10**6  # that are walked through

# Version, GUIDs of the set and of the file, part of the set; positions of directory and metadata,
# whether an update is pending, position of the directory of attachments.
HEADER = struct.Struct("<ii8x16s16siqqiq")

XML_SIZE = struct.Struct("<i")
XML_START = 256  # bytes of a metadata segment before its text
MOST_XML = 64 << 20  # bytes


class Segment(NamedTuple):
    """A segment.

    Attributes
    ----------
    name : bytes
    position : int
        Byte of the file at which it begins.
    data : int
        Byte at which what it holds begins.
    end : int
        First byte after what it uses.
    next : int
        Where the next segment begins.
    """

    name: bytes
    position: int
    data: int
    end: int
    next: int


class FileHeader(NamedTuple):
    """Where a file has its other parts.

    Attributes
    ----------
    directory : int
        Position of the directory; 0 where there is none.
    metadata : int
        Position of the XML text; 0 where there is none.
    first : int
        Position of the first segment after the header.
    """

    directory: int
    metadata: int
    first: int


def read_segment(source: ByteSource, position: int, name: bytes = b"") -> Segment:
    """Read the beginning of a segment.

    Parameters
    ----------
    source : ByteSource
    position : int
        Byte of the file at which it begins.
    name : bytes
        What it must be; b"" for any.

    Raises
    ------
    CorruptFileError
        If it is another one, or its sizes make no sense.
    TruncatedFileError, LimitError
        If the file is shorter.
    """
    if position < 0:
        raise CorruptFileError(f"{source.name}: a segment cannot begin at byte {position}")
    return parse_segment(source, source.read(position, SEGMENT_HEADER), position, name)


def parse_segment(source: ByteSource, raw: bytes, position: int, name: bytes) -> Segment:
    """Return the segment whose first bytes these are; see `read_segment`."""
    padded, allocated, used = SEGMENT.unpack_from(raw)
    found = padded.rstrip(b"\0")
    where = f"{source.name}: segment at byte {position}"
    if name and found != name:
        raise CorruptFileError(f"{where}: must be a {name.decode()}, got {found!r}")
    if not 0 <= used <= allocated:
        raise CorruptFileError(f"{where}: uses {used} of {allocated} bytes")
    data = position + SEGMENT_HEADER
    end = data + (used or allocated)
    check_declared(source, end, f"segment at byte {position}")
    after = data + allocated
    return Segment(found, position, data, end, after + -after % ALIGNMENT)


def read_file_header(source: ByteSource) -> FileHeader:
    """Read where a file has its directory and its metadata.

    Raises
    ------
    CorruptFileError
        If it is not a CZI file.
    ImageFileError
        If it is one of several files of a set.
    """
    segment = read_segment(source, 0, FILE)
    if segment.end - segment.data < HEADER.size:
        raise CorruptFileError(f"{source.name}: its header ends after byte {segment.end}")
    raw = source.read(segment.data, HEADER.size)
    _, _, _, _, part, directory, metadata, _, _ = HEADER.unpack(raw)
    if part != 0:
        raise ImageFileError(
            f"{source.name}: is part {part} of a CZI image in several files, which are not read"
        )
    return FileHeader(directory, metadata, segment.next)


def walk(source: ByteSource, position: int) -> Iterator[Segment]:
    """Go through the segments of a file from a position on, up to where they end.

    Raises
    ------
    LimitError
        If there are more than a million.
    CorruptFileError
        If the sizes of one make no sense.
    """
    with source.open() as reader:
        for _ in range(MOST_SEGMENTS):
            raw = reader.read_upto(position, SEGMENT_HEADER)
            if len(raw) < SEGMENT_HEADER or not raw.strip(b"\0"):
                return
            segment = parse_segment(source, raw, position, b"")
            yield segment
            position = segment.next  # always further on: a walk comes to an end
    raise LimitError(f"{source.name}: has more than {MOST_SEGMENTS} segments")


def read_xml(source: ByteSource, position: int) -> str:
    """Read the text of a metadata segment.

    Raises
    ------
    CorruptFileError
        If it is not one, or its text is longer than it is.
    LimitError
        If it has more than 64 MiB.
    """
    segment = read_segment(source, position, METADATA)
    (size,) = XML_SIZE.unpack(source.read(segment.data, XML_SIZE.size))
    start = segment.data + XML_START
    where = f"{source.name}: metadata at byte {position}"
    if not 0 <= size <= max(0, segment.end - start):
        raise CorruptFileError(f"{where}: {size} bytes of text do not fit into the segment")
    if size > MOST_XML:
        raise LimitError(f"{where}: {size} bytes of text, at most {MOST_XML} are read")
    return source.read(start, size).rstrip(b"\0").decode("utf-8-sig", "replace")
