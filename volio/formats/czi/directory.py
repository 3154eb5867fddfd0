"""Subblocks: the rectangles of pixels of a file, as its directory lists them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError, ImageFileError, VolioWarning
from volio.files.sources.source import ByteSource
from volio.formats.czi.segments import (
    DIRECTORY,
    SUBBLOCK,
    FileHeader,
    read_segment,
    walk,
)
from volio.images.headers.error_context import warn_of_content

__all__ = ["COPY_OF_ENTRY", "LETTERS", "Subblocks", "entry_size", "read_subblocks"]

#: Names of dimensions.
LETTERS = "XYCZTSMBHVRI"
X = LETTERS.index("X")
Y = LETTERS.index("Y")

Integers = NDArray[np.int64]

ENTRIES_START = 128  # bytes of a directory before its entries
COPY_OF_ENTRY = 16  # bytes of a subblock before its copy of the entry
COUNT = struct.Struct("<i")

FIXED = np.dtype(
    [
        ("schema", "S2"),  # b"DV"
        ("pixel_type", "<i4"),
        ("position", "<i8"),  # of the subblock in the file
        ("part", "<i4"),  # of a set of files
        ("compression", "<i4"),
        ("pyramid", "u1"),  # not always right: sizes are looked at
        ("reserved", "V5"),
        ("ndim", "<i4"),
    ]
)
DIMENSION = np.dtype(
    [
        ("name", "S4"),
        ("start", "<i4"),
        ("size", "<i4"),  # pixels of the finest level
        ("coordinate", "<f4"),
        ("stored", "<i4"),  # pixels in the file; 0 for as many as `size`
    ]
)
NDIM_AT = FIXED.itemsize - 4
MOST_DIMENSIONS = 64


class Subblocks(NamedTuple):
    """The subblocks of a file, a row each.

    Attributes
    ----------
    position : ndarray of int64, shape (n,)
        Byte of the file at which each begins.
    pixel_type, compression : ndarray of int64, shape (n,)
        Codes.
    start : ndarray of int64, shape (n, 12)
        Index along each dimension, in the order of `LETTERS`; 0 where a subblock has none.
    present : ndarray of bool, shape (n, 12)
        Which dimensions a subblock has.
    size, stored : ndarray of int64, shape (n, 2)
        Width and height: on the finest level, and in the file.
    """

    position: Integers
    pixel_type: Integers
    compression: Integers
    start: Integers
    present: NDArray[np.bool_]
    size: Integers
    stored: Integers

    def take(self, rows: NDArray[np.bool_] | Integers) -> Self:
        """Return some of the rows, by a mask or by their numbers."""
        columns: list[Any] = [column[rows] for column in self]
        return type(self)(*columns)

    def along(self, letter: str) -> Integers:
        """Return the index of each along a dimension."""
        return self.start[:, LETTERS.index(letter)]

    def has(self, letter: str) -> NDArray[np.bool_]:
        """Return which have a dimension."""
        return self.present[:, LETTERS.index(letter)]

    @property
    def is_finest(self) -> NDArray[np.bool_]:
        """Which have all pixels of their rectangles; the others are of pyramids."""
        is_equal: NDArray[np.bool_] = np.all(self.stored == self.size, axis=1)
        return is_equal

    def __len__(self) -> int:
        return len(self.position)


def entry_size(ndim: int) -> int:
    """Return the bytes of an entry."""
    return FIXED.itemsize + ndim * DIMENSION.itemsize


def read_subblocks(source: ByteSource, header: FileHeader, *, warn: bool) -> Subblocks:
    """Read the directory of a file; where there is none, find the subblocks themselves.

    Raises
    ------
    CorruptFileError, LimitError
        If the directory makes no sense, or has more entries than bytes for them.
    ImageFileError
        If subblocks are in other files.

    Warns
    -----
    VolioWarning
        If the file has no directory, and `warn` is set.
    """
    if header.directory:
        raw, offsets = _directory_entries(source, header.directory)
    else:
        if warn:
            warn_of_content("has no directory; the file is searched for its images", VolioWarning)
        raw, offsets = _walked_entries(source, header.first)
    return _parsed(raw, offsets, f"{source.name}: directory")


def _directory_entries(source: ByteSource, position: int) -> tuple[bytes, Integers]:
    """Return the bytes of a directory's entries, and where each begins in them."""
    segment = read_segment(source, position, DIRECTORY)
    start = segment.data + ENTRIES_START
    (count,) = COUNT.unpack(source.read(segment.data, COUNT.size))
    room = segment.end - start
    where = f"{source.name}: directory at byte {position}"
    if count < 0 or count * entry_size(2) > max(0, room):
        raise CorruptFileError(f"{where}: {count} entries do not fit into {room} bytes")
    raw = source.read(start, room) if count else b""
    offsets = np.zeros(count, np.int64)
    at = 0
    for number in range(count):
        offsets[number] = at
        at += entry_size(_ndim_at(raw, at, where))
    return raw, offsets


def _ndim_at(raw: bytes, at: int, where: str) -> int:
    """Return how many dimensions an entry has, all of which are there."""
    if at + FIXED.itemsize > len(raw):
        raise CorruptFileError(f"{where}: ends before its entries")
    (ndim,) = COUNT.unpack_from(raw, at + NDIM_AT)
    if not 2 <= ndim <= MOST_DIMENSIONS or at + entry_size(ndim) > len(raw):
        raise CorruptFileError(f"{where}: an entry has {ndim} dimensions")
    return int(ndim)


def _walked_entries(source: ByteSource, first: int) -> tuple[bytes, Integers]:
    """Return the copies of their entries that the subblocks of a file have."""
    entries = [*_copies_of_entries(source, first)]
    lengths = [len(entry) for entry in entries]
    return b"".join(entries), np.cumsum([0, *lengths], dtype=np.int64)[:-1]


def _copies_of_entries(source: ByteSource, first: int) -> Iterator[bytes]:
    for segment in walk(source, first):
        if segment.name != SUBBLOCK:  # other things, and those that were deleted
            continue
        start = segment.data + COPY_OF_ENTRY
        raw = source.read(start, min(entry_size(MOST_DIMENSIONS), max(0, segment.end - start)))
        ndim = _ndim_at(raw, 0, f"{source.name}: subblock at byte {segment.position}")
        entry = bytearray(raw[: entry_size(ndim)])
        # A writer that never came to its directory may not have filled in the position.
        entry[6:14] = segment.position.to_bytes(8, "little")
        yield bytes(entry)


def _parsed(raw: bytes, offsets: Integers, where: str) -> Subblocks:
    """Return the table of entries that begin at these offsets."""
    count = len(offsets)
    memory = np.frombuffer(raw, np.uint8)
    fixed = _records(memory, offsets, FIXED, 1)[:, 0]
    start = np.zeros((count, len(LETTERS)), np.int64)
    size = np.ones((count, len(LETTERS)), np.int64)
    stored = np.ones((count, len(LETTERS)), np.int64)
    present = np.zeros((count, len(LETTERS)), np.bool_)
    for ndim in np.unique(fixed["ndim"]).tolist():
        rows = np.flatnonzero(fixed["ndim"] == ndim)
        dims = _records(memory, offsets[rows] + FIXED.itemsize, DIMENSION, ndim)
        for column in dims.T:  # the n-th dimension of each entry, whatever its name
            letters = _letter_numbers(column["name"], where)
            start[rows, letters] = column["start"]
            size[rows, letters] = column["size"]
            # 0 stands for the size.
            stored[rows, letters] = np.where(column["stored"], column["stored"], column["size"])
            present[rows, letters] = True
    table = Subblocks(
        fixed["position"].astype(np.int64),
        fixed["pixel_type"].astype(np.int64),
        fixed["compression"].astype(np.int64),
        start,
        present,
        size[:, [X, Y]],
        stored[:, [X, Y]],
    )
    _check(table, fixed, size, where)
    return table


def _records(memory: NDArray[np.uint8], at: Integers, dtype: DType, count: int) -> Array:
    """Return records of a dtype that begin at each of many bytes, shape (n, count)."""
    nbytes = count * dtype.itemsize
    if not len(at):
        return np.zeros((0, count), dtype)
    rows = np.lib.stride_tricks.sliding_window_view(memory, nbytes)[at]
    return np.ascontiguousarray(rows).view(dtype)


def _letter_numbers(names: NDArray[np.bytes_], where: str) -> Integers:
    """Return the number of each letter in `LETTERS`."""
    known, inverse = np.unique(names, return_inverse=True)
    letters = [name.decode("latin-1") for name in known.tolist()]
    for letter in letters:
        if len(letter) != 1 or letter not in LETTERS:
            raise CorruptFileError(
                f"{where}: dimension {letter!r} is not known, only {', '.join(LETTERS)}"
            )
    numbers = np.array([LETTERS.index(letter) for letter in letters], np.int64)
    return numbers[inverse.reshape(-1)]


def _check(table: Subblocks, fixed: Array, size: Integers, where: str) -> None:
    """Refuse entries that make no sense, and those of other files."""
    if np.any(fixed["schema"] != b"DV"):
        raise CorruptFileError(f"{where}: an entry is not of the kind DV")
    if np.any(fixed["part"]):
        part = int(fixed["part"].max())
        raise ImageFileError(
            f"{where}: an image is in part {part} of a set of files, which is not read"
        )
    if not np.all(table.present[:, [X, Y]]):
        raise CorruptFileError(f"{where}: an entry has no width or no height")
    if np.any(table.size < 1) or np.any(table.stored < 1):
        raise CorruptFileError(f"{where}: an entry has a width or height that is not positive")
    if np.any(table.stored > table.size):
        raise CorruptFileError(f"{where}: an entry has more pixels in the file than it covers")
    others = [n for n in range(len(LETTERS)) if n not in (X, Y)]
    if np.any(size[:, others] > 1):
        raise CorruptFileError(f"{where}: an entry is of several planes, which is not read")
    if np.any(table.position < 0):
        raise CorruptFileError(f"{where}: an entry begins before the file")
