"""Files that a header names: found beside it and nowhere else, opened, joined and decoded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from typing import Any
from urllib.parse import quote

from volio.arrays.dtypes import DType
from volio.arrays.encodings.table import COMPRESSED, decode
from volio.errors import HeaderDataError, ImageFileError, MissingFileError
from volio.files.filemap import FileHolder, FileMap
from volio.files.limits import check_declared
from volio.files.names import is_there, split_compression
from volio.files.opener import open_source, open_stored
from volio.files.remote.addresses import is_address, is_url
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import ByteSource
from volio.files.sources.tail import TailSource
from volio.images.headers.text.data_names import MOST_FILES
from volio.images.headers.text.header import TextHeader
from volio.images.headers.text.payload import Payload

__all__ = ["DataFileFinder", "voxel_bytes"]

#: Most bytes to look through for lines to skip.
MOST_SKIPPED = 16 << 20


class DataFileFinder:
    """Finds the data files of a header: in its folder, by the names that it states.

    Parameters
    ----------
    holder : FileHolder
        Of the header.
    source : ByteSource
        The header's file, as it was opened.
    beside : FileHolder, optional
        The data file as its image's file map has it: used where it is a file object, and where
        the file that the header names is not there.
    allow_external : bool
        Take names outside the folder of the header too.

    Attributes
    ----------
    found : FileMap
        The data file, where there is one alone, as 'image'.
    """

    def __init__(
        self,
        holder: FileHolder,
        source: ByteSource,
        beside: FileHolder | None = None,
        allow_external: bool = False,
    ) -> None:
        self.source, self.beside, self.allow_external = source, beside, allow_external
        name = holder.filename if holder.fileobj is None else None
        self.folder = None if name is None else os.path.dirname(os.path.expanduser(name))  # noqa: PTH111, PTH120  may be an address
        self.found: FileMap = {}

    def open(self, names: Sequence[str], encoding: str) -> list[ByteSource]:
        """Open data files, as they are stored; the header's own for no names.

        Raises
        ------
        MissingFileError
            If one is not there.
        ImageFileError
            If one lies outside the folder of the header, or the header has no folder.
        """
        if not names:
            return [self.source]
        if self.beside is not None and self.beside.fileobj is not None:
            return [self._opened(self.beside, encoding)]
        opened: dict[str, ByteSource] = {}
        for name in names:
            if name not in opened:
                opened[name] = self._named(name, encoding, alone=len(names) == 1)
        return [opened[name] for name in names]

    def _named(self, name: str, encoding: str, alone: bool) -> ByteSource:
        path = self._path(name)
        try:
            source = self._opened(path, encoding)
        except MissingFileError as error:
            beside = self.beside.filename if self.beside is not None and alone else None
            if beside is None or not _may_be_there(path := os.fspath(beside)):
                raise type(error)(f"{error}; {self.source.name} names it for its voxels") from error
            source = self._opened(path, encoding)  # files that were renamed or compressed together
        if alone and self.beside is not None:
            self.found["image"] = FileHolder(filename=path)
        return source

    def _path(self, name: str) -> str:
        if self.folder is None:
            raise ImageFileError(
                f"{self.source.name}: the voxels are in {name!r}; load the header by its file name"
            )
        if not self.allow_external and not _is_inside(name):
            raise ImageFileError(
                f"{self.source.name}: names {name!r} as its data file, outside its own folder; "
                "allow_external=True reads it"
            )
        if is_url(self.folder):
            name = quote(name)
        return os.path.join(self.folder, name)  # noqa: PTH118  may be an address

    def _opened(self, where: Any, encoding: str) -> ByteSource:
        """Open a file: as it is stored, but for a codec around it that the header knows not of."""
        if encoding in COMPRESSED:
            return open_stored(where)
        name = None if isinstance(where, FileHolder) else os.fspath(where)
        around = name is None or bool(split_compression(name)[1])
        return open_source(where) if around else open_stored(where)


def _may_be_there(name: str) -> bool:
    """Tell whether there is a file; what a server has is only seen by asking."""
    return is_address(name) or is_there(os.path.expanduser(name))  # noqa: PTH111


def _is_inside(name: str) -> bool:
    """Tell whether a name leads to a file below the folder, on any system."""
    parts = name.replace("\\", "/").split("/")
    rooted = parts[0] == "" or ":" in parts[0] or name.startswith("~")
    return not rooted and ".." not in parts and "\0" not in name


def voxel_bytes(header: TextHeader, finder: DataFileFinder) -> tuple[ByteSource, int]:
    """Return the decoded bytes of an image's voxels, and the offset of the first one.

    Raises
    ------
    ImageFileError
        If a file is missing, too short, or may not be read.
    HeaderDataError
        If the voxels cannot be shared evenly among the files.
    """
    payload, dtype = header.payload, header.get_data_dtype()
    count = prod(header.stored_shape)
    parts = finder.open(payload.names, payload.encoding)
    starts = payload.starts or (0 if payload.names else header.length,) * len(parts)
    if len(parts) == 1:
        return _decoded(payload.of_file(0), dtype, parts[0], starts[0], count)
    if len(parts) > MOST_FILES or count % len(parts):
        raise HeaderDataError(
            f"data file: {count} voxels cannot be shared evenly among {len(parts)} files"
        )
    share = count // len(parts)
    pieces = [
        _decoded(payload.of_file(number), dtype, *part, share)
        for number, part in enumerate(zip(parts, starts, strict=True))
    ]
    nbytes = share * dtype.itemsize
    for piece, offset in pieces:
        check_declared(piece, offset + nbytes, f"a share of {nbytes} bytes of the voxels")
    return JoinedSource([TailSource(p, at) if at else p for p, at in pieces], nbytes), 0


def _decoded(
    payload: Payload, dtype: DType, source: ByteSource, start: int, count: int
) -> tuple[ByteSource, int]:
    """Return the decoded bytes of one file and the offset of its voxels in them."""
    start = _behind_lines(source, start, payload.lines)
    from_end = payload.skip == -1
    before = max(0, payload.skip)
    skip = before if payload.encoding in COMPRESSED else 0
    start += before - skip
    if payload.encoding == "raw" and payload.length is None and not from_end:
        return source, start  # the file itself, which can be mapped into memory
    whole = start == 0 and payload.length is None
    encoded = source if whole else TailSource(source, start, payload.length)
    decoded = decode(encoded, payload.encoding, dtype)
    if not from_end:
        return decoded, skip
    size, nbytes = _decoded_size(decoded), count * dtype.itemsize
    if size < nbytes:
        check_declared(decoded, nbytes, f"{count} voxels, {dtype}")
    return decoded, max(0, size - nbytes)


def _behind_lines(source: ByteSource, start: int, count: int) -> int:
    """Return the byte behind so many ends of lines."""
    left, at = count, start
    while left and at - start < MOST_SKIPPED and (piece := source.read_upto(at, 1 << 16)):
        ends = piece.count(b"\n")
        if ends >= left:
            return at + len(b"\n".join(piece.split(b"\n", left)[:left])) + 1
        left, at = left - ends, at + len(piece)
    if left:
        raise HeaderDataError(f"line skip: {count} lines are to be skipped, {left} are missing")
    return start


def _decoded_size(source: ByteSource) -> int:
    """Return the number of bytes of a source, decoding it where nothing else tells."""
    size, at = source.size(), 0
    if size is not None:
        return size
    with source.open() as reader:
        while piece := reader.read_upto(at, 1 << 20):
            at += len(piece)
    return at
