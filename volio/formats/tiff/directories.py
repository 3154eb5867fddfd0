"""The directories of a TIFF file: which there are, and where the strips or tiles of each are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import DType
from volio.errors import CorruptFileError, LimitError
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource

__all__ = ["ByteOrder", "Directory", "DirectoryReader", "PageTree", "open_directories"]

ByteOrder = Literal["<", ">"]

MOST_DIRECTORIES = 1_000_000
MOST_ENTRIES = 4096  # as many as tifffile reads

CLASSIC = [("tag", "u2"), ("kind", "u2"), ("count", "u4"), ("value", "u4")]
BIG = [("tag", "u2"), ("kind", "u2"), ("count", "u8"), ("value", "u8")]

#: dtypes of values by their codes in the file: BYTE, ASCII, SHORT, LONG, ... LONG8, IFD8.
KINDS = {1: "u1", 2: "u1", 3: "u2", 4: "u4", 5: "u8", 6: "i1", 7: "u1", 8: "i2", 9: "i4"}
KINDS |= {10: "i8", 11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8"}

STRIP_OFFSETS, STRIP_COUNTS = 273, 279
TILE_OFFSETS, TILE_COUNTS = 324, 325
SUB_DIRECTORIES = 330
JPEG_TABLES = 347
PRIVATE = 32768  # tags from here on belong to makers of programs: they may hold anything
#: Tags in which pages agree that are decoded alike: sizes, bits, compression, colours, prediction,
#: tiles, sample formats and depths.
ALIKE = (256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 322, 323, 339, 32997, 32998)


class Directory(NamedTuple):
    """A directory of a file: one page.

    Attributes
    ----------
    offset : int
        In bytes.
    start : int
        Of its first entry.
    entries : structured ndarray
        With the fields tag, kind, count and value.
    following : int
        Offset of the next one; 0 for none.
    """

    offset: int
    start: int
    entries: NDArray[Any]
    following: int

    def find(self, tag: int) -> int | None:
        """Return which entry has a tag; None where none has."""
        found = np.flatnonzero(self.entries["tag"] == tag)
        return int(found[0]) if found.size else None


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
        version = int(np.frombuffer(head, f"{self.byteorder}u2", 1, 2)[0])
        if head[:2] not in (b"II", b"MM") or version not in (42, 43):
            raise CorruptFileError(f"{source.name}: does not begin as a TIFF file: {head.hex(' ')}")
        self.is_big = version == 43
        self.entry: DType = np.dtype(BIG if self.is_big else CLASSIC).newbyteorder(self.byteorder)
        # What counts entries, and what an offset is.
        self._count: DType = np.dtype("u8" if self.is_big else "u2").newbyteorder(self.byteorder)
        self._offset: DType = np.dtype("u8" if self.is_big else "u4").newbyteorder(self.byteorder)
        # Bytes of values that are in the entry itself.
        self.inline = self._offset.itemsize
        self.first = self._number(8 if self.is_big else 4, self._offset)

    def _number(self, offset: int, dtype: DType) -> int:
        return int(np.frombuffer(self._read(offset, dtype.itemsize), dtype)[0])

    def read(self, offset: int) -> Directory:
        """Read a directory.

        Raises
        ------
        TruncatedFileError, CorruptFileError
            If it is not all there, or has too many entries.
        """
        start = offset + self._count.itemsize
        count = self._number(offset, self._count)
        if not 0 < count <= MOST_ENTRIES:
            raise CorruptFileError(
                f"{self.source.name}: the directory at byte {offset} has {count} entries; it must "
                f"have 1 to {MOST_ENTRIES}"
            )
        nbytes = count * self.entry.itemsize
        data = self._read(start, nbytes + self._offset.itemsize)
        entries = np.frombuffer(data, self.entry, count)
        following = int(np.frombuffer(data, self._offset, 1, nbytes)[0])
        return Directory(offset, start, entries, following)

    def nbytes_of(self, entry: Any) -> int:
        """Return the bytes that the values of an entry take."""
        return int(entry["count"]) * np.dtype(KINDS.get(int(entry["kind"]), "u1")).itemsize

    def values(self, directory: Directory, number: int) -> NDArray[Any]:
        """Return the values of an entry, shape (count,).

        Raises
        ------
        TruncatedFileError
            If the file does not have them.
        """
        entry = directory.entries[number]
        dtype = np.dtype(KINDS.get(int(entry["kind"]), "u1")).newbyteorder(self.byteorder)
        count = int(entry["count"])
        nbytes = self.nbytes_of(entry)
        if nbytes <= self.inline:
            # As bytes of the file: a single number would have the byte order of the machine.
            inline = directory.entries["value"][number : number + 1].tobytes()
            return np.frombuffer(inline, dtype, count)
        offset = int(entry["value"])
        what = f"tag {int(entry['tag'])} of the directory at byte {directory.offset}"
        check_declared(self.source, offset + nbytes, what)
        return np.frombuffer(self._read(offset, nbytes), dtype)

    def values_of(self, directory: Directory, *tags: int) -> NDArray[Any] | None:
        """Return the values of the first of several tags that a directory has."""
        for tag in tags:
            number = directory.find(tag)
            if number is not None:
                return self.values(directory, number)
        return None

    def traits(self, directory: Directory) -> bytes:
        """Return what is the same for pages that are decoded alike."""
        chosen = np.flatnonzero(np.isin(directory.entries["tag"], ALIKE))
        parts = []
        for number in chosen.tolist():
            values = self.values(directory, number)
            parts.append(f"{int(directory.entries[number]['tag'])}={values.tolist()}")
        return ";".join(parts).encode()


@contextmanager
def open_directories(source: ByteSource) -> Iterator[DirectoryReader]:
    """Open a file for reading its directories, in a ``with`` statement."""
    with source.open() as reader:
        yield DirectoryReader(source, reader.read)


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
        with open_directories(source) as reader:
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
        self._check_values(reader, directory)
        return directory

    def _check_values(self, reader: DirectoryReader, directory: Directory) -> None:
        """Refuse values that the file cannot hold, before tifffile reads them.

        It would do without those that are outside the file, as the axes of a file that was cut.
        """
        source = self.source
        for number in np.flatnonzero(directory.entries["count"] > 1).tolist():
            entry = directory.entries[number]
            nbytes = reader.nbytes_of(entry)
            if nbytes <= reader.inline:
                continue
            self._nbytes += nbytes
            if entry["tag"] < PRIVATE:
                what = f"tag {int(entry['tag'])} of the directory at byte {directory.offset}"
                check_declared(source, int(entry["value"]) + nbytes, what)
        size = source.size()
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
