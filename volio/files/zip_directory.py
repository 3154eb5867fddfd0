"""The directory of a zip file, and where in the file its members begin.

Source: APPNOTE.TXT, .ZIP File Format Specification, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from io import BufferedReader
from zipfile import BadZipFile, ZipFile, ZipInfo

from volio.errors import CorruptFileError, UsageError
from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource

__all__ = ["is_encrypted", "member_begin", "zip_directory"]

LOCAL_HEADER = 30  # bytes before the name of a member
LOCAL_MAGIC = b"PK\x03\x04"
ENCRYPTED = 1  # bit of the flags


def zip_directory(source: ByteSource) -> list[ZipInfo]:
    """Return what the directory of a zip file states of each member.

    Raises
    ------
    CorruptFileError
        If it is not a zip file.
    """
    try:
        with BufferedReader(SourceFile(source)) as file, ZipFile(file) as archive:
            return archive.infolist()
    except (BadZipFile, UsageError, ValueError, NotImplementedError, struct.error) as error:
        # A UsageError: zipfile looks for the directory before the first byte of a short file.
        raise CorruptFileError(f"{source.name}: is not a zip file: {error}") from error


def is_encrypted(info: ZipInfo) -> bool:
    """Return whether the data of a member need a password."""
    return bool(info.flag_bits & ENCRYPTED)


def member_begin(source: ByteSource, info: ZipInfo, what: str) -> int:
    """Return the byte of a zip file at which the data of a member begin.

    Parameters
    ----------
    source : ByteSource
        Of the zip file.
    info : ZipInfo
    what : str
        The member, for messages.

    Raises
    ------
    CorruptFileError
        If no header is where the directory says: before the first byte of the file, for instance.
    """
    header = b""
    if info.header_offset >= 0:
        header = source.read_upto(info.header_offset, LOCAL_HEADER)
    if len(header) < LOCAL_HEADER or header[:4] != LOCAL_MAGIC:
        raise CorruptFileError(f"{what}: has no header at byte {info.header_offset}")
    # Name and extra field before the data may be longer or shorter than those in the directory, as
    # `zip -0` writes them.
    name, extra = struct.unpack_from("<HH", header, 26)
    return info.header_offset + LOCAL_HEADER + int(name) + int(extra)
