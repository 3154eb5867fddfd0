"""Files that a header names: found in its folder and below, opened, joined and decoded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from typing import NamedTuple
from urllib.parse import quote

from volio.arrays.dtypes import DType
from volio.arrays.encodings.table import COMPRESSED, decode
from volio.errors import HeaderDataError, ImageFileError, MissingFileError, TruncatedFileError
from volio.files.filemap import FileHolder, FileMap
from volio.files.limits import check_declared
from volio.files.names import existing_name, expanded, is_there, split_compression
from volio.files.opener import open_source, open_stored
from volio.files.remote.addresses import is_address, is_url
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import ByteSource
from volio.files.sources.tail import TailSource
from volio.images.headers.text.data_names import MOST_FILES
from volio.images.headers.text.header import TextHeader
from volio.images.headers.text.payload import Payload

__all__ = ["DataFileFinder", "is_inside", "voxel_bytes"]

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
    companion : FileHolder, optional
        The data file as its image's file map has it: used where it is a file object, and where
        the file that the header names is missing.
    allow_external : bool
        Take names outside the folder of the header too.

    Attributes
    ----------
    found : FileMap
        The data file, where there is only one, as 'image'.
    """

    def __init__(
        self,
        holder: FileHolder,
        source: ByteSource,
        companion: FileHolder | None = None,
        allow_external: bool = False,
    ) -> None:
        self.holder = holder
        self.source = source
        self.companion = companion
        self.allow_external = allow_external
        self.found: FileMap = {}

    def open(self, names: Sequence[str], encoding: str) -> list[ByteSource]:
        """Open data files, as they are stored; the header's own for no names.

        Raises
        ------
        MissingFileError
            If one is missing.
        ImageFileError
            If one is outside the folder of the header, or the header has no folder.
        """
        if not names:
            return [self.source]
        if self.companion is not None and self.companion.fileobj is not None:
            return [_open_stored(self.companion, encoding)]
        if len(names) == 1:
            return [self._open_only(names[0], encoding)]
        opened = {name: self._open_named(name, encoding) for name in dict.fromkeys(names)}
        return [opened[name] for name in names]

    def _open_only(self, name: str, encoding: str) -> ByteSource:
        """Open the one data file; the companion where the one that is named is missing."""
        path = self._path(name)
        usual = None if self.companion is None else self.companion.filename
        try:
            source = self._open_named(name, encoding)
        except MissingFileError:
            if usual is None or not _may_be_there(os.fspath(usual)):
                raise
            path = os.fspath(usual)  # files that were renamed or compressed together
            source = _open_stored(path, encoding)
        if self.companion is not None:
            self.found["image"] = FileHolder(filename=path)
        return source

    def _open_named(self, name: str, encoding: str) -> ByteSource:
        try:
            return _open_stored(self._path(name), encoding)
        except MissingFileError as error:
            raise type(error)(f"{error}; {self.source.name} names it for its voxels") from error

    def _path(self, name: str) -> str:
        """Return the path or the address of a file in the header's folder, perhaps compressed."""
        where = self.holder.filename
        if where is None or self.holder.fileobj is not None:
            raise ImageFileError(
                f"{self.source.name}: the voxels are in {name!r}; load the header by its file name"
            )
        if not self.allow_external and not is_inside(name):
            raise ImageFileError(
                f"{self.source.name}: names {name!r} as its data file, outside its own folder; "
                "allow_external=True reads it"
            )
        folder = os.path.dirname(expanded(where))  # noqa: PTH120  may be an address
        path = os.path.join(folder, quote(name) if is_url(folder) else name)  # noqa: PTH118
        return existing_name(path)


def _open_stored(where: str | FileHolder, encoding: str) -> ByteSource:
    """Open a file as it is stored, but for a codec around it that the header does not know of."""
    if encoding in COMPRESSED:
        return open_stored(where)
    around = isinstance(where, FileHolder) or split_compression(where)[1]
    return open_source(where) if around else open_stored(where)


def _may_be_there(name: str) -> bool:
    """Return whether there is a file; what a server has is only seen by asking."""
    return is_address(name) or is_there(expanded(name))


def is_inside(name: str) -> bool:
    """Return whether a name leads to a file below the folder, on any system."""
    parts = name.replace("\\", "/").split("/")
    rooted = parts[0] == "" or ":" in parts[0] or name.startswith("~")
    return not rooted and ".." not in parts and "\0" not in name


class DataFile(NamedTuple):
    """A file that holds voxels, or a share of them.

    Attributes
    ----------
    source : ByteSource
        As it is stored.
    start : int
        Byte at which the encoded voxels begin, before any lines and bytes to skip.
    payload : Payload
    dtype : numpy.dtype
    voxels : int
        How many it holds.
    """

    source: ByteSource
    start: int
    payload: Payload
    dtype: DType
    voxels: int

    @property
    def nbytes(self) -> int:
        """Decoded bytes of its voxels."""
        return self.voxels * self.dtype.itemsize

    def open(self) -> tuple[ByteSource, int]:
        """Return its decoded bytes, and the offset of the voxels in them."""
        decoded, offset = self._located()
        # Programs keep thousands of images open: their first bytes need not stay in memory.
        decoded.forget_head()
        self.source.forget_head()
        return decoded, offset

    def _located(self) -> tuple[ByteSource, int]:
        encoding = self.payload.encoding
        skip = max(0, self.payload.skip)
        start = _after_lines(self.source, self.start, self.payload.lines)
        # Of compressed voxels decoded bytes are skipped, of others those of the file.
        offset = skip if encoding in COMPRESSED else 0
        start += skip - offset
        from_end = self.payload.skip == -1
        if encoding == "raw" and self.payload.length is None and not from_end:
            return self.source, start  # the file itself, which can be mapped into memory
        decoded = self._decoded(start)
        return decoded, self._offset_from_end(decoded) if from_end else offset

    def _decoded(self, start: int) -> ByteSource:
        """Return the decoded bytes from a byte of the file on."""
        length = self.payload.length
        is_all = start == 0 and length is None
        encoded = self.source if is_all else TailSource(self.source, start, length)
        return decode(encoded, self.payload.encoding, self.dtype)

    def _offset_from_end(self, decoded: ByteSource) -> int:
        """Return the offset of voxels that are the last bytes there are."""
        size = _decoded_size(decoded)
        if size < self.nbytes:
            what = f"{self.voxels} voxels, {self.dtype}"
            raise TruncatedFileError(
                f"{decoded.name}: {what}: needs {self.nbytes} bytes, the file has {size}"
            )
        return size - self.nbytes


def voxel_bytes(header: TextHeader, finder: DataFileFinder) -> tuple[ByteSource, int]:
    """Return the decoded bytes of an image's voxels, and the offset of the first one.

    Raises
    ------
    ImageFileError
        If a file is missing, too short, or may not be read.
    HeaderDataError
        If the voxels cannot be shared evenly among the files.
    """
    files = _data_files(header, finder)
    if len(files) == 1:
        return files[0].open()
    nbytes = files[0].nbytes
    shares: list[ByteSource] = []
    for file in files:
        decoded, offset = file.open()
        check_declared(decoded, offset + nbytes, f"a share of {nbytes} bytes of the voxels")
        shares.append(TailSource(decoded, offset) if offset else decoded)
    return JoinedSource(shares, nbytes), 0


def _data_files(header: TextHeader, finder: DataFileFinder) -> list[DataFile]:
    """Return the files of an image's voxels, each with an even share of them."""
    payload = header.payload
    sources = finder.open(payload.names, payload.encoding)
    after_header = 0 if payload.names else header.length
    starts = payload.starts or (after_header,) * len(sources)
    count = prod(header.stored_shape)
    if len(sources) > MOST_FILES or count % len(sources):
        raise HeaderDataError(
            f"data file: {count} voxels cannot be shared evenly among {len(sources)} files"
        )
    share = count // len(sources)
    return [
        DataFile(source, start, payload.of_file(number), header.dtype, share)
        for number, (source, start) in enumerate(zip(sources, starts, strict=True))
    ]


def _after_lines(source: ByteSource, start: int, count: int) -> int:
    """Return the byte after so many ends of lines."""
    left = count
    place = start
    while left and place - start < MOST_SKIPPED and (piece := source.read_upto(place, 1 << 16)):
        lines = piece.split(b"\n", left)
        # The last part is what follows the last end of a line that was looked for.
        left -= len(lines) - 1
        place += len(piece) if left else len(piece) - len(lines[-1])
    if left:
        raise HeaderDataError(f"line skip: {count} lines are to be skipped, {left} are missing")
    return place


def _decoded_size(source: ByteSource) -> int:
    """Return the number of bytes of a source, decoding it where that is the only way to know."""
    size = source.size()
    if size is not None:
        return size
    counted = 0
    with source.open() as reader:
        while piece := reader.read_upto(counted, 1 << 20):
            counted += len(piece)
    return counted
