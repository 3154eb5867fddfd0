"""From a path, URL, bytes or file object to a source of bytes, or to streams for writing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from volio.errors import FileHolderError, ImageFileError, MissingFileError, UsageError
from volio.files.codecs.compressed_stream import CompressedStream
from volio.files.codecs.encoding import EncodedStream
from volio.files.codecs.gzip_source import GzipSource
from volio.files.codecs.presets import Compression, check_compression
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import Codec, codec_for_ending, codec_for_magic
from volio.files.codecs.zstd_source import FramesSource, read_frames
from volio.files.names import compressed_names, expanded, split_compression
from volio.files.remote.addresses import is_address, is_fsspec_file
from volio.files.sources.missing import MissingSource
from volio.files.sources.source import ByteSource, BytesSource, FileSource
from volio.files.sources.stream import StreamSource
from volio.files.sources.tail import TailSource

if TYPE_CHECKING:
    from volio.files.saving.target import Target

__all__ = [
    "Holder",
    "decoded",
    "encoded",
    "open_companion",
    "open_for_write",
    "open_source",
    "open_stored",
]


#: Errors of the system that say that nothing is at a path; a link may lead round in a circle.
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


class Holder(Protocol):
    """An entry of a file map: a name or a file object, and the position in it."""

    filename: Any
    fileobj: Any
    pos: int


def is_holder(where: object) -> bool:
    """Return whether this is an entry of a file map."""
    return hasattr(where, "fileobj") and hasattr(where, "filename") and hasattr(where, "pos")


def open_source(where: Any, timeout: float = 30.0) -> ByteSource:
    """Return the (decompressed) bytes of a file.

    Whether they are compressed is decided by the first bytes, never by the name, and one layer of
    compression is taken off.

    Parameters
    ----------
    where : str, PathLike, bytes-like, binary file object, FileHolder or ByteSource
        A str is a path (``~`` is expanded) unless it is an address, as ``https://…`` or, with
        fsspec installed, ``s3://…``; what ``fsspec.open`` returns is taken too.
        Offset 0 is the current position of a file object, the `pos` of a FileHolder, and the
        beginning of everything else. A ByteSource is returned as it is.
    timeout : float
        Of http and https addresses: seconds without a byte after which a try has failed.

    Raises
    ------
    MissingFileError, ImageFileError
        If there is no such file, or it is a folder.
    RemoteError
        If a server does not give it.
    UsageError
        If `where` is something else, or a file object open for text.
    """
    if isinstance(where, ByteSource):
        return where
    if is_holder(where):
        return _from_holder(where)
    return _decompressed(_raw_source(where, timeout))


def open_companion(where: Any, header: ByteSource, what: str = "voxels") -> ByteSource:
    """Return the (decompressed) bytes that belong to a header in another file.

    Parameters
    ----------
    where : str, PathLike or FileHolder
        As for `open_source`.
    header : ByteSource
    what : str
        What the bytes are, for the error.

    Returns
    -------
    ByteSource
        Of a file that is not there one that raises MissingFileError when bytes are asked for; the
        message names the header too.
    """
    try:
        return _open_in_any_codec(where)
    except MissingFileError as error:
        return MissingSource(type(error)(f"{error}; {header.name} needs it for its {what}"))


def _open_in_any_codec(where: Any) -> ByteSource:
    """Open a file, or at an address its like in another compression: a server is only asked."""
    name = where.filename if is_holder(where) and where.fileobj is None else None
    if isinstance(name, str) and is_address(name):
        for each in compressed_names(name):
            with suppress(MissingFileError):
                return open_source(each)
    return open_source(where)


@contextmanager
def open_for_write(
    holders: Sequence[Holder], compression: Compression = None, *, collect: bool = False
) -> Iterator[list[BinaryIO]]:
    """Open streams for the files of one image, which replace the old files together at the end.

    Each file is written next to its target, compressed by the ending of its name, brought to
    disk, and only then put in place, in the order given: data first, header last. After an
    exception the targets are what they were. File objects are written in place at `pos`, as they
    are, and stay open.

    Parameters
    ----------
    holders : sequence of FileHolder
    compression : {"fast", "balanced", "small"} or int, optional
        A preset, or a level of the codec; None is "fast".
    collect : bool, optional
        Write to file objects only at the end, because what is written is read from them.

    Yields
    ------
    list of streams
        With ``write``, ``tell`` (uncompressed bytes written so far) and ``flush``.

    Raises
    ------
    MissingFileError, ImageFileError
        If a folder does not exist or a target cannot be written.
    UsageError
        If two holders are the same file, a name is a URL, or there is no such compression.
    """
    from volio.files.saving import atomic  # most programs only read

    check_compression(compression)
    _check_distinct(holders)
    targets: list[Target] = []
    streams: list[Target | EncodedStream] = []
    try:
        for holder in holders:
            targets.append(_open_target(holder, collect))
            streams.append(_stream(targets[-1], holder, compression))
        yield cast("list[BinaryIO]", streams)
        for stream in streams:
            if isinstance(stream, EncodedStream):
                stream.finish()
        atomic.commit(targets)
    finally:
        for stream in streams:
            if isinstance(stream, EncodedStream):
                stream.discard()
        for target in targets:
            target.discard()


def _from_holder(holder: Holder) -> ByteSource:
    opened: ByteSource | None = getattr(holder, "source", None)
    if opened is not None:
        return opened
    if holder.fileobj is not None and not isinstance(holder.fileobj, ByteSource):
        return _decompressed(_from_stream(holder.fileobj, holder.pos))
    if holder.fileobj is None and holder.filename is None:
        raise FileHolderError("FileHolder: has neither a filename nor a fileobj")
    source = open_source(holder.filename if holder.fileobj is None else holder.fileobj)
    return TailSource(source, holder.pos) if holder.pos else source


def _decompressed(source: ByteSource) -> ByteSource:
    """Take one layer of compression off; a codec with random access is recognised here."""
    codec = codec_for_magic(source.head())
    return source if codec is None else decoded(source, codec)


def decoded(source: ByteSource, codec: Codec) -> ByteSource:
    """Return the decoded bytes of a source that is in a codec."""
    if codec.trailer:
        return GzipSource(source, codec)
    if codec.name == "zstd" and (frames := read_frames(source, codec)):
        return FramesSource(source, codec, frames)
    return CodecSource(source, codec)


def open_stored(where: Any, timeout: float = 30.0) -> ByteSource:
    """Return the bytes of a file as they are stored, compressed or not.

    Parameters, results and errors are those of `open_source`.
    """
    if isinstance(where, ByteSource):
        return where
    if not is_holder(where):
        return _raw_source(where, timeout)
    if where.fileobj is not None and not isinstance(where.fileobj, ByteSource):
        return _from_stream(where.fileobj, where.pos)
    source = open_stored(where.filename if where.fileobj is None else where.fileobj, timeout)
    return TailSource(source, where.pos) if where.pos else source


def _raw_source(where: Any, timeout: float = 30.0) -> ByteSource:
    if is_address(where) or is_fsspec_file(where):
        # Most programs never come here, and it takes long to import.
        from volio.files.remote.sources import open_address

        return open_address(where, timeout)
    if isinstance(where, (str, os.PathLike)):
        if os.fspath(where) == "":
            raise UsageError("where: is an empty file name")
        return _from_path(expanded(where))
    if isinstance(where, (bytes, bytearray, memoryview)):
        return BytesSource(where)
    if hasattr(where, "read"):
        return _from_stream(where, None)
    raise UsageError(
        f"where: must be a path, URL, bytes or binary file object, got {type(where).__name__}"
    )


def _from_path(name: str) -> ByteSource:
    with suppress(ImageFileError, OSError, ValueError):
        return FileSource(name)
    try:
        return _not_a_file(Path(name))
    except OSError as error:
        if isinstance(error, ImageFileError):
            raise
        raise ImageFileError(f"{name}: cannot be opened: {error.strerror}") from error


def _not_a_file(path: Path) -> ByteSource:
    """Return what a pipe holds, or raise an error that names what is there instead of a file."""
    mode = _mode(path)
    if mode is None:
        raise MissingFileError(f"{path}: no such file{_hint(path)}")
    if stat.S_ISDIR(mode):
        raise ImageFileError(f"{path}: is a folder, a file is needed")
    if stat.S_ISFIFO(mode):  # as the shell makes for <(command)
        return BytesSource(path.read_bytes(), name=str(path))
    return FileSource(path)  # which raises an error


def _mode(path: Path) -> int | None:
    """Return what kind of thing is at a path, as the system says it; None if nothing is there.

    ``Path.exists`` hides other errors from Python 3.12 on, as that of a name that is too long.
    """
    try:
        return path.stat().st_mode
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise
    except ValueError:  # no name can hold a zero
        return None


def _hint(path: Path) -> str:
    """Return what is there instead, for an error: a link, what a killed save left, other names."""
    if path.is_symlink():
        return f"; it is a link to {path.readlink()}, which is not there"
    if not path.parent.is_dir():
        return f"; there is no folder {path.parent}"
    from volio.files.saving.temporary import old_files_beside  # most programs only read

    if old := old_files_beside(path):
        return f"; a save that was killed has left the old one as {old[0]}: rename it"
    with os.scandir(path.parent) as entries:
        there = sorted(entry.name for entry in entries)
    names = [name for name in there if _stem(name) == _stem(path.name)]
    return f"; the folder has {', '.join(names)}" if names else ""


def _stem(name: str) -> str:
    """Return a file name without its compression and without upper case."""
    return split_compression(name)[0].casefold()


def _from_stream(stream: Any, start: int | None) -> ByteSource:
    if not getattr(stream, "readable", lambda: True)():
        raise UsageError("file object: is not open for reading")
    if hasattr(stream, "encoding") or isinstance(stream.read(0), str):
        raise UsageError("file object: is open for text; open it in binary mode ('rb')")
    seekable = getattr(stream, "seekable", lambda: hasattr(stream, "seek"))()
    if seekable and hasattr(stream, "tell"):
        return StreamSource(stream, start)
    return BytesSource(stream.read(), name=f"<{type(stream).__name__}>")


def _open_target(holder: Holder, collect: bool) -> Target:
    from volio.files.saving import atomic
    from volio.files.saving.target import CollectedStream, LentStream

    if holder.fileobj is not None:
        return (CollectedStream if collect else LentStream)(holder.fileobj, holder.pos)
    return atomic.open_target(_path(holder))


def _stream(target: Target, holder: Holder, compression: Compression) -> Target | EncodedStream:
    codec = None if holder.fileobj is not None else _codec_of_name(_path(holder))
    return target if codec is None else encoded(target, codec, compression)


def encoded(target: Any, codec: Codec, compression: Compression = None) -> EncodedStream:
    """Return a stream that compresses what is written to it into another stream, which stays open.

    Its end is written by `finish`; after an exception it is discarded.
    """
    if codec.chunked is not None and (level := codec.level(compression)) is not None:
        return codec.chunked(target, level)
    return CompressedStream(target, codec, compression)


def _codec_of_name(path: Path) -> Codec | None:
    return codec_for_ending(path.suffix)


def _path(holder: Holder) -> Path:
    if holder.filename is None:
        raise FileHolderError("FileHolder: has neither a filename nor a fileobj")
    if is_address(holder.filename):
        raise UsageError(f"{holder.filename}: cannot write there; save to a file, then copy it")
    return _expanded(holder.filename)


def _expanded(path: str | os.PathLike[str]) -> Path:
    return Path(expanded(path))


def _check_distinct(holders: Sequence[Holder]) -> None:
    keys = [
        id(holder.fileobj) if holder.fileobj is not None else os.path.realpath(_path(holder))
        for holder in holders
    ]
    if len(set(keys)) < len(keys):
        raise UsageError(f"holders: two of them are the same file: {keys}")
