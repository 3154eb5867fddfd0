"""Members of zip files as sources of bytes, of a file that does not trick its reader.

Source: APPNOTE.TXT, .ZIP File Format Specification, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from volio.errors import CorruptFileError, ImageFileError, LimitError
from volio.files.codecs.deflate import raw_compressor
from volio.files.codecs.inflate import raw_decompressor
from volio.files.codecs.presets import Levels
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import Codec
from volio.files.sources.source import ByteSource
from volio.files.sources.store import check_key
from volio.files.sources.tail import TailSource
from volio.files.zip_directory import is_encrypted, member_begin, zip_directory

__all__ = ["DEFLATE", "Member", "zip_members"]

IN_UTF_8 = 1 << 11
#: Of names that do not say that they are UTF-8 (APPNOTE.TXT, appendix D).
OLD_ENCODING = "cp437"
#: Members of one file: more have no use here, and each costs memory.
MOST_MEMBERS = 1 << 16

#: Deflate data alone, whose length another header states; nothing is recognised by first bytes.
DEFLATE = Codec(
    "deflate",
    "",
    re.compile(rb"(?!)"),
    raw_decompressor,
    raw_compressor,
    1032,
    levels=Levels(0, 9, fast=2, balanced=4, small=9),
)


class Member(NamedTuple):
    """A file inside another one.

    Attributes
    ----------
    source : ByteSource
        Its bytes, decompressed.
    size : int
        How many there are.
    crc : int or None
        CRC-32 of them; None where nobody states it.
    """

    source: ByteSource
    size: int
    crc: int | None = None


def zip_members(source: ByteSource) -> dict[str, Member]:
    """Return the members of a zip file by name; folders have none.

    Parameters
    ----------
    source : ByteSource
        Of the zip file.

    Raises
    ------
    CorruptFileError
        If it is not a zip file; or two members have one name or the same bytes, a member reaches
        beyond the file, or its sizes contradict each other.
    ImageFileError
        If a name leads out of the file, or a member is encrypted or compressed by something else
        than deflate.
    LimitError
        If a member expands to more than deflate can, or there are more than 65,536.
    """
    infos = [info for info in zip_directory(source) if not info.filename.endswith("/")]
    if len(infos) > MOST_MEMBERS:
        raise LimitError(f"{source.name}: {len(infos)} members, at most {MOST_MEMBERS} are read")
    found: dict[str, Member] = {}
    spans: list[tuple[int, int, str]] = []
    for info in infos:
        key = _name_of(info)
        check_key(key, source.name)
        if key in found:
            raise CorruptFileError(f"{source.name}: {key}: is there twice")
        begin = member_begin(source, info, f"{source.name}: {key}")
        spans.append((info.header_offset, begin + info.compress_size, key))
        found[key] = Member(_opened(source, info, begin), info.file_size, info.CRC)
    _check_spans(source, spans)
    return found


def _name_of(info: ZipInfo) -> str:
    """Return the name of a member.

    Finder of macOS writes UTF-8 without stating it: names are taken for it where they can be.
    """
    name = info.filename
    if info.flag_bits & IN_UTF_8 or name.isascii():
        return name
    try:
        return name.encode(OLD_ENCODING).decode("utf-8")
    except UnicodeError:
        return name


def _opened(source: ByteSource, info: ZipInfo, begin: int) -> ByteSource:
    what = f"{source.name}: {info.filename}"
    if is_encrypted(info):
        raise ImageFileError(f"{what}: is encrypted")
    raw = TailSource(source, begin, info.compress_size)
    if info.compress_type == ZIP_STORED:
        if info.file_size != info.compress_size:
            sizes = f"{info.file_size} and {info.compress_size}"
            raise CorruptFileError(f"{what}: is stored, and its sizes differ: {sizes} bytes")
        return _named(raw, what)
    if info.compress_type != ZIP_DEFLATED:
        raise ImageFileError(f"{what}: is compressed by method {info.compress_type} of zip")
    if info.file_size > DEFLATE.expansion * info.compress_size:
        sizes = f"{info.compress_size} bytes cannot hold {info.file_size}"
        raise LimitError(f"{what}: {sizes} bytes")
    return _named(CodecSource(raw, DEFLATE), what)


def _named(source: ByteSource, name: str) -> ByteSource:
    source.name = name
    return source


def _check_spans(source: ByteSource, spans: list[tuple[int, int, str]]) -> None:
    """Check that members are in the file, each at bytes of its own."""
    size = source.size()
    last_end = 0
    last_key = ""
    for begin, end, key in sorted(spans):
        if size is not None and end > size:
            raise CorruptFileError(f"{source.name}: {key}: ends at byte {end}, the file at {size}")
        if begin < last_end:
            raise CorruptFileError(f"{source.name}: {key}: overlaps {last_key} at byte {begin}")
        last_end = end
        last_key = key
