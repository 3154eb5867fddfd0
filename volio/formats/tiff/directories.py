"""The directories of a TIFF file: which there are, and where the strips or tiles of each are."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, LimitError
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource

__all__ = ["ByteOrder", "Directory", "DirectoryReader", "PageTree", "open_directories"]

ByteOrder = Literal["<", ">"]

MOST_DIRECTORIES = 1_000_000
MOST_ENTRIES = 4096  # as many as tifffile reads

#: dtypes of values by their codes in the file: BYTE, ASCII, SHORT, LONG, ... LONG8, IFD8.
KINDS = {1: "u1", 2: "u1", 3: "u2", 4: "u4", 5: "u8", 6: "i1", 7: "u1", 8: "i2", 9: "i4"}
KINDS |= {10: "i8", 11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8"}
SIZES = {code: np.dtype(kind).itemsize for code, kind in KINDS.items()}

STRIP_OFFSETS, STRIP_COUNTS = 273, 279
TILE_OFFSETS, TILE_COUNTS = 324, 325
SUB_DIRECTORIES = 330
JPEG_TABLES = 347
PRIVATE = 32768  # tags from here on belong to makers of programs: they may hold anything
#: Tags that are lengths, which tifffile counts with: sizes, samples, rows, tiles and depths.
LENGTHS = (256, 257, 277, 278, 322, 323, 32997, 32998)
UNSIGNED = (1, 3, 4, 13, 16, 18)  # types of integers that are not negative
#: Tags in which pages agree that are decoded alike: sizes, bits, compression, colours, prediction,
#: tiles, sample formats and depths.
ALIKE = (256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 322, 323, 339, 32997, 32998)


class Entry(NamedTuple):
    """An entry of a directory.

    Attributes
    ----------
    kind : int
        Code of the type of its values.
    number : int
        How many there are.
    value : int
        Where they are, in bytes, or the values themselves where these are few.
    """

    kind: int
    number: int
    value: int

    @property
    def nbytes(self) -> int:
        """Bytes that its values take."""
        return self.number * SIZES.get(self.kind, 1)


class Directory(NamedTuple):
    """A directory of a file: one page.

    Attributes
    ----------
    offset : int
        In bytes.
    entries : dict
        Each `Entry` by its tag; of several with one tag the first.
    following : int
        Offset of the next directory; 0 for none.
    nbytes : int
        Of all values that are not in the directory itself.
    """

    offset: int
    entries: dict[int, Entry]
    following: int
    nbytes: int


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
        is_big = version == 43
        #: Bytes of values that are in the entry itself; those of an offset.
        self.inline = 8 if is_big else 4
        self._entry = struct.Struct(self.byteorder + ("HHQQ" if is_big else "HHII"))
        self._count = struct.Struct(self.byteorder + ("Q" if is_big else "H"))
        self._offset = struct.Struct(self.byteorder + ("Q" if is_big else "I"))
        (self.first,) = self._offset.unpack(read(self.inline, self.inline))

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
        nbytes = count * self._entry.size
        data = self._read(offset + self._count.size, nbytes + self.inline)
        entries: dict[int, Entry] = {}
        outside = 0
        for tag, *values in self._entry.iter_unpack(data[:nbytes]):
            entry = Entry(*values)
            entries.setdefault(tag, entry)
            outside += entry.nbytes if entry.nbytes > self.inline else 0
        (following,) = self._offset.unpack_from(data, nbytes)
        return Directory(offset, entries, following, outside)

    def values(self, directory: Directory, tag: int) -> NDArray[Any]:
        """Return the values of an entry, shape (number,).

        Raises
        ------
        TruncatedFileError
            If the file does not have them.
        """
        entry = directory.entries[tag]
        dtype = np.dtype(KINDS.get(entry.kind, "u1")).newbyteorder(self.byteorder)
        if entry.nbytes <= self.inline:
            return np.frombuffer(self._offset.pack(entry.value), dtype, entry.number)
        what = f"tag {tag} of the directory at byte {directory.offset}"
        check_declared(self.source, entry.value + entry.nbytes, what)
        return np.frombuffer(self._read(entry.value, entry.nbytes), dtype)

    def values_of(self, directory: Directory, *tags: int) -> NDArray[Any] | None:
        """Return the values of the first of several tags that a directory has."""
        for tag in tags:
            if tag in directory.entries:
                return self.values(directory, tag)
        return None

    def traits(self, directory: Directory) -> tuple[Any, ...]:
        """Return what is the same for pages that are decoded alike."""
        found: list[Any] = []
        for tag in ALIKE:
            entry = directory.entries.get(tag)
            if entry is not None and entry.nbytes > self.inline:
                found.append((tag, self.values(directory, tag).tolist()))
            elif entry is not None:
                found.append((tag, *entry))
        return tuple(found)


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
        self._nbytes += directory.nbytes
        for tag in LENGTHS:
            length = directory.entries.get(tag)
            if length is not None and (length.kind not in UNSIGNED or length.number < 1):
                raise CorruptFileError(
                    f"{source.name}: tag {tag} of the directory at byte {directory.offset}: must "
                    f"be an integer that is not negative, has type {length.kind}"
                )
        for tag, entry in directory.entries.items():
            if entry.nbytes > reader.inline and tag < PRIVATE:
                what = f"tag {tag} of the directory at byte {directory.offset}"
                check_declared(source, entry.value + entry.nbytes, what)
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
