"""Issues of files: names that say something else than the content, sizes that do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from volio.arrays.proxy import ArrayProxy
from volio.errors import TruncatedFileError, VolioError
from volio.files.codecs.table import codec_for_ending, codec_for_magic
from volio.files.names import split_compression, split_ending
from volio.files.sources.source import ByteSource, FileSource
from volio.images.headers.record import Record
from volio.ops.checks.issue import Issue, keep

__all__ = [
    "companion_issues",
    "compression_issues",
    "ending_issues",
    "offset_issues",
    "size_issues",
]

# Endings of their own for a compressed format.
COMPRESSED_ALIASES = {".mgz": ".gz"}
# Endings under which files are in gzip or not: programs go by the content.
EITHER_WAY = (".mz3",)


def compression_issues(name: str) -> Iterator[Issue]:
    """Compare the compression that a file's name promises with its first bytes."""
    ending = Path(name).suffix.lower()
    if Path(name).is_dir() or ending in EITHER_WAY:
        return
    codec_name = COMPRESSED_ALIASES.get(ending) or split_compression(name)[1]
    promised = codec_for_ending(codec_name) if codec_name else None
    found = codec_for_magic(FileSource(name).read_upto(0, 16))
    if promised == found:
        return
    names = [codec.name if codec else "not compressed" for codec in (promised, found)]
    yield Issue(
        "suspicious",
        "file name",
        f"{Path(name).name} should be {names[0]} by its name, but is {names[1]}: "
        "programs that go by the name cannot read it",
        "rename it, or save it again under this name",
        keep,
    )


def ending_issues(name: str, img: Any) -> Iterator[Issue]:
    """Compare the ending of a file's name with the format that its content has."""
    own = type(img).valid_exts
    if not own or split_ending(name, (*own, *COMPRESSED_ALIASES))[1] or Path(name).is_dir():
        return  # folders, and formats without endings, are known by what is in them
    yield Issue(
        "suspicious",
        "file name",
        f"{Path(name).name} holds a {type(img).__name__}, which ends in {', '.join(own)}",
        "rename it, or convert it to the format of its name",
    )


def companion_issues(name: str, img: Any) -> Iterator[Issue]:
    """Look for files of one image that differ in their compression."""
    if len(type(img).files_types) < 2:
        return
    usual = type(img).filespec_to_file_map(name)
    for part in type(img).found_parts:
        found = img.file_map[part].filename if part in usual else None
        if found is not None and str(found) != str(usual[part].filename):
            yield Issue(
                "suspicious",
                "file name",
                f"{Path(found).name} is not compressed as {Path(name).name} is: programs that go "
                "by the names do not find it",
                repair=keep,
            )


def size_issues(img: Any) -> Iterator[Issue]:
    """Compare the bytes that the header declares with those that are there."""
    data = img.dataobj
    if not isinstance(data, ArrayProxy):
        return
    try:
        data.check()
    except VolioError as error:
        yield Issue("error", "file size", str(error), "get the whole file again")
        return
    end = data.offset + data.size * data.on_disk_dtype.itemsize
    if img.ends_with_voxels:
        yield from _beyond(data.source, end, -end % img.block_bytes)


def offset_issues(img: Any, header: Any) -> Iterator[Issue]:
    """Compare the offset that a header states, as it is in the file, with that of the voxels."""
    data = img.dataobj
    if not isinstance(data, ArrayProxy) or not isinstance(header, Record):
        return
    if "vox_offset" in header and header["vox_offset"] != data.offset:
        yield Issue(
            "suspicious",
            "vox_offset",
            f"states {int(header['vox_offset'])}, the voxels begin at byte {data.offset}",
            repair=keep,
        )


def _beyond(source: ByteSource, end: int, padding: int) -> Iterator[Issue]:
    size = source.size()
    if size is None:
        try:
            extra = len(source.read_upto(end, 1 << 20))
        except VolioError as error:
            yield _damage(error)
            return
    else:
        extra = size - end
    if extra > padding:
        yield Issue(
            "suspicious",
            "file size",
            f"{extra} bytes{' or more' if size is None and extra == 1 << 20 else ''} after the "
            "voxels that the header does not account for: it may declare too few voxels",
            "check the shape; saving drops these bytes",
            keep,
        )


def _damage(error: VolioError) -> Issue:
    what = "cut short" if isinstance(error, TruncatedFileError) else "damaged"
    return Issue("error", "file", f"is {what}: {error}", "get the file again")
