"""The directories of a TIFF file: which there are, and where the strips or tiles of each are."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, LimitError
from volio.files.limits import check_declared
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource
from volio.formats.tiff.entries import (
    ByteOrder,
    Directory,
    EntryLayout,
    EntryPacking,
    dtype_of_kind,
)

__all__ = ["FAR_AHEAD", "ByteOrder", "DirectoryReader", "PageTree", "open_directories"]

MOST_DIRECTORIES = 1_000_000
MOST_ENTRIES = 4096  # as many as tifffile reads

# Tags of directories.
STRIP_OFFSETS = 273
STRIP_COUNTS = 279
TILE_OFFSETS = 324
TILE_COUNTS = 325
SUB_DIRECTORIES = 330
JPEG_TABLES = 347
AHEAD = 256  # bytes that most directories fit in
FAR_AHEAD = 1 << 12  # for the directories of many pages, which mostly lie together
KEPT_LAYOUTS = 16


class DirectoryReader:
    """Reads directories and values of a file that is open.

    Parameters
    ----------
    source : ByteSource
    read : callable
        ``read(offset, count)`` returns as many of its bytes.

    Raises
    ------
    CorruptFileError
        If it does not begin as a TIFF file.
    """

    def __init__(self, source: ByteSource, read: Callable[[int, int], bytes]) -> None:
        self.source = source
        self._read = read
        head = read(0, 8)
        self.byteorder: ByteOrder = "<" if head[:2] == b"II" else ">"
        (version,) = struct.unpack_from(f"{self.byteorder}H", head, 2)
        if head[:2] not in (b"II", b"MM") or version not in (42, 43):
            raise CorruptFileError(f"{source.name}: does not begin as a TIFF file: {head.hex(' ')}")
        self._is_big = version == 43
        #: Bytes of values that are in the entry itself; those of an offset.
        self.inline = 8 if self._is_big else 4
        self._count = struct.Struct(self.byteorder + ("Q" if self._is_big else "H"))
        self._offset = struct.Struct(self.byteorder + ("Q" if self._is_big else "I"))
        (self.first,) = self._offset.unpack(read(self.inline, self.inline))
        self._packings: dict[int, EntryPacking] = {}
        self._layouts: dict[bytes, EntryLayout] = {}

    def read(self, offset: int) -> Directory:
        """Read a directory.

        Raises
        ------
        TruncatedFileError, CorruptFileError
            If it is not all there, or has too many entries.
        """
        (count,) = self._count.unpack(self._read(offset, self._count.size))
        if not 0 < count <= MOST_ENTRIES:
            raise CorruptFileError(
                f"{self.source.name}: the directory at byte {offset} has {count} entries; it must "
                f"have 1 to {MOST_ENTRIES}"
            )
        packing = self._packing(count)
        data = self._read(offset + self._count.size, packing.nbytes + self.inline)
        (following,) = self._offset.unpack_from(data, packing.nbytes)
        return Directory(offset, self._layout(packing, data), packing.values(data), following)

    def _packing(self, count: int) -> EntryPacking:
        known = self._packings.get(count)
        if known is not None:
            return known
        if len(self._packings) == KEPT_LAYOUTS:
            self._packings = {}
        packing = EntryPacking(self.byteorder, count, is_big=self._is_big)
        self._packings[count] = packing
        return packing

    def _layout(self, packing: EntryPacking, data: bytes) -> EntryLayout:
        heads = packing.heads(data)
        known = self._layouts.get(heads)
        if known is not None:
            return known
        if len(self._layouts) == KEPT_LAYOUTS:
            self._layouts = {}
        layout = packing.layout(heads)
        self._layouts[heads] = layout
        return layout

    def values(self, directory: Directory, tag: int) -> NDArray[Any]:
        """Return the values of an entry, shape (number,).

        Raises
        ------
        TruncatedFileError
            If the file does not have them.
        """
        entry = directory.layout.entries[tag]
        value = directory.values[entry.place]
        nbytes = entry.nbytes
        dtype = dtype_of_kind(entry.kind, self.byteorder)
        if nbytes <= self.inline:
            return np.frombuffer(self._offset.pack(value), dtype, entry.number)
        what = f"tag {tag} of the directory at byte {directory.offset}"
        check_declared(self.source, value + nbytes, what)
        return np.frombuffer(self._read(value, nbytes), dtype)

    def values_of(self, directory: Directory, *tags: int) -> NDArray[Any] | None:
        """Return the values of the first of several tags that a directory has."""
        for tag in tags:
            if tag in directory.layout.entries:
                return self.values(directory, tag)
        return None

    def traits(self, directory: Directory) -> tuple[Any, ...]:
        """Return what is the same for pages that are decoded alike."""
        found: list[Any] = []
        for entry in directory.layout.alike:
            if entry.nbytes > self.inline:
                found.append((entry.tag, self.values(directory, entry.tag).tolist()))
            else:
                value = directory.values[entry.place]
                found.append((entry.tag, entry.kind, entry.number, value))
        return tuple(found)


class _Window:
    """Reads small parts of a file that mostly lie near each other.

    Parameters
    ----------
    reader : Reader
    length : int
        Bytes that are read at once.
    """

    def __init__(self, reader: Reader, length: int) -> None:
        self._reader = reader
        self._length = length
        self._start = 0
        self._data = b""

    def read(self, offset: int, count: int) -> bytes:
        """Return bytes of the file; see `Reader.read`."""
        low = offset - self._start
        if not 0 <= low <= len(self._data) - count:
            if count > self._length:
                return self._reader.read(offset, count)
            self._data = self._reader.read_upto(offset, self._length)
            self._start = offset
            low = 0
        found = self._data[low : low + count]
        return found if len(found) == count else self._reader.read(offset, count)


@contextmanager
def open_directories(source: ByteSource, ahead: int = AHEAD) -> Iterator[DirectoryReader]:
    """Open a file for reading its directories, in a ``with`` statement.

    Parameters
    ----------
    source : ByteSource
    ahead : int
        Bytes that are read at once: `FAR_AHEAD` for the directories of many pages.
    """
    with source.open() as reader:
        yield DirectoryReader(source, _Window(reader, ahead).read)


class PageTree:
    """All directories of a file.

    Parameters
    ----------
    source : ByteSource

    Attributes
    ----------
    chain : list of int
        Offsets of the pages, in order.
    below : dict
        Offsets of the pages below a page, such as coarser levels, by the offset of the page.
    byteorder : {"<", ">"}

    Raises
    ------
    CorruptFileError, TruncatedFileError
        If directories are damaged, or lead in a circle.
    LimitError
        If there are more than a million, or their values more than the file can hold.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.chain: list[int] = []
        self.below: dict[int, tuple[int, ...]] = {}
        self._seen: set[int] = set()
        self._nbytes = 0  # of values outside the directories
        with open_directories(source, FAR_AHEAD) as reader:
            self.byteorder = reader.byteorder
            offset = reader.first
            while offset:
                directory = self._visit(reader, offset)
                self.chain.append(offset)
                self._visit_below(reader, directory)
                offset = directory.following
        if not self.chain:
            raise CorruptFileError(f"{source.name}: has no page")
        self._seen.clear()

    def _visit(self, reader: DirectoryReader, offset: int) -> Directory:
        name = self.source.name
        if offset in self._seen:
            raise CorruptFileError(f"{name}: the directory at byte {offset} follows itself")
        if len(self._seen) == MOST_DIRECTORIES:
            raise LimitError(f"{name}: has more than {MOST_DIRECTORIES} pages")
        self._seen.add(offset)
        directory = reader.read(offset)
        self._check_values(directory)
        return directory

    def _check_values(self, directory: Directory) -> None:
        """Refuse values that the file cannot hold, before tifffile reads them.

        It would do without those that are outside the file, as the axes of a file that was cut.
        """
        source = self.source
        layout = directory.layout
        odd = layout.no_length
        if odd is not None:
            raise CorruptFileError(
                f"{source.name}: tag {odd.tag} of the directory at byte {directory.offset}: must "
                f"be an integer that is not negative, has type {odd.kind}"
            )
        size = source.size()
        for entry, nbytes in layout.outside:
            end = directory.values[entry.place] + nbytes
            if size is None or end > size:
                what = f"tag {entry.tag} of the directory at byte {directory.offset}"
                check_declared(source, end, what)
        self._nbytes += layout.nbytes
        # Values that several pages share count for each of them.
        most = 4 * (source.most() if size is None else size) + (1 << 24)
        if self._nbytes > most:
            raise LimitError(
                f"{source.name}: the tags of its pages have {self._nbytes} bytes, more than the "
                "file can hold"
            )

    def _visit_below(self, reader: DirectoryReader, directory: Directory) -> None:
        waiting = [directory]
        while waiting:
            above = waiting.pop()
            offsets = reader.values_of(above, SUB_DIRECTORIES)
            if offsets is None:
                continue
            found = tuple([int(offset) for offset in offsets.tolist()])
            self.below[above.offset] = found
            waiting += [self._visit(reader, offset) for offset in found if offset >= 8]
