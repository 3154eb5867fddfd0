"""The pages of an image: in which file each is, and where its strips or tiles are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError
from volio.files.sources.source import ByteSource
from volio.formats.tiff.directories import (
    FAR_AHEAD,
    JPEG_TABLES,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    ByteOrder,
    DirectoryReader,
    PageTree,
    open_directories,
)

__all__ = [
    "ListedPages",
    "OmePages",
    "PageFile",
    "Pages",
    "Segments",
    "Traits",
    "TreePages",
    "VirtualPages",
]

KEPT = 1 << 20  # strips or tiles whose offsets are kept


class Segments(NamedTuple):
    """Where the strips or tiles of a page are.

    Attributes
    ----------
    source : ByteSource
    offsets, counts : ndarray of int64, shape (segments,)
        In bytes; 0 for those that are absent.
    jpeg_tables : bytes or None
        What strips or tiles in JPEG share.
    """

    source: ByteSource
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    jpeg_tables: bytes | None


class Pages(ABC):
    """The pages of an image, by their numbers."""

    @abstractmethod
    def segments(self, page: int) -> Segments | None:
        """Return where the strips or tiles of a page are; None for a page that is absent."""

    def prepare(self, pages: Iterable[int]) -> None:  # noqa: B027  most have nothing to read
        """Take note that `segments` of these pages will be asked for."""


def checked_segments(
    source: ByteSource, offsets: Any, counts: Any, needed: int, where: str
) -> Segments:
    """Return where strips or tiles are, as many as a page needs.

    Parameters
    ----------
    source : ByteSource
    offsets, counts : array-like or None
        As a file has them.
    needed : int
    where : str
        Which page, for messages.

    Raises
    ------
    CorruptFileError
        If there are fewer, or they are not integers.
    """
    return Segments(
        source,
        _numbers("offsets", offsets, needed, where),
        _numbers("byte counts", counts, needed, where),
        jpeg_tables=None,
    )


def _numbers(what: str, values: Any, needed: int, where: str) -> NDArray[np.int64]:
    """Return the first of a page's offsets or byte counts, as many as are needed."""
    found = np.asarray([] if values is None else values)
    if len(found) < needed or (needed and found.dtype.kind not in "iu"):
        raise CorruptFileError(f"{where}: needs {needed} {what}, has {len(found)} of {found.dtype}")
    return found[:needed].astype(np.int64)


class ListedPages(Pages):
    """Pages as tifffile has found them, of formats whose offsets need repair.

    Parameters
    ----------
    source : ByteSource
    pages : sequence of tifffile.TiffPage, tifffile.TiffFrame or None
    needed : int
        How many strips or tiles a page has.
    """

    def __init__(self, source: ByteSource, pages: Sequence[Any], needed: int) -> None:
        self._source = source
        self._needed = needed
        self._found = [
            None if page is None else (page.dataoffsets, page.databytecounts, page.jpegtables)
            for page in pages
        ]

    def segments(self, page: int) -> Segments | None:
        """Return where the strips or tiles of a page are."""
        found = self._found[page] if page < len(self._found) else None
        if found is None:
            return None
        offsets, counts, tables = found
        where = f"{self._source.name}: page {page}"
        segments = checked_segments(self._source, offsets, counts, self._needed, where)
        return segments._replace(jpeg_tables=tables)


class VirtualPages(Pages):
    """Pages of the same size that follow each other, of which only the first has a directory.

    Parameters
    ----------
    first : ListedPages
        The first page, whose voxels are not compressed.
    nbytes : int
        Of a page.
    """

    def __init__(self, first: ListedPages, nbytes: int) -> None:
        self._first = first
        self._nbytes = nbytes

    def segments(self, page: int) -> Segments | None:
        """Return where the strips or tiles of a page are."""
        first = self._first.segments(0)
        return first and first._replace(offsets=first.offsets + page * self._nbytes)


class Traits(NamedTuple):
    """What pages share that are decoded alike.

    Attributes
    ----------
    tags : tuple
        See `DirectoryReader.traits`.
    byteorder : {"<", ">"}
        Of the file.
    segments : int
        How many strips or tiles a page has.
    nbytes : int or None
        Of the only strip of a page that is not compressed: its directory need not say.
    """

    tags: tuple[Any, ...]
    byteorder: ByteOrder
    segments: int
    nbytes: int | None


class DirectoryPages(Pages):
    """Pages whose offsets are read from their directories when they are needed.

    Parameters
    ----------
    traits : Traits
        Of the page whose decoder is used for all.
    """

    def __init__(self, traits: Traits) -> None:
        self._traits = traits
        self._kept: dict[int, Segments] = {}

    @abstractmethod
    def place(self, page: int) -> tuple[ByteSource, int] | None:
        """Return the file of a page and the offset of its directory; None for an absent page."""

    def segments(self, page: int) -> Segments | None:
        """Return where the strips or tiles of a page are; see `Pages.segments`.

        Raises
        ------
        CorruptFileError
            If the page is of another kind than the first one.
        """
        known = self._kept.get(page)
        if known is not None:
            return known
        place = self.place(page)
        if place is None:
            return None
        source, offset = place
        with open_directories(source) as reader:
            found = self._read(reader, offset)
        self._keep(page, found)
        return found

    def prepare(self, pages: Iterable[int]) -> None:
        """Read where the strips or tiles of pages are, with their files opened once.

        Raises
        ------
        CorruptFileError
            If a page is of another kind than the first one.
        """
        unknown = [page for page in pages if page not in self._kept]
        if len(unknown) < 2 or len(unknown) * self._traits.segments > KEPT:
            return  # read when they are asked for
        offsets: dict[ByteSource, list[tuple[int, int]]] = {}
        for page in unknown:
            place = self.place(page)
            if place is not None:
                source, offset = place
                offsets.setdefault(source, []).append((page, offset))
        for source, of_file in offsets.items():
            with open_directories(source, FAR_AHEAD) as reader:
                for page, offset in of_file:
                    self._keep(page, self._read(reader, offset))

    def _keep(self, page: int, found: Segments) -> None:
        if (len(self._kept) + 1) * self._traits.segments > KEPT:
            self._kept = {}
        self._kept[page] = found

    def _read(self, reader: DirectoryReader, offset: int) -> Segments:
        source = reader.source
        directory = reader.read(offset)
        where = f"{source.name}: the page at byte {offset}"
        shared = (reader.traits(directory), reader.byteorder)
        if shared != (self._traits.tags, self._traits.byteorder):
            raise CorruptFileError(f"{where}: is stored in another way than the first page")
        offsets = reader.values_of(directory, TILE_OFFSETS, STRIP_OFFSETS)
        counts = reader.values_of(directory, TILE_COUNTS, STRIP_COUNTS)
        tables = reader.values_of(directory, JPEG_TABLES)
        if self._traits.nbytes is not None and (counts is None or not counts.any()):
            counts = np.array([self._traits.nbytes])
        segments = checked_segments(source, offsets, counts, self._traits.segments, where)
        return segments._replace(jpeg_tables=None if tables is None else tables.tobytes())


class TreePages(DirectoryPages):
    """Pages of one file.

    Parameters
    ----------
    source : ByteSource
    offsets : sequence of int or None
        Of their directories; None for absent pages.
    traits : Traits
    """

    def __init__(self, source: ByteSource, offsets: Sequence[int | None], traits: Traits) -> None:
        super().__init__(traits)
        self._source = source
        self._offsets = tuple(offsets)

    def place(self, page: int) -> tuple[ByteSource, int] | None:
        """Return the file of a page and the offset of its directory."""
        offset = self._offsets[page] if page < len(self._offsets) else None
        return None if offset is None else (self._source, offset)


class PageFile:
    """A file that has pages of an image, opened when one is needed.

    Parameters
    ----------
    open_file : callable
        Returns its source.
    """

    def __init__(self, open_file: Callable[[], ByteSource]) -> None:
        self._open = open_file
        self._tree: PageTree | None = None

    @classmethod
    def opened(cls, tree: PageTree) -> Self:
        """Return a file whose directories are known."""
        file = cls(lambda: tree.source)
        file._tree = tree
        return file

    @property
    def tree(self) -> PageTree:
        """The directories of the file."""
        if self._tree is None:
            self._tree = PageTree(self._open())
        return self._tree


class OmePages(DirectoryPages):
    """Planes of an image of OME-TIFF, in one file or more.

    Parameters
    ----------
    files : mapping
        Each `PageFile` by its number.
    planes : ndarray of int64, shape (planes, 2)
        Number of the file and of the page in it, -1 for planes that the file says nothing of.
    level : int
        0 for the pages themselves, 1 for the first ones below them.
    traits : Traits
    """

    def __init__(
        self,
        files: Mapping[int, PageFile],
        planes: NDArray[np.int64],
        level: int,
        traits: Traits,
    ) -> None:
        super().__init__(traits)
        self._files = files
        self._planes = planes
        self._level = level

    def place(self, page: int) -> tuple[ByteSource, int] | None:
        """Return the file of a plane and the offset of its directory.

        Raises
        ------
        CorruptFileError
            If the file does not have the page, or not in this resolution.
        """
        file, number = self._planes[page].tolist()
        if file < 0:
            return None
        tree = self._files[file].tree
        name = tree.source.name
        if not 0 <= number < len(tree.chain):
            raise CorruptFileError(
                f"{name}: OME-XML names page {number}, the file has {len(tree.chain)} pages"
            )
        offset = tree.chain[number]
        if not self._level:
            return tree.source, offset
        below = tree.below.get(offset, ())
        if len(below) < self._level:
            raise CorruptFileError(f"{name}: page {number} has no level {self._level}")
        return tree.source, below[self._level - 1]
